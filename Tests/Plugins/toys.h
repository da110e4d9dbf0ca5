// What the toy plugins of all kinds share: states that are counted, and failures that a test asks for.
// SPDX-License-Identifier: Apache-2.0
#ifndef TOYS_H
#define TOYS_H

#include <string.h>

#include "wdprov.h"

#ifndef SUFFIX
#define SUFFIX "a"
#endif
#ifndef PRIORITY
#define PRIORITY 100
#endif

// Breaches of the ABI's rules.
enum toy_lie {
  TOY_HONEST = 0, TOY_CONSUMED_BEYOND = 1, TOY_PRODUCED_BEYOND = 2, TOY_NO_STATE = 3, TOY_LONG_OUTPUT = 4,
  TOY_LONGEST_OUTPUT = 5, TOY_WANTS_MORE = 6, TOY_WANTS_ABSURDLY_MUCH = 7, TOY_FINISHED_EARLY = 8,
  TOY_PRODUCED_AND_FAILED = 9, TOY_WANTS_LESS = 10,
};

// A status that is none: the call reports something and succeeds.
enum { TOY_REPORTS_AND_SUCCEEDS = 9999 };

// What a test sees and sets; found by its symbol.
struct toy_control {
  int64_t created;
  int64_t destroyed;
  // Returned by the first call after `skip` others, once; with a report where `reports` is set.
  int32_t status;
  int32_t skip;
  int32_t reports;
  int32_t lie;
  // Where the key lay that was set last.
  const void *key;
  // Calls of the optional functions that do everything at once.
  int64_t whole;
};

extern struct toy_control toy_control;
extern const struct wdprov_host *toy_host;

// Begins a call: 0, or what a test wants it to return.
static inline int32_t toy_enter(void) {
  if (toy_control.status == 0 || toy_control.skip-- > 0) {
    return 0;
  }
  const int32_t status = toy_control.status;
  toy_control.status = 0;
  if (toy_control.reports) {
    toy_host->report(toy_host, 4711, "the toy is broken");
  }
  return status == TOY_REPORTS_AND_SUCCEEDS ? 0 : status;
}

static inline int32_t toy_create(size_t size, void **state) {
  const int32_t status = toy_enter();
  if (status != 0) {
    return status;
  }
  if (toy_control.lie == TOY_NO_STATE) {
    return 0;
  }
  unsigned char *new = toy_host->allocate(toy_host, size);
  if (new == NULL || (uintptr_t)new % 64 != 0) {
    return -WDPROV_ERROR_EXHAUSTED;
  }
  for (size_t index = 0; index < size; index++) {
    if (new[index] != 0) {
      return -WDPROV_ERROR_BACKEND;
    }
  }
  toy_control.created++;
  *state = new;
  return 0;
}

static inline void toy_destroy(void *state) {
  toy_control.destroyed++;
  toy_host->deallocate(toy_host, state);
}

static inline uint32_t toy_sum(const void *bytes, size_t count) {
  uint32_t sum = 0;
  for (size_t index = 0; index < count; index++) {
    sum += ((const uint8_t *)bytes)[index];
  }
  return sum;
}

static inline void toy_fill(uint32_t sum, void *output, size_t count) {
  for (size_t index = 0; index < count; index++) {
    ((uint8_t *)output)[index] = (uint8_t)(sum >> 8 * (index % 4));
  }
}

// An output whose length the driver chooses: 0 where it fits, or what the ABI wants.
static inline int32_t toy_room(size_t length, size_t *count) {
  const size_t room = *count;
  *count = length;
  switch (toy_control.lie) {
    case TOY_LONG_OUTPUT: *count = room + 1; return 0;
    case TOY_LONGEST_OUTPUT: *count = SIZE_MAX; return 0;
    case TOY_WANTS_MORE: *count = room + 1; return -WDPROV_ERROR_OUTPUT_TOO_SMALL;
    case TOY_WANTS_ABSURDLY_MUCH: *count = SIZE_MAX / 4; return -WDPROV_ERROR_OUTPUT_TOO_SMALL;
    case TOY_WANTS_LESS: *count = 1; return -WDPROV_ERROR_OUTPUT_TOO_SMALL;
    default: return length <= room ? 0 : -WDPROV_ERROR_OUTPUT_TOO_SMALL;
  }
}

extern const struct wdprov_compression toy_compression;
extern const struct wdprov_hash toy_hash;
extern const struct wdprov_mac toy_mac;
extern const struct wdprov_cipher toy_cipher;
extern const struct wdprov_aead toy_aead;
extern const struct wdprov_random toy_random;
extern const struct wdprov_key_agreement toy_agreement;
extern const struct wdprov_signature toy_signature;
extern const struct wdprov_asymmetric_cipher toy_asymmetric;
extern const struct wdprov_key_derivation toy_derivation;

#endif
