// Requests of the kernel's device interface for accelerators (uacce), and those without an interface here.
// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "clinux_device.h"

#include <sys/ioctl.h>

// Checked wherever the kernel's own headers are.
#if __has_include(<misc/uacce/hisi_qm.h>) && __has_include(<misc/uacce/uacce.h>)
#include <misc/uacce/hisi_qm.h>
#include <misc/uacce/uacce.h>
_Static_assert(clinux_uacce_start_queue == UACCE_CMD_START_Q && clinux_uacce_put_queue == UACCE_CMD_PUT_Q,
               "the requests have the kernel's values");
_Static_assert(UACCE_CMD_QM_SET_QP_CTX == 0xc004480aU && UACCE_CMD_QM_SET_QP_INFO == 0xc010480bU,
               "the requests have the kernel's values");
#endif

int clinux_control(int descriptor, unsigned long request, void *argument) {
  return ioctl(descriptor, request, argument);
}

int clinux_control_value(int descriptor, unsigned long request, unsigned long argument) {
  return ioctl(descriptor, request, argument);
}
