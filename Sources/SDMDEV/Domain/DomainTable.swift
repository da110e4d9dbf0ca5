// Which address spaces a device has, and whose they are.
// SPDX-License-Identifier: Apache-2.0

import DeviceAccess
import LinuxSystem
import WarpDriveQueue

/// The domains of one device: the function's own address space, and one for each PASID.
final class DomainTable: Sendable {
  private struct Space {
    let domain: ShareDomain
    let owner: ProcessIdentity
    let faults: OwnerMemory?
    var holders: Set<MediatedDeviceID>
  }

  private struct State {
    /// Who has the function's own address space, where one process at a time may.
    var owner: ProcessIdentity?
    var holders: Set<MediatedDeviceID> = []
    var spaces: [UInt32: Space] = [:]
    var lastPASID: UInt32 = 0
  }

  private static let pasids: ClosedRange<UInt32> = 1...65_535

  /// How the device reaches memory: one bit.
  let mode: DMAFlags
  private let function: any DeviceFunction
  private let reserved: ClosedRange<UInt64>
  private let own: ShareDomain
  private let turn = Turn()
  private let state = Guarded(State())

  /// - Throws: `invalid` for a mode that is not one bit, `unsupported` for one that the function cannot have.
  init(_ function: any DeviceFunction, mode: DMAFlags, reserved: ClosedRange<UInt64>) throws(QueueError) {
    let modes: [DMAFlags] = [.singleProcess, .multiProcess, .sharedVirtual, .sharedVirtualLocked, .physical]
    guard modes.contains(mode) else {
      throw QueueError(.invalid, "a device has one mode of reaching memory, not the bits \(mode.rawValue)")
    }
    let hasSpaces = function.capabilities.contains(.addressSpaces)
    guard hasSpaces || mode == .singleProcess || mode == .physical else {
      throw QueueError(
        .unsupported, "a device without PASIDs cannot be set to \(mode.names): use SINGLE_PROC_MAP or PHY")
    }
    self.mode = mode
    self.function = function
    self.reserved = reserved
    own = ShareDomain(function, pasid: nil, reserved: reserved)
  }

  /// Whether queues have an address space of their process's.
  var hasPASIDs: Bool { mode != .singleProcess && mode != .physical }

  /// How many pieces of memory are mapped in all domains.
  var mappingCount: Int {
    own.count + state.withLock { $0.spaces.values.map(\.domain) }.reduce(0) { $0 + $1.count }
  }

  /// How many PASIDs there are.
  var pasidCount: Int { state.withLock { $0.spaces.count } }

  /// Shares the function's own address space with a mediated device (`iommu_group_share_domain`).
  ///
  /// - Throws: `busy` while another process has it, in the mode for one process.
  func shareOwn(holder: MediatedDeviceID, owner: ProcessIdentity) throws(QueueError) -> ShareDomain {
    try state.withLock { (state) throws(QueueError) in
      if mode == .singleProcess, let other = state.owner, other != owner {
        throw QueueError(
          .busy, "process \(other.processID) has the device, which serves one process at a time (SINGLE_PROC_MAP)")
      }
      state.owner = owner
      state.holders.insert(holder)
    }
    return own
  }

  /// Gives a mediated device its process's address space (`VFIO_SDMDEV_CMD_BIND_PASID`).
  ///
  /// - Parameters:
  ///   - pasid: one that the process has; 0 makes a new one.
  ///   - owner: the process.
  ///   - faults: its memory, if the device is to reach what is not mapped.
  ///   - holder: the mediated device.
  /// - Throws: `denied` for a PASID that is not the process's, `busy` where there is none left.
  func bind(
    _ pasid: UInt32, owner: ProcessIdentity, faults: OwnerMemory?, holder: MediatedDeviceID
  ) throws(QueueError) -> ShareDomain {
    try turn.take { () throws(QueueError) in
      try pasid == 0
        ? makeSpace(owner: owner, faults: faults, holder: holder)
        : state.withLock { (state) throws(QueueError) in
          // Who asks for another's learns no more than who asks for none.
          guard let space = state.spaces[pasid], space.owner == owner, !space.holders.isEmpty else {
            throw QueueError(.denied, "PASID \(pasid) is not this process's: bind with 0 for a new one")
          }
          state.spaces[pasid]?.holders.insert(holder)
          return space.domain
        }
    }
  }

  /// Whether a domain's device reaches what is not mapped in it.
  func faults(in domain: ShareDomain) -> Bool {
    guard let pasid = domain.pasid else { return false }
    return state.withLock { $0.spaces[pasid]?.faults != nil }
  }

  /// Takes everything of a mediated device out of a domain, and the domain away when nobody has it any more
  /// (`iommu_group_unshare_domain`).
  ///
  /// Its queue is stopped.
  func detach(_ domain: ShareDomain, holder: MediatedDeviceID) {
    domain.unmapAll(holder: holder)
    guard let pasid = domain.pasid else {
      return state.withLock { state in
        state.holders.remove(holder)
        if state.holders.isEmpty { state.owner = nil }
      }
    }
    turn.takeOrGoOn {
      let isLast = state.withLock { state in
        state.spaces[pasid]?.holders.remove(holder)
        return state.spaces[pasid]?.holders.isEmpty == true
      }
      if isLast { removeSpace(pasid) }
    }
  }

  /// Maps everything again: for a function that forgot its address spaces when it was reset.
  ///
  /// - Throws: `failed` or `deviceLost`, with the rest mapped as far as possible.
  func replay() throws(QueueError) {
    var failure: QueueError?
    do throws(QueueError) { try own.replay() } catch { failure = error }
    for (pasid, space) in state.withLock({ $0.spaces }).sorted(by: { $0.key < $1.key }) {
      do throws(QueueError) {
        do throws(DeviceError) {
          try function.createAddressSpace(pasid: pasid, faults: space.faults)
        } catch {
          // One that is there still is none the worse for that.
          if error.code != .invalid { throw QueueError(error) }
        }
        try space.domain.replay()
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
  }

  // MARK: - Within a turn

  private func makeSpace(
    owner: ProcessIdentity, faults: OwnerMemory?, holder: MediatedDeviceID
  ) throws(QueueError) -> ShareDomain {
    // Those whose last request did not end may have become free.
    for pasid in state.withLock({ $0.spaces.filter(\.value.holders.isEmpty).map(\.key) }) { removeSpace(pasid) }
    let pasid = try state.withLock { (state) throws(QueueError) in
      for _ in Self.pasids {
        state.lastPASID = state.lastPASID < Self.pasids.upperBound ? state.lastPASID + 1 : Self.pasids.lowerBound
        if state.spaces[state.lastPASID] == nil { return state.lastPASID }
      }
      throw QueueError(.busy, "the device has no PASID left: release a queue")
    }
    do throws(DeviceError) {
      try function.createAddressSpace(pasid: pasid, faults: faults)
    } catch {
      throw QueueError(error)
    }
    let domain = ShareDomain(function, pasid: pasid, reserved: reserved)
    state.withLock { $0.spaces[pasid] = Space(domain: domain, owner: owner, faults: faults, holders: [holder]) }
    return domain
  }

  /// Takes an address space away; one that a request still uses stays until another attempt.
  private func removeSpace(_ pasid: UInt32) {
    do throws(DeviceError) {
      try function.removeAddressSpace(pasid: pasid)
    } catch {
      if error.code == .failed { return }
    }
    state.withLock { $0.spaces.removeValue(forKey: pasid) }?.domain.forgetAll()
  }
}
