// The memory of the process that has a queue, as its device reaches it.
// SPDX-License-Identifier: Apache-2.0

import DeviceAccess
import LinuxSystem
import Synchronization

/// How many bytes were copied from and to processes, since they were not shared with a descriptor.
final class CopyCounter: Sendable {
  private let bytes = Atomic<UInt64>(0)

  /// Adds bytes.
  func add(_ count: Int) { bytes.wrappingAdd(UInt64(count), ordering: .relaxed) }

  /// All of them so far.
  var count: UInt64 { bytes.load(ordering: .relaxed) }
}

/// A process's own memory, at its own addresses; once the process has ended, every access fails.
final class OwnerMemory: RemoteMemory {
  /// A page that hardly any process has, for finding out what the kernel allows.
  private static let probedAddress: UInt64 = 0x1000

  private let memory: ProcessMemory
  private let counter: CopyCounter

  init(_ memory: ProcessMemory, counter: CopyCounter) {
    self.memory = memory
    self.counter = counter
  }

  /// Whether the kernel lets this process reach the other's memory: the one has to be its debugger, so to say.
  var isAllowed: Bool {
    unsafe withUnsafeTemporaryAllocation(byteCount: 1, alignment: 1) { buffer in
      do throws(SystemError) {
        try unsafe memory.read(Self.probedAddress, into: buffer)
        return true
      } catch {
        // Permission is looked at before the address.
        return error.errno == SystemError.badAddress
      }
    }
  }

  func read(address: UInt64, into buffer: UnsafeMutableRawBufferPointer) -> Bool {
    do throws(SystemError) {
      try unsafe memory.read(address, into: buffer)
      counter.add(buffer.count)
      return true
    } catch {
      return false
    }
  }

  func write(address: UInt64, from buffer: UnsafeRawBufferPointer) -> Bool {
    do throws(SystemError) {
      try unsafe memory.write(address, from: buffer)
      counter.add(buffer.count)
      return true
    } catch {
      return false
    }
  }
}

/// Memory whose device sees it at other addresses than its owner.
final class MovedMemory: RemoteMemory {
  private let memory: any RemoteMemory
  /// What is added to a device's address, which may wrap.
  private let distance: UInt64

  init(_ memory: any RemoteMemory, deviceAddress: UInt64, ownerAddress: UInt64) {
    self.memory = memory
    distance = ownerAddress &- deviceAddress
  }

  func read(address: UInt64, into buffer: UnsafeMutableRawBufferPointer) -> Bool {
    unsafe memory.read(address: address &+ distance, into: buffer)
  }

  func write(address: UInt64, from buffer: UnsafeRawBufferPointer) -> Bool {
    unsafe memory.write(address: address &+ distance, from: buffer)
  }
}
