// A function of the machine that the kernel has given to programs, through /dev/vfio.
// SPDX-License-Identifier: Apache-2.0

package import LinuxSystem

/// A PCI function bound to `vfio-pci`, as its driver in this process uses it.
///
/// It has a container of its own (type 1), so that it reaches what is mapped for it and nothing else. Memory is mapped in
/// whole pages and stays locked. Children must not have it: see `PageRange.keepFromChildren()`.
public final class VFIOFunction: DeviceFunction {
  /// `VFIO_PCI_MSI_IRQ_INDEX`.
  private static let messageSignalled = 1
  private static let configuration = 7
  // The command register of configuration space: memory accesses, and accesses of the device's own.
  private static let commandOffset: UInt64 = 4
  private static let memoryAndMaster: UInt64 = 6
  private static let master: UInt64 = 4

  /// The function's place: domain, bus, device, function, such as `0000:75:00.0`.
  public let address: String
  /// How many bits an IOVA has at most.
  public let addressWidth: Int
  /// The NUMA node that the function is nearest to.
  public let numaNode: Int?
  private let kernel: any VFIOKernel
  private let group: FileDescriptor
  private let container: FileDescriptor
  private let device: FileDescriptor
  private let regions: [Int: VFIORegion]
  private let canReset: Bool
  private let interrupts: InterruptCounters
  private let isConnected = Guarded(false)

  /// Takes the function over: opens its group, maps nothing yet, resets it, and lets it reach memory.
  ///
  /// - Parameter address: its place, such as `0000:75:00.0`.
  /// - Throws: `invalid` for an address that is none, `failed` where the machine or a permission is in the way, with
  ///   what to do.
  public convenience init(_ address: String) throws(DeviceError) {
    try self.init(address, kernel: LinuxVFIOKernel(), folders: VFIOFolders())
  }

  package init(_ address: String, kernel: any VFIOKernel, folders: VFIOFolders) throws(DeviceError) {
    let place = try VFIOPlace(address, folders)
    let type: VFIOMemoryType
    do throws(SystemError) {
      container = try kernel.open("\(folders.devices)/vfio/vfio")
      guard try kernel.version(of: container) == 0 else {
        throw SystemError(errno: SystemError.protocolError, operation: "VFIO_GET_API_VERSION")
      }
    } catch {
      throw DeviceError(.failed, "VFIO is not to be had: \(error). Load the module vfio-pci")
    }
    if kernel.has(.type1Version2, container) {
      type = .type1Version2
    } else if kernel.has(.type1, container) {
      type = .type1
    } else {
      throw DeviceError(
        .failed, "the machine's IOMMU is off: enable it in the firmware and on the kernel's command line")
    }
    group = try place.openGroup(kernel)
    self.address = address
    self.kernel = kernel
    numaNode = place.numaNode
    do throws(SystemError) {
      try kernel.attach(group, to: container)
      try kernel.use(type, container)
      addressWidth = try place.addressWidth(kernel.ranges(of: container))
      device = try kernel.device(address, of: group)
      let flags = try kernel.flags(of: device)
      canReset = flags & 1 != 0
      var regions: [Int: VFIORegion] = [:]
      for index in [0, 1, 2, 3, 4, 5, Self.configuration] {
        let region = try kernel.region(index, of: device)
        if region.byteCount > 0 { regions[index] = region }
      }
      self.regions = regions
      // MSI has 32 vectors at most.
      let count = min(try kernel.interruptCount(Self.messageSignalled, of: device), 32)
      interrupts = try InterruptCounters(count: count, name: "vfio-irq")
    } catch {
      throw DeviceError(.failed, "\(address): \(error)")
    }
    if canReset { try reset() } else { try enable() }
  }

  deinit {
    interrupts.end()
    // The device must not write into memory any more when the mappings go with the container.
    if let command = try? read(region: Self.configuration, offset: Self.commandOffset, width: 2) {
      try? write(command & ~Self.master, region: Self.configuration, offset: Self.commandOffset, width: 2)
    }
    try? kernel.setInterrupts(Self.messageSignalled, of: device, [])
  }

  /// Reads a register or bytes of configuration space.
  ///
  /// - Throws: `invalid` for a place that the function does not have, `lost` once the function is gone.
  public func read(region: Int, offset: UInt64, width: Int) throws(DeviceError) -> UInt64 {
    let place = try place(region, offset, width)
    let value = try access { () throws(SystemError) in try device.readRegister(at: place, width: width) }
    // What is gone reads as ones; so may a register.
    if width >= 4, value == UInt64.max >> UInt64(64 - 8 * width), isGone { throw Self.lost(address) }
    return value
  }

  /// Writes a register or bytes of configuration space.
  ///
  /// - Throws: as `read`; but writes to what is gone may go nowhere.
  public func write(_ value: UInt64, region: Int, offset: UInt64, width: Int) throws(DeviceError) {
    let place = try place(region, offset, width)
    try access { () throws(SystemError) in try device.writeRegister(value, at: place, width: width) }
  }

  /// Maps memory for the function.
  ///
  /// - Throws: `invalid` unless address, IOVA and length are whole pages, for a range that overlaps another or that the
  ///   IOMMU does not have, and for any PASID; `failed` beyond the limit of locked memory.
  public func map(
    _ memory: DeviceMemory, iova: UInt64, permissions: DevicePermissions, pasid: UInt32?
  ) throws(DeviceError) {
    try Self.check(pasid)
    let start = unsafe UInt64(UInt(bitPattern: memory.base))
    let length = UInt64(memory.length)
    try checkRange(iova, length)
    guard start % UInt64(CurrentProcess.pageSize) == 0 else {
      throw DeviceError(.invalid, "memory for \(address) begins within a page: allocate whole pages")
    }
    do throws(SystemError) {
      try kernel.map(
        container, address: start, iova: iova, byteCount: length, permissions: permissions.rawValue & 3)
    } catch {
      guard error.errno == SystemError.noMemory else { throw Self.error(error, "mapping for \(address)") }
      let limit = CurrentProcess.lockableByteCount.map { "\($0) bytes" } ?? "none"
      throw DeviceError(
        .failed, "\(length) bytes cannot be locked for \(address): raise the limit (ulimit -l), which is \(limit)")
    }
  }

  /// Takes mappings away; the device cannot reach them any more when this returns.
  ///
  /// - Throws: `invalid` for a range of other than whole pages, or that cuts a mapping, and for any PASID.
  public func unmap(iova: UInt64, length: UInt64, pasid: UInt32?) throws(DeviceError) {
    try Self.check(pasid)
    try checkRange(iova, length)
    do throws(SystemError) {
      try kernel.unmap(container, iova: iova, byteCount: length)
    } catch {
      throw Self.error(error, "unmapping for \(address)")
    }
  }

  /// Sets what is called, on a thread of this object's own, after interrupts of an MSI vector.
  ///
  /// - Throws: `invalid` for a vector that the function does not have, `failed`.
  public func setInterruptHandler(vector: Int, _ handler: (@Sendable () -> Void)?) throws(DeviceError) {
    guard interrupts.counters.indices.contains(vector) else {
      throw DeviceError(.invalid, "no interrupt vector \(vector): \(address) has \(interrupts.counters.count)")
    }
    interrupts.setHandler(vector: vector, handler)
    guard handler != nil, !isConnected.withLock({ $0 }) else { return }
    // All at once: the kernel cannot add vectors later without losing some. Twice is the same as once.
    try access { () throws(SystemError) in
      try kernel.setInterrupts(Self.messageSignalled, of: device, interrupts.counters)
    }
    isConnected.withLock { $0 = true }
  }

  /// Resets the function, and lets it reach memory again; mappings and handlers stay.
  ///
  /// - Throws: `failed` for a function that cannot be reset, `lost`.
  public func reset() throws(DeviceError) {
    guard canReset else { throw DeviceError(.failed, "\(address) cannot be reset") }
    try access { () throws(SystemError) in try kernel.reset(device) }
    try enable()
  }

  private func enable() throws(DeviceError) {
    let command = try read(region: Self.configuration, offset: Self.commandOffset, width: 2)
    try write(
      command | Self.memoryAndMaster, region: Self.configuration, offset: Self.commandOffset, width: 2)
  }

  /// Whether configuration space answers no more: there is no vendor 0xffff.
  private var isGone: Bool {
    guard let region = regions[Self.configuration] else { return false }
    return (try? device.readRegister(at: region.offset, width: 2)) ?? 0xffff == 0xffff
  }

  private func place(_ region: Int, _ offset: UInt64, _ width: Int) throws(DeviceError) -> UInt64 {
    guard let found = regions[region], width == 1 || width == 2 || width == 4 || width == 8,
      offset < found.byteCount, UInt64(width) <= found.byteCount - offset, offset % UInt64(width) == 0
    else {
      throw DeviceError(
        .invalid, "\(address): no access of \(width) bytes at 0x\(String(offset, radix: 16)) of region \(region)")
    }
    return found.offset + offset
  }

  private func access<Result>(_ body: () throws(SystemError) -> Result) throws(DeviceError) -> Result {
    do throws(SystemError) {
      return try body()
    } catch {
      if isGone { throw Self.lost(address) }
      throw DeviceError(.failed, "\(address): \(error)")
    }
  }

  private func checkRange(_ iova: UInt64, _ length: UInt64) throws(DeviceError) {
    let page = UInt64(CurrentProcess.pageSize)
    let (last, overflow) = iova.addingReportingOverflow(length &- 1)
    guard length > 0, iova % page == 0, length % page == 0, !overflow,
      addressWidth >= 64 || last >> UInt64(addressWidth) == 0
    else {
      throw DeviceError(
        .invalid,
        "\(address): \(length) bytes at 0x\(String(iova, radix: 16)) are not whole pages below 2^\(addressWidth)")
    }
  }

  private static func check(_ pasid: UInt32?) throws(DeviceError) {
    if let pasid { throw DeviceError(.invalid, "the function has no PASID \(pasid)") }
  }

  private static func lost(_ address: String) -> DeviceError {
    DeviceError(.lost, "\(address) does not answer: it was removed, or has failed")
  }

  private static func error(_ error: SystemError, _ what: String) -> DeviceError {
    let isInvalid = [SystemError.invalidArgument, SystemError.exists, SystemError.badAddress].contains(error.errno)
    return DeviceError(isInvalid ? .invalid : .failed, "\(what): \(error)")
  }
}
