// The mailbox: 16 bytes at 0x300 of BAR 2 that carry one command, and the messages between functions that it moves.
// SPDX-License-Identifier: Apache-2.0

#ifndef HISI_MAILBOX_H
#define HISI_MAILBOX_H

#include "hisi_layout.h"

struct hisi_mailbox {
  uint16_t w0; // HISI_MAILBOX_W0_*
  uint16_t queue_num;
  uint32_t base_l;
  uint32_t base_h;
  uint32_t rsvd;
};
HISI_ASSERT_SIZE(hisi_mailbox, 16);
HISI_ASSERT_OFFSET(hisi_mailbox, queue_num, 2);
HISI_ASSERT_OFFSET(hisi_mailbox, base_l, 4);
HISI_ASSERT_OFFSET(hisi_mailbox, rsvd, 12);

#define HISI_MAILBOX 0x300U // BAR 2

#define HISI_MAILBOX_W0_CMD_MASK 0xffU
#define HISI_MAILBOX_W0_EVENT 0x100U
#define HISI_MAILBOX_W0_STATUS_SHIFT 9U // 0 is success
#define HISI_MAILBOX_W0_STATUS_MASK 0xfU
#define HISI_MAILBOX_W0_BUSY 0x2000U
#define HISI_MAILBOX_W0_GET 0x4000U // operation: 0 set, 1 get

#define HISI_MAILBOX_CMD_SQC 0x0U
#define HISI_MAILBOX_CMD_CQC 0x1U
#define HISI_MAILBOX_CMD_EQC 0x2U
#define HISI_MAILBOX_CMD_AEQC 0x3U
#define HISI_MAILBOX_CMD_SQC_BT 0x4U
#define HISI_MAILBOX_CMD_CQC_BT 0x5U
#define HISI_MAILBOX_CMD_SQC_VFT 0x6U
#define HISI_MAILBOX_CMD_STOP_QP 0x8U
#define HISI_MAILBOX_CMD_FLUSH_QM 0x9U
#define HISI_MAILBOX_CMD_SRC 0xcU
#define HISI_MAILBOX_CMD_DST 0xdU
#define HISI_MAILBOX_CMD_PAUSE_QM 0xeU

#define HISI_MAILBOX_QUEUE_ALL_VFS 0xffffU // of SRC

// Messages between the PF and a VF: [31:0] what, [63:32] data.
#define HISI_MESSAGE_FLR_PREPARE 1ULL
#define HISI_MESSAGE_SRST_PREPARE 2ULL
#define HISI_MESSAGE_RESET_DONE 3ULL
#define HISI_MESSAGE_VF_PREPARE_DONE 4ULL
#define HISI_MESSAGE_VF_PREPARE_FAIL 5ULL
#define HISI_MESSAGE_VF_START_DONE 6ULL
#define HISI_MESSAGE_VF_START_FAIL 7ULL
#define HISI_MESSAGE_PF_SET_QOS 8ULL
#define HISI_MESSAGE_VF_GET_QOS 9ULL

#endif
