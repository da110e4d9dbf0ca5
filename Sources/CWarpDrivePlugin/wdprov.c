// The header stands by itself: this file compiles it as C.
// SPDX-License-Identifier: Apache-2.0

#include "wdprov.h"

_Static_assert(
    WDPROV_FLAG_ASYNC == 0x80 && WDPROV_FLAG_NEED_FALLBACK == 0x100 && WDPROV_FLAG_INSTANCE == 0x800 &&
        WDPROV_FLAG_INTERNAL == 0x2000 && WDPROV_FLAG_OPTIONAL_KEY == 0x4000,
    "these bits are the kernel's");
_Static_assert(
    WDPROV_FLAG_HARDWARE == UINT64_C(1) << 32 && WDPROV_FLAG_EMULATED == UINT64_C(1) << 33 &&
        WDPROV_FLAG_REFERENCE == UINT64_C(1) << 34 && WDPROV_FLAG_SLOW_TEST == UINT64_C(1) << 35 &&
        WDPROV_FLAG_EXPORTABLE == UINT64_C(1) << 36,
    "these bits are part of the ABI");
_Static_assert(WDPROV_EXIT_PERMISSION == 77, "the exit statuses are sysexits.h's");
