// A plugin of one hash that is wrong in a way that a macro chooses; without one it is right.
// SPDX-License-Identifier: Apache-2.0
#include "wdprov.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// FNV-1a of 32 bits, draft-eastlake-fnv.
struct state {
  uint32_t hash;
};

static int32_t reset(void *state) {
  struct state *own = state;
  own->hash = UINT32_C(0x811c9dc5);
  return 0;
}

static int32_t create(void *context, void **state) {
  (void)context;
  *state = malloc(sizeof(struct state));
#ifdef LEAKS
  // Through a volatile, or an optimiser would see that nobody needs it.
  void *volatile forgotten = malloc(100);
  (void)forgotten;
#endif
  return *state == NULL ? -WDPROV_ERROR_EXHAUSTED : reset(*state);
}

static void destroy(void *state) { free(state); }

static int32_t update(void *state, const void *input, size_t count) {
  struct state *own = state;
  const uint8_t *bytes = input;
#ifdef FORGETS
  // The context of what came before is thrown away.
  reset(state);
#endif
#ifdef HANGS
  while (count > 100) {
    (void)pause();
  }
#endif
#ifdef READS_PAST
  // A volatile access, which no optimiser leaves out.
  (void)*(const volatile uint8_t *)(bytes + count);
#endif
  for (size_t index = 0; index < count; index++) {
    own->hash = (own->hash ^ bytes[index]) * UINT32_C(0x01000193);
  }
  return 0;
}

static int32_t finish(void *state, void *digest, size_t count) {
  struct state *own = state;
  const uint8_t bytes[4] = {
      (uint8_t)(own->hash >> 24), (uint8_t)(own->hash >> 16), (uint8_t)(own->hash >> 8), (uint8_t)own->hash};
  memcpy(digest, bytes, count < sizeof bytes ? count : sizeof bytes);
#ifdef WRITES_PAST
  memset((uint8_t *)digest + count, 0x55, 8);
#endif
  return reset(state);
}

static int32_t clone(void *state, void **copy) {
  const int32_t status = create(NULL, copy);
  if (status == 0) {
    memcpy(*copy, state, sizeof(struct state));
  }
  return status;
}

static const struct wdprov_hash hash = {
    .abi_version = WDPROV_ABI_VERSION,
    .size = sizeof hash,
    .digest_size = 4,
    .capabilities = WDPROV_HASH_CHECKSUM,
    .create = create,
    .destroy = destroy,
    .update = update,
    .finish = finish,
    .reset = reset,
    .clone = clone,
};

static const struct wdprov_known_answer answers[] = {
    {
        .abi_version = WDPROV_ABI_VERSION,
        .size = sizeof answers[0],
        .source = "draft-eastlake-fnv",
        .input = "666f6f626172",
        .output = "bf9cf968",
    },
};

static const struct wdprov_driver driver = {
    .abi_version = WDPROV_ABI_VERSION,
    .size = sizeof driver,
    .name = "fnv1a32",
    .driver_name = "fnv1a32-faulty",
    .priority = 100,
    .block_size = 1,
    .hash = &hash,
    .known_answers = answers,
    .known_answer_count = 1,
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
