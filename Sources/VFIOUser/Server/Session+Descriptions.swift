// How a server describes its regions, and what of them can be mapped or signalled.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

/// Constants of `struct vfio_region_info` in `<linux/vfio.h>` and of the protocol's sub-regions.
enum RegionFormat {
  /// The size of the structure without capabilities.
  static let structureSize = 32
  /// `VFIO_REGION_INFO_FLAG_MMAP`.
  static let mappableFlag: UInt32 = 1 << 2
  /// `VFIO_REGION_INFO_FLAG_CAPS`.
  static let capabilitiesFlag: UInt32 = 1 << 3
  /// `VFIO_REGION_INFO_CAP_SPARSE_MMAP`.
  static let sparseCapability: UInt16 = 1
  /// The size of a capability header and of `struct vfio_region_info_cap_sparse_mmap` without areas.
  static let sparseHeaderSize = 16
  /// The size of an area: offset and size.
  static let areaSize = 16
  /// The size of a sub-region that an event counter stands for.
  static let writeEventSize = 40
  /// `VFIO_USER_IO_FD_TYPE_IOEVENTFD`.
  static let ioeventfd: UInt32 = 0
  /// `KVM_IOEVENTFD_FLAG_DATAMATCH`.
  static let dataMatchFlag: UInt32 = 1 << 0
}

extension Session {
  func describeRegion(_ header: VFIOUserHeader, _ index: UInt32, _ capacity: UInt32) throws(VFIOUserError) {
    guard index < information.regions.count else { throw VFIOUserError(.invalid, "no such region") }
    let region = try device.region(Int(index)) ?? information.regions[Int(index)]
    let isMappable = region.memory != nil && region.size > 0
    let areas = isMappable ? region.mappableAreas : []
    let size =
      RegionFormat.structureSize
      + (areas.isEmpty ? 0 : RegionFormat.sparseHeaderSize + areas.count * RegionFormat.areaSize)
    // A client that left too little room learns how much it takes, and asks again; only then it gets the descriptor.
    let fits = size <= Int(capacity)
    var descriptors: [Int32] = []
    if fits, isMappable, let memory = region.memory { descriptors = [memory.descriptor.number] }
    try respond(
      header, bodySize: fits ? size : RegionFormat.structureSize, descriptors: descriptors
    ) { (body) throws(VFIOUserError) in
      body.store(UInt32(size), at: 0)
      body.store(
        region.permissions.rawValue | (isMappable ? RegionFormat.mappableFlag : 0)
          | (areas.isEmpty ? 0 : RegionFormat.capabilitiesFlag), at: 4)
      body.store(index, at: 8)
      body.store(areas.isEmpty ? 0 : UInt32(RegionFormat.structureSize), at: 12)
      body.store(region.size, at: 16)
      body.store(isMappable ? region.memoryOffset : 0, at: 24)
      if fits && !areas.isEmpty { Self.encode(areas, into: &body) }
    }
  }

  private static func encode(_ areas: [Range<UInt64>], into body: inout MutableRawSpan) {
    var offset = RegionFormat.structureSize
    body.store(RegionFormat.sparseCapability, at: offset)
    // The capability's version; there is no next one.
    body.store(1 as UInt16, at: offset + 2)
    body.store(UInt32(areas.count), at: offset + 8)
    offset += RegionFormat.sparseHeaderSize
    for area in areas {
      body.store(area.lowerBound, at: offset)
      body.store(area.upperBound - area.lowerBound, at: offset + 8)
      offset += RegionFormat.areaSize
    }
  }

  func describeWriteEvents(_ header: VFIOUserHeader, _ index: UInt32, _ capacity: UInt32) throws(VFIOUserError) {
    guard index < information.regions.count else { throw VFIOUserError(.invalid, "no such region") }
    // One descriptor for each counter, however many writes it stands for, and no more than the client takes.
    var descriptors: [Int32] = []
    var entries: [(event: VFIOUserWriteEvent, descriptor: Int)] = []
    let region = try device.region(Int(index)) ?? information.regions[Int(index)]
    for event in region.writeEvents {
      let number = event.counter.descriptor.number
      if let known = descriptors.firstIndex(of: number) {
        entries.append((event, known))
      } else if descriptors.count < mostDescriptors {
        entries.append((event, descriptors.count))
        descriptors.append(number)
      }
    }
    let size = 16 + entries.count * RegionFormat.writeEventSize
    let fits = size <= Int(capacity)
    let given = fits ? entries : []
    try respond(
      header, bodySize: fits ? size : 16, descriptors: fits ? descriptors : []
    ) { (body) throws(VFIOUserError) in
      body.store(UInt32(size), at: 0)
      body.store(index, at: 8)
      body.store(UInt32(given.count), at: 12)
      for position in given.indices {
        let (event, descriptor) = given[position]
        let start = 16 + position * RegionFormat.writeEventSize
        body.store(event.offset, at: start)
        body.store(event.size, at: start + 8)
        body.store(UInt32(descriptor), at: start + 16)
        body.store(RegionFormat.ioeventfd, at: start + 20)
        body.store(event.value == nil ? 0 : RegionFormat.dataMatchFlag, at: start + 24)
        body.store(event.value ?? 0, at: start + 32)
      }
    }
  }
}
