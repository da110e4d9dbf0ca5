// A plugin with a run-length format that takes whole messages alone, and on request one that works piece by piece.
// SPDX-License-Identifier: Apache-2.0
//
// "RL", then a count from 1 to 255 and a byte for each run, then a 0. ALSO_STREAMING adds a second driver.
#include <stdlib.h>
#include <string.h>

#include "wdprov.h"

#ifndef FORMAT
#define FORMAT "toyrun"
#endif

struct state {
  int32_t direction;
  size_t place;     // piece by piece: bytes of the magic that were written or read
  uint8_t pending;  // piece by piece, decompressing: how often the next byte comes
  uint8_t value;
  uint8_t has_value;
  uint8_t is_done;
};

static int32_t create(void *context, const struct wdprov_compression_options *options, void **state) {
  (void)context;
  struct state *new = calloc(1, sizeof *new);
  if (new == NULL) {
    return -WDPROV_ERROR_EXHAUSTED;
  }
  new->direction = options->direction;
  *state = new;
  return 0;
}

static int32_t reset(void *pointer) {
  struct state *state = pointer;
  *state = (struct state){.direction = state->direction};
  return 0;
}

// MARK: Whole messages

static int32_t compress(struct wdprov_step *step) {
  const uint8_t *input = step->input;
  uint8_t *output = step->output;
  size_t length = 0;
  const size_t room = step->output_size;
  if (room < 3) {
    return 0;
  }
  memcpy(output, "RL", 2);
  length = 2;
  for (size_t index = 0; index < step->input_size;) {
    size_t run = 1;
    while (run < 255 && index + run < step->input_size && input[index + run] == input[index]) {
      run++;
    }
    if (room - length < 3) {
      return 0;
    }
    output[length++] = (uint8_t)run;
    output[length++] = input[index];
    index += run;
  }
  output[length++] = 0;
  step->consumed = step->input_size;
  step->produced = length;
  step->finished = 1;
  return 0;
}

static int32_t decompress(struct wdprov_step *step) {
  const uint8_t *input = step->input;
  uint8_t *output = step->output;
  const size_t size = step->input_size;
  if (size < 2) {
    step->consumed = size;
    return 0;
  }
  if (memcmp(input, "RL", 2) != 0) {
    return -WDPROV_ERROR_CORRUPT;
  }
  size_t length = 0;
  for (size_t index = 2;; index += 2) {
    if (index >= size || (input[index] != 0 && index + 1 >= size)) {
      // Input that ends early is used up.
      step->consumed = size;
      return 0;
    }
    if (input[index] == 0) {
      step->consumed = index + 1;
      step->produced = length;
      step->finished = 1;
      return 0;
    }
#ifndef NEVER_ENOUGH
    if (step->output_size - length < input[index]) {
      return 0;
    }
    memset(output + length, input[index + 1], input[index]);
    length += input[index];
#else
    // Says of everything that it does not fit.
    (void)output;
    if (input[index] > 1) {
      return 0;
    }
    ((uint8_t *)step->output)[length++] = input[index + 1];
#endif
  }
}

static int32_t step_whole(void *pointer, struct wdprov_step *step) {
  const struct state *state = pointer;
  if (step->flush != WDPROV_FLUSH_FINISH) {
    return -WDPROV_ERROR_INVALID;
  }
  return state->direction == WDPROV_COMPRESS ? compress(step) : decompress(step);
}

#define FORMAT_TABLE                                                                                                  \
  WDPROV_HEAD(struct wdprov_compression), .minimum_level = 0, .maximum_level = 0, .default_level = 0,                \
      .joining = WDPROV_JOINING_MEMBERS, .bound_shift = 0, .bound_constant = 3, .member_magic = "RL",                \
      .member_magic_size = 2, .create = create, .destroy = free, .reset = reset
static const struct wdprov_compression whole = {FORMAT_TABLE, .step = step_whole};

static const struct wdprov_known_answer answers[] = {
    {WDPROV_HEAD(struct wdprov_known_answer), .source = "arithmetic", .input = "6161616200",
     .output = "524c03610162010000"}};
static const struct wdprov_driver whole_driver = {
    WDPROV_HEAD(struct wdprov_driver), .name = FORMAT, .driver_name = FORMAT "-whole", .priority = 500,
    .compression = &whole, .known_answers = answers, .known_answer_count = 1};

// MARK: Piece by piece: each byte is a run of its own

#ifdef ALSO_STREAMING
static int32_t step_piece(void *pointer, struct wdprov_step *step) {
  static const uint8_t magic[2] = {'R', 'L'};
  struct state *state = pointer;
  const uint8_t *input = step->input;
  uint8_t *output = step->output;
  if (state->direction == WDPROV_COMPRESS) {
    while (state->place < 2 && step->produced < step->output_size) {
      output[step->produced++] = magic[state->place++];
    }
    while (step->consumed < step->input_size && step->output_size - step->produced >= 2) {
      output[step->produced++] = 1;
      output[step->produced++] = input[step->consumed++];
    }
    if (step->flush == WDPROV_FLUSH_FINISH && step->consumed == step->input_size &&
        step->produced < step->output_size) {
      output[step->produced++] = 0;
      step->finished = 1;
    }
    return 0;
  }
  for (;;) {
    while (state->has_value && state->pending > 0 && step->produced < step->output_size) {
      output[step->produced++] = state->value;
      state->pending--;
    }
    if (state->has_value && state->pending > 0) {
      return 0;
    }
    if (state->is_done || step->consumed == step->input_size) {
      step->finished = state->is_done;
      return 0;
    }
    const uint8_t byte = input[step->consumed++];
    if (state->place < 2) {
      if (byte != magic[state->place++]) {
        return -WDPROV_ERROR_CORRUPT;
      }
    } else if (state->pending == 0) {
      state->pending = byte;
      state->has_value = 0;
      state->is_done = byte == 0;
    } else {
      state->value = byte;
      state->has_value = 1;
    }
  }
}

static const struct wdprov_compression pieces = {
    FORMAT_TABLE, .capabilities = WDPROV_COMPRESSION_STREAMING, .step = step_piece};
static const struct wdprov_driver piece_driver = {
    WDPROV_HEAD(struct wdprov_driver), .name = FORMAT, .driver_name = FORMAT "-pieces", .priority = 100,
    .compression = &pieces, .known_answers = answers, .known_answer_count = 1};
static const struct wdprov_driver *const drivers[] = {&whole_driver, &piece_driver};
#else
static const struct wdprov_driver *const drivers[] = {&whole_driver};
#endif

static const struct wdprov_provider provider = {
    WDPROV_HEAD(struct wdprov_provider), .name = "runs", .version = "1.0", .drivers = drivers,
    .driver_count = sizeof drivers / sizeof *drivers};

int32_t wdprov_provider_init(const struct wdprov_host *host) { return host->register_provider(host, &provider); }
