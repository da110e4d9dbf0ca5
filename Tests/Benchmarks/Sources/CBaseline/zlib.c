// zlib as a C programmer uses it who keeps his streams.
// SPDX-License-Identifier: Apache-2.0

#include "CBaseline.h"

#include <pthread.h>
#include <stdlib.h>
#include <zlib.h>

size_t baseline_deflate(const void *data, size_t length, void *out, size_t capacity, size_t count) {
  static z_stream stream;
  static int made;
  if (!made) {
    if (deflateInit2(&stream, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK) abort();
    made = 1;
  }
  size_t produced = 0;
  for (size_t i = 0; i < count; i++) {
    deflateReset(&stream);
    stream.next_in = (Bytef *)data;
    stream.avail_in = (uInt)length;
    stream.next_out = out;
    stream.avail_out = (uInt)capacity;
    if (deflate(&stream, Z_FINISH) != Z_STREAM_END) abort();
    produced = capacity - stream.avail_out;
  }
  return produced;
}

size_t baseline_inflate(const void *data, size_t length, void *out, size_t capacity, size_t count) {
  static z_stream stream;
  static int made;
  if (!made) {
    if (inflateInit2(&stream, -15) != Z_OK) abort();
    made = 1;
  }
  size_t produced = 0;
  for (size_t i = 0; i < count; i++) {
    inflateReset(&stream);
    stream.next_in = (Bytef *)data;
    stream.avail_in = (uInt)length;
    stream.next_out = out;
    stream.avail_out = (uInt)capacity;
    if (inflate(&stream, Z_FINISH) != Z_STREAM_END) abort();
    produced = capacity - stream.avail_out;
  }
  return produced;
}

struct share {
  const void *data;
  size_t length;
  size_t count;
};

static void *deflate_share(void *argument) {
  struct share *share = argument;
  z_stream stream = {0};
  size_t capacity = share->length * 2;
  unsigned char *out = malloc(capacity);
  if (out == NULL || deflateInit2(&stream, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK) abort();
  for (size_t i = 0; i < share->count; i++) {
    deflateReset(&stream);
    stream.next_in = (Bytef *)share->data;
    stream.avail_in = (uInt)share->length;
    stream.next_out = out;
    stream.avail_out = (uInt)capacity;
    if (deflate(&stream, Z_FINISH) != Z_STREAM_END) abort();
  }
  deflateEnd(&stream);
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
