// What the kernel told this process at its start.
// SPDX-License-Identifier: Apache-2.0
#include "clinux_process.h"

#include <sys/auxv.h>

bool clinux_is_secure_execution(void) { return getauxval(AT_SECURE) != 0; }
