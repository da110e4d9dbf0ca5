// Scatter/gather lists as the engine reads them: chained tables of entries, each table aligned to 64 bytes.
// SPDX-License-Identifier: Apache-2.0

#ifndef HISI_SGL_H
#define HISI_SGL_H

#include "hisi_layout.h"

// The head of a table; `capacity` entries follow it at offset 0x40.
struct hisi_sgl {
  uint64_t next_dma;      // the next table, 0 at the end
  uint16_t sum_in_chain;  // entries of the whole chain; not relied upon
  uint16_t sum_in_sgl;    // valid entries of this table
  uint16_t capacity;      // entries that this table has room for
  uint16_t pad0;
  uint64_t pad1[4];
  uint64_t entry_size;    // the software's
  uint64_t next_virtual;  // the software's
};
HISI_ASSERT_SIZE(hisi_sgl, 0x40);
HISI_ASSERT_OFFSET(hisi_sgl, sum_in_chain, 0x08);
HISI_ASSERT_OFFSET(hisi_sgl, sum_in_sgl, 0x0a);
HISI_ASSERT_OFFSET(hisi_sgl, capacity, 0x0c);

struct hisi_sge {
  uint64_t buffer;
  uint64_t page_ctrl; // the software's
  uint32_t length;
  uint32_t pad;
  uint32_t pad0;
  uint32_t pad1;
};
HISI_ASSERT_SIZE(hisi_sge, 0x20);
HISI_ASSERT_OFFSET(hisi_sge, length, 0x10);

#define HISI_SGL_ALIGNMENT 64U
#define HISI_SGL_ENTRIES_MAX 255U       // of one table
#define HISI_SGL_TABLES_MAX 256U        // of one chain
#define HISI_SGE_LENGTH_MAX 0x800000U   // 8 MiB

#endif
