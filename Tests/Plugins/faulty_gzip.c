// A plugin of gzip over zlib, with a queue, that is wrong in a way that a macro chooses; without one it is right.
// SPDX-License-Identifier: Apache-2.0
#include "wdprov.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

struct state {
  z_stream stream;
  bool is_compressing;
};

static int32_t create(void *context, const struct wdprov_compression_options *options, void **made) {
  (void)context;
  struct state *state = calloc(1, sizeof *state);
  if (state == NULL) {
    return -WDPROV_ERROR_EXHAUSTED;
  }
  state->is_compressing = options->direction == WDPROV_COMPRESS;
  const int status = state->is_compressing ? deflateInit2(&state->stream, options->level, Z_DEFLATED, 31, 8, 0)
                                           : inflateInit2(&state->stream, 31);
  if (status != Z_OK) {
    free(state);
    return -WDPROV_ERROR_EXHAUSTED;
  }
  *made = state;
  return 0;
}

static void destroy(void *made) {
  struct state *state = made;
  (void)(state->is_compressing ? deflateEnd(&state->stream) : inflateEnd(&state->stream));
  free(state);
}

static int32_t reset(void *made) {
  struct state *state = made;
  return (state->is_compressing ? deflateReset(&state->stream) : inflateReset(&state->stream)) == Z_OK
             ? 0
             : -WDPROV_ERROR_BACKEND;
}

static int32_t step(void *made, struct wdprov_step *step) {
  static const int flushes[] = {Z_NO_FLUSH, Z_SYNC_FLUSH, Z_FULL_FLUSH, Z_FINISH};
  struct state *state = made;
  uint8_t spare[1];
  // zlib takes no NULL, also for no bytes.
  state->stream.next_in = step->input_size == 0 ? spare : (uint8_t *)(uintptr_t)step->input;
  state->stream.avail_in = (uInt)step->input_size;
  state->stream.next_out = step->output_size == 0 ? spare : step->output;
  state->stream.avail_out = (uInt)step->output_size;
  const int status = state->is_compressing ? deflate(&state->stream, flushes[step->flush])
                                           : inflate(&state->stream, Z_NO_FLUSH);
  step->consumed = step->input_size - state->stream.avail_in;
  step->produced = step->output_size - state->stream.avail_out;
  step->finished = status == Z_STREAM_END;
#ifdef WRONG
  // Success, with a byte that is another.
  if (!state->is_compressing && step->produced > 1000) {
    ((uint8_t *)step->output)[1000] ^= 1;
  }
#endif
#ifdef LENGTHS
  step->produced += step->produced > 100 ? (size_t)1 << 40 : 0;
#endif
  if (status == Z_DATA_ERROR) {
    return -WDPROV_ERROR_CORRUPT;
  }
  return status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR ? 0 : -WDPROV_ERROR_BACKEND;
}

// A queue that does a request when it is sent, and tells when it is asked.
enum { DEPTH = 16 };

struct queue {
  struct wdprov_compression_options options;
  struct wdprov_completion ended[2 * DEPTH];
  uint32_t count;
};

static int32_t queue_open(
    void *context, const struct wdprov_compression_options *options, void **made, uint32_t *depth) {
  (void)context;
  struct queue *queue = calloc(1, sizeof *queue);
  if (queue == NULL) {
    return -WDPROV_ERROR_EXHAUSTED;
  }
  queue->options = *options;
  queue->options.dictionary = NULL;
  queue->options.header = NULL;
  *made = queue;
  *depth = DEPTH;
  return 0;
}

static void queue_close(void *made) { free(made); }

static int32_t run(
    struct queue *queue, const struct wdprov_request *request, struct wdprov_completion *completion) {
  void *state;
  int32_t status = create(NULL, &queue->options, &state);
  size_t in = 0, out = 0, in_offset = 0, out_offset = 0;
  bool is_finished = false;
  while (status == 0 && !is_finished) {
    struct wdprov_step next = {.abi_version = WDPROV_ABI_VERSION, .size = sizeof next};
    const bool is_last = in + 1 >= request->input_count;
    if (in < request->input_count) {
      next.input = (const uint8_t *)request->input[in].bytes + in_offset;
      next.input_size = request->input[in].count - in_offset;
    }
    if (out < request->output_count) {
      next.output = (uint8_t *)request->output[out].bytes + out_offset;
      next.output_size = request->output[out].count - out_offset;
    }
    next.flush = is_last ? WDPROV_FLUSH_FINISH : WDPROV_FLUSH_NONE;
    status = step(state, &next);
    completion->consumed += next.consumed;
    completion->produced += next.produced;
    in_offset += next.consumed;
    out_offset += next.produced;
    is_finished = next.finished != 0;
    const bool is_input_used = in < request->input_count && in_offset == request->input[in].count;
    const bool is_output_full = out < request->output_count && out_offset == request->output[out].count;
    if (is_input_used && !is_last) {
      in++;
      in_offset = 0;
    } else if (is_output_full) {
      out++;
      out_offset = 0;
    } else if (!is_finished && next.consumed == 0 && next.produced == 0) {
      status = out == request->output_count ? -WDPROV_ERROR_OUTPUT_TOO_SMALL : -WDPROV_ERROR_TRUNCATED;
    }
  }
  destroy(state);
  return status;
}

static int32_t queue_send(void *made, const struct wdprov_request *request) {
  struct queue *queue = made;
  if (queue->count + 2 > 2 * DEPTH) {
    return -WDPROV_ERROR_BUSY;
  }
  struct wdprov_completion completion = {
      .abi_version = WDPROV_ABI_VERSION, .size = sizeof completion, .tag = request->tag};
  completion.status = run(queue, request, &completion);
#ifdef NEVER
  if (request->tag % 5 == 4) {
    return 0;
  }
#endif
  queue->ended[queue->count++] = completion;
#ifdef TWICE
  if (request->tag % 5 == 4) {
    queue->ended[queue->count++] = completion;
  }
#endif
  return 0;
}

static int32_t queue_receive(
    void *made, struct wdprov_completion *completions, uint32_t maximum, uint64_t timeout) {
  struct queue *queue = made;
  (void)timeout;
  const uint32_t count = queue->count < maximum ? queue->count : maximum;
  memcpy(completions, queue->ended, count * sizeof *completions);
  memmove(queue->ended, queue->ended + count, (queue->count - count) * sizeof *completions);
  queue->count -= count;
  return (int32_t)count;
}

static const struct wdprov_queue queue = {
    .abi_version = WDPROV_ABI_VERSION,
    .size = sizeof queue,
    .open = queue_open,
    .close = queue_close,
    .send = queue_send,
    .receive = queue_receive,
};

static const struct wdprov_compression compression = {
    .abi_version = WDPROV_ABI_VERSION,
    .size = sizeof compression,
    .minimum_level = 1,
    .maximum_level = 9,
    .default_level = 6,
    .capabilities = WDPROV_COMPRESSION_STREAMING,
    .joining = WDPROV_JOINING_MEMBERS,
    .bound_shift = 10,
    .bound_constant = 64,
    .member_magic = "\x1f\x8b",
    .member_magic_size = 2,
    .create = create,
    .destroy = destroy,
    .step = step,
    .reset = reset,
    .queue = &queue,
};

static const struct wdprov_driver driver = {
    .abi_version = WDPROV_ABI_VERSION,
    .size = sizeof driver,
    .name = "gzip",
    .driver_name = "gzip-faulty",
    .priority = 150,
    .flags = WDPROV_FLAG_ASYNC,
    .compression = &compression,
};

static const struct wdprov_driver *const drivers[] = {&driver};

static const struct wdprov_provider provider = {
    .abi_version = WDPROV_ABI_VERSION,
    .size = sizeof provider,
    .name = "faulty",
    .version = "1.0",
    .drivers = drivers,
    .driver_count = 1,
};

int32_t wdprov_provider_init(const struct wdprov_host *host) { return host->register_provider(host, &provider); }
