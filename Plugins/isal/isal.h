// What the parts of ISA-L's plugin share: containers of deflate data, and the states of both directions.
// SPDX-License-Identifier: Apache-2.0

#ifndef WDPROV_PLUGINS_ISAL_H
#define WDPROV_PLUGINS_ISAL_H

#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>

#include "wdprov.h"

/// A container of deflate data: none (RFC 1951), zlib's (RFC 1950), gzip's (RFC 1952).
enum isal_format { ISAL_FORMAT_DEFLATE, ISAL_FORMAT_ZLIB, ISAL_FORMAT_GZIP };

enum { GZIP_TRAILER_SIZE = 8, ZLIB_TRAILER_SIZE = 4 };

/// The flags of gzip's header (RFC 1952 section 2.3.1).
enum {
  GZIP_FLAG_TEXT = 1, GZIP_FLAG_CHECKSUM = 2, GZIP_FLAG_EXTRA = 4, GZIP_FLAG_NAME = 8, GZIP_FLAG_COMMENT = 16,
  GZIP_FLAGS_RESERVED = 0xe0,
};

static inline uint32_t isal_check_initial(enum isal_format format) { return format == ISAL_FORMAT_ZLIB; }

/// The checksum that a container has of the plain data; none for raw deflate.
static inline uint32_t isal_check(enum isal_format format, uint32_t check, const void *bytes, size_t count) {
  if (count == 0 || format == ISAL_FORMAT_DEFLATE) return check;
  return format == ISAL_FORMAT_GZIP ? crc32_gzip_refl(check, bytes, count) : isal_adler32(check, bytes, count);
}

struct deflater;
struct inflater;

// deflate.c
int32_t deflater_create(
    enum isal_format format, const struct wdprov_compression_options *options, struct deflater **made);
void deflater_destroy(struct deflater *self);
int32_t deflater_reset(struct deflater *self);
int32_t deflater_step(struct deflater *self, struct wdprov_step *step);

// inflate.c
int32_t inflater_create(
    enum isal_format format, const struct wdprov_compression_options *options, struct inflater **made);
void inflater_destroy(struct inflater *self);
int32_t inflater_reset(struct inflater *self);
int32_t inflater_step(struct inflater *self, struct wdprov_step *step);
int32_t inflater_header(struct inflater *self, struct wdprov_gzip_header *header);

// The host's functions, for the parts that are not the one with the entry symbol.
int32_t isal_fail(int32_t error, int32_t number, const char *message);
int32_t isal_no_memory(void);

/// Spare contexts, by class: one for decompression, and one for each level.
enum isal_pool { ISAL_POOL_INFLATE, ISAL_POOL_DEFLATE, ISAL_POOL_COUNT = ISAL_POOL_DEFLATE + ISAL_DEF_MAX_LEVEL + 1 };
void *isal_pool_take(unsigned pool);
int isal_pool_put(unsigned pool, void *context);

#endif
