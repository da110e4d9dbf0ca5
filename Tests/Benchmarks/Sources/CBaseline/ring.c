// A ring in shared memory as a driver's client uses it, and the least that can answer one.
// SPDX-License-Identifier: Apache-2.0

#define _GNU_SOURCE
#include "CBaseline.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { entry_size = 128, completion_size = 16, slot_offset = 8, phase_offset = 14 };
enum { submission_word = 0x1000, completion_word = 0x1008, sleeping_word = 0x1040 };
enum { bare_depth = 1024, page_size = 0x2000, time_limit_s = 30 };

static _Atomic uint64_t *doorbell(const struct baseline_ring *ring, size_t offset) {
  return (_Atomic uint64_t *)((char *)ring->doorbells + offset);
}

static _Atomic uint16_t *phase_word(const struct baseline_ring *ring, uint32_t slot) {
  return (_Atomic uint16_t *)((char *)ring->completions + (size_t)slot * completion_size + phase_offset);
}

static uint64_t seconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec;
}

static void ring_submission(struct baseline_ring *ring) {
  uint64_t word = (uint64_t)ring->tail << 32 | ring->queue;
  atomic_store_explicit(doorbell(ring, submission_word), word, memory_order_release);
  if (ring->wake_up < 0) return;
  atomic_thread_fence(memory_order_seq_cst);
  _Atomic uint32_t *sleeping = (_Atomic uint32_t *)((char *)ring->doorbells + sleeping_word);
  if (atomic_load_explicit(sleeping, memory_order_relaxed) == 0) return;
  uint64_t one = 1;
  if (write(ring->wake_up, &one, sizeof one) != (ssize_t)sizeof one) abort();
  ring->wake_ups++;
}

static void acknowledge(struct baseline_ring *ring) {
  uint64_t word = (uint64_t)ring->head << 32 | 1u << 12 | ring->queue;
  atomic_store_explicit(doorbell(ring, completion_word), word, memory_order_release);
  ring->unacknowledged = 0;
}

bool baseline_ring_poll(struct baseline_ring *ring) {
  if ((atomic_load_explicit(phase_word(ring, ring->head), memory_order_acquire) & 1) != ring->phase) return false;
  if (ring->answer != NULL) {
    uint16_t slot;
    memcpy(&slot, (char *)ring->completions + (size_t)ring->head * completion_size + slot_offset, sizeof slot);
    memcpy(ring->answer, (char *)ring->entries + (size_t)(slot % ring->depth) * entry_size, entry_size);
  }
  if (++ring->head == ring->depth) {
    ring->head = 0;
    ring->phase ^= 1;
  }
  ring->unacknowledged++;
  return true;
}

bool baseline_ring_run(struct baseline_ring *ring, const void *entry, size_t count, uint32_t window) {
  size_t submitted = 0, completed = 0;
  uint32_t looks = 0;
  uint64_t deadline = seconds() + time_limit_s;
  while (completed < count) {
    size_t before = submitted;
    while (submitted < count && submitted - completed < window) {
      memcpy((char *)ring->entries + (size_t)ring->tail * entry_size, entry, entry_size);
      if (++ring->tail == ring->depth) ring->tail = 0;
      submitted++;
    }
    if (submitted != before) ring_submission(ring);
    while (completed < submitted && baseline_ring_poll(ring)) completed++;
    if (ring->unacknowledged >= ring->depth / 4) acknowledge(ring);
    if (++looks == 0 && seconds() > deadline) return false;
  }
  return true;
}

static struct baseline_ring bare = {.wake_up = -1, .depth = bare_depth, .phase = 1};
static sem_t begin;
static atomic_bool parked = true;

static void *serve(void *argument) {
  (void)argument;
  unsigned char copy[entry_size];
  uint32_t head = 0, place = 0;
  uint16_t phase = 1;
  for (;;) {
    while (sem_wait(&begin) != 0) {}
    while (!atomic_load_explicit(&parked, memory_order_relaxed)) {
      uint32_t tail = (uint32_t)(atomic_load_explicit(doorbell(&bare, submission_word), memory_order_acquire) >> 32);
      while (head != tail) {
        memcpy(copy, (char *)bare.entries + (size_t)head * entry_size, entry_size);
        if (bare.answer != NULL) memcpy((char *)bare.entries + (size_t)head * entry_size, copy, entry_size);
        char *completion = (char *)bare.completions + (size_t)place * completion_size;
        memcpy(completion, copy, 8);
        memcpy(completion + 8, &head, sizeof head);
        atomic_store_explicit(phase_word(&bare, place), phase, memory_order_release);
        if (++head == bare_depth) head = 0;
        if (++place == bare_depth) {
          place = 0;
          phase ^= 1;
        }
      }
    }
  }
  return NULL;
}

static void *zeroed(size_t size) {
  void *memory = aligned_alloc(4096, size);
  if (memory == NULL) abort();
  return memset(memory, 0, size);
}

bool baseline_bare_ring_run(const void *entry, size_t count, uint32_t window, bool answers) {
  static char answer[entry_size];
  if (bare.entries == NULL) {
    bare.entries = zeroed((size_t)bare_depth * entry_size);
    bare.completions = zeroed((size_t)bare_depth * completion_size);
    bare.doorbells = zeroed(page_size);
    pthread_t thread;
    if (sem_init(&begin, 0, 0) != 0 || pthread_create(&thread, NULL, serve, NULL) != 0) abort();
    pthread_detach(thread);
  }
  bare.answer = answers ? answer : NULL;
  atomic_store(&parked, false);
  sem_post(&begin);
  bool is_done = baseline_ring_run(&bare, entry, count, window);
  // Between two measurements its thread uses no processor, as the device's does not.
  atomic_store(&parked, true);
  return is_done;
}
