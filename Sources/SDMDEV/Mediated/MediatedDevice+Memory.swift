// Sharing a process's memory with the device, in all five modes.
// SPDX-License-Identifier: Apache-2.0

import DeviceAccess
import LinuxSystem
import WarpDriveQueue

extension MediatedDevice {
  /// Memory that a process offers.
  enum OfferedMemory {
    /// Pages of a file whose descriptor it sent.
    case mapping(SharedMapping)
    /// This process's own.
    case local(DeviceMemory)
    /// Its addresses only.
    case unnamed
  }

  private static let pageSize: UInt64 = 4096

  /// Lets the device reach memory of the process that has the queue open.
  ///
  /// - Parameters:
  ///   - memory: the memory.
  ///   - address: where it is in the process.
  ///   - byteCount: how much.
  ///   - permissions: what the device may do with it.
  /// - Returns: the first byte's address as the device knows it.
  /// - Throws: as `QueueTransport.share`.
  func share(
    _ memory: OfferedMemory, address: UInt64, byteCount: UInt64, permissions: DevicePermissions
  ) throws(QueueError) -> UInt64 {
    try withTurn { () throws(QueueError) in
      if try openQueue().state == .stopped { throw Self.wasReset }
      guard parent.domains.mode != .physical else {
        throw QueueError(.unsupported, "the device has no IOMMU (PHY): use the queue's pool")
      }
      guard let (owner, domain) = state.withLock({ state in state.domain.flatMap { d in state.owner.map { ($0, d) } } })
      else { throw QueueError(.invalid, "the queue has no address space yet: bind it first") }
      guard byteCount > 0, !permissions.isEmpty, !address.addingReportingOverflow(byteCount - 1).overflow else {
        throw QueueError(.invalid, "no memory, or no use of it, or past the end of all addresses")
      }
      let pages = try pages(of: memory, owner, domain)
      let place: ShareDomain.Place =
        if case .faulted = pages { .at(address) } else {
          parent.isTranslating ? .anywhere(ownerAddress: address) : .at(address)
        }
      return try map(pages, place, address, byteCount, permissions, domain)
    }
  }

  /// Takes memory away that was shared; returns when the device does not use it.
  ///
  /// - Parameters:
  ///   - deviceAddress: the first byte's address as the device knows it.
  ///   - byteCount: how much: all that was shared there.
  /// - Throws: `invalid` for anything but a piece as it was shared, `failed` where a request does not end.
  func unshare(deviceAddress: UInt64, byteCount: UInt64) throws(QueueError) {
    try withTurn { () throws(QueueError) in
      let found = state.withLock { state in
        state.pieces[deviceAddress].flatMap { piece in state.domain.map { (piece, $0) } }
      }
      guard let (piece, domain) = found, piece.range.upperBound - piece.range.lowerBound == byteCount &- 1 else {
        throw QueueError(
          .invalid, "no \(byteCount) bytes were shared at 0x\(String(deviceAddress, radix: 16)) of the device's")
      }
      // Gone from here also where a request does not end: the domain keeps it then.
      state.withLock { $0.pieces[deviceAddress] = nil }
      defer { parent.accounts.unlock(piece.lockedBytes, user: userID) }
      try domain.unmap(piece.range, holder: id)
    }
  }

  /// Where the device sees memory that was shared at an address of the process's.
  ///
  /// - Throws: `invalid` where none was.
  func deviceAddress(ofOwnerAddress address: UInt64) throws(QueueError) -> UInt64 {
    guard let piece = state.withLock({ $0.pieces.values.first { $0.ownerAddress == address } }) else {
      throw QueueError(.invalid, "no memory was shared at 0x\(String(address, radix: 16))")
    }
    return piece.range.lowerBound
  }

  /// Makes the queue's pool, once (`VFIO_SDMDEV_CMD_GET_BUF`): memory of a device without an IOMMU.
  ///
  /// - Parameter bytes: its size, which is rounded up to whole pages.
  /// - Returns: the size, and the address as the device knows it.
  /// - Throws: `unsupported` in another mode than PHY, `exists` for a second one, `invalid` for a size that a pool cannot
  ///   have, `resourceExhausted`.
  func makePool(bytes: UInt64) throws(QueueError) -> (bytes: UInt64, deviceAddress: UInt64) {
    try withTurn { () throws(QueueError) in
      if try openQueue().state == .stopped { throw Self.wasReset }
      guard parent.domains.mode == .physical else {
        throw QueueError(.unsupported, "the device reaches the process's memory: share that instead of a pool")
      }
      guard let domain = state.withLock({ $0.domain }) else { throw Self.notOpen }
      guard state.withLock({ $0.pool == nil }) else { throw QueueError(.exists, "the queue has its pool already") }
      guard bytes > 0, bytes <= parent.accounts.limits.poolBytes else {
        throw QueueError(.invalid, "a pool has from 1 to \(parent.accounts.limits.poolBytes) bytes, not \(bytes)")
      }
      let size = Self.wholePages(bytes)
      let (pool, mapping): (SharedMemory, SharedMapping)
      do throws(SystemError) {
        pool = try SharedMemory(name: "sdmdev-pool", byteCount: Int(size))
        mapping = try pool.map()
      } catch {
        throw QueueError(error, "no pool")
      }
      let address = try map(.mapping(mapping), .anywhere(ownerAddress: 0), 0, size, [.read, .write], domain)
      state.withLock { $0.pool = pool }
      return (size, address)
    }
  }

  // MARK: - Within a turn

  private func pages(
    of memory: OfferedMemory, _ owner: QueueOwner, _ domain: ShareDomain
  ) throws(QueueError) -> SharedPages {
    switch memory {
    case .mapping(let mapping):
      // An access to a file of a disk, or of a file system that a process serves, would make the device wait for it.
      guard mapping.isOfMemory else {
        throw QueueError(.invalid, "only files in memory can be shared: memfd_create(2), tmpfs or huge pages")
      }
      return .mapping(mapping)
    case .local(let memory):
      return .local(memory)
    case .unnamed where parent.domains.faults(in: domain):
      return .faulted
    case .unnamed:
      guard parent.parent.function.capabilities.contains(.remoteMemory) else {
        throw QueueError(.denied, "the device reaches memory that is shared with a descriptor only")
      }
      guard let memory = self.memory(of: owner) else {
        throw QueueError(
          .denied, "the host may not reach the process's memory: share it with a descriptor, or allow the host (prctl)")
      }
      return .remote(memory)
    }
  }

  private func map(
    _ pages: SharedPages, _ place: ShareDomain.Place, _ ownerAddress: UInt64, _ byteCount: UInt64,
    _ permissions: DevicePermissions, _ domain: ShareDomain
  ) throws(QueueError) -> UInt64 {
    let limits = parent.accounts.limits
    guard state.withLock({ $0.pieces.count }) < limits.mappingsOfQueue else {
      throw QueueError(.resourceExhausted, "a queue shares at most \(limits.mappingsOfQueue) pieces of memory")
    }
    guard byteCount <= limits.lockedBytesOfUser else {
      throw QueueError(.resourceExhausted, "\(byteCount) bytes are more than a user may share")
    }
    let lockedBytes = Self.wholePages(byteCount)
    try parent.accounts.lock(lockedBytes, user: userID)
    do throws(QueueError) {
      let address = try domain.map(pages, at: place, byteCount: byteCount, permissions: permissions, holder: id)
      let piece = Piece(
        range: address...(address + (byteCount - 1)), ownerAddress: ownerAddress, lockedBytes: lockedBytes)
      state.withLock { $0.pieces[address] = piece }
      return address
    } catch {
      parent.accounts.unlock(lockedBytes, user: userID)
      throw error
    }
  }

  private static func wholePages(_ bytes: UInt64) -> UInt64 {
    (bytes - 1) / pageSize * pageSize + pageSize
  }
}
