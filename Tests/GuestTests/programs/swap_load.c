// Fills memory with pages of several kinds, has the kernel swap them out, reads them back and compares every byte.
// Usage: swap_load MIB SEED  (a quarter of the pages is incompressible)
// SPDX-License-Identifier: Apache-2.0

#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096U
#define KINDS 4U
// Pages that the kernel holds in a list of its own for a moment are not swapped out at the first request.
#define PASSES 20

static uint64_t next(uint64_t *state) {
  // splitmix64: any page's contents follow from its number alone.
  uint64_t z = *state += 0x9e3779b97f4a7c15ULL;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

static void make_page(uint8_t *page, uint64_t seed, size_t number) {
  static const char *const words[] = {"queue", "doorbell", "mailbox", "context", "phase", "event", "ring", "page"};
  uint64_t state = seed ^ ((uint64_t)number << 20);
  switch (number % KINDS) {
  case 0: // text
    for (size_t at = 0; at < PAGE;) {
      const char *word = words[next(&state) & 7];
      for (size_t i = 0; word[i] && at < PAGE; i++)
        page[at++] = (uint8_t)word[i];
      if (at < PAGE)
        page[at++] = (next(&state) & 15) ? ' ' : '\n';
    }
    break;
  case 1: // records: a counter, then a run
    for (size_t at = 0; at < PAGE; at += 32) {
      uint64_t record[4] = {number, at, next(&state) & 0xff, 0};
      memcpy(page + at, record, sizeof record);
    }
    break;
  case 2: // half noise, half zeros
    memset(page, 0, PAGE);
    for (size_t at = 0; at < PAGE / 2; at += 8) {
      uint64_t word = next(&state);
      memcpy(page + at, &word, sizeof word);
    }
    break;
  default: // noise
    for (size_t at = 0; at < PAGE; at += 8) {
      uint64_t word = next(&state);
      memcpy(page + at, &word, sizeof word);
    }
  }
}

// Counts the pages that are in memory; -1 where the kernel does not say.
static long resident(uint8_t *memory, size_t pages, unsigned char *map) {
  if (mincore(memory, pages * PAGE, map) != 0)
    return -1;
  long count = 0;
  for (size_t i = 0; i < pages; i++)
    count += map[i] & 1;
  return count;
}

static long milliseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int main(int count, char **arguments) {
  if (count != 3) {
    fprintf(stderr, "usage: swap_load MIB SEED\n");
    return 64;
  }
  size_t pages = strtoul(arguments[1], NULL, 10) * (1024 * 1024 / PAGE);
  uint64_t seed = strtoull(arguments[2], NULL, 10);
  if (pages == 0 || sysconf(_SC_PAGESIZE) != PAGE) {
    fprintf(stderr, "swap_load: needs a size, and pages of %u bytes\n", PAGE);
    return 64;
  }
  uint8_t *memory = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  unsigned char *map = malloc(pages);
  if (memory == MAP_FAILED || !map) {
    fprintf(stderr, "swap_load: %s\n", strerror(errno));
    return 1;
  }
  madvise(memory, pages * PAGE, MADV_NOHUGEPAGE);

  long started = milliseconds();
  for (size_t i = 0; i < pages; i++)
    make_page(memory + i * PAGE, seed, i);
  long filled = milliseconds();
  long left = (long)pages;
  for (int pass = 0; pass < PASSES && left > 0; pass++) {
    if (madvise(memory, pages * PAGE, MADV_PAGEOUT) != 0) {
      fprintf(stderr, "swap_load: MADV_PAGEOUT: %s\n", strerror(errno));
      return 1;
    }
    left = resident(memory, pages, map);
  }
  long out = milliseconds();

  uint8_t expected[PAGE];
  size_t wrong = 0;
  for (size_t i = 0; i < pages; i++) {
    make_page(expected, seed, i);
    wrong += memcmp(expected, memory + i * PAGE, PAGE) != 0;
  }
  long in = milliseconds();
  printf("pages=%zu out=%ld wrong=%zu fill_ms=%ld out_ms=%ld in_ms=%ld\n", pages, (long)pages - left, wrong,
         filled - started, out - filled, in - out);
  return wrong ? 1 : 0;
}
