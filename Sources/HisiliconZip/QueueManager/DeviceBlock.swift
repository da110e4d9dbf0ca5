// Memory that the driver shares with the device: rings, contexts and buffers.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import Synchronization

/// Memory with a descriptor, at an address of the kernel path's.
///
/// `@unchecked Sendable`: an address in a mapping that lives as long; who uses what is the protocols' of the rings.
@safe final class DeviceBlock: @unchecked Sendable {
  let memory: SharedMemory
  let mapping: SharedMapping
  /// The first byte's address as the device knows it.
  let address: UInt64

  var byteCount: Int { memory.byteCount }

  init(name: String, byteCount: Int, address: UInt64) throws(SystemError) {
    memory = try SharedMemory(name: name, byteCount: byteCount)
    mapping = try memory.map()
    self.address = address
  }

  /// Zeroes a part.
  func wipe(_ range: Range<Int>) {
    check(range)
    unsafe (mapping.base + range.lowerBound).initializeMemory(as: UInt8.self, repeating: 0, count: range.count)
  }

  /// Stores a structure for the device.
  func store<Value: BitwiseCopyable>(_ value: Value, at offset: Int) {
    check(offset..<offset + MemoryLayout<Value>.size)
    unsafe (mapping.base + offset).storeBytes(of: value, as: Value.self)
  }

  /// Copies a structure of the device's.
  func load<Value: BitwiseCopyable>(_ offset: Int, as type: Value.Type) -> Value {
    check(offset..<offset + MemoryLayout<Value>.size)
    return unsafe (mapping.base + offset).loadUnaligned(as: Value.self)
  }

  /// A word that the other side writes last; what it wrote before is visible afterwards.
  func acquire16(_ offset: Int) -> UInt16 {
    check(offset..<offset + 2)
    return unsafe (mapping.base + offset).assumingMemoryBound(to: Atomic<UInt16>.self).pointee.load(ordering: .acquiring)
  }

  /// As `acquire16`.
  func acquire32(_ offset: Int) -> UInt32 {
    check(offset..<offset + 4)
    return unsafe (mapping.base + offset).assumingMemoryBound(to: Atomic<UInt32>.self).pointee.load(ordering: .acquiring)
  }

  /// Stores a word after everything that was stored before.
  func release32(_ value: UInt32, at offset: Int) {
    check(offset..<offset + 4)
    unsafe (mapping.base + offset).assumingMemoryBound(to: Atomic<UInt32>.self).pointee
      .store(value, ordering: .releasing)
  }

  private func check(_ range: Range<Int>) {
    precondition(range.lowerBound >= 0 && range.upperBound <= byteCount, "beyond the block")
  }
}
