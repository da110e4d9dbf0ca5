// Queue contexts: what the driver tells the device about a ring, and the device's position in it.
// SPDX-License-Identifier: Apache-2.0

#ifndef HISI_CONTEXT_H
#define HISI_CONTEXT_H

#include "hisi_layout.h"

// Submission queue context (SQC).
struct hisi_sqc {
  uint16_t head;
  uint16_t tail; // the last accepted doorbell's index
  uint32_t base_l;
  uint32_t base_h;
  uint32_t dw3; // HISI_SQC_DW3_*
  uint16_t w8;  // revision 0x20: depth - 1; later: what the doorbell's `rand` must be
  uint16_t rsvd0;
  uint16_t pasid;
  uint16_t w11; // HISI_SQC_W11_*
  uint16_t cq_num;
  uint16_t w13; // HISI_SQC_W13_*
  uint32_t rsvd1;
};
HISI_ASSERT_SIZE(hisi_sqc, 32);
HISI_ASSERT_OFFSET(hisi_sqc, dw3, 12);
HISI_ASSERT_OFFSET(hisi_sqc, pasid, 20);
HISI_ASSERT_OFFSET(hisi_sqc, cq_num, 24);
HISI_ASSERT_OFFSET(hisi_sqc, w13, 26);

#define HISI_SQC_DW3_DEPTH_MASK 0xfffU // revision 0x21 and later: depth - 1
#define HISI_SQC_DW3_SIZE_SHIFT 12U    // log2 of the size of an entry
#define HISI_SQC_DW3_SIZE_MASK 0xfU
#define HISI_QC_W11_TAIL_WRAP 0x40U     // toggles each time that the tail wraps
#define HISI_SQC_W11_PASID_ENABLE 0x80U // revision 0x30 and later
#define HISI_SQC_W13_PRIORITY_MASK 0xfU
#define HISI_SQC_W13_ORDER_SHIFT 4U
#define HISI_SQC_W13_DISABLED 0x40U // written by the driver into memory after a reset: drop stale doorbells
#define HISI_SQC_W13_TYPE_SHIFT 8U
#define HISI_SQC_W13_TYPE_MASK 0xfU
#define HISI_SQC_TYPE_COMPRESS 0U
#define HISI_SQC_TYPE_DECOMPRESS 1U

// Completion queue context (CQC).
struct hisi_cqc {
  uint16_t head;
  uint16_t tail; // completion entries written
  uint32_t base_l;
  uint32_t base_h;
  uint32_t dw3; // HISI_CQC_DW3_*
  uint16_t w8;  // revision 0x20: depth - 1
  uint16_t rsvd0;
  uint16_t pasid;
  uint16_t w11; // HISI_QC_W11_TAIL_WRAP, HISI_CQC_W11_PASID_ENABLE
  uint32_t dw6; // HISI_CQC_DW6_*
  uint32_t rsvd1;
};
HISI_ASSERT_SIZE(hisi_cqc, 32);
HISI_ASSERT_OFFSET(hisi_cqc, dw3, 12);
HISI_ASSERT_OFFSET(hisi_cqc, w11, 22);
HISI_ASSERT_OFFSET(hisi_cqc, dw6, 24);

#define HISI_CQC_DW3_DEPTH_MASK 0xfffU
#define HISI_CQC_DW3_SIZE_SHIFT 12U
#define HISI_CQC_W11_PASID_ENABLE 0x1U // revision 0x30 and later
#define HISI_CQC_DW6_PHASE 0x1U
#define HISI_CQC_DW6_ARMED 0x2U // c_flag: the next completion makes an event

// Event queue context (EQC) and asynchronous event queue context (AEQC).
struct hisi_eqc {
  uint16_t head;
  uint16_t tail;
  uint32_t base_l;
  uint32_t base_h;
  uint32_t dw3;
  uint32_t rsvd0;
  uint32_t rsvd1;
  uint32_t dw6; // HISI_EQC_DW6_*
};
HISI_ASSERT_SIZE(hisi_eqc, 28);
HISI_ASSERT_OFFSET(hisi_eqc, dw3, 12);
HISI_ASSERT_OFFSET(hisi_eqc, dw6, 24);

#define HISI_EQC_DW6_DEPTH_MASK 0xffffU // depth - 1
#define HISI_EQC_DW6_PHASE 0x10000U

#endif
