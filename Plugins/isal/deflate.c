// Compression by ISA-L, piece by piece, so that nothing grows: a piece that does not shrink is stored.
// SPDX-License-Identifier: Apache-2.0
//
// ISA-L's level 0 expands random data by 23 %, and no level promises a bound. So the plain data is cut into pieces, and
// each is compressed with a sync flush at its end, which ends it at a byte boundary. Where that takes more room than
// stored blocks would (RFC 1951 section 3.2.4), those are written instead: they may follow any byte boundary. ISA-L is
// then begun anew, as it stopped in the middle; later pieces do not refer back to what was stored.
// Containers and their checksums are written here, since ISA-L must not see where a member begins and ends.

#include <stdlib.h>
#include <string.h>

#include "isal.h"

enum {
  STORED_MOST = 65535,
  STORED_HEADER = 5,
  // As much as pcrypt puts into a member. Each piece costs a flush's marker and a set of codes, about 100 bytes.
  PIECE = 1 << 18,
  MARKER_SIZE = 5,
  // A piece with what may follow it, or the last block and what follows that.
  PENDING = PIECE + (PIECE / STORED_MOST + 1) * STORED_HEADER + MARKER_SIZE + GZIP_TRAILER_SIZE,
};

/// An empty stored block, as sync flushes end with (zlib.h, Z_SYNC_FLUSH).
static const uint8_t marker[MARKER_SIZE] = {0, 0, 0, 0xff, 0xff};
/// An empty last block with fixed codes: bits 1, 01 and seven zeros (RFC 1951 section 3.2.3).
static const uint8_t last_block[] = {3, 0};

struct deflater {
  struct isal_zstream stream;
  enum isal_format format;
  uint32_t level;
  /// The container's header, and how much of it was written.
  uint8_t *prefix;
  size_t prefix_size;
  size_t prefix_start;
  uint8_t *dictionary;
  size_t dictionary_size;
  /// Of the plain data.
  uint32_t check;
  uint32_t total;
  /// The last piece was stored, so that what was written does not end with a marker.
  int is_unmarked;
  /// Nothing was compressed since ISA-L was begun.
  int is_fresh;
  int has_ended;
  size_t gathered_count;
  /// Output that did not fit.
  size_t pending_start;
  size_t pending_end;
  uint8_t gathered[PIECE];
  uint8_t pending[PENDING];
  uint8_t level_buffer[];
};

static uint32_t level_buffer_size(uint32_t level) {
  switch (level) {
    case 0: return ISAL_DEF_LVL0_DEFAULT;
    case 1: return ISAL_DEF_LVL1_DEFAULT;
    case 2: return ISAL_DEF_LVL2_DEFAULT;
    default: return ISAL_DEF_LVL3_DEFAULT;
  }
}

// MARK: Containers

static size_t gzip_header_size(const struct wdprov_gzip_header *header) {
  size_t size = 10;
  if (header == NULL) return size;
  if (header->extra != NULL) size += 2 + header->extra_size;
  if (header->name != NULL) size += strlen(header->name) + 1;
  if (header->comment != NULL) size += strlen(header->comment) + 1;
  return size + (header->has_checksum ? 2 : 0);
}

/// Writes gzip's header (RFC 1952 section 2.3) to `out`.
static void put_gzip_header(uint8_t *out, const struct wdprov_gzip_header *header, uint32_t level) {
  static const struct wdprov_gzip_header plain = {WDPROV_HEAD(struct wdprov_gzip_header), .operating_system = 3};
  if (header == NULL) header = &plain;
  const uint8_t *start = out;
  *out++ = 0x1f;
  *out++ = 0x8b;
  *out++ = 8;
  *out++ = (uint8_t)(
      (header->is_text ? GZIP_FLAG_TEXT : 0) | (header->has_checksum ? GZIP_FLAG_CHECKSUM : 0) |
      (header->extra != NULL ? GZIP_FLAG_EXTRA : 0) | (header->name != NULL ? GZIP_FLAG_NAME : 0) |
      (header->comment != NULL ? GZIP_FLAG_COMMENT : 0));
  for (int i = 0; i < 4; i++) *out++ = (uint8_t)(header->modification_time >> (8 * i));
  // 4: the fastest algorithm was used.
  *out++ = level == 0 ? 4 : 0;
  *out++ = header->operating_system;
  if (header->extra != NULL) {
    *out++ = (uint8_t)header->extra_size;
    *out++ = (uint8_t)(header->extra_size >> 8);
    memcpy(out, header->extra, header->extra_size);
    out += header->extra_size;
  }
  const char *texts[] = {header->name, header->comment};
  for (int i = 0; i < 2; i++) {
    if (texts[i] == NULL) continue;
    size_t count = strlen(texts[i]) + 1;
    memcpy(out, texts[i], count);
    out += count;
  }
  if (header->has_checksum) {
    uint32_t check = crc32_gzip_refl(0, start, (uint64_t)(out - start));
    *out++ = (uint8_t)check;
    *out++ = (uint8_t)(check >> 8);
  }
}

/// Writes zlib's header (RFC 1950 section 2.2): method 8, a window of 32 KiB, how hard it was tried, a dictionary.
static size_t put_zlib_header(uint8_t *out, const struct deflater *self) {
  unsigned header = 0x78 << 8 | (self->level == 0 ? 0 : 1) << 6 | (self->dictionary_size > 0 ? 0x20 : 0);
  header += 31 - header % 31;
  out[0] = (uint8_t)(header >> 8);
  out[1] = (uint8_t)header;
  if (self->dictionary_size == 0) return 2;
  uint32_t identifier = isal_adler32(1, self->dictionary, self->dictionary_size);
  for (int i = 0; i < 4; i++) out[2 + i] = (uint8_t)(identifier >> (24 - 8 * i));
  return 6;
}

static int make_prefix(struct deflater *self, const struct wdprov_gzip_header *header) {
  if (self->format == ISAL_FORMAT_DEFLATE) return 1;
  size_t size = self->format == ISAL_FORMAT_GZIP ? gzip_header_size(header) : 6;
  self->prefix = malloc(size);
  if (self->prefix == NULL) return 0;
  self->prefix_size = size;
  if (self->format == ISAL_FORMAT_GZIP) put_gzip_header(self->prefix, header, self->level);
  else self->prefix_size = put_zlib_header(self->prefix, self);
  return 1;
}

static size_t put_trailer(uint8_t *out, const struct deflater *self) {
  switch (self->format) {
    case ISAL_FORMAT_GZIP:
      for (int i = 0; i < 4; i++) {
        out[i] = (uint8_t)(self->check >> (8 * i));
        out[4 + i] = (uint8_t)(self->total >> (8 * i));
      }
      return GZIP_TRAILER_SIZE;
    case ISAL_FORMAT_ZLIB:
      for (int i = 0; i < 4; i++) out[i] = (uint8_t)(self->check >> (24 - 8 * i));
      return ZLIB_TRAILER_SIZE;
    default: return 0;
  }
}

// MARK: Life

static void forget(struct deflater *self) {
  free(self->prefix);
  free(self->dictionary);
  self->prefix = NULL;
  self->dictionary = NULL;
  self->prefix_size = self->dictionary_size = 0;
}

/// Begins ISA-L anew: what follows does not refer back.
static void restart(struct deflater *self) {
  isal_deflate_reset(&self->stream);
  self->is_fresh = 1;
}

int32_t deflater_reset(struct deflater *self) {
  self->prefix_start = self->gathered_count = self->pending_start = self->pending_end = 0;
  self->check = isal_check_initial(self->format);
  self->total = 0;
  self->is_unmarked = self->has_ended = 0;
  restart(self);
  if (self->dictionary_size == 0) return 0;
  int result = isal_deflate_set_dict(&self->stream, self->dictionary, (uint32_t)self->dictionary_size);
  return result == COMP_OK ? 0 : isal_fail(WDPROV_ERROR_BACKEND, result, "isal_deflate_set_dict: invalid state");
}

int32_t deflater_create(
    enum isal_format format, const struct wdprov_compression_options *options, struct deflater **made) {
  if (options->level < ISAL_DEF_MIN_LEVEL || options->level > ISAL_DEF_MAX_LEVEL) return -WDPROV_ERROR_INVALID;
  if (options->dictionary_size > UINT32_MAX)
    return isal_fail(WDPROV_ERROR_INVALID, 0, "ISA-L takes a dictionary of less than 4 GiB: give its last 32 KiB");
  if (options->header != NULL && options->header->extra_size > UINT16_MAX)
    return isal_fail(WDPROV_ERROR_INVALID, 0, "gzip's extra field has at most 65,535 bytes");
  uint32_t level = (uint32_t)options->level;
  struct deflater *self = isal_pool_take(ISAL_POOL_DEFLATE + level);
  if (self == NULL) {
    self = calloc(1, sizeof *self + level_buffer_size(level));
    if (self == NULL) return isal_no_memory();
    isal_deflate_init(&self->stream);
    self->level = self->stream.level = level;
    self->stream.level_buf = level > 0 ? self->level_buffer : NULL;
    self->stream.level_buf_size = level_buffer_size(level);
  }
  self->format = format;
  int has_memory = 1;
  if (options->dictionary_size > 0) {
    self->dictionary = malloc(options->dictionary_size);
    has_memory = self->dictionary != NULL;
    if (has_memory) memcpy(self->dictionary, options->dictionary, options->dictionary_size);
    self->dictionary_size = options->dictionary_size;
  }
  int32_t status = has_memory && make_prefix(self, options->header) ? deflater_reset(self) : isal_no_memory();
  if (status != 0) {
    forget(self);
    free(self);
    return status;
  }
  *made = self;
  return 0;
}

void deflater_destroy(struct deflater *self) {
  forget(self);
  if (!isal_pool_put(ISAL_POOL_DEFLATE + self->level, self)) free(self);
}

// MARK: Pieces

static size_t stored_size(size_t count) { return count + STORED_HEADER * ((count + STORED_MOST - 1) / STORED_MOST); }

static size_t put_stored(uint8_t *out, const uint8_t *bytes, size_t count, int is_last) {
  uint8_t *place = out;
  while (count > 0) {
    size_t part = count < STORED_MOST ? count : STORED_MOST;
    count -= part;
    *place++ = is_last && count == 0;
    *place++ = (uint8_t)part;
    *place++ = (uint8_t)(part >> 8);
    *place++ = (uint8_t)~part;
    *place++ = (uint8_t)(~part >> 8);
    memcpy(place, bytes, part);
    place += part;
    bytes += part;
  }
  return (size_t)(place - out);
}

/// Compresses a piece by ISA-L into as many bytes as storing it takes; 0 where that is too little.
static size_t put_deflated(struct deflater *self, uint8_t *out, const uint8_t *bytes, size_t count, int is_last) {
  struct isal_zstream *stream = &self->stream;
  uint32_t most = (uint32_t)stored_size(count);
  // ISA-L does not write to its input; it only has no word for that.
  stream->next_in = (uint8_t *)bytes;
  stream->avail_in = (uint32_t)count;
  stream->next_out = out;
  stream->avail_out = most;
  stream->end_of_stream = (uint16_t)is_last;
  stream->flush = is_last ? NO_FLUSH : SYNC_FLUSH;
  self->is_fresh = 0;
  int result = isal_deflate(stream);
  enum isal_zstate_state state = stream->internal_state.state;
  int is_complete = stream->avail_in == 0 && (is_last ? state == ZSTATE_END : state == ZSTATE_NEW_HDR);
  if (result == COMP_OK && is_complete) return most - stream->avail_out;
  restart(self);
  return 0;
}

/// Writes a piece and, as `flush` asks for it behind the last of a step, what ends it.
static size_t put_piece(
    struct deflater *self, uint8_t *out, const uint8_t *bytes, size_t count, int32_t flush) {
  int is_last = flush == WDPROV_FLUSH_FINISH;
  uint8_t *place = out;
  if (count > 0) {
    self->check = isal_check(self->format, self->check, bytes, count);
    self->total += (uint32_t)count;
    size_t size = put_deflated(self, place, bytes, count, is_last);
    self->is_unmarked = size == 0;
    place += size > 0 ? size : put_stored(place, bytes, count, is_last);
  } else if (is_last) {
    memcpy(place, last_block, sizeof last_block);
    place += sizeof last_block;
  }
  if (is_last) {
    place += put_trailer(place, self);
    self->has_ended = 1;
  } else if (flush != WDPROV_FLUSH_NONE) {
    if (self->is_unmarked) {
      memcpy(place, marker, sizeof marker);
      place += sizeof marker;
      self->is_unmarked = 0;
    }
    if (flush == WDPROV_FLUSH_FULL && !self->is_fresh) restart(self);
  }
  return (size_t)(place - out);
}

static int drain(
    struct wdprov_step *step, const uint8_t *bytes, size_t *start, size_t end) {
  size_t count = end - *start;
  if (count > step->output_size - step->produced) count = step->output_size - step->produced;
  if (count > 0) memcpy((uint8_t *)step->output + step->produced, bytes + *start, count);
  *start += count;
  step->produced += count;
  return *start == end;
}

int32_t deflater_step(struct deflater *self, struct wdprov_step *step) {
  for (;;) {
    if (!drain(step, self->prefix, &self->prefix_start, self->prefix_size)) return 0;
    if (!drain(step, self->pending, &self->pending_start, self->pending_end)) return 0;
    if (self->has_ended) {
      step->finished = 1;
      return 0;
    }
    size_t left = step->input_size - step->consumed;
    const uint8_t *input = left > 0 ? (const uint8_t *)step->input + step->consumed : self->gathered;
    const uint8_t *piece = input;
    size_t count = left < PIECE ? left : PIECE;
    if (self->gathered_count == 0 && (left >= PIECE || step->flush != WDPROV_FLUSH_NONE)) {
      step->consumed += count;
    } else {
      if (count > PIECE - self->gathered_count) count = PIECE - self->gathered_count;
      if (count > 0) memcpy(self->gathered + self->gathered_count, input, count);
      self->gathered_count += count;
      step->consumed += count;
      if (self->gathered_count < PIECE && step->flush == WDPROV_FLUSH_NONE) return 0;
      piece = self->gathered;
      count = self->gathered_count;
      self->gathered_count = 0;
    }
    int is_end = step->consumed == step->input_size;
    // Without a piece there is only the flush, and with nothing to do for that, nothing.
    if (is_end && count == 0 && step->flush == WDPROV_FLUSH_NONE) return 0;
    int32_t flush = is_end ? step->flush : WDPROV_FLUSH_NONE;
    size_t most = stored_size(count) + MARKER_SIZE + GZIP_TRAILER_SIZE;
    if (step->output_size - step->produced >= most) {
      step->produced += put_piece(self, (uint8_t *)step->output + step->produced, piece, count, flush);
    } else {
      self->pending_start = 0;
      self->pending_end = put_piece(self, self->pending, piece, count, flush);
    }
    if (is_end && !self->has_ended) {
      drain(step, self->pending, &self->pending_start, self->pending_end);
      return 0;
    }
  }
}
