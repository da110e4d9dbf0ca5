// A plugin with one toy hash, and what can be wrong with a plugin before its first use.
// SPDX-License-Identifier: Apache-2.0
//
// A test compiles it once and writes its settings into copies of the object: they stand behind a mark.
#define _POSIX_C_SOURCE 200809L
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <fcntl.h>

#include "wdprov.h"

#ifndef ENTRY
#define ENTRY wdprov_provider_init
#endif

struct settings {
  char mark[16];
  char provider[32];
  char algorithm[32];
  char driver[32];
  char alias[32];
  char fault[32];
  char more[32];  // how many further hashes it has, as a digit, whose names have a digit more
  char trace[160];  // a file that gets a line for each start
};
struct settings settings = {"TOY-SETTINGS-16", "toy", "toysum", "toysum-toy", "ToyAlias", "none", "0", ""};

static bool has(const char *fault) { return strcmp(settings.fault, fault) == 0; }

static void trace(const char *line) {
  if (settings.trace[0] == '\0') {
    return;
  }
  const int file = open(settings.trace, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  if (file >= 0) {
    (void)!write(file, line, strlen(line));
    (void)close(file);
  }
}

static void hang(void) {
  for (;;) {
    (void)pause();
  }
}

__attribute__((constructor)) static void start(void) {
  trace("constructor\n");
  if (has("constructor crashes")) {
    *(volatile int *)NULL = 1;
  } else if (has("constructor exits")) {
    _exit(3);
  } else if (has("constructor exits by exit")) {
    exit(3);
  } else if (has("constructor hangs")) {
    hang();
  } else if (has("constructor hides")) {
    // Nobody who waits for the end of what it writes learns that it hangs.
    for (int descriptor = 0; descriptor < 1024; descriptor++) {
      (void)close(descriptor);
    }
    hang();
  } else if (has("constructor reads")) {
    // Takes what is meant for the program that loads it.
    char byte = 0;
    trace(read(STDIN_FILENO, &byte, 1) > 0 ? "took input\n" : "no input\n");
  }
}

// MARK: The hash: the sum of all bytes, as four bytes from the lowest

static int32_t create(void *context, void **state) {
  (void)context;
  *state = calloc(1, sizeof(uint32_t));
  return *state == NULL ? -WDPROV_ERROR_EXHAUSTED : 0;
}

static int32_t update(void *state, const void *input, size_t input_size) {
  uint32_t *sum = state;
  for (size_t index = 0; index < input_size; index++) {
    *sum += ((const uint8_t *)input)[index];
  }
  return 0;
}

static int32_t finish(void *state, void *digest, size_t count) {
  uint32_t *sum = state;
  for (size_t index = 0; index < count; index++) {
    ((uint8_t *)digest)[index] = (uint8_t)(*sum >> 8 * (index % 4));
  }
  *sum = 0;
  return 0;
}

static int32_t reset(void *state) {
  *(uint32_t *)state = 0;
  return 0;
}

// Each struct with room for members of a later version.
static struct {
  struct wdprov_hash known;
  uint64_t later;
} hash = {.known = {WDPROV_HEAD(struct wdprov_hash), .digest_size = 4, .create = create, .destroy = free,
                    .update = update, .finish = finish, .reset = reset}};

static const struct wdprov_known_answer answers[] = {
    {WDPROV_HEAD(struct wdprov_known_answer), .source = "arithmetic", .input = "", .output = "00000000"},
    {WDPROV_HEAD(struct wdprov_known_answer), .source = "arithmetic", .input = "0102ff", .output = "02010000"},
};

static const char *const aliases[] = {settings.alias, NULL};

static struct {
  struct wdprov_driver known;
  uint64_t later;
} driver = {.known = {WDPROV_HEAD(struct wdprov_driver), .name = settings.algorithm, .driver_name = settings.driver,
                      .priority = 100,
                      .aliases = aliases, .hash = &hash.known, .known_answers = answers, .known_answer_count = 2}};

// Hashes of other names, so that several threads can ask one plugin for different ones.
static struct wdprov_driver further[9];
static char names[9][2][40];
static const struct wdprov_driver *drivers[10] = {&driver.known};

static struct {
  struct wdprov_provider known;
  uint64_t later;
} provider = {.known = {WDPROV_HEAD(struct wdprov_provider), .name = settings.provider, .version = "1.0",
                        .drivers = drivers, .driver_count = 1}};

static void add_further(void) {
  const size_t count = (size_t)(settings.more[0] - '0');
  for (size_t index = 0; index < count; index++) {
    (void)snprintf(names[index][0], sizeof names[index][0], "%s%zu", settings.algorithm, index);
    (void)snprintf(names[index][1], sizeof names[index][1], "%s%zu", settings.driver, index);
    further[index] = driver.known;
    further[index].name = names[index][0];
    further[index].driver_name = names[index][1];
    further[index].aliases = NULL;
    drivers[index + 1] = &further[index];
  }
  provider.known.driver_count = count + 1;
}

static void spoil(void) {
  provider.known.abi_version += has("provider version");
  driver.known.abi_version += has("driver version");
  hash.known.abi_version += has("kind version");
  provider.known.size -= has("provider short");
  driver.known.size -= has("driver short") || has("entry ignores");
  hash.known.size -= has("kind short");
  provider.later = has("provider tail") ? UINT64_C(1) << 63 : 0;
  driver.later = has("driver tail") ? UINT64_C(1) << 63 : 0;
  hash.later = has("kind tail") ? UINT64_C(1) << 63 : 0;
  if (has("provider tail") || has("provider longer")) {
    provider.known.size = sizeof provider;
  }
  if (has("driver tail") || has("driver longer")) {
    driver.known.size = sizeof driver;
  }
  if (has("kind tail") || has("kind longer")) {
    hash.known.size = sizeof hash;
  }
  if (has("reference flag")) {
    driver.known.flags = WDPROV_FLAG_REFERENCE;
  }
  if (has("no function")) {
    hash.known.finish = NULL;
  }
  if (has("no kind")) {
    driver.known.hash = NULL;
  }
}

int32_t ENTRY(const struct wdprov_host *host) {
  trace("entry\n");
  add_further();
  spoil();
  if (has("entry crashes")) {
    *(volatile int *)NULL = 1;
  } else if (has("entry hangs")) {
    hang();
  } else if (has("entry refuses")) {
    host->report(host, 42, "the device is asleep");
    return -WDPROV_ERROR_UNAVAILABLE;
  } else if (has("entry is silent")) {
    return 0;
  } else if (has("entry looks up")) {
    const struct wdprov_driver *found = NULL;
    const int32_t status = host->find_algorithm(host, "sha256", &found);
    trace(status == -WDPROV_ERROR_NOT_FOUND ? "nothing found\n" : "something found\n");
  }
  host->log(host, WDPROV_LOG_INFO, "two\nlines");
  int32_t status = host->register_provider(host, &provider.known);
  if (has("entry registers twice") || has("entry passes on")) {
    status = host->register_provider(host, &provider.known);
    trace(status == -WDPROV_ERROR_EXISTS ? "second refused\n" : "second taken\n");
  }
  return has("entry registers twice") || has("entry ignores") ? 0 : status;
}
