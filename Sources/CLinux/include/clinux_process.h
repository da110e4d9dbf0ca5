// What the kernel told this process at its start.
// SPDX-License-Identifier: Apache-2.0
#ifndef CLINUX_PROCESS_H
#define CLINUX_PROCESS_H

#include <stdbool.h>

// Whether this program has more privileges than who started it (AT_SECURE of the auxiliary vector).
// Why C: <sys/auxv.h> is not part of Swift's Glibc module.
bool clinux_is_secure_execution(void);

#endif
