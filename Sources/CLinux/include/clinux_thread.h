// Futexes, processors and thread names.
// SPDX-License-Identifier: Apache-2.0
#ifndef CLINUX_THREAD_H
#define CLINUX_THREAD_H

#include <stdint.h>

// CLOCK_MONOTONIC in nanoseconds.
// Why C: one call without a round trip of a `timespec` through Swift memory; this is read on hot paths.
uint64_t clinux_monotonic_nanoseconds(void);

// The processor time of the calling thread in nanoseconds (CLOCK_THREAD_CPUTIME_ID).
// Why C: as above.
uint64_t clinux_thread_nanoseconds(void);

// Gives the calling thread the nice value of work that nobody waits for; Linux keeps one for each thread.
// Why C: Swift imports the kind of target as an enumeration in one C library and as an integer in another.
void clinux_lower_thread_priority(void);

// Sleeps while `*word == expected`, until woken or until CLOCK_MONOTONIC reaches `deadline` (nanoseconds).
// Returns 0 after a wake-up (which may be spurious), else EAGAIN, EINTR or ETIMEDOUT.
// Why C: glibc has no function for futex(2), and Swift cannot import the variadic syscall().
int clinux_futex_wait_until(const uint32_t *_Nonnull word, uint32_t expected, uint64_t deadline);

// Wakes at most `count` threads that sleep on `word` in this process.
// Why C: as above.
void clinux_futex_wake(const uint32_t *_Nonnull word, int count);

// The number of processors that this thread may run on; at least 1.
// Why C: the CPU_* macros are function-like, and a machine with more than 1024 processors needs CPU_ALLOC.
int clinux_processor_count(void);

// The NUMA node of the processor that the calling thread is on at this moment, or -1 with errno.
// Why C: getcpu is declared under _GNU_SOURCE only, which Swift's Glibc module does not define.
int clinux_current_node(void);

// Names the calling thread; `name` has at most 15 bytes.
// Why C: pthread_setname_np is declared under _GNU_SOURCE only, which Swift's Glibc module does not define.
void clinux_name_current_thread(const char *_Nonnull name);

#endif
