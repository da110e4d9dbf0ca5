// Memory and counters that are shared with other processes.
// SPDX-License-Identifier: Apache-2.0
#ifndef CLINUX_SHARED_H
#define CLINUX_SHARED_H

#include <stddef.h>
#include <stdint.h>

// A new file in memory that may be sealed, closed on execution; or -1 with errno.
// Why C: memfd_create and its flags are declared under _GNU_SOURCE only, which Swift's Glibc module does not define.
int clinux_memory_file(const char *_Nonnull name);

// Seals. Why C: as above, for F_ADD_SEALS and F_GET_SEALS.
enum {
  clinux_seal_seal = 1 << 0,
  clinux_seal_shrink = 1 << 1,
  clinux_seal_grow = 1 << 2,
  clinux_seal_write = 1 << 3,
};
int clinux_add_seals(int file, int seals);
int clinux_get_seals(int file);

// A counter (eventfd) that does not block, closed on execution; or -1 with errno.
// Why C: <sys/eventfd.h> is not part of Swift's Glibc module.
int clinux_event_counter(uint32_t value);

// Whether a descriptor is an eventfd.
// Why C: the answer is the target of a link of /proc, read into a buffer on the stack without any allocation.
int clinux_is_event_counter(int descriptor);

// Maps a part of a file, shared, and protects it: when an access finds that the file has become shorter (SIGBUS), a
// handler replaces the mapping by zeroed memory of this process's own and notes that it is poisoned.
// Why C: a signal handler may call async-signal-safe functions only, and any Swift code may allocate or take a lock.
// `offset` and `size` are whole pages; `writable` is 0 or 1. Returns a handle for the calls below, and the address in
// `base`; or -1 with errno: ENOMEM if too many are mapped, else what mmap(2) reports.
int64_t clinux_map_guarded(int file, uint64_t offset, size_t size, int readable, int writable,
                           void *_Nullable *_Nonnull base);

// Unmaps what `handle` stands for. No thread may use it any more.
void clinux_unmap_guarded(int64_t handle);

// Forgets what `handle` stands for, and leaves the addresses alone: for a child that did not inherit the mapping, where
// they may be another's by now.
void clinux_forget_guarded(int64_t handle);

// Where the handler notes that it had to replace the mapping: an aligned atomic int, 0 or 1, to be loaded with acquire
// ordering; it stays where it is as long as the mapping is not unmapped or forgotten.
const void *_Nonnull clinux_poison_flag(int64_t handle);

// What a child process sees of whole pages. Each returns 0, or -1 with errno.
// Why C: MADV_DONTFORK and MADV_WIPEONFORK are declared under _DEFAULT_SOURCE only, which Swift's Glibc module does not
// define.
int clinux_keep_from_children(void *_Nonnull base, size_t size);
int clinux_zero_in_children(void *_Nonnull base, size_t size);

#endif
