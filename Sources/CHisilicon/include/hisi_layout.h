// How this module states that a structure lies in memory as the hardware reads it.
// SPDX-License-Identifier: Apache-2.0

#ifndef HISI_LAYOUT_H
#define HISI_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the structures are read in place: little-endian hosts only");

#define HISI_ASSERT_SIZE(type, size) _Static_assert(sizeof(struct type) == (size), #type " has " #size " bytes")
#define HISI_ASSERT_OFFSET(type, member, offset) \
  _Static_assert(offsetof(struct type, member) == (offset), #type "." #member " lies at " #offset)

#endif
