// A device function that remembers what it was told to map.
// SPDX-License-Identifier: Apache-2.0

import DeviceAccess
import LinuxSystem

/// Address spaces as tables, and the faults that tests want.
final class FakeFunction: DeviceFunction {
  struct Mapping {
    let range: ClosedRange<UInt64>
    let permissions: DevicePermissions
    let memory: DeviceMemory?
    let remote: (any RemoteMemory)?
  }

  struct State {
    /// By PASID; 0 is the function's own space.
    var spaces: [UInt32: [Mapping]] = [0: []]
    var faults: [UInt32: any RemoteMemory] = [:]
    /// Whether taking memory away fails, since a request does not end.
    var isStuck = false
  }

  let state = Guarded(State())
  let capabilities: DeviceCapabilities
  let addressWidth: Int

  init(
    _ capabilities: DeviceCapabilities = [.emulated, .addressSpaces, .pageFaults, .remoteMemory, .doorbellPages],
    addressWidth: Int = 64
  ) {
    self.capabilities = capabilities
    self.addressWidth = addressWidth
  }

  /// What is mapped in an address space.
  func mappings(_ pasid: UInt32 = 0) -> [Mapping] { state.withLock { $0.spaces[pasid] ?? [] } }
  var mappingCount: Int { state.withLock { $0.spaces.values.reduce(0) { $0 + $1.count } } }
  var pasids: Set<UInt32> { Set(state.withLock { $0.spaces.keys }).subtracting([0]) }

  func read(region: Int, offset: UInt64, width: Int) throws(DeviceError) -> UInt64 { 0 }
  func write(_ value: UInt64, region: Int, offset: UInt64, width: Int) throws(DeviceError) {}
  func setInterruptHandler(vector: Int, _ handler: (@Sendable () -> Void)?) throws(DeviceError) {}
  func reset() throws(DeviceError) {}

  func map(
    _ memory: DeviceMemory, iova: UInt64, permissions: DevicePermissions, pasid: UInt32?
  ) throws(DeviceError) {
    let range = iova...(iova + UInt64(memory.length) - 1)
    try insert(Mapping(range: range, permissions: permissions, memory: memory, remote: nil), pasid)
  }

  func mapRemote(
    _ memory: any RemoteMemory, iova: UInt64, length: UInt64, permissions: DevicePermissions, pasid: UInt32?
  ) throws(DeviceError) {
    let range = iova...(iova + length - 1)
    try insert(Mapping(range: range, permissions: permissions, memory: nil, remote: memory), pasid)
  }

  private func insert(_ mapping: Mapping, _ pasid: UInt32?) throws(DeviceError) {
    try state.withLock { (state) throws(DeviceError) in
      guard let space = state.spaces[pasid ?? 0], !space.contains(where: { $0.range.overlaps(mapping.range) }) else {
        throw DeviceError(.invalid, "no such space, or an overlap")
      }
      state.spaces[pasid ?? 0]?.append(mapping)
    }
  }

  func unmap(iova: UInt64, length: UInt64, pasid: UInt32?) throws(DeviceError) {
    try state.withLock { (state) throws(DeviceError) in
      if state.isStuck { throw DeviceError(.failed, "a request does not end") }
      let range = iova...(iova + (length - 1))
      guard let index = state.spaces[pasid ?? 0]?.firstIndex(where: { $0.range == range }) else {
        throw DeviceError(.invalid, "nothing is mapped there")
      }
      state.spaces[pasid ?? 0]?.remove(at: index)
    }
  }

  func createAddressSpace(pasid: UInt32, faults: (any RemoteMemory)?) throws(DeviceError) {
    try state.withLock { (state) throws(DeviceError) in
      guard state.spaces[pasid] == nil else { throw DeviceError(.invalid, "the PASID exists") }
      state.spaces[pasid] = []
      state.faults[pasid] = faults
    }
  }

  func removeAddressSpace(pasid: UInt32) throws(DeviceError) {
    try state.withLock { (state) throws(DeviceError) in
      if state.isStuck { throw DeviceError(.failed, "a request does not end") }
      guard state.spaces.removeValue(forKey: pasid) != nil else { throw DeviceError(.invalid, "no such PASID") }
      state.faults[pasid] = nil
    }
  }

  /// Reads a byte as the device would.
  func read(_ address: UInt64, pasid: UInt32) -> UInt8? {
    let (mapping, faults) = state.withLock { state in
      (state.spaces[pasid]?.first { $0.range.contains(address) }, state.faults[pasid])
    }
    if let memory = mapping?.memory, let mapping {
      return unsafe memory.base.load(fromByteOffset: Int(address - mapping.range.lowerBound), as: UInt8.self)
    }
    guard let remote = mapping?.remote ?? faults else { return nil }
    var byte: UInt8 = 0
    let isRead = unsafe withUnsafeMutableBytes(of: &byte) { unsafe remote.read(address: address, into: $0) }
    return isRead ? byte : nil
  }
}
