// Futexes, processors and thread names.
// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "clinux_thread.h"

#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { nanoseconds_per_second = 1000000000 };

uint64_t clinux_monotonic_nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * nanoseconds_per_second + (uint64_t)now.tv_nsec;
}

uint64_t clinux_thread_nanoseconds(void) {
  struct timespec used;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return (uint64_t)used.tv_sec * nanoseconds_per_second + (uint64_t)used.tv_nsec;
}

void clinux_lower_thread_priority(void) {
  // 19 is the lowest (sched(7)); a sandbox that denies it leaves the thread as it is.
  (void)setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), 19);
}

int clinux_futex_wait_until(const uint32_t *word, uint32_t expected, uint64_t deadline) {
  const struct timespec until = {
      .tv_sec = (time_t)(deadline / nanoseconds_per_second),
      .tv_nsec = (long)(deadline % nanoseconds_per_second),
  };
  // FUTEX_WAIT takes a relative limit, which a caller would have to recompute after each interruption; the bitset
  // variant takes an absolute one.
  const long result = syscall(SYS_futex, word, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, expected, &until, NULL,
                              FUTEX_BITSET_MATCH_ANY);
  return result == 0 ? 0 : errno;
}

void clinux_futex_wake(const uint32_t *word, int count) {
  (void)syscall(SYS_futex, word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, count, NULL, NULL, 0);
}

int clinux_processor_count(void) {
  // The kernel refuses a set smaller than its own; it supports at most 8192 processors on the widest configuration.
  for (int capacity = CPU_SETSIZE; capacity <= 1 << 16; capacity *= 2) {
    cpu_set_t *set = CPU_ALLOC((size_t)capacity);
    if (set == NULL) {
      break;
    }
    const size_t size = CPU_ALLOC_SIZE((size_t)capacity);
    CPU_ZERO_S(size, set);
    const int failed = sched_getaffinity(0, size, set);
    const int number = errno;
    const int count = failed ? 0 : CPU_COUNT_S(size, set);
    CPU_FREE(set);
    if (count > 0) {
      return count;
    }
    if (number != EINVAL) {
      break;
    }
  }
  // A sandbox may deny the call: the number of processors that are on line is the next best answer.
  const long online = sysconf(_SC_NPROCESSORS_ONLN);
  return online > 0 ? (int)online : 1;
}

int clinux_current_node(void) {
  unsigned node = 0;
  return getcpu(NULL, &node) == 0 ? (int)node : -1;
}

void clinux_name_current_thread(const char *name) { (void)pthread_setname_np(pthread_self(), name); }
