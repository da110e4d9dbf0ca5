// A word that threads can sleep on.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc
import Synchronization

/// A 32-bit atomic at a fixed address, which `futex(2)` needs.
///
/// `@unchecked Sendable`: the pointer is constant, and what it points to is an atomic that lives as long as this value.
@safe struct FutexWord: ~Copyable, @unchecked Sendable {
  private let pointer: UnsafeMutablePointer<Atomic<UInt32>>

  init(_ value: UInt32) {
    unsafe pointer = UnsafeMutablePointer<Atomic<UInt32>>.allocate(capacity: 1)
    unsafe pointer.initialize(to: Atomic(value))
  }

  deinit {
    unsafe pointer.deinitialize(count: 1)
    unsafe pointer.deallocate()
  }

  /// Lends the atomic itself.
  @inline(__always)
  func access<Result>(_ body: (borrowing Atomic<UInt32>) -> Result) -> Result {
    unsafe body(pointer.pointee)
  }

  /// Sleeps while the word is `expected`; returns on a wake-up, for no reason at all, or at the deadline.
  ///
  /// - Parameter deadline: a time of `MonotonicClock`, in nanoseconds.
  /// - Returns: false only if the deadline has passed.
  func sleep(while expected: UInt32, until deadline: UInt64) -> Bool {
    // An `Atomic<UInt32>` has the size and address of its word; the kernel reads it atomically.
    unsafe clinux_futex_wait_until(UnsafeRawPointer(pointer).assumingMemoryBound(to: UInt32.self), expected, deadline)
      != ETIMEDOUT
  }

  /// Wakes one sleeping thread.
  func wakeOne() {
    wake(1)
  }

  /// Wakes every sleeping thread.
  func wakeAll() {
    wake(.max)
  }

  private func wake(_ count: Int32) {
    unsafe clinux_futex_wake(UnsafeRawPointer(pointer).assumingMemoryBound(to: UInt32.self), count)
  }
}
