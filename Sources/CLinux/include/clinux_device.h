// Requests of the kernel's device interface for accelerators (uacce), and those without an interface here.
// SPDX-License-Identifier: Apache-2.0
#ifndef CLINUX_DEVICE_H
#define CLINUX_DEVICE_H

#include <stdint.h>

// Why C: ioctl is variadic, and its numbers are function-like macros.

// Returns what the request returns, or -1 with errno.
int clinux_control(int descriptor, unsigned long request, void *_Nullable argument);
int clinux_control_value(int descriptor, unsigned long request, unsigned long argument);

// <misc/uacce/uacce.h> and <misc/uacce/hisi_qm.h>, by value: the headers are not on every machine.
enum {
  clinux_uacce_start_queue = 0x5700, // UACCE_CMD_START_Q, _IO('W', 0)
  clinux_uacce_put_queue = 0x5701,   // UACCE_CMD_PUT_Q, _IO('W', 1)
};
// UACCE_CMD_QM_SET_QP_CTX, _IOWR('H', 10, 4 bytes), and UACCE_CMD_QM_SET_QP_INFO, _IOWR('H', 11, 16 bytes).
static const uint32_t clinux_uacce_set_context = 0xc004480a;
static const uint32_t clinux_uacce_set_information = 0xc010480b;

#endif
