// deflate, zlib and gzip as streams, CRC-32 and Adler-32, by Intel's ISA-L.
// SPDX-License-Identifier: Apache-2.0

#include "isal.h"

#include "../common/checksum.h"
#include "../common/plugin.h"

enum { DEFAULT_LEVEL = 2 };

static struct plugin_pool pools[ISAL_POOL_COUNT] = {PLUGIN_POOL, PLUGIN_POOL, PLUGIN_POOL, PLUGIN_POOL, PLUGIN_POOL};

void *isal_pool_take(unsigned pool) { return plugin_pool_take(&pools[pool]); }

int isal_pool_put(unsigned pool, void *context) { return plugin_pool_put(&pools[pool], context); }

int32_t isal_fail(int32_t error, int32_t number, const char *message) {
  return plugin_fail(error, number, "%s", message);
}

int32_t isal_no_memory(void) { return plugin_no_memory("an ISA-L state"); }

// MARK: States

/// A state: one of the two.
struct state {
  struct deflater *deflater;
  struct inflater *inflater;
};

static const enum isal_format formats[] = {ISAL_FORMAT_DEFLATE, ISAL_FORMAT_ZLIB, ISAL_FORMAT_GZIP};

static int32_t create(void *context, const struct wdprov_compression_options *options, void **state) {
  const enum isal_format *format = context;
  struct state *self = calloc(1, sizeof *self);
  if (self == NULL) return isal_no_memory();
  int32_t status = options->direction == WDPROV_COMPRESS ? deflater_create(*format, options, &self->deflater)
                                                         : inflater_create(*format, options, &self->inflater);
  if (status != 0) {
    free(self);
    return status;
  }
  *state = self;
  return 0;
}

static void destroy(void *state) {
  struct state *self = state;
  if (self->deflater != NULL) deflater_destroy(self->deflater);
  if (self->inflater != NULL) inflater_destroy(self->inflater);
  free(self);
}

static int32_t step(void *state, struct wdprov_step *step) {
  struct state *self = state;
  return self->deflater != NULL ? deflater_step(self->deflater, step) : inflater_step(self->inflater, step);
}

static int32_t reset(void *state) {
  struct state *self = state;
  return self->deflater != NULL ? deflater_reset(self->deflater) : inflater_reset(self->inflater);
}

static int32_t read_header(void *state, struct wdprov_gzip_header *header) {
  struct state *self = state;
  return self->inflater != NULL ? inflater_header(self->inflater, header) : -WDPROV_ERROR_TRUNCATED;
}

// MARK: Checksums

static uint32_t update_crc32(uint32_t value, const void *bytes, size_t count) {
  return crc32_gzip_refl(value, bytes, count);
}

static uint32_t update_adler32(uint32_t value, const void *bytes, size_t count) {
  return isal_adler32(value, bytes, count);
}

static const struct checksum crc32_checksum = CHECKSUM_CRC32(update_crc32);
static const struct checksum adler32_checksum = CHECKSUM_ADLER32(update_adler32);

// MARK: Drivers

// What is stored takes 5 bytes in 65,535, which is less than n / 4096. A member has besides: 5 bytes for a first block,
// a container's 18, and a last block of 2.
#define COMPRESSION \
  WDPROV_HEAD(struct wdprov_compression), .minimum_level = ISAL_DEF_MIN_LEVEL, .maximum_level = ISAL_DEF_MAX_LEVEL, \
  .default_level = DEFAULT_LEVEL, .bound_shift = 12, .bound_constant = 64, .create = create, .destroy = destroy, \
  .step = step, .reset = reset

static const struct wdprov_compression deflate_compression = {
    COMPRESSION, .capabilities = WDPROV_COMPRESSION_STREAMING | WDPROV_COMPRESSION_DICTIONARIES,
    .joining = WDPROV_JOINING_BLOCKS,
};
static const struct wdprov_compression zlib_compression = {
    COMPRESSION, .capabilities = WDPROV_COMPRESSION_STREAMING | WDPROV_COMPRESSION_DICTIONARIES,
    .joining = WDPROV_JOINING_NONE,
};
static const struct wdprov_compression gzip_compression = {
    COMPRESSION, .capabilities = WDPROV_COMPRESSION_STREAMING | WDPROV_COMPRESSION_HEADERS,
    .joining = WDPROV_JOINING_MEMBERS, .member_magic = "\x1f\x8b", .member_magic_size = 2, .read_header = read_header,
};

static const char *const zlib_aliases[] = {"zlib", NULL};
static const char *const gzip_aliases[] = {"gz", NULL};

#define DRIVER(algorithm) \
  WDPROV_HEAD(struct wdprov_driver), .name = algorithm, .driver_name = algorithm "-isal", .priority = 200

static const struct wdprov_driver deflate_driver = {
    DRIVER("deflate"), .context = (void *)&formats[0], .compression = &deflate_compression,
};
static const struct wdprov_driver zlib_driver = {
    DRIVER("zlib-deflate"), .aliases = zlib_aliases, .context = (void *)&formats[1], .compression = &zlib_compression,
};
static const struct wdprov_driver gzip_driver = {
    DRIVER("gzip"), .aliases = gzip_aliases, .context = (void *)&formats[2], .compression = &gzip_compression,
};
static const struct wdprov_driver crc32_driver = {
    DRIVER("crc32"), .flags = WDPROV_FLAG_EXPORTABLE, .context = (void *)&crc32_checksum, .hash = &checksum_hash,
};
static const struct wdprov_driver adler32_driver = {
    DRIVER("adler32"), .flags = WDPROV_FLAG_EXPORTABLE, .context = (void *)&adler32_checksum, .hash = &checksum_hash,
};

static const struct wdprov_driver *const drivers[] = {
    &deflate_driver, &zlib_driver, &gzip_driver, &crc32_driver, &adler32_driver,
};

// The library does not tell its version; the build gives what pkg-config says (Scripts/build-plugins.sh).
#ifndef WDPROV_LIBRARY_VERSION
#define WDPROV_LIBRARY_VERSION "2"
#endif

static const struct wdprov_provider provider = {
    WDPROV_HEAD(struct wdprov_provider),
    .name = "isal",
    .version = WDPROV_LIBRARY_VERSION,
    .drivers = drivers,
    .driver_count = sizeof drivers / sizeof drivers[0],
};

int32_t wdprov_provider_init(const struct wdprov_host *host) {
  int32_t status = plugin_begin(host);
  return status != 0 ? status : host->register_provider(host, &provider);
}
