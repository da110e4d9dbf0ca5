// A buffer of fixed capacity that secrets are written into, wiped when its owner ends.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

/// Secret bytes that are made in place: keys that are derived, plaintext that waits.
package struct SecretBuffer: ~Copyable, Sendable {
  private let storage: OwnedContext<UInt8>
  /// The most bytes that it holds.
  package let capacity: Int
  /// The bytes that it holds.
  package private(set) var count = 0

  /// Makes an empty buffer.
  ///
  /// - Throws: ``ProviderError/Code/resourceExhausted``.
  package init(capacity: Int) throws(ProviderError) {
    guard let memory = unsafe SecureMemory.allocate(capacity) else {
      throw ProviderError(.resourceExhausted, "there is no memory for a buffer of \(capacity) bytes")
    }
    // Wiped as it is freed.
    unsafe storage = OwnedContext(memory.assumingMemoryBound(to: UInt8.self)) { unsafe SecureMemory.deallocate($0) }
    self.capacity = capacity
  }

  /// What it holds.
  package var rawSpan: RawSpan {
    @_lifetime(borrow self)
    borrowing get {
      let span = unsafe RawSpan(_unsafeStart: UnsafeRawPointer(storage.pointer), byteCount: count)
      // The bytes live as long as this owner, which the span borrows.
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }

  /// Adds a copy of `bytes`, for which there is room.
  package mutating func append(copying bytes: RawSpan) {
    append { output in output.append(copying: bytes) }
  }

  /// Adds what `body` writes, at most as much as there is room.
  package mutating func append<Failure: Error>(
    _ body: (inout OutputRawSpan) throws(Failure) -> Void
  ) throws(Failure) {
    let free = unsafe UnsafeMutableRawBufferPointer(
      start: UnsafeMutableRawPointer(storage.pointer) + count, count: capacity - count)
    // The span covers memory of this owner's and ends before the call does.
    var output = unsafe OutputRawSpan(buffer: free, initializedCount: 0)
    try body(&output)
    count += output.byteCount
  }

  /// Empties it; the bytes are overwritten by the next ones, or wiped at the end.
  package mutating func clear() { count = 0 }
}
