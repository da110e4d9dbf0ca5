// A mutex-protected value whose lock and unlock are also visible to ThreadSanitizer.
// SPDX-License-Identifier: Apache-2.0

public import Synchronization

/// A value that is reached only with its lock held.
///
/// ThreadSanitizer does not see the ordering inside `Synchronization.Mutex`, which lives in the uninstrumented standard
/// library, and reports races that do not exist. The acquiring load after the lock and the releasing store before the
/// unlock state the same ordering in instrumented code, for a nanosecond.
///
/// Inlinable, since across modules the closure, the value and the result would be generic at run time, which costs a
/// multiple of the lock itself.
public struct Guarded<Value: ~Copyable>: ~Copyable {
  @usableFromInline let mutex: Mutex<Value>
  @usableFromInline let order = Atomic<UInt8>(0)

  /// Protects `value`.
  @inlinable public init(_ value: consuming sending Value) { mutex = Mutex(value) }

  /// Runs `body` with the lock held; it must not wait and must not take the same lock again.
  @inlinable public borrowing func withLock<Result: ~Copyable, Failure: Error>(
    _ body: (inout sending Value) throws(Failure) -> sending Result
  ) throws(Failure) -> sending Result {
    try mutex.withLock { (value) throws(Failure) in
      _ = order.load(ordering: .acquiring)
      defer { order.store(0, ordering: .releasing) }
      return try body(&value)
    }
  }
}

extension Guarded: Sendable where Value: ~Copyable {}
