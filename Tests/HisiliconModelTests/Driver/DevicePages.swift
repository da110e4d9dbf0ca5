// Memory that a test shares with the device: zeroed pages and a simple allocator in device addresses.
// SPDX-License-Identifier: Apache-2.0

import DeviceAccess
import LinuxSystem
import Synchronization

/// Pages that the device reaches at `iova`.
///
/// `@unchecked Sendable`: an address; who reads what the device wrote has first seen a phase or an interrupt.
@safe final class DevicePages: @unchecked Sendable {
  let iova: UInt64
  let byteCount: Int
  /// The file that holds the memory, where it is to be passed to another process.
  let file: SharedMemory?
  private let base: UnsafeMutableRawPointer
  private var anonymous: AnonymousMapping?
  private let shared: SharedMapping?
  private let next = Atomic<Int>(0)

  /// Makes memory of this process's own.
  init(iova: UInt64, byteCount: Int) throws {
    var mapping = try AnonymousMapping(byteCount: byteCount)
    unsafe base = mapping.withUnsafeMutableBytes { bytes in
      // A mapping has at least one page.
      unsafe bytes.baseAddress.unsafelyUnwrapped
    }
    self.iova = iova
    self.byteCount = mapping.byteCount
    anonymous = consume mapping
    shared = nil
    file = nil
  }

  /// Makes memory with a descriptor.
  init(sharedAt iova: UInt64, byteCount: Int) throws {
    let file = try SharedMemory(name: "test-memory", byteCount: byteCount, seals: [])
    let mapping = try file.map()
    unsafe base = mapping.base
    self.iova = iova
    self.byteCount = byteCount
    anonymous = nil
    shared = mapping
    self.file = file
  }

  /// For `DeviceFunction.map`.
  var memory: DeviceMemory { unsafe DeviceMemory(base: base, length: byteCount) }

  /// The device address of fresh zeroed bytes.
  func allocate(_ count: Int, alignment: Int = 64) throws -> UInt64 {
    while true {
      let start = next.load(ordering: .relaxed)
      let aligned = (start + alignment - 1) / alignment * alignment
      guard aligned + count <= byteCount else { throw DriverFailure("the test's memory is used up") }
      if next.compareExchange(expected: start, desired: aligned + count, ordering: .relaxed).exchanged {
        return iova + UInt64(aligned)
      }
    }
  }

  func store<Value: BitwiseCopyable>(_ value: Value, at address: UInt64) {
    unsafe pointer(address, MemoryLayout<Value>.size).storeBytes(of: value, as: Value.self)
  }

  func load<Value: BitwiseCopyable>(_ address: UInt64, as type: Value.Type) -> Value {
    unsafe pointer(address, MemoryLayout<Value>.size).loadUnaligned(as: Value.self)
  }

  func store(_ bytes: [UInt8], at address: UInt64) {
    guard !bytes.isEmpty else { return }
    let target = unsafe pointer(address, bytes.count)
    unsafe bytes.withUnsafeBytes {
      unsafe target.copyMemory(from: $0.baseAddress.unsafelyUnwrapped, byteCount: $0.count)
    }
  }

  func bytes(_ address: UInt64, count: Int) -> [UInt8] {
    let source = unsafe UnsafeRawBufferPointer(start: pointer(address, count), count: count)
    return unsafe [UInt8](source)
  }

  /// A word that the device writes last, and everything that it wrote before.
  func acquire16(_ address: UInt64) -> UInt16 {
    unsafe pointer(address, 2).assumingMemoryBound(to: Atomic<UInt16>.self).pointee.load(ordering: .acquiring)
  }

  func acquire32(_ address: UInt64) -> UInt32 {
    unsafe pointer(address, 4).assumingMemoryBound(to: Atomic<UInt32>.self).pointee.load(ordering: .acquiring)
  }

  /// Stores 2 or 4 bytes as one word, after everything that was stored before.
  func release(_ bytes: [UInt8], at address: UInt64) {
    let value = bytes.reversed().reduce(0 as UInt32) { $0 << 8 | UInt32($1) }
    let target = unsafe pointer(address, bytes.count)
    if bytes.count == 2 {
      unsafe target.assumingMemoryBound(to: Atomic<UInt16>.self).pointee
        .store(UInt16(truncatingIfNeeded: value), ordering: .releasing)
    } else {
      unsafe target.assumingMemoryBound(to: Atomic<UInt32>.self).pointee.store(value, ordering: .releasing)
    }
  }

  private func pointer(_ address: UInt64, _ count: Int) -> UnsafeMutableRawPointer {
    precondition(address >= iova && address - iova <= UInt64(byteCount - count), "the test's own memory")
    return unsafe base + Int(address - iova)
  }
}

/// Why a test cannot go on.
struct DriverFailure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) {
    self.description = description
  }
}

/// Time limits: far beyond what anything takes, so that only what never happens reaches them.
enum Patience {
  static let nanoseconds: UInt64 = 30_000_000_000

  /// Looks again and again until a condition holds, for what has no event to wait for.
  static func wait(for what: String, _ condition: () throws -> Bool) throws {
    let deadline = MonotonicClock.deadline(after: nanoseconds)
    let pause = TimedSemaphore(value: 0)
    while true {
      if try condition() { return }
      guard MonotonicClock.now() < deadline else { throw DriverFailure("never happened: \(what)") }
      _ = pause.wait(nanoseconds: 100_000)
    }
  }
}
