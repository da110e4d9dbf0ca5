// How a ZIP function presents itself on PCI.
// SPDX-License-Identifier: Apache-2.0

#ifndef HISI_PCI_H
#define HISI_PCI_H

#define HISI_PCI_VENDOR 0x19e5U           // Huawei
#define HISI_PCI_DEVICE_ZIP_PF 0xa250U    // physical function
#define HISI_PCI_DEVICE_ZIP_VF 0xa251U    // virtual function
#define HISI_PCI_CLASS_ACCELERATOR 0x120000U // processing accelerator

// The PCI revision is the version of the hardware.
#define HISI_QM_HW_V1 0x20U // of the 2018 series: doorbell at 0x340, one interrupt vector
#define HISI_QM_HW_V2 0x21U // Kunpeng 920
#define HISI_QM_HW_V3 0x30U // Kunpeng 930: capability registers, doorbell isolation

#define HISI_BAR_REGISTERS 2U // all registers
#define HISI_BAR_DOORBELLS 4U // with doorbell isolation: a page for each queue
#define HISI_BAR_DOORBELLS_STRIDE 0x10000U

// Interrupt vectors (MSI) of revision 0x30, and of 0x21 less the message vector.
#define HISI_VECTOR_EQ 0U
#define HISI_VECTOR_AEQ 1U
#define HISI_VECTOR_MESSAGE 2U
#define HISI_VECTOR_ABNORMAL 3U

#endif
