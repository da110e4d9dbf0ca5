// What the kernel knows about processes: this one's start and forks, and others' memory.
// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "clinux_process.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

bool clinux_is_secure_execution(void) { return getauxval(AT_SECURE) != 0; }

static _Atomic uint32_t generation;

static void note_fork(void) { atomic_fetch_add_explicit(&generation, 1, memory_order_relaxed); }

// Before main, so that no fork is missed: the only failure is a lack of memory at that time.
__attribute__((constructor)) static void watch_forks(void) { (void)pthread_atfork(NULL, NULL, note_fork); }

uint32_t clinux_fork_generation(void) { return atomic_load_explicit(&generation, memory_order_relaxed); }

int clinux_allow_tracer(int32_t process) { return prctl(PR_SET_PTRACER, (unsigned long)process, 0UL, 0UL, 0UL); }

int clinux_open_process(int32_t process) { return (int)syscall(SYS_pidfd_open, process, 0U); }

ssize_t clinux_read_process(int32_t process, uint64_t address, void *buffer, size_t size) {
  const struct iovec local = {.iov_base = buffer, .iov_len = size};
  const struct iovec remote = {.iov_base = (void *)(uintptr_t)address, .iov_len = size};
  return process_vm_readv(process, &local, 1, &remote, 1, 0);
}

ssize_t clinux_write_process(int32_t process, uint64_t address, const void *buffer, size_t size) {
  const struct iovec local = {.iov_base = (void *)(uintptr_t)buffer, .iov_len = size};
  const struct iovec remote = {.iov_base = (void *)(uintptr_t)address, .iov_len = size};
  return process_vm_writev(process, &local, 1, &remote, 1, 0);
}

uint64_t clinux_lockable_bytes(void) {
  struct rlimit limit;
  // Cannot fail: the selector is valid and so is the address.
  (void)getrlimit(RLIMIT_MEMLOCK, &limit);
  return limit.rlim_cur == RLIM_INFINITY ? UINT64_MAX : limit.rlim_cur;
}

int clinux_find_group(const char *name, uint32_t *group) {
  // A group with many members is long; beyond the last size the database is taken for broken.
  for (size_t size = 4096; size <= (size_t)1 << 24; size *= 4) {
    char *buffer = malloc(size);
    if (buffer == NULL) {
      return ENOMEM;
    }
    struct group entry;
    struct group *found = NULL;
    const int number = getgrnam_r(name, &entry, buffer, size, &found);
    if (number == 0 && found != NULL) {
      *group = found->gr_gid;
    }
    free(buffer);
    if (number != ERANGE) {
      return number == 0 && found == NULL ? ENOENT : number;
    }
  }
  return ERANGE;
}

int clinux_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }
