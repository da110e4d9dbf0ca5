// A plugin that does nothing itself: each state runs on another driver, found by its name and given back.
// SPDX-License-Identifier: Apache-2.0
//
// WANTED_HASH and WANTED_FORMAT are asked for; ALGORITHM is the name under which the hash is registered.
#include <stdlib.h>

#include "wdprov.h"

#ifndef ALGORITHM
#define ALGORITHM "toyhash"
#endif
#ifndef WANTED_HASH
#define WANTED_HASH "toyhash"
#endif
#ifndef WANTED_FORMAT
#define WANTED_FORMAT "toystream"
#endif

struct relay_control {
  int64_t found;
  int64_t released;
  int32_t status;    // of the last search
  int32_t misuses;   // lent functions that took NULL for a state
  char driver[64];   // the name of the driver found last
};
struct relay_control relay_control;

static const struct wdprov_host *host;

struct relay {
  const struct wdprov_driver *driver;
  void *state;
};

static int32_t find(const char *name, struct relay **relay) {
  struct relay *new = calloc(1, sizeof *new);
  if (new == NULL) {
    return -WDPROV_ERROR_EXHAUSTED;
  }
  const int32_t status = host->find_algorithm(host, name, &new->driver);
  relay_control.status = status;
  if (status != 0) {
    free(new);
    return status;
  }
  relay_control.found++;
  size_t index = 0;
  for (; index < sizeof relay_control.driver - 1 && new->driver->driver_name[index] != '\0'; index++) {
    relay_control.driver[index] = new->driver->driver_name[index];
  }
  relay_control.driver[index] = '\0';
  *relay = new;
  return 0;
}

static void release(struct relay *relay) {
  host->release_algorithm(host, relay->driver);
  relay_control.released++;
  free(relay);
}

// MARK: Hash

static int32_t hash_create(void *context, void **state) {
  (void)context;
  struct relay *relay = NULL;
  int32_t status = find(WANTED_HASH, &relay);
  if (status == 0) {
    status = relay->driver->hash->create(relay->driver->context, &relay->state);
    if (status != 0) {
      release(relay);
      return status;
    }
    if (relay->driver->hash->update(NULL, "x", 1) == -WDPROV_ERROR_INVALID) {
      relay_control.misuses++;
    }
    *state = relay;
  }
  return status;
}

static void hash_destroy(void *state) {
  struct relay *relay = state;
  relay->driver->hash->destroy(relay->state);
  release(relay);
}

static int32_t hash_update(void *state, const void *input, size_t input_size) {
  const struct relay *relay = state;
  return relay->driver->hash->update(relay->state, input, input_size);
}

static int32_t hash_finish(void *state, void *digest, size_t count) {
  const struct relay *relay = state;
  return relay->driver->hash->finish(relay->state, digest, count);
}

static int32_t hash_digest(void *state, const void *input, size_t input_size, void *digest, size_t count) {
  const struct relay *relay = state;
  return relay->driver->hash->digest(relay->state, input, input_size, digest, count);
}

static int32_t hash_reset(void *state) {
  const struct relay *relay = state;
  return relay->driver->hash->reset(relay->state);
}

static const struct wdprov_hash hash = {
    WDPROV_HEAD(struct wdprov_hash), .digest_size = 4, .capabilities = WDPROV_HASH_EXTENDABLE, .create = hash_create,
    .destroy = hash_destroy, .update = hash_update, .finish = hash_finish, .digest = hash_digest, .reset = hash_reset};
static const struct wdprov_known_answer hash_answers[] = {
    {WDPROV_HEAD(struct wdprov_known_answer), .source = "arithmetic", .input = "0102ff", .output = "02010000"}};
static const struct wdprov_driver hash_driver = {
    WDPROV_HEAD(struct wdprov_driver), .name = ALGORITHM, .driver_name = ALGORITHM "-relay", .priority = 1000,
    .flags = WDPROV_FLAG_NEED_FALLBACK, .hash = &hash, .known_answers = hash_answers, .known_answer_count = 1};

// MARK: Compression

static int32_t format_create(void *context, const struct wdprov_compression_options *options, void **state) {
  (void)context;
  struct relay *relay = NULL;
  int32_t status = find(WANTED_FORMAT, &relay);
  if (status == 0) {
    status = relay->driver->compression->create(relay->driver->context, options, &relay->state);
    if (status != 0) {
      release(relay);
      return status;
    }
    *state = relay;
  }
  return status;
}

static void format_destroy(void *state) {
  struct relay *relay = state;
  relay->driver->compression->destroy(relay->state);
  release(relay);
}

static int32_t format_step(void *state, struct wdprov_step *step) {
  const struct relay *relay = state;
  return relay->driver->compression->step(relay->state, step);
}

static int32_t format_reset(void *state) {
  const struct relay *relay = state;
  return relay->driver->compression->reset(relay->state);
}

static const struct wdprov_compression format = {
    WDPROV_HEAD(struct wdprov_compression), .minimum_level = 1, .maximum_level = 9, .default_level = 5,
    .capabilities = WDPROV_COMPRESSION_STREAMING | WDPROV_COMPRESSION_DICTIONARIES,
    .joining = WDPROV_JOINING_MEMBERS, .bound_shift = 0, .bound_constant = 64, .member_magic = "TY",
    .member_magic_size = 2, .create = format_create, .destroy = format_destroy, .step = format_step,
    .reset = format_reset};
static const struct wdprov_known_answer format_answers[] = {
    {WDPROV_HEAD(struct wdprov_known_answer), .source = "arithmetic", .input = "616263",
     .output = "545905000000000001610162016300"}};
static const struct wdprov_driver format_driver = {
    WDPROV_HEAD(struct wdprov_driver), .name = WANTED_FORMAT, .driver_name = WANTED_FORMAT "-relay", .priority = 1000,
    .flags = WDPROV_FLAG_NEED_FALLBACK, .compression = &format, .known_answers = format_answers,
    .known_answer_count = 1};

static const struct wdprov_driver *const drivers[] = {&hash_driver, &format_driver};
static const struct wdprov_provider provider = {
    WDPROV_HEAD(struct wdprov_provider), .name = "relay", .version = "1.0", .drivers = drivers, .driver_count = 2};

int32_t wdprov_provider_init(const struct wdprov_host *given) {
  host = given;
  return host->register_provider(host, &provider);
}
