// zlib as a C programmer uses it who keeps his streams.
// SPDX-License-Identifier: Apache-2.0

#include "CBaseline.h"

#include <pthread.h>
#include <stdlib.h>
#include <zlib.h>

/// Streams that are made once and kept.
struct kept {
  z_stream stream;
  int made;
};

/// Window bits of zlib's: a raw stream, or one in a gzip member.
enum { RAW = -15, GZIP = 31 };

/// Gives a stream an input and an output.
static void give(z_stream *stream, const void *data, size_t length, void *out, size_t capacity) {
  stream->next_in = (Bytef *)data;
  stream->avail_in = (uInt)length;
  stream->next_out = out;
  stream->avail_out = (uInt)capacity;
}

static size_t deflate_once(
    struct kept *kept, int level, int window_bits, const void *data, size_t length, void *out, size_t capacity) {
  z_stream *stream = &kept->stream;
  if (!kept->made) {
    if (deflateInit2(stream, level, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY) != Z_OK) abort();
    kept->made = 1;
  }
  deflateReset(stream);
  give(stream, data, length, out, capacity);
  if (deflate(stream, Z_FINISH) != Z_STREAM_END) abort();
  return capacity - stream->avail_out;
}

static size_t inflate_once(
    struct kept *kept, int window_bits, const void *data, size_t length, void *out, size_t capacity) {
  z_stream *stream = &kept->stream;
  if (!kept->made) {
    if (inflateInit2(stream, window_bits) != Z_OK) abort();
    kept->made = 1;
  }
  inflateReset(stream);
  give(stream, data, length, out, capacity);
  if (inflate(stream, Z_FINISH) != Z_STREAM_END) abort();
  return capacity - stream->avail_out;
}

size_t baseline_deflate(const void *data, size_t length, void *out, size_t capacity, size_t count) {
  static struct kept kept;
  size_t produced = 0;
  for (size_t i = 0; i < count; i++) produced = deflate_once(&kept, 6, RAW, data, length, out, capacity);
  return produced;
}

size_t baseline_inflate(const void *data, size_t length, void *out, size_t capacity, size_t count) {
  static struct kept kept;
  size_t produced = 0;
  for (size_t i = 0; i < count; i++) produced = inflate_once(&kept, RAW, data, length, out, capacity);
  return produced;
}

size_t baseline_gzip(int level, const void *data, size_t length, void *out, size_t capacity) {
  static struct kept kept[Z_BEST_COMPRESSION + 1];
  return deflate_once(&kept[level], level, GZIP, data, length, out, capacity);
}

size_t baseline_gunzip(const void *data, size_t length, void *out, size_t capacity) {
  static struct kept kept;
  return inflate_once(&kept, GZIP, data, length, out, capacity);
}

struct share {
  const void *data;
  size_t length;
  size_t count;
};

static void *deflate_share(void *argument) {
  struct share *share = argument;
  struct kept kept = {0};
  size_t capacity = share->length * 2;
  unsigned char *out = malloc(capacity);
  if (out == NULL) abort();
  for (size_t i = 0; i < share->count; i++) deflate_once(&kept, 6, RAW, share->data, share->length, out, capacity);
  deflateEnd(&kept.stream);
  free(out);
  return NULL;
}

void baseline_deflate_in_two_threads(const void *data, size_t length, size_t count) {
  struct share shares[2] = {{data, length, count / 2}, {data, length, count - count / 2}};
  pthread_t other;
  if (pthread_create(&other, NULL, deflate_share, &shares[1]) != 0) abort();
  deflate_share(&shares[0]);
  pthread_join(other, NULL);
}
