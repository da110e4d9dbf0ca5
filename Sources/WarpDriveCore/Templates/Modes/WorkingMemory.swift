// Memory for what a mode keeps and works on: subkeys, counters, tags. Wiped when its owner ends.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

/// Secret bytes of one transform.
///
/// A reference and not a value: a span of it can then be held while the transform's other parts change, as long as they
/// are not this memory. A transform has one user, and so has its memory.
final class WorkingMemory: Sendable {
  private let storage: OwnedContext<UInt8>
  private let count: Int

  /// `count` bytes that are zero; at least one.
  init(_ count: Int) throws(ProviderError) {
    guard let memory = unsafe SecureMemory.allocate(max(count, 1)) else {
      throw ProviderError(.resourceExhausted, "there is no memory for a cipher's state of \(count) bytes")
    }
    self.count = count
    unsafe storage = OwnedContext(memory.bindMemory(to: UInt8.self, capacity: max(count, 1))) { memory in
      unsafe SecureMemory.deallocate(memory)
    }
  }

  /// The bytes, to be changed in place.
  var span: MutableRawSpan {
    @_lifetime(borrow self)
    get {
      let span = unsafe MutableRawSpan(_unsafeStart: UnsafeMutableRawPointer(storage.pointer), byteCount: count)
      // The memory lives as long as this object, which the span borrows.
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }

  /// The bytes.
  var bytes: RawSpan {
    @_lifetime(borrow self)
    get {
      let span = unsafe RawSpan(_unsafeStart: UnsafeRawPointer(storage.pointer), byteCount: count)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }
}
