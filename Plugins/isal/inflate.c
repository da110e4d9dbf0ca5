// Decompression by ISA-L, with containers and checksums read here, so that a member's last byte is known exactly.
// SPDX-License-Identifier: Apache-2.0

#include <stdlib.h>
#include <string.h>

#include "isal.h"

enum {
  /// The most bytes that are kept of a name or comment, its zero byte included; they have no limit of their own.
  FIELD_MOST = 65536,
  /// The most that one call of ISA-L is given of a buffer: its counts have 32 bits.
  SLICE = 1 << 30,
};

/// Where a member stands. The parts of gzip's header come in their order (RFC 1952 section 2.3).
enum phase {
  PHASE_FIXED, PHASE_EXTRA_LENGTH, PHASE_EXTRA, PHASE_NAME, PHASE_COMMENT, PHASE_CHECKSUM, PHASE_DICTIONARY, PHASE_BODY,
  PHASE_TRAILER, PHASE_LENGTH, PHASE_DONE,
};

/// A field of a header, as far as it was read.
struct field {
  uint8_t *bytes;
  size_t count;
  size_t capacity;
};

struct inflater {
  struct inflate_state state;
  enum isal_format format;
  enum phase phase;
  /// Parts of a fixed length: what was read, and how much that is.
  uint8_t part[10];
  size_t part_count;
  uint8_t fixed[10];
  /// The length that the extra field has.
  size_t extra_size;
  struct field extra;
  struct field name;
  struct field comment;
  /// Of the header so far.
  uint32_t header_check;
  /// Of the plain data.
  uint32_t check;
  uint32_t total;
  uint8_t *dictionary;
  size_t dictionary_size;
};

// MARK: Life

static int32_t set_dictionary(struct inflater *self) {
  int result = isal_inflate_set_dict(&self->state, self->dictionary, (uint32_t)self->dictionary_size);
  return result == COMP_OK ? 0 : isal_fail(WDPROV_ERROR_BACKEND, result, "isal_inflate_set_dict: invalid state");
}

int32_t inflater_reset(struct inflater *self) {
  isal_inflate_init(&self->state);
  self->state.crc_flag = ISAL_DEFLATE;
  self->phase = self->format == ISAL_FORMAT_DEFLATE ? PHASE_BODY : PHASE_FIXED;
  self->part_count = self->extra_size = 0;
  self->extra.count = self->name.count = self->comment.count = 0;
  self->header_check = 0;
  self->check = isal_check_initial(self->format);
  self->total = 0;
  memset(self->fixed, 0, sizeof self->fixed);
  // Raw deflate does not say that it needs a dictionary: it is set up front.
  return self->format == ISAL_FORMAT_DEFLATE && self->dictionary_size > 0 ? set_dictionary(self) : 0;
}

static void forget(struct inflater *self) {
  struct field *fields[] = {&self->extra, &self->name, &self->comment};
  for (int i = 0; i < 3; i++) {
    free(fields[i]->bytes);
    *fields[i] = (struct field){0};
  }
  free(self->dictionary);
  self->dictionary = NULL;
  self->dictionary_size = 0;
}

int32_t inflater_create(
    enum isal_format format, const struct wdprov_compression_options *options, struct inflater **made) {
  if (options->dictionary_size > UINT32_MAX)
    return isal_fail(WDPROV_ERROR_INVALID, 0, "ISA-L takes a dictionary of less than 4 GiB: give its last 32 KiB");
  struct inflater *self = isal_pool_take(ISAL_POOL_INFLATE);
  if (self == NULL) self = calloc(1, sizeof *self);
  if (self == NULL) return isal_no_memory();
  self->format = format;
  int32_t status = 0;
  if (options->dictionary_size > 0) {
    self->dictionary = malloc(options->dictionary_size);
    if (self->dictionary != NULL) memcpy(self->dictionary, options->dictionary, options->dictionary_size);
    else status = isal_no_memory();
    self->dictionary_size = options->dictionary_size;
  }
  if (status == 0) status = inflater_reset(self);
  if (status != 0) {
    forget(self);
    free(self);
    return status;
  }
  *made = self;
  return 0;
}

void inflater_destroy(struct inflater *self) {
  forget(self);
  if (!isal_pool_put(ISAL_POOL_INFLATE, self)) free(self);
}

// MARK: Headers

static int32_t corrupt(int32_t number, const char *message) {
  return isal_fail(WDPROV_ERROR_CORRUPT, number, message);
}

/// Uses `count` bytes, which belong to the header.
static const uint8_t *take(struct inflater *self, struct wdprov_step *step, size_t count) {
  const uint8_t *bytes = (const uint8_t *)step->input + step->consumed;
  step->consumed += count;
  self->header_check = crc32_gzip_refl(self->header_check, bytes, count);
  return bytes;
}

/// Gathers a part of `size` bytes; 1 when it is there.
static int gather(struct inflater *self, struct wdprov_step *step, size_t size) {
  size_t count = size - self->part_count;
  if (count > step->input_size - step->consumed) count = step->input_size - step->consumed;
  if (count > 0) memcpy(self->part + self->part_count, take(self, step, count), count);
  self->part_count += count;
  if (self->part_count < size) return 0;
  self->part_count = 0;
  return 1;
}

/// Keeps bytes of a field, up to FIELD_MOST in all.
static int keep(struct field *field, const uint8_t *bytes, size_t count) {
  if (count > FIELD_MOST - field->count) count = FIELD_MOST - field->count;
  if (field->count + count > field->capacity) {
    size_t capacity = field->capacity > 0 ? field->capacity : 256;
    while (capacity < field->count + count) capacity *= 2;
    uint8_t *grown = realloc(field->bytes, capacity);
    if (grown == NULL) return 0;
    field->bytes = grown;
    field->capacity = capacity;
  }
  if (count > 0) memcpy(field->bytes + field->count, bytes, count);
  field->count += count;
  return 1;
}

/// Reads a text up to its zero byte; 1 when it is complete, 0 when more input is needed.
static int32_t read_text(struct inflater *self, struct wdprov_step *step, struct field *field) {
  size_t left = step->input_size - step->consumed;
  if (left == 0) return 0;
  const uint8_t *start = (const uint8_t *)step->input + step->consumed;
  const uint8_t *end = memchr(start, 0, left);
  size_t count = end != NULL ? (size_t)(end - start) + 1 : left;
  if (!keep(field, take(self, step, count), count)) return isal_no_memory();
  if (end == NULL) return 0;
  // One that was cut loses its last byte to the zero.
  field->bytes[field->count - 1] = 0;
  return 1;
}

static int32_t check_gzip_start(const uint8_t *bytes, size_t count) {
  if ((count > 0 && bytes[0] != 0x1f) || (count > 1 && bytes[1] != 0x8b))
    return corrupt(ISAL_INVALID_WRAPPER, "the input does not begin as gzip data does");
  if (count > 2 && bytes[2] != 8) return corrupt(ISAL_UNSUPPORTED_METHOD, "gzip data of a method other than deflate");
  if (count > 3 && (bytes[3] & GZIP_FLAGS_RESERVED) != 0)
    return corrupt(ISAL_INVALID_WRAPPER, "gzip's header has flags that are reserved");
  return 0;
}

/// One part of gzip's header; 1 when it is done with or not there, 0 when more input is needed.
static int32_t read_gzip_part(struct inflater *self, struct wdprov_step *step) {
  const uint8_t flags = self->fixed[3];
  int32_t status;
  switch (self->phase) {
    case PHASE_FIXED: {
      int is_there = gather(self, step, 10);
      status = check_gzip_start(self->part, is_there ? 10 : self->part_count);
      if (status != 0) return status;
      if (is_there) memcpy(self->fixed, self->part, sizeof self->fixed);
      return is_there;
    }
    case PHASE_EXTRA_LENGTH:
      if ((flags & GZIP_FLAG_EXTRA) == 0) return 1;
      if (!gather(self, step, 2)) return 0;
      self->extra_size = self->part[0] | (size_t)self->part[1] << 8;
      return 1;
    case PHASE_EXTRA: {
      size_t count = self->extra_size - self->extra.count;
      if (count > step->input_size - step->consumed) count = step->input_size - step->consumed;
      if (count > 0 && !keep(&self->extra, take(self, step, count), count)) return isal_no_memory();
      return self->extra.count == self->extra_size;
    }
    case PHASE_NAME: return (flags & GZIP_FLAG_NAME) != 0 ? read_text(self, step, &self->name) : 1;
    case PHASE_COMMENT: return (flags & GZIP_FLAG_COMMENT) != 0 ? read_text(self, step, &self->comment) : 1;
    case PHASE_CHECKSUM: {
      if ((flags & GZIP_FLAG_CHECKSUM) == 0) return 1;
      // The checksum is of what came before it; what gather adds does not count, even where it comes in two steps.
      uint32_t before = self->header_check;
      int is_there = gather(self, step, 2);
      self->header_check = before;
      if (!is_there) return 0;
      if ((self->part[0] | (uint32_t)self->part[1] << 8) != (before & 0xffff))
        return corrupt(ISAL_INCORRECT_CHECKSUM, "gzip's header does not have its checksum");
      return 1;
    }
    default: return 1;
  }
}

/// One part of zlib's header, likewise.
static int32_t read_zlib_part(struct inflater *self, struct wdprov_step *step) {
  switch (self->phase) {
    case PHASE_FIXED: {
      if (!gather(self, step, 2)) return 0;
      const uint8_t *bytes = self->part;
      if ((bytes[0] << 8 | bytes[1]) % 31 != 0 || (bytes[0] & 15) != 8 || bytes[0] >> 4 > 7)
        return corrupt(ISAL_INVALID_WRAPPER, "the input does not begin as zlib data does");
      memcpy(self->fixed, bytes, 2);
      return 1;
    }
    case PHASE_DICTIONARY: {
      if ((self->fixed[1] & 0x20) == 0) return 1;
      if (!gather(self, step, 4)) return 0;
      uint32_t identifier = 0;
      for (int i = 0; i < 4; i++) identifier = identifier << 8 | self->part[i];
      if (self->dictionary_size == 0 || isal_adler32(1, self->dictionary, self->dictionary_size) != identifier)
        return isal_fail(
            WDPROV_ERROR_NO_KEY, ISAL_NEED_DICT,
            "the stream needs a preset dictionary: give the one that it was compressed with");
      int32_t status = set_dictionary(self);
      return status == 0 ? 1 : status;
    }
    default: return 1;
  }
}

/// Whether the header is complete: 1, or 0 while it is not.
static int32_t read_wrapper(struct inflater *self, struct wdprov_step *step) {
  while (self->phase < PHASE_BODY) {
    int32_t status =
        self->format == ISAL_FORMAT_GZIP ? read_gzip_part(self, step) : read_zlib_part(self, step);
    if (status != 1) return status;
    self->phase++;
  }
  return 1;
}

int32_t inflater_header(struct inflater *self, struct wdprov_gzip_header *header) {
  if (self->format != ISAL_FORMAT_GZIP || self->phase < PHASE_BODY) return -WDPROV_ERROR_TRUNCATED;
  const uint8_t *fixed = self->fixed;
  *header = (struct wdprov_gzip_header){
      WDPROV_HEAD(struct wdprov_gzip_header),
      .name = (fixed[3] & GZIP_FLAG_NAME) != 0 ? (const char *)self->name.bytes : NULL,
      .comment = (fixed[3] & GZIP_FLAG_COMMENT) != 0 ? (const char *)self->comment.bytes : NULL,
      .modification_time = (uint32_t)fixed[4] | (uint32_t)fixed[5] << 8 | (uint32_t)fixed[6] << 16 |
                           (uint32_t)fixed[7] << 24,
      .operating_system = fixed[9],
      .is_text = (fixed[3] & GZIP_FLAG_TEXT) != 0,
      .has_checksum = (fixed[3] & GZIP_FLAG_CHECKSUM) != 0,
  };
  if ((fixed[3] & GZIP_FLAG_EXTRA) != 0) {
    // An extra field of no bytes is one all the same, and has an address.
    header->extra = self->extra.bytes != NULL ? (const void *)self->extra.bytes : "";
    header->extra_size = (uint32_t)self->extra_size;
  }
  return 0;
}

// MARK: Data

static int32_t refuse(int result) {
  switch (result) {
    case ISAL_INVALID_BLOCK: return corrupt(result, "ISA-L: ISAL_INVALID_BLOCK: the deflate data is damaged");
    case ISAL_INVALID_SYMBOL: return corrupt(result, "ISA-L: ISAL_INVALID_SYMBOL: the deflate data is damaged");
    case ISAL_INVALID_LOOKBACK:
      return corrupt(
          result, "ISA-L: ISAL_INVALID_LOOKBACK: the data is damaged, or needs a preset dictionary");
    default: return isal_fail(WDPROV_ERROR_BACKEND, result, "ISA-L: isal_inflate failed for a reason of its own");
  }
}

/// Gives bytes back that ISA-L has read ahead, at most `used` of them; returns how many.
///
/// They lie in its bit buffer. Where it stopped for want of input, all of them belong to the member, and it keeps them:
/// else a caller with little input at a time would get no further. Where it stopped for want of room, or is done, they
/// may lie behind the member.
static size_t give_back(struct inflate_state *state, size_t used) {
  int is_done = state->block_state == ISAL_BLOCK_INPUT_DONE || state->block_state == ISAL_BLOCK_FINISH;
  int wants_room = state->tmp_out_valid != state->tmp_out_processed || state->write_overflow_len > 0 ||
                   state->copy_overflow_length > 0;
  if ((!is_done && !wants_room) || state->tmp_in_size > 0 || state->read_in_length < 8) return 0;
  size_t count = (size_t)state->read_in_length / 8;
  if (count > used) count = used;
  state->read_in_length -= 8 * (int32_t)count;
  state->read_in &= (UINT64_C(1) << state->read_in_length) - 1;
  return count;
}

/// Inflates a slice; 1 where the deflate data is complete, 0 where it is not.
static int32_t inflate_slice(struct inflater *self, struct wdprov_step *step, size_t *progress) {
  static uint8_t nothing[1];
  struct inflate_state *state = &self->state;
  size_t offered = step->input_size - step->consumed;
  size_t room = step->output_size - step->produced;
  if (offered > SLICE) offered = SLICE;
  if (room > SLICE) room = SLICE;
  uint8_t *out = step->output != NULL ? (uint8_t *)step->output + step->produced : nothing;
  // ISA-L does not write to its input; it only has no word for that.
  state->next_in = offered > 0 ? (uint8_t *)step->input + step->consumed : nothing;
  state->avail_in = (uint32_t)offered;
  state->next_out = out;
  state->avail_out = (uint32_t)room;
  int result = isal_inflate(state);
  if (result < 0) return refuse(result);
  size_t used = offered - state->avail_in;
  size_t written = room - state->avail_out;
  used -= give_back(state, used);
  self->check = isal_check(self->format, self->check, out, written);
  self->total += (uint32_t)written;
  step->consumed += used;
  step->produced += written;
  *progress = used + written;
  return state->block_state == ISAL_BLOCK_FINISH;
}

static int32_t read_body(struct inflater *self, struct wdprov_step *step) {
  for (;;) {
    size_t progress = 0;
    int32_t status = inflate_slice(self, step, &progress);
    if (status != 0) return status;
    // A full output may have the end of the data behind it, which takes no room.
    if (progress == 0 || (step->consumed == step->input_size && step->produced < step->output_size)) return 0;
  }
}

/// Compares the four bytes that come next with a value: 1 where they are there, and right.
static int32_t expect(
    struct inflater *self, struct wdprov_step *step, uint32_t value, const char *otherwise) {
  if (!gather(self, step, 4)) return 0;
  uint32_t read = 0;
  // zlib's numbers have their most significant byte first, gzip's their least.
  for (int i = 0; i < 4; i++) read = read << 8 | self->part[self->format == ISAL_FORMAT_ZLIB ? i : 3 - i];
  return read == value ? 1 : corrupt(ISAL_INCORRECT_CHECKSUM, otherwise);
}

static int32_t read_trailer(struct inflater *self, struct wdprov_step *step) {
  int32_t status = 1;
  if (self->phase == PHASE_TRAILER) {
    if (self->format != ISAL_FORMAT_DEFLATE)
      status = expect(self, step, self->check, "the data does not have the checksum that follows it");
    if (status != 1) return status;
    self->phase = PHASE_LENGTH;
  }
  if (self->format == ISAL_FORMAT_GZIP)
    status = expect(self, step, self->total, "the data does not have the length that follows it");
  if (status == 1) self->phase = PHASE_DONE;
  return status;
}

int32_t inflater_step(struct inflater *self, struct wdprov_step *step) {
  int32_t status = read_wrapper(self, step);
  if (status != 1) return status;
  if (self->phase == PHASE_BODY) {
    status = read_body(self, step);
    if (status != 1) return status;
    self->phase = PHASE_TRAILER;
  }
  if (self->phase < PHASE_DONE) {
    status = read_trailer(self, step);
    if (status != 1) return status;
  }
  step->finished = 1;
  return 0;
}
