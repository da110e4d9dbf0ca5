// A plugin with a gzip format that zlib computes, ahead of the host's own.
// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "wdprov.h"

struct state {
  z_stream stream;
  int32_t direction;
};

static int32_t create(void *context, const struct wdprov_compression_options *options, void **state) {
  (void)context;
  struct state *new = calloc(1, sizeof *new);
  if (new == NULL) {
    return -WDPROV_ERROR_EXHAUSTED;
  }
  new->direction = options->direction;
  // 16 more than the window's bits asks zlib for gzip.
  const int status = options->direction == WDPROV_COMPRESS
                         ? deflateInit2(&new->stream, options->level, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY)
                         : inflateInit2(&new->stream, 31);
  if (status != Z_OK) {
    free(new);
    return -WDPROV_ERROR_EXHAUSTED;
  }
  *state = new;
  return 0;
}

static void destroy(void *pointer) {
  struct state *state = pointer;
  (void)(state->direction == WDPROV_COMPRESS ? deflateEnd(&state->stream) : inflateEnd(&state->stream));
  free(state);
}

static int32_t step(void *pointer, struct wdprov_step *step) {
  static const int flushes[] = {Z_NO_FLUSH, Z_SYNC_FLUSH, Z_FULL_FLUSH, Z_FINISH};
  struct state *state = pointer;
  state->stream.next_in = (Bytef *)(uintptr_t)step->input;
  state->stream.avail_in = (uInt)step->input_size;
  state->stream.next_out = step->output;
  state->stream.avail_out = (uInt)step->output_size;
  const int status = state->direction == WDPROV_COMPRESS ? deflate(&state->stream, flushes[step->flush])
                                                         : inflate(&state->stream, Z_NO_FLUSH);
  if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR) {
    return -WDPROV_ERROR_CORRUPT;
  }
  step->consumed = step->input_size - state->stream.avail_in;
  step->produced = step->output_size - state->stream.avail_out;
  step->finished = status == Z_STREAM_END;
  return 0;
}

static int32_t reset(void *pointer) {
  struct state *state = pointer;
  (void)(state->direction == WDPROV_COMPRESS ? deflateReset(&state->stream) : inflateReset(&state->stream));
  return 0;
}

static const struct wdprov_compression compression = {
    WDPROV_HEAD(struct wdprov_compression), .minimum_level = 0, .maximum_level = 9, .default_level = 6,
    .capabilities = WDPROV_COMPRESSION_STREAMING, .joining = WDPROV_JOINING_MEMBERS, .bound_shift = 8,
    .bound_constant = 64, .member_magic = "\x1f\x8b", .member_magic_size = 2, .create = create, .destroy = destroy,
    .step = step, .reset = reset};
static const struct wdprov_driver driver = {
    WDPROV_HEAD(struct wdprov_driver), .name = "gzip", .driver_name = "gzip-better", .priority = 10000,
    .compression = &compression};
static const struct wdprov_driver *const drivers[] = {&driver};
static const struct wdprov_provider provider = {
    WDPROV_HEAD(struct wdprov_provider), .name = "better", .version = ZLIB_VERSION, .drivers = drivers,
    .driver_count = 1};

int32_t wdprov_provider_init(const struct wdprov_host *host) { return host->register_provider(host, &provider); }
