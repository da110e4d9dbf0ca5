// The vocabulary of HiSilicon's queue manager and ZIP engine: registers, contexts, rings and requests, no behaviour.
// SPDX-License-Identifier: Apache-2.0
//
// Sources: the layouts and offsets are facts that the Linux drivers rely on (drivers/crypto/hisilicon of Linux 6.1,
// 6.12 and 7.3, include/linux/hisi_acc_qm.h), as this project's device specification restates them. Everything in
// memory is little-endian. A macro's suffix says its type: U is 32 bits, ULL 64.

#ifndef CHISILICON_H
#define CHISILICON_H

#include "hisi_context.h"
#include "hisi_doorbell.h"
#include "hisi_mailbox.h"
#include "hisi_pci.h"
#include "hisi_register.h"
#include "hisi_ring.h"
#include "hisi_sgl.h"
#include "hisi_zip.h"
#include "hisi_zip_register.h"

#endif
