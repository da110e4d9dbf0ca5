// The shortest plugin: a compression format that copies, as the kernel's `compress_null` does (crypto/crypto_null.c).
// SPDX-License-Identifier: Apache-2.0
//
// To build it by hand: cc -std=c11 -fPIC -shared -fvisibility=hidden null.c -o libwdprov_null.so

#include <stdlib.h>
#include <string.h>

#include "wdprov.h"

// A state is whatever the plugin likes. A copy remembers nothing, so a byte at an address of its own will do.
static int32_t null_create(void *context, const struct wdprov_compression_options *options, void **state) {
  (void)context;
  (void)options;  // The host has checked them against the ranges below, so there is nothing to look at.
  *state = malloc(1);
  return *state != NULL ? 0 : -WDPROV_ERROR_EXHAUSTED;
}

static void null_destroy(void *state) { free(state); }

// The heart of every compression driver: use what can be used of the input, write what fits into the output, and say
// how much that was. The host calls again with the rest of the input, or with more room.
static int32_t null_step(void *state, struct wdprov_step *step) {
  (void)state;
  size_t count = step->input_size < step->output_size ? step->input_size : step->output_size;
  // A pointer whose length is 0 may be NULL, which memcpy must not be given.
  if (count > 0) memcpy(step->output, step->input, count);
  step->consumed = count;
  step->produced = count;
  // A copy has no end mark of its own: it ends where the caller says that the input does.
  step->finished = step->flush == WDPROV_FLUSH_FINISH && count == step->input_size;
  return 0;
}

static int32_t null_reset(void *state) {
  (void)state;
  return 0;
}

// What stands here is all that the host knows of the driver. Members that are not named are 0: "not there".
static const struct wdprov_compression null_compression = {
    WDPROV_HEAD(struct wdprov_compression),
    .capabilities = WDPROV_COMPRESSION_STREAMING | WDPROV_COMPRESSION_UNDELIMITED,
    .joining = WDPROV_JOINING_NONE,
    // The most that n bytes become is n + (n >> 63) + 0 bytes.
    .bound_shift = 63,
    .create = null_create,
    .destroy = null_destroy,
    .step = null_step,
    .reset = null_reset,
};

// No driver is used before it has given a known answer; for names of the kernel's the host knows some itself.
static const struct wdprov_known_answer null_answers[] = {
    {WDPROV_HEAD(struct wdprov_known_answer), .source = "a copy", .input = "68656c6c6f", .output = "68656c6c6f"},
};

static const struct wdprov_driver null_driver = {
    WDPROV_HEAD(struct wdprov_driver),
    .name = "compress_null",              // the algorithm, as the kernel calls it
    .driver_name = "compress_null-null",  // this implementation of it
    .compression = &null_compression,
    .known_answers = null_answers,
    .known_answer_count = 1,
};

static const struct wdprov_driver *const null_drivers[] = {&null_driver};

static const struct wdprov_provider null_provider = {
    WDPROV_HEAD(struct wdprov_provider),
    .name = "null",
    .version = "1",
    .drivers = null_drivers,
    .driver_count = 1,
};

// The one symbol that the plugin exports. What it registers stays where it is until the process ends: static data.
int32_t wdprov_provider_init(const struct wdprov_host *host) {
  return host->register_provider(host, &null_provider);
}
