// Memory whose content is secret, and text of error numbers.
// SPDX-License-Identifier: Apache-2.0
#ifndef CLINUX_MEMORY_H
#define CLINUX_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

// Whether two regions of `count` bytes hold the same content, in a time that depends on `count` only.
// Why C: Swift has no optimisation barrier, so its optimiser may turn such a loop into an early exit.
bool clinux_equal_constant_time(const void *_Nullable a, const void *_Nullable b, size_t count);

// Writes the message for an error number into `buffer`, always ended by a zero byte.
// Why C: glibc declares strerror_r with two incompatible signatures, chosen by feature macros.
void clinux_error_message(int number, char *_Nonnull buffer, size_t count);

// How many bytes the program has allocated by malloc and not freed; 0 where an allocator of a sanitizer's serves it.
// Why C: <malloc.h> is not part of Swift's Glibc module.
size_t clinux_allocated_bytes(void);

#endif
