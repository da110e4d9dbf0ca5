// Memory and counters that are shared with other processes.
// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "clinux_shared.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

_Static_assert(clinux_seal_seal == F_SEAL_SEAL && clinux_seal_shrink == F_SEAL_SHRINK &&
                   clinux_seal_grow == F_SEAL_GROW && clinux_seal_write == F_SEAL_WRITE,
               "the seals have the kernel's values");

int clinux_memory_file(const char *name) { return memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING); }

int clinux_add_seals(int file, int seals) { return fcntl(file, F_ADD_SEALS, seals); }

int clinux_get_seals(int file) { return fcntl(file, F_GET_SEALS); }

int clinux_event_counter(uint32_t value) { return eventfd(value, EFD_CLOEXEC | EFD_NONBLOCK); }

int clinux_is_event_counter(int descriptor) {
  static const char expected[] = "anon_inode:[eventfd]";
  char path[64];
  char target[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
  const ssize_t length = readlink(path, target, sizeof target);
  return length == (ssize_t)(sizeof expected - 1) && memcmp(target, expected, sizeof expected - 1) == 0;
}

// One mapping that the handler knows. The handler reads `start` and `size` at any moment, so both are atomic, and a
// free place has the size 0.
struct guarded_mapping {
  atomic_uintptr_t start;
  atomic_size_t size;
  atomic_int is_poisoned;
  int protection;
  int32_t next_free;
};

enum {
  mappings_per_block = 1024,
  // A client may have 65535 mappings (max_dma_maps of vfio-user), and a process several clients.
  most_blocks = 1024,
  no_place = -1,
};

// Blocks are made when they are needed and never freed: the handler may be reading one.
static _Atomic(struct guarded_mapping *) blocks[most_blocks];

// For everything but the handler.
static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;
static int block_count;
static int32_t first_free = no_place;

static pthread_once_t handler_once = PTHREAD_ONCE_INIT;
static int handler_error;
static struct sigaction previous_action;

static struct guarded_mapping *place_at(int64_t handle) {
  struct guarded_mapping *block = atomic_load_explicit(&blocks[handle / mappings_per_block], memory_order_acquire);
  return &block[handle % mappings_per_block];
}

// Async-signal-safe. Returns whether the address was in a guarded mapping, which then is zeroed memory.
static int replace_mapping(uintptr_t address) {
  for (int i = 0; i < most_blocks; i++) {
    struct guarded_mapping *block = atomic_load_explicit(&blocks[i], memory_order_acquire);
    if (block == NULL) {
      return 0;
    }
    for (int j = 0; j < mappings_per_block; j++) {
      struct guarded_mapping *place = &block[j];
      const size_t size = atomic_load_explicit(&place->size, memory_order_acquire);
      const uintptr_t start = atomic_load_explicit(&place->start, memory_order_relaxed);
      if (size == 0 || address < start || address - start >= size) {
        continue;
      }
      // The thread that faulted uses the mapping, so nobody unmaps it now. All of it is replaced: page by page would
      // use up the kernel's limit on mappings, and what is poisoned is not to be believed anyway.
      void *replaced = mmap((void *)start, size, place->protection,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0);
      if (replaced == MAP_FAILED) {
        return 0;
      }
      atomic_store_explicit(&place->is_poisoned, 1, memory_order_release);
      return 1;
    }
  }
  return 0;
}

static void handle_bus_error(int signal, siginfo_t *information, void *context) {
  const int number = errno;
  if (information->si_code == BUS_ADRERR && replace_mapping((uintptr_t)information->si_addr)) {
    errno = number;
    return;
  }
  // Not ours: whoever handled this signal before gets it, and where nobody did the process dies of it.
  if (previous_action.sa_flags & SA_SIGINFO) {
    previous_action.sa_sigaction(signal, information, context);
  } else if (previous_action.sa_handler != SIG_DFL && previous_action.sa_handler != SIG_IGN) {
    previous_action.sa_handler(signal);
  } else {
    // The access is made again when the handler returns, and meets the default action.
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = SIG_DFL;
    (void)sigaction(signal, &action, NULL);
  }
  errno = number;
}

static void install_handler(void) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = handle_bus_error;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
  sigemptyset(&action.sa_mask);
  handler_error = sigaction(SIGBUS, &action, &previous_action) == 0 ? 0 : errno;
}

// With the lock held: makes one more block, all of its places free. Returns 0, or -1.
static int add_block(void) {
  if (block_count == most_blocks) {
    return -1;
  }
  struct guarded_mapping *block = calloc(mappings_per_block, sizeof *block);
  if (block == NULL) {
    return -1;
  }
  const int32_t first = block_count * mappings_per_block;
  for (int j = 0; j < mappings_per_block; j++) {
    block[j].next_free = j + 1 < mappings_per_block ? first + j + 1 : no_place;
  }
  atomic_store_explicit(&blocks[block_count], block, memory_order_release);
  block_count++;
  first_free = first;
  return 0;
}

static int64_t take_place(void) {
  int64_t handle = no_place;
  pthread_mutex_lock(&table_lock);
  if (first_free != no_place || add_block() == 0) {
    handle = first_free;
    first_free = place_at(handle)->next_free;
  }
  pthread_mutex_unlock(&table_lock);
  return handle;
}

static void give_place(int64_t handle) {
  pthread_mutex_lock(&table_lock);
  place_at(handle)->next_free = first_free;
  first_free = (int32_t)handle;
  pthread_mutex_unlock(&table_lock);
}

int64_t clinux_map_guarded(int file, uint64_t offset, size_t size, int readable, int writable, void **base) {
  (void)pthread_once(&handler_once, install_handler);
  if (handler_error != 0) {
    errno = handler_error;
    return -1;
  }
  const int64_t handle = take_place();
  if (handle < 0) {
    errno = ENOMEM;
    return -1;
  }
  const int protection = (readable ? PROT_READ : 0) | (writable ? PROT_WRITE : 0);
  void *start = mmap(NULL, size, protection, MAP_SHARED, file, (off_t)offset);
  if (start == MAP_FAILED) {
    const int number = errno;
    give_place(handle);
    errno = number;
    return -1;
  }
  struct guarded_mapping *place = place_at(handle);
  place->protection = protection;
  atomic_store_explicit(&place->is_poisoned, 0, memory_order_relaxed);
  atomic_store_explicit(&place->start, (uintptr_t)start, memory_order_relaxed);
  // Last and releasing: the handler believes a place from its size on.
  atomic_store_explicit(&place->size, size, memory_order_release);
  *base = start;
  return handle;
}

void clinux_forget_guarded(int64_t handle) {
  atomic_store_explicit(&place_at(handle)->size, 0, memory_order_release);
  give_place(handle);
}

void clinux_unmap_guarded(int64_t handle) {
  struct guarded_mapping *place = place_at(handle);
  const uintptr_t start = atomic_load_explicit(&place->start, memory_order_relaxed);
  const size_t size = atomic_load_explicit(&place->size, memory_order_relaxed);
  // Before the addresses can belong to someone else.
  atomic_store_explicit(&place->size, 0, memory_order_release);
  (void)munmap((void *)start, size);
  give_place(handle);
}

const void *clinux_poison_flag(int64_t handle) { return &place_at(handle)->is_poisoned; }

int clinux_keep_from_children(void *base, size_t size) { return madvise(base, size, MADV_DONTFORK); }

int clinux_zero_in_children(void *base, size_t size) { return madvise(base, size, MADV_WIPEONFORK); }
