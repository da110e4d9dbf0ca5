// The kernel's interface for devices of programs (VFIO): groups, containers and devices.
// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "clinux_vfio.h"

#include <errno.h>
#include <linux/vfio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

int clinux_vfio_api_version(int container) { return ioctl(container, VFIO_GET_API_VERSION); }

int clinux_vfio_has_extension(int container, unsigned long extension) {
  return ioctl(container, VFIO_CHECK_EXTENSION, extension) > 0;
}

int clinux_vfio_group_flags(int group, uint32_t *flags) {
  struct vfio_group_status status = {.argsz = sizeof status};
  const int result = ioctl(group, VFIO_GROUP_GET_STATUS, &status);
  *flags = status.flags;
  return result;
}

int clinux_vfio_attach(int group, int container) { return ioctl(group, VFIO_GROUP_SET_CONTAINER, &container); }

int clinux_vfio_set_iommu(int container, unsigned long type) { return ioctl(container, VFIO_SET_IOMMU, type); }

size_t clinux_vfio_read_ranges(const void *reply, size_t size, struct clinux_vfio_range *ranges, size_t room) {
  const char *bytes = reply;
  struct vfio_iommu_type1_info info;
  struct vfio_iommu_type1_info_cap_iova_range list;
  if (size < sizeof info) {
    return 0;
  }
  memcpy(&info, bytes, sizeof info);
  if ((info.flags & VFIO_IOMMU_INFO_CAPS) == 0) {
    return 0;
  }
  // The capabilities are chained by offsets; forwards only here, so that the chain ends.
  size_t before = 0;
  for (size_t place = info.cap_offset; place > before && size >= sizeof list && place <= size - sizeof list;) {
    memcpy(&list, bytes + place, sizeof list);
    if (list.header.id == VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE) {
      const size_t left = (size - place - sizeof list) / sizeof(struct vfio_iova_range);
      size_t count = 0;
      for (; count < list.nr_iovas && count < left && count < room; count++) {
        struct vfio_iova_range range;
        memcpy(&range, bytes + place + sizeof list + count * sizeof range, sizeof range);
        ranges[count] = (struct clinux_vfio_range){.first = range.start, .last = range.end};
      }
      return count;
    }
    before = place;
    place = list.header.next;
  }
  return 0;
}

int clinux_vfio_ranges(int container, struct clinux_vfio_range *ranges, size_t *count) {
  const size_t room = *count;
  *count = 0;
  struct vfio_iommu_type1_info info = {.argsz = sizeof info};
  if (ioctl(container, VFIO_IOMMU_GET_INFO, &info) != 0) {
    return -1;
  }
  const uint32_t size = info.argsz;
  if (size <= sizeof info) {
    return 0;
  }
  void *reply = calloc(1, size);
  if (reply == NULL) {
    errno = ENOMEM;
    return -1;
  }
  memcpy(reply, &size, sizeof size);
  const int result = ioctl(container, VFIO_IOMMU_GET_INFO, reply);
  const int number = errno;
  if (result == 0) {
    *count = clinux_vfio_read_ranges(reply, size, ranges, room);
  }
  free(reply);
  errno = number;
  return result;
}

int clinux_vfio_map(int container, uint64_t address, uint64_t iova, uint64_t size, uint32_t permissions) {
  struct vfio_iommu_type1_dma_map map = {
      .argsz = sizeof map,
      .flags = (permissions & 1 ? VFIO_DMA_MAP_FLAG_READ : 0) | (permissions & 2 ? VFIO_DMA_MAP_FLAG_WRITE : 0),
      .vaddr = address,
      .iova = iova,
      .size = size,
  };
  return ioctl(container, VFIO_IOMMU_MAP_DMA, &map);
}

int clinux_vfio_unmap(int container, uint64_t iova, uint64_t size) {
  struct vfio_iommu_type1_dma_unmap unmap = {.argsz = sizeof unmap, .iova = iova, .size = size};
  return ioctl(container, VFIO_IOMMU_UNMAP_DMA, &unmap);
}

int clinux_vfio_device(int group, const char *name) { return ioctl(group, VFIO_GROUP_GET_DEVICE_FD, name); }

int clinux_vfio_device_flags(int device, uint32_t *flags) {
  struct vfio_device_info info = {.argsz = sizeof info};
  const int result = ioctl(device, VFIO_DEVICE_GET_INFO, &info);
  *flags = info.flags;
  return result;
}

int clinux_vfio_region(int device, uint32_t index, uint64_t *size, uint64_t *offset) {
  struct vfio_region_info info = {.argsz = sizeof info, .index = index};
  const int result = ioctl(device, VFIO_DEVICE_GET_REGION_INFO, &info);
  *size = info.size;
  *offset = info.offset;
  return result;
}

int clinux_vfio_interrupt_count(int device, uint32_t index, uint32_t *count) {
  struct vfio_irq_info info = {.argsz = sizeof info, .index = index};
  const int result = ioctl(device, VFIO_DEVICE_GET_IRQ_INFO, &info);
  *count = info.count;
  return result;
}

int clinux_vfio_set_interrupts(int device, uint32_t index, const int32_t *descriptors, size_t count) {
  const size_t size = sizeof(struct vfio_irq_set) + count * sizeof(int32_t);
  struct vfio_irq_set *set = calloc(1, size);
  if (set == NULL) {
    errno = ENOMEM;
    return -1;
  }
  set->argsz = (uint32_t)size;
  set->flags = VFIO_IRQ_SET_ACTION_TRIGGER | (count > 0 ? VFIO_IRQ_SET_DATA_EVENTFD : VFIO_IRQ_SET_DATA_NONE);
  set->index = index;
  set->count = (uint32_t)count;
  if (count > 0) {
    memcpy(set->data, descriptors, count * sizeof(int32_t));
  }
  const int result = ioctl(device, VFIO_DEVICE_SET_IRQS, set);
  const int number = errno;
  free(set);
  errno = number;
  return result;
}

int clinux_vfio_reset(int device) { return ioctl(device, VFIO_DEVICE_RESET); }
