// CRC-32 and Adler-32 as hashes, over whatever function of a library updates one.
// SPDX-License-Identifier: Apache-2.0
//
// The digest is the value, most significant byte first, as gzip and zlib print it. The exported state is a tag of four
// bytes and the value likewise: the same as of the host's own zlib drivers, so that states may go from one to another.

#ifndef WDPROV_PLUGINS_CHECKSUM_H
#define WDPROV_PLUGINS_CHECKSUM_H

#include "plugin.h"

/// A checksum of a library: the context of its driver.
struct checksum {
  const char *name;
  /// The checksum of no bytes.
  uint32_t initial;
  /// What an exported state begins with: the first letters of the name, and the version of the format.
  uint8_t tag[4];
  /// Each half of the value is less than this: 65,521 for Adler-32 (RFC 1950 section 9), 65,536 for a CRC.
  uint32_t half_limit;
  uint32_t (*update)(uint32_t value, const void *bytes, size_t count);
};

struct checksum_state {
  const struct checksum *checksum;
  uint32_t value;
};

enum { CHECKSUM_DIGEST_SIZE = 4, CHECKSUM_EXPORT_SIZE = 8 };

static void checksum_put(uint8_t *bytes, uint32_t value) {
  for (int i = 0; i < 4; i++) bytes[i] = (uint8_t)(value >> (24 - 8 * i));
}

static int32_t checksum_create(void *context, void **state) {
  struct checksum_state *made = malloc(sizeof *made);
  if (made == NULL) return plugin_no_memory("a checksum");
  made->checksum = context;
  made->value = made->checksum->initial;
  *state = made;
  return 0;
}

static void checksum_destroy(void *state) { free(state); }

static int32_t checksum_update(void *state, const void *input, size_t input_size) {
  struct checksum_state *self = state;
  // The libraries answer with the initial value where there is no address.
  if (input_size > 0) self->value = self->checksum->update(self->value, input, input_size);
  return 0;
}

static int32_t checksum_finish(void *state, void *digest, size_t count) {
  struct checksum_state *self = state;
  if (count != CHECKSUM_DIGEST_SIZE) return -WDPROV_ERROR_INVALID;
  checksum_put(digest, self->value);
  self->value = self->checksum->initial;
  return 0;
}

static int32_t checksum_digest(void *state, const void *input, size_t input_size, void *digest, size_t count) {
  struct checksum_state *self = state;
  self->value = self->checksum->initial;
  checksum_update(state, input, input_size);
  return checksum_finish(state, digest, count);
}

static int32_t checksum_reset(void *state) {
  struct checksum_state *self = state;
  self->value = self->checksum->initial;
  return 0;
}

static int32_t checksum_clone(void *state, void **copy) {
  struct checksum_state *self = state;
  int32_t status = checksum_create((void *)self->checksum, copy);
  if (status == 0) ((struct checksum_state *)*copy)->value = self->value;
  return status;
}

static int32_t checksum_export(void *state, void *bytes, size_t *count) {
  struct checksum_state *self = state;
  size_t room = *count;
  *count = CHECKSUM_EXPORT_SIZE;
  if (room < CHECKSUM_EXPORT_SIZE) return -WDPROV_ERROR_OUTPUT_TOO_SMALL;
  memcpy(bytes, self->checksum->tag, 4);
  checksum_put((uint8_t *)bytes + 4, self->value);
  return 0;
}

static int32_t checksum_import(void *state, const void *bytes, size_t count) {
  struct checksum_state *self = state;
  const uint8_t *from = bytes;
  uint32_t value = 0;
  if (count == CHECKSUM_EXPORT_SIZE && memcmp(from, self->checksum->tag, 4) == 0) {
    for (int i = 4; i < CHECKSUM_EXPORT_SIZE; i++) value = value << 8 | from[i];
    if ((value & 0xffff) < self->checksum->half_limit && value >> 16 < self->checksum->half_limit) {
      self->value = value;
      return 0;
    }
  }
  return plugin_fail(
      WDPROV_ERROR_INVALID, 0, "these %zu bytes are no state of %s: give what was exported", count,
      self->checksum->name);
}

static const struct wdprov_hash checksum_hash = {
    WDPROV_HEAD(struct wdprov_hash),
    .digest_size = CHECKSUM_DIGEST_SIZE,
    .capabilities = WDPROV_HASH_CHECKSUM,
    .create = checksum_create,
    .destroy = checksum_destroy,
    .update = checksum_update,
    .finish = checksum_finish,
    .digest = checksum_digest,
    .reset = checksum_reset,
    .clone = checksum_clone,
    .export_state = checksum_export,
    .import_state = checksum_import,
};

/// CRC-32/ISO-HDLC, as gzip has it (RFC 1952 section 8), and Adler-32 (RFC 1950 section 9).
#define CHECKSUM_CRC32(function) \
  {.name = "crc32", .initial = 0, .tag = {'c', 'r', 'c', 1}, .half_limit = 65536, .update = (function)}
#define CHECKSUM_ADLER32(function) \
  {.name = "adler32", .initial = 1, .tag = {'a', 'd', 'l', 1}, .half_limit = 65521, .update = (function)}

#endif
