// Entries that the device writes: completions, events and asynchronous events, each with a phase bit.
// SPDX-License-Identifier: Apache-2.0
//
// The device writes phase 1 on its first lap of a ring and toggles it at each wrap; an entry is valid where its phase
// is the reader's. Whoever writes an entry writes the word with the phase last.

#ifndef HISI_RING_H
#define HISI_RING_H

#include "hisi_layout.h"

// Completion queue entry (CQE).
struct hisi_cqe {
  uint32_t rsvd0;
  uint16_t cmd_id;
  uint16_t rsvd1;
  uint16_t sq_head; // the completed entry of the submission queue
  uint16_t sq_num;
  uint16_t rsvd2;
  uint16_t w7; // HISI_CQE_W7_PHASE
};
HISI_ASSERT_SIZE(hisi_cqe, 16);
HISI_ASSERT_OFFSET(hisi_cqe, sq_head, 8);
HISI_ASSERT_OFFSET(hisi_cqe, sq_num, 10);
HISI_ASSERT_OFFSET(hisi_cqe, w7, 14);

#define HISI_CQE_W7_PHASE 0x1U

// Event queue entry (EQE).
struct hisi_eqe {
  uint32_t dw0; // HISI_EQE_*
};
HISI_ASSERT_SIZE(hisi_eqe, 4);

#define HISI_EQE_CQN_MASK 0xffffU
#define HISI_EQE_PHASE 0x10000U

// Asynchronous event queue entry (AEQE).
struct hisi_aeqe {
  uint32_t dw0; // HISI_AEQE_*
};
HISI_ASSERT_SIZE(hisi_aeqe, 4);

#define HISI_AEQE_QN_MASK 0xffffU
#define HISI_AEQE_PHASE 0x10000U
#define HISI_AEQE_TYPE_SHIFT 17U
#define HISI_AEQE_TYPE_MASK 0xfU
#define HISI_AEQE_CQ_OVERFLOW 0U
#define HISI_AEQE_EQ_OVERFLOW 1U
#define HISI_AEQE_CQE_ERROR 2U

#endif
