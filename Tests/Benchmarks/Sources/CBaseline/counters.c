// Counts allocations and locks of the process by standing in front of the functions that make them.
// SPDX-License-Identifier: Apache-2.0

#define _GNU_SOURCE
#include "CBaseline.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

// glibc's own names for its allocator, which a program's definition of malloc does not replace.
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

static atomic_uint_fast64_t allocations;
static atomic_uint_fast64_t locks;

void *malloc(size_t size) {
  atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed);
  return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
  atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed);
  return __libc_calloc(count, size);
}

void *realloc(void *old, size_t size) {
  atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed);
  return __libc_realloc(old, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
  atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed);
  return __libc_memalign(alignment, size);
}

int posix_memalign(void **result, size_t alignment, size_t size) {
  atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed);
  *result = __libc_memalign(alignment, size);
  return *result == NULL ? ENOMEM : 0;
}

int pthread_mutex_lock(pthread_mutex_t *mutex) {
  static int (*_Atomic real)(pthread_mutex_t *);
  int (*call)(pthread_mutex_t *) = atomic_load_explicit(&real, memory_order_acquire);
  if (call == NULL) {
    call = (int (*)(pthread_mutex_t *))dlsym(RTLD_NEXT, "pthread_mutex_lock");
    atomic_store_explicit(&real, call, memory_order_release);
  }
  atomic_fetch_add_explicit(&locks, 1, memory_order_relaxed);
  return call(mutex);
}

uint64_t baseline_allocations(void) { return atomic_load(&allocations); }
uint64_t baseline_locks(void) { return atomic_load(&locks); }
