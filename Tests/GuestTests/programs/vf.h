// A virtual function in the hands of a program: vfio-pci's view of it, its event queue and two queue pairs.
// SPDX-License-Identifier: Apache-2.0

#ifndef VF_H
#define VF_H

#include <errno.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "CHisilicon.h"

// The function's whole memory: one mapping, above what 32 bits can say so that no half of an address is lost unseen.
#define VF_IOVA 0x100000000ULL
#define VF_MEMORY_SIZE 0x400000U
#define VF_EQ 0x0U
#define VF_AEQ 0x2000U
#define VF_SQC_TABLE 0x4000U
#define VF_CQC_TABLE 0x6000U
#define VF_CONTEXT 0x8000U // where a context lies while the mailbox carries it
#define VF_QUEUE(n) (0x10000U + (n) * 0x10000U)
#define VF_CQ_OFFSET 0x8000U

#define VF_EQ_DEPTH 1024U
#define VF_DEPTH 32U
#define VF_QUEUES 2U
#define VF_VECTORS 4U
#define VF_PATIENCE 20000 // milliseconds

struct vf_queue {
  uint32_t sq_tail, cq_head, phase;
};

struct vf {
  int container, group, device;
  volatile uint8_t *registers;
  size_t registers_size;
  uint8_t *memory;
  int event[VF_VECTORS];
  uint32_t vectors, revision, first_queue, queue_count;
  uint32_t eq_head, eq_phase, events;
  struct vf_queue queues[VF_QUEUES];
};

__attribute__((noreturn, format(printf, 1, 2))) static inline void vf_fail(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fputs("vf_queues: ", stderr);
  vfprintf(stderr, format, arguments);
  fputc('\n', stderr);
  va_end(arguments);
  exit(1);
}

static inline void vf_check(int ok, const char *what) {
  if (!ok)
    vf_fail("%s: %s", what, strerror(errno));
}

static inline uint32_t vf_read(struct vf *vf, uint32_t offset) {
  return *(volatile uint32_t *)(vf->registers + offset);
}

static inline void vf_write(struct vf *vf, uint32_t offset, uint32_t value) {
  *(volatile uint32_t *)(vf->registers + offset) = value;
}

// What was stored in memory before is there when the device learns of it.
static inline void vf_doorbell(struct vf *vf, uint32_t offset, uint64_t command, uint32_t queue, uint32_t index,
                               uint64_t priority) {
  uint64_t value = queue | command << HISI_DOORBELL_CMD_SHIFT | (uint64_t)index << HISI_DOORBELL_INDEX_SHIFT |
                   priority << HISI_DOORBELL_PRIORITY_SHIFT;
  __sync_synchronize();
  *(volatile uint64_t *)(vf->registers + offset) = value;
}

static inline void vf_open_group(struct vf *vf, const char *address) {
  char path[128], link[256];
  snprintf(path, sizeof path, "/sys/bus/pci/devices/%s/iommu_group", address);
  ssize_t length = readlink(path, link, sizeof link - 1);
  vf_check(length > 0, path);
  link[length] = 0;
  snprintf(path, sizeof path, "/dev/vfio/%s", strrchr(link, '/') + 1);

  vf->container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
  vf_check(vf->container >= 0, "/dev/vfio/vfio");
  vf->group = open(path, O_RDWR | O_CLOEXEC);
  vf_check(vf->group >= 0, path);
  struct vfio_group_status status = {.argsz = sizeof status};
  vf_check(ioctl(vf->group, VFIO_GROUP_GET_STATUS, &status) == 0, "group status");
  if (!(status.flags & VFIO_GROUP_FLAGS_VIABLE))
    vf_fail("the group is not viable: another driver holds a part of it");
  vf_check(ioctl(vf->group, VFIO_GROUP_SET_CONTAINER, &vf->container) == 0, "container");
  vf_check(ioctl(vf->container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU) == 0, "type 1 IOMMU");
  vf->device = ioctl(vf->group, VFIO_GROUP_GET_DEVICE_FD, address);
  vf_check(vf->device >= 0, "device");
}

static inline void vf_map_registers(struct vf *vf) {
  struct vfio_region_info config = {.argsz = sizeof config, .index = VFIO_PCI_CONFIG_REGION_INDEX};
  vf_check(ioctl(vf->device, VFIO_DEVICE_GET_REGION_INFO, &config) == 0, "configuration space");
  uint16_t command = 0;
  uint8_t revision = 0;
  vf_check(pread(vf->device, &revision, 1, (off_t)config.offset + PCI_REVISION_ID) == 1, "revision");
  vf_check(pread(vf->device, &command, 2, (off_t)config.offset + PCI_COMMAND) == 2, "command register");
  command |= PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;
  vf_check(pwrite(vf->device, &command, 2, (off_t)config.offset + PCI_COMMAND) == 2, "command register");
  vf->revision = revision;

  struct vfio_region_info bar = {.argsz = sizeof bar, .index = VFIO_PCI_BAR0_REGION_INDEX + HISI_BAR_REGISTERS};
  vf_check(ioctl(vf->device, VFIO_DEVICE_GET_REGION_INFO, &bar) == 0, "BAR 2");
  vf->registers_size = bar.size;
  vf->registers = mmap(NULL, bar.size, PROT_READ | PROT_WRITE, MAP_SHARED, vf->device, (off_t)bar.offset);
  vf_check(vf->registers != MAP_FAILED, "mapping of BAR 2");
}

static inline void vf_map_memory(struct vf *vf) {
  vf->memory = mmap(NULL, VF_MEMORY_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  vf_check(vf->memory != MAP_FAILED, "memory");
  struct vfio_iommu_type1_dma_map map = {.argsz = sizeof map,
                                         .flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
                                         .vaddr = (uintptr_t)vf->memory,
                                         .iova = VF_IOVA,
                                         .size = VF_MEMORY_SIZE};
  vf_check(ioctl(vf->container, VFIO_IOMMU_MAP_DMA, &map) == 0, "DMA mapping");
}

static inline void vf_arm_interrupts(struct vf *vf) {
  struct vfio_irq_info info = {.argsz = sizeof info, .index = VFIO_PCI_MSI_IRQ_INDEX};
  vf_check(ioctl(vf->device, VFIO_DEVICE_GET_IRQ_INFO, &info) == 0, "MSI");
  vf->vectors = info.count < VF_VECTORS ? info.count : VF_VECTORS;
  struct {
    struct vfio_irq_set set;
    int events[VF_VECTORS];
  } request = {.set = {.argsz = (uint32_t)(sizeof request.set + vf->vectors * sizeof(int)),
                       .flags = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER,
                       .index = VFIO_PCI_MSI_IRQ_INDEX,
                       .count = vf->vectors}};
  for (uint32_t i = 0; i < vf->vectors; i++) {
    vf->event[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    vf_check(vf->event[i] >= 0, "eventfd");
    request.events[i] = vf->event[i];
  }
  vf_check(ioctl(vf->device, VFIO_DEVICE_SET_IRQS, &request) == 0, "MSI vectors");
}

static inline void vf_open(struct vf *vf, const char *address) {
  memset(vf, 0, sizeof *vf);
  vf_open_group(vf, address);
  vf_map_memory(vf);
  vf_map_registers(vf);
  vf_arm_interrupts(vf);
}

static inline void vf_close(struct vf *vf) {
  struct vfio_iommu_type1_dma_unmap unmap = {.argsz = sizeof unmap, .iova = VF_IOVA, .size = VF_MEMORY_SIZE};
  vf_check(ioctl(vf->container, VFIO_IOMMU_UNMAP_DMA, &unmap) == 0 && unmap.size == VF_MEMORY_SIZE, "DMA unmapping");
  munmap((void *)(uintptr_t)vf->registers, vf->registers_size);
  close(vf->device);
  close(vf->group);
  close(vf->container);
}

static inline void vf_mailbox_wait(struct vf *vf) {
  for (int tries = 0; vf_read(vf, HISI_MAILBOX) & HISI_MAILBOX_W0_BUSY; tries++) {
    if (tries > VF_PATIENCE)
      vf_fail("the mailbox stays busy");
    usleep(1000);
  }
}

// Sends one command and returns the data of its answer.
static inline uint64_t vf_mailbox(struct vf *vf, uint32_t command, uint32_t flags, uint32_t queue, uint64_t data) {
  struct hisi_mailbox mailbox = {.w0 = (uint16_t)(command | flags | HISI_MAILBOX_W0_BUSY),
                                 .queue_num = (uint16_t)queue,
                                 .base_l = (uint32_t)data,
                                 .base_h = (uint32_t)(data >> 32)};
  vf_mailbox_wait(vf);
  __sync_synchronize();
#ifdef __aarch64__
  uint64_t halves[2];
  memcpy(halves, &mailbox, sizeof halves);
  __asm__ volatile("stp %0, %1, [%2]" ::"r"(halves[0]), "r"(halves[1]), "r"(vf->registers + HISI_MAILBOX) : "memory");
#else
  uint32_t words[4];
  memcpy(words, &mailbox, sizeof words);
  for (uint32_t i = 0; i < 4; i++)
    vf_write(vf, HISI_MAILBOX + 4 * i, words[i]);
#endif
  vf_mailbox_wait(vf);
  uint32_t status = vf_read(vf, HISI_MAILBOX) >> HISI_MAILBOX_W0_STATUS_SHIFT & HISI_MAILBOX_W0_STATUS_MASK;
  if (status)
    vf_fail("mailbox command %u of queue %u: status %u", command, queue, status);
  return vf_read(vf, HISI_MAILBOX + 4) | (uint64_t)vf_read(vf, HISI_MAILBOX + 8) << 32;
}

static inline void vf_set_context(struct vf *vf, uint32_t command, uint32_t queue, const void *context, size_t size) {
  memcpy(vf->memory + VF_CONTEXT, context, size);
  vf_mailbox(vf, command, 0, queue, VF_IOVA + VF_CONTEXT);
}

static inline struct hisi_eqc vf_event_context(uint32_t ring) {
  return (struct hisi_eqc){.base_l = (uint32_t)(VF_IOVA + ring),
                           .base_h = (uint32_t)((VF_IOVA + ring) >> 32),
                           .dw6 = (VF_EQ_DEPTH - 1) | HISI_EQC_DW6_PHASE};
}

// Starts the function: its window, the event queues, the tables of contexts.
static inline void vf_start(struct vf *vf) {
  uint64_t window = vf_mailbox(vf, HISI_MAILBOX_CMD_SQC_VFT, HISI_MAILBOX_W0_GET, 0, 0);
  vf->first_queue = (uint32_t)(window >> HISI_VFT_SQC_BASE_SHIFT & HISI_VFT_SQC_BASE_MASK);
  vf->queue_count = (uint32_t)(window >> HISI_VFT_SQC_NUMBER_SHIFT & HISI_VFT_SQC_NUMBER_MASK) + 1;
  if (!(window & HISI_VFT_SQC_VALID) || vf->queue_count < VF_QUEUES)
    vf_fail("the function has no queues: window 0x%llx", (unsigned long long)window);

  struct hisi_eqc context = vf_event_context(VF_EQ);
  vf_set_context(vf, HISI_MAILBOX_CMD_EQC, 0, &context, sizeof context);
  context = vf_event_context(VF_AEQ);
  vf_set_context(vf, HISI_MAILBOX_CMD_AEQC, 0, &context, sizeof context);
  vf_mailbox(vf, HISI_MAILBOX_CMD_SQC_BT, 0, 0, VF_IOVA + VF_SQC_TABLE);
  vf_mailbox(vf, HISI_MAILBOX_CMD_CQC_BT, 0, 0, VF_IOVA + VF_CQC_TABLE);
  vf->eq_phase = 1;
  vf_doorbell(vf, HISI_DOORBELL_EQ_AEQ, HISI_DOORBELL_CMD_AEQ, 0, 0, 0);
  vf_doorbell(vf, HISI_DOORBELL_EQ_AEQ, HISI_DOORBELL_CMD_EQ, 0, 0, 0);
  vf_write(vf, HISI_QM_EQ_INT_MASK, 0);
  vf_write(vf, HISI_QM_AEQ_INT_MASK, 0);
}

static inline void vf_start_queue(struct vf *vf, uint32_t queue, uint32_t type) {
  uint64_t sq = VF_IOVA + VF_QUEUE(queue), cq = sq + VF_CQ_OFFSET;
  struct hisi_cqc cqc = {.base_l = (uint32_t)cq,
                         .base_h = (uint32_t)(cq >> 32),
                         .dw3 = (VF_DEPTH - 1) | 4U << HISI_CQC_DW3_SIZE_SHIFT,
                         .dw6 = HISI_CQC_DW6_PHASE | HISI_CQC_DW6_ARMED};
  struct hisi_sqc sqc = {.base_l = (uint32_t)sq,
                         .base_h = (uint32_t)(sq >> 32),
                         .dw3 = (VF_DEPTH - 1) | 7U << HISI_SQC_DW3_SIZE_SHIFT,
                         .cq_num = (uint16_t)queue,
                         .w13 = (uint16_t)(1U << HISI_SQC_W13_ORDER_SHIFT | type << HISI_SQC_W13_TYPE_SHIFT)};
  vf->queues[queue] = (struct vf_queue){.phase = 1};
  vf_set_context(vf, HISI_MAILBOX_CMD_SQC, queue, &sqc, sizeof sqc);
  vf_set_context(vf, HISI_MAILBOX_CMD_CQC, queue, &cqc, sizeof cqc);
}

static inline void vf_submit(struct vf *vf, uint32_t queue, const struct hisi_zip_sqe *sqe) {
  struct vf_queue *state = &vf->queues[queue];
  memcpy(vf->memory + VF_QUEUE(queue) + state->sq_tail * sizeof *sqe, sqe, sizeof *sqe);
  state->sq_tail = (state->sq_tail + 1) % VF_DEPTH;
}

static inline void vf_ring(struct vf *vf, uint32_t queue) {
  vf_doorbell(vf, HISI_DOORBELL_SQ_CQ, HISI_DOORBELL_CMD_SQ, queue, vf->queues[queue].sq_tail, 0);
}

static inline struct hisi_cqe *vf_cqe(struct vf *vf, uint32_t queue, uint32_t index) {
  return (struct hisi_cqe *)(vf->memory + VF_QUEUE(queue) + VF_CQ_OFFSET) + index;
}

// The completion at the head, or NULL while the device has written none.
static inline struct hisi_cqe *vf_peek(struct vf *vf, uint32_t queue) {
  struct hisi_cqe *cqe = vf_cqe(vf, queue, vf->queues[queue].cq_head);
  uint16_t word = __atomic_load_n((uint16_t *)((uint8_t *)cqe + 14), __ATOMIC_ACQUIRE);
  return (word & HISI_CQE_W7_PHASE) == vf->queues[queue].phase ? cqe : NULL;
}

// Waits for the interrupt of the event queue and takes its entries.
static inline void vf_wait_event(struct vf *vf) {
  struct pollfd wait = {.fd = vf->event[HISI_VECTOR_EQ], .events = POLLIN};
  if (poll(&wait, 1, VF_PATIENCE) != 1)
    vf_fail("no interrupt within %d ms", VF_PATIENCE);
  uint64_t interrupts;
  vf_check(read(wait.fd, &interrupts, sizeof interrupts) == sizeof interrupts, "eventfd");
  for (;;) {
    uint32_t *entry = (uint32_t *)(void *)(vf->memory + VF_EQ) + vf->eq_head;
    uint32_t value = __atomic_load_n(entry, __ATOMIC_ACQUIRE);
    if (!!(value & HISI_EQE_PHASE) != vf->eq_phase)
      break;
    uint32_t queue = value & HISI_EQE_CQN_MASK;
    if (queue >= VF_QUEUES)
      vf_fail("an event for queue %u", queue);
    vf->events++;
    if (++vf->eq_head == VF_EQ_DEPTH) {
      vf->eq_head = 0;
      vf->eq_phase ^= 1;
    }
  }
  vf_doorbell(vf, HISI_DOORBELL_EQ_AEQ, HISI_DOORBELL_CMD_EQ, 0, vf->eq_head, 0);
}

// Waits for the next completion of a queue and returns the request as the device left it.
static inline void vf_complete(struct vf *vf, uint32_t queue, struct hisi_zip_sqe *sqe) {
  struct vf_queue *state = &vf->queues[queue];
  struct hisi_cqe *cqe;
  while (!(cqe = vf_peek(vf, queue))) {
    // Arms the queue at the head that the program has reached: what has come since then makes an event at once.
    vf_doorbell(vf, HISI_DOORBELL_SQ_CQ, HISI_DOORBELL_CMD_CQ, queue, state->cq_head, 1);
    vf_wait_event(vf);
  }
  if (cqe->sq_num != queue || cqe->sq_head != state->cq_head)
    vf_fail("completion of entry %u of queue %u where entry %u of queue %u was due", cqe->sq_head, cqe->sq_num,
            state->cq_head, queue);
  memcpy(sqe, vf->memory + VF_QUEUE(queue) + cqe->sq_head * sizeof *sqe, sizeof *sqe);
  if (++state->cq_head == VF_DEPTH) {
    state->cq_head = 0;
    state->phase ^= 1;
  }
  // The ring has room again, however rarely the program waits.
  vf_doorbell(vf, HISI_DOORBELL_SQ_CQ, HISI_DOORBELL_CMD_CQ, queue, state->cq_head, 0);
}

// Stops a queue and returns the tail that the device says it accepted.
static inline uint32_t vf_stop_queue(struct vf *vf, uint32_t queue) {
  vf_mailbox(vf, HISI_MAILBOX_CMD_STOP_QP, 0, queue, 0);
  vf_mailbox(vf, HISI_MAILBOX_CMD_SQC, HISI_MAILBOX_W0_GET, queue, VF_IOVA + VF_CONTEXT);
  struct hisi_sqc sqc;
  memcpy(&sqc, vf->memory + VF_CONTEXT, sizeof sqc);
  return sqc.tail;
}

#endif
