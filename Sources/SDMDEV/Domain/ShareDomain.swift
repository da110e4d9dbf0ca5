// An address space of a device that queues of one process share: the series' IOMMU share domain.
// SPDX-License-Identifier: Apache-2.0

import DeviceAccess
import LinuxSystem
import WarpDriveQueue

/// One IO page table: the function's own, which the kernel path has too (`iommu_group_share_domain`), or a PASID's.
///
/// What is mapped is counted by mediated device, and taken out when the last that shared it is detached.
final class ShareDomain: Sendable {
  /// Where memory is to be in the domain.
  enum Place {
    /// At this address, which is its owner's.
    case at(UInt64)
    /// Wherever there is room, above the addresses of the kernel path; the owner has it at this address.
    case anywhere(ownerAddress: UInt64)
  }

  private static let pageSize: UInt64 = 4096

  /// The address space; nil is the function's own.
  let pasid: UInt32?
  private let function: any DeviceFunction
  private let reserved: ClosedRange<UInt64>
  private let turn = Turn()
  /// Sorted by address, and without overlaps.
  private let entries = Guarded([DomainEntry]())

  init(_ function: any DeviceFunction, pasid: UInt32?, reserved: ClosedRange<UInt64>) {
    self.function = function
    self.pasid = pasid
    self.reserved = reserved
  }

  /// How many pieces of memory are mapped.
  var count: Int { entries.withLock { $0.count } }

  /// Lets the device reach memory.
  ///
  /// Memory that another mediated device shared at the same place counts once more. Nothing else may overlap.
  ///
  /// - Parameters:
  ///   - pages: the memory.
  ///   - place: where.
  ///   - byteCount: how much, at least 1.
  ///   - permissions: what the device may do with it.
  ///   - holder: who shares it.
  /// - Returns: the first byte's address as the device knows it.
  /// - Throws: `invalid` for addresses that the device does not have or that are the kernel path's, `exists` for memory
  ///   that overlaps what is shared, `resourceExhausted` where there is no room.
  func map(
    _ pages: SharedPages, at place: Place, byteCount: UInt64, permissions: DevicePermissions, holder: MediatedDeviceID
  ) throws(QueueError) -> UInt64 {
    try turn.take { () throws(QueueError) in
      retryStuck()
      let (range, ownerAddress): (ClosedRange<UInt64>, UInt64)
      switch place {
      case .at(let address):
        (range, ownerAddress) = (try checked(address, byteCount), address)
        if try addHolder(holder, of: range, pages, permissions) { return address }
      case .anywhere(let address):
        (range, ownerAddress) = (try freeRange(byteCount), address)
      }
      do throws(DeviceError) {
        try pages.map(
          for: function, at: range, ownerAddress: ownerAddress, permissions: permissions, pasid: pasid)
      } catch {
        throw QueueError(error)
      }
      entries.withLock { entries in
        let entry = DomainEntry(
          range: range, pages: pages, ownerAddress: ownerAddress, permissions: permissions, holders: [holder])
        entries.insert(entry, at: Self.firstIndex(in: entries, endingAtOrAbove: range.lowerBound))
      }
      return range.lowerBound
    }
  }

  /// Takes memory out that a mediated device shared; returns when the device does not use it any more.
  ///
  /// - Throws: `invalid` for anything but a whole piece as it was shared; `failed` where a request does not end, in
  ///   which case the memory is kept until it does.
  func unmap(_ range: ClosedRange<UInt64>, holder: MediatedDeviceID) throws(QueueError) {
    try turn.take { () throws(QueueError) in
      let isLast = try entries.withLock { (entries) throws(QueueError) in
        guard let index = entries.firstIndex(where: { $0.range == range && $0.holders.contains(holder) }) else {
          throw QueueError(
            .invalid, "there is no memory shared at 0x\(String(range.lowerBound, radix: 16)) of that size")
        }
        entries[index].holders.remove(holder)
        return entries[index].holders.isEmpty
      }
      if isLast && !takeOut(range) {
        throw QueueError(.failed, "a request that does not end uses the memory: it is kept until the device is reset")
      }
    }
  }

  /// Takes everything out that a mediated device shared (the second version of the series: on detaching).
  func unmapAll(holder: MediatedDeviceID) {
    turn.takeOrGoOn {
      let last = entries.withLock { entries in
        for index in entries.indices { entries[index].holders.remove(holder) }
        return entries.filter(\.holders.isEmpty).map(\.range)
      }
      for range in last { _ = takeOut(range) }
    }
  }

  /// Maps everything again: for a function that forgot its mappings when it was reset.
  ///
  /// - Throws: `failed` or `deviceLost`, with the rest mapped as far as possible.
  func replay() throws(QueueError) {
    try turn.take { () throws(QueueError) in
      var failure: DeviceError?
      for entry in entries.withLock({ $0 }) {
        do throws(DeviceError) {
          try entry.pages.map(
            for: function, at: entry.range, ownerAddress: entry.ownerAddress, permissions: entry.permissions,
            pasid: pasid)
        } catch {
          failure = error
        }
      }
      if let failure { throw QueueError(failure) }
    }
  }

  /// Forgets everything without a word to the function: its address space is gone.
  func forgetAll() {
    entries.withLock { $0 = [] }
  }

  // MARK: - Within a turn

  private func retryStuck() {
    for range in entries.withLock({ $0.filter(\.holders.isEmpty).map(\.range) }) { _ = takeOut(range) }
  }

  /// Takes a piece without holders out; false where the function cannot yet.
  private func takeOut(_ range: ClosedRange<UInt64>) -> Bool {
    let isMapped = entries.withLock { entries in
      entries.contains { entry in
        if case .faulted = entry.pages { false } else { entry.range == range }
      }
    }
    if isMapped {
      do throws(DeviceError) {
        try function.unmap(iova: range.lowerBound, length: range.upperBound - range.lowerBound + 1, pasid: pasid)
      } catch {
        // What a lost device had mapped, and what it does not have, it cannot reach either.
        if error.code == .failed { return false }
      }
    }
    entries.withLock { $0.removeAll { $0.range == range } }
    return true
  }

  /// The addresses of a range, if the device has them and they are free to users.
  private func checked(_ address: UInt64, _ byteCount: UInt64) throws(QueueError) -> ClosedRange<UInt64> {
    let (last, overflow) = address.addingReportingOverflow(byteCount &- 1)
    guard byteCount > 0, !overflow, last <= highest else {
      throw QueueError(
        .invalid, "the device has no addresses for \(byteCount) bytes at 0x\(String(address, radix: 16))")
    }
    guard !(address...last).overlaps(reserved) else {
      throw QueueError(.invalid, "memory at 0x\(String(address, radix: 16)) would lie over the driver's own")
    }
    return address...last
  }

  private func addHolder(
    _ holder: MediatedDeviceID, of range: ClosedRange<UInt64>, _ pages: SharedPages, _ permissions: DevicePermissions
  ) throws(QueueError) -> Bool {
    try entries.withLock { (entries) throws(QueueError) in
      let index = Self.firstIndex(in: entries, endingAtOrAbove: range.lowerBound)
      guard index < entries.count, entries[index].range.lowerBound <= range.upperBound else { return false }
      let entry = entries[index]
      guard entry.range == range, entry.permissions == permissions, !entry.holders.isEmpty,
        !entry.holders.contains(holder), entry.pages.isSame(as: pages)
      else {
        throw QueueError(
          .exists, "memory at 0x\(String(range.lowerBound, radix: 16)) overlaps what is shared: unshare that first")
      }
      entries[index].holders.insert(holder)
      return true
    }
  }

  /// The lowest free addresses in the upper half, with a page that nobody has behind every piece.
  private func freeRange(_ byteCount: UInt64) throws(QueueError) -> ClosedRange<UInt64> {
    let exhausted = QueueError(.resourceExhausted, "the device has no addresses left for \(byteCount) bytes")
    let (padded, overflow) = byteCount.addingReportingOverflow(Self.pageSize - 1)
    guard byteCount > 0, !overflow else { throw exhausted }
    let size = padded / Self.pageSize * Self.pageSize
    var start = highest / 2 + 1
    let taken = entries.withLock { $0.map(\.range) } + [reserved]
    for range in taken.sorted(by: { $0.lowerBound < $1.lowerBound }) where range.upperBound >= start {
      if range.lowerBound > start, range.lowerBound - start >= size + Self.pageSize { break }
      let (next, overflow) = (range.upperBound / Self.pageSize).addingReportingOverflow(2)
      guard !overflow, next <= highest / Self.pageSize else { throw exhausted }
      start = max(start, next * Self.pageSize)
    }
    guard highest - start >= size - 1 else { throw exhausted }
    return start...start + (byteCount - 1)
  }

  private var highest: UInt64 {
    let width = function.addressWidth
    return width >= 64 ? .max : (1 << UInt64(max(width, 1))) - 1
  }

  /// The first entry whose last address is not below `address`.
  private static func firstIndex(in entries: [DomainEntry], endingAtOrAbove address: UInt64) -> Int {
    var (low, high) = (0, entries.count)
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].range.upperBound < address { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
