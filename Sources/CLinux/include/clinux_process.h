// What the kernel knows about processes: this one's start and forks, and others' memory.
// SPDX-License-Identifier: Apache-2.0
#ifndef CLINUX_PROCESS_H
#define CLINUX_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// Whether this program has more privileges than who started it (AT_SECURE of the auxiliary vector).
// Why C: <sys/auxv.h> is not part of Swift's Glibc module.
bool clinux_is_secure_execution(void);

// How often this process, or one that it descends from, was made by fork() since the program began. A child has another
// number than its parent.
// Why C: pthread_atfork() calls its handler where any Swift code might find a lock of its runtime taken.
uint32_t clinux_fork_generation(void);

// Lets a process reach this one's memory although it is no ancestor (PR_SET_PTRACER); 0: none any more. Returns 0, or
// -1 with errno.
// Why C: prctl is variadic, and <sys/prctl.h> is not part of Swift's Glibc module.
int clinux_allow_tracer(int32_t process);

// A descriptor that stands for a process, readable once that has ended; or -1 with errno.
// Why C: glibc has had a function for pidfd_open(2) since 2.36 only, and Swift cannot import the variadic syscall().
int clinux_open_process(int32_t process);

// Copies from or to another process's memory; each returns the number of bytes, which may be less than all, or -1 with
// errno.
// Why C: process_vm_readv and process_vm_writev are declared under _GNU_SOURCE only.
ssize_t clinux_read_process(int32_t process, uint64_t address, void *_Nonnull buffer, size_t size);
ssize_t clinux_write_process(int32_t process, uint64_t address, const void *_Nonnull buffer, size_t size);

// How much memory the process may lock in bytes, UINT64_MAX for any amount (RLIMIT_MEMLOCK, its soft limit).
// Why C: RLIMIT_MEMLOCK is declared under _DEFAULT_SOURCE only, which Swift's Glibc module does not define.
uint64_t clinux_lockable_bytes(void);

// The number of a group, of its name. Returns 0 with `group`, ENOENT where there is none, or another error number.
// Why C: getgrnam_r fills a structure of pointers into a buffer that it may find too small.
int clinux_find_group(const char *_Nonnull name, uint32_t *_Nonnull group);

// Makes a pipe whose ends no other program inherits: the reading one first. Returns 0, or -1 with errno.
// Why C: pipe2 is declared under _GNU_SOURCE only.
int clinux_pipe(int ends[_Nonnull 2]);

#endif
