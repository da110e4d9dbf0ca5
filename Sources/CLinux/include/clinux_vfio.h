// The kernel's interface for devices of programs (VFIO): groups, containers and devices.
// SPDX-License-Identifier: Apache-2.0
#ifndef CLINUX_VFIO_H
#define CLINUX_VFIO_H

#include <stddef.h>
#include <stdint.h>

// Why C, for all of this file: <linux/vfio.h> has function-like macros for its numbers, and structures that end with
// arrays of any length. Each call returns 0 or what is said, or -1 with errno.

int clinux_vfio_api_version(int container);
// 1 where the container has the extension, or 0.
int clinux_vfio_has_extension(int container, unsigned long extension);
int clinux_vfio_group_flags(int group, uint32_t *_Nonnull flags);
int clinux_vfio_attach(int group, int container);
int clinux_vfio_set_iommu(int container, unsigned long type);

// A range of addresses that may be mapped, both ends included.
struct clinux_vfio_range {
  uint64_t first;
  uint64_t last;
};

// The ranges that may be mapped; `count` is the room in `ranges` and becomes how many there are, 0 if it is not told.
int clinux_vfio_ranges(int container, struct clinux_vfio_range *_Nonnull ranges, size_t *_Nonnull count);

// Copies the ranges out of a reply of `size` bytes to VFIO_IOMMU_GET_INFO; returns how many there are, at most `room`.
size_t clinux_vfio_read_ranges(const void *_Nonnull reply, size_t size, struct clinux_vfio_range *_Nonnull ranges,
                               size_t room);

// `permissions`: 1 the device may read, 2 it may write.
int clinux_vfio_map(int container, uint64_t address, uint64_t iova, uint64_t size, uint32_t permissions);
int clinux_vfio_unmap(int container, uint64_t iova, uint64_t size);

// A descriptor of the device.
int clinux_vfio_device(int group, const char *_Nonnull name);
int clinux_vfio_device_flags(int device, uint32_t *_Nonnull flags);
int clinux_vfio_region(int device, uint32_t index, uint64_t *_Nonnull size, uint64_t *_Nonnull offset);
int clinux_vfio_interrupt_count(int device, uint32_t index, uint32_t *_Nonnull count);
// Has the interrupts of a type signal eventfds, from the first on; no descriptors: disables the type.
int clinux_vfio_set_interrupts(int device, uint32_t index, const int32_t *_Nullable descriptors, size_t count);
int clinux_vfio_reset(int device);

#endif
