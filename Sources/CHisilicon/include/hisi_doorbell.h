// Doorbells: one 64-bit store that tells the device of a new position in a ring, in two formats.
// SPDX-License-Identifier: Apache-2.0

#ifndef HISI_DOORBELL_H
#define HISI_DOORBELL_H

#include "hisi_layout.h"

// Where the doorbells are, in BAR 2. With isolation a queue's SQ and CQ doorbell is at BAR 4 + qn * 64 KiB + 0x1000.
#define HISI_DOORBELL_V1 0x340U
#define HISI_DOORBELL_SQ_CQ 0x1000U
#define HISI_DOORBELL_EQ_AEQ 0x2000U

// What is rung.
#define HISI_DOORBELL_CMD_SQ 0U  // index: the new tail, that is, the next free entry
#define HISI_DOORBELL_CMD_CQ 1U  // index: the new head; priority bit 0: arm
#define HISI_DOORBELL_CMD_EQ 2U  // index: the new head
#define HISI_DOORBELL_CMD_AEQ 3U // index: the new head

// Revision 0x20: qn[15:0] cmd[31:16] index[47:32] priority[55:48].
#define HISI_DOORBELL_V1_QN_MASK 0xffffULL
#define HISI_DOORBELL_V1_CMD_SHIFT 16ULL
#define HISI_DOORBELL_V1_CMD_MASK 0xffffULL
// Revision 0x21 and later: qn[11:0] cmd[15:12] rand[31:16] index[47:32] priority[55:48].
#define HISI_DOORBELL_QN_MASK 0xfffULL
#define HISI_DOORBELL_CMD_SHIFT 12ULL
#define HISI_DOORBELL_CMD_MASK 0xfULL
#define HISI_DOORBELL_RAND_SHIFT 16ULL
#define HISI_DOORBELL_RAND_MASK 0xffffULL
// Both.
#define HISI_DOORBELL_INDEX_SHIFT 32ULL
#define HISI_DOORBELL_INDEX_MASK 0xffffULL
#define HISI_DOORBELL_PRIORITY_SHIFT 48ULL
#define HISI_DOORBELL_PRIORITY_MASK 0xffULL

// A model's private doorbell page of a mediated device, an extension of this project: SQ and CQ have a word each, and a
// poller that sleeps says so. The client stores its doorbell, then a full fence, and signals the poller's eventfd only
// where `HISI_DOORBELL_PAGE_SLEEPING` is not 0. Where it exchanges that for 0 before, it signals once until the poller
// runs, and not for each doorbell.
#define HISI_DOORBELL_PAGE_SQ 0x1000U
#define HISI_DOORBELL_PAGE_CQ 0x1008U
#define HISI_DOORBELL_PAGE_SLEEPING 0x1040U
#define HISI_DOORBELL_PAGE_SIZE 0x2000U

#endif
