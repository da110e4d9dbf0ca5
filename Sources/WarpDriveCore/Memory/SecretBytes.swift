// Key material: never copied on write, wiped when its owner ends.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

/// A buffer of secret bytes with one owner, wiped before its memory is returned.
public struct SecretBytes: ~Copyable, Sendable {
  private let storage: OwnedContext<Header>

  // The length lives beside the bytes, so that the release function can wipe them all. Internal, not private: Swift 6.3.1
  // emits a broken reference to a private type from the value operations of its owner in other files.
  struct Header {
    var count: Int
  }

  /// Copies `bytes` into a buffer of its own; the caller wipes the original.
  public init(copying bytes: RawSpan) {
    let size = MemoryLayout<Header>.stride + bytes.byteCount
    // One allocation: the header, then the bytes.
    let raw = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: MemoryLayout<Header>.alignment)
    let header = unsafe raw.bindMemory(to: Header.self, capacity: 1)
    unsafe header.initialize(to: Header(count: bytes.byteCount))
    unsafe bytes.withUnsafeBytes { source in
      if let base = source.baseAddress {
        unsafe (raw + MemoryLayout<Header>.stride).copyMemory(from: base, byteCount: source.count)
      }
    }
    unsafe storage = OwnedContext(header) { raw in
      let count = unsafe raw.load(as: Header.self).count
      unsafe SecureMemory.zero(
        UnsafeMutableRawBufferPointer(start: raw, count: MemoryLayout<Header>.stride + count))
      unsafe raw.deallocate()
    }
  }

  /// The number of secret bytes.
  public var count: Int { unsafe storage.pointer.pointee.count }

  /// The secret; do not copy it into memory that is not wiped.
  public var rawSpan: RawSpan {
    @_lifetime(borrow self)
    borrowing get {
      let start = unsafe UnsafeRawPointer(storage.pointer) + MemoryLayout<Header>.stride
      let span = unsafe RawSpan(_unsafeStart: start, byteCount: count)
      // The bytes live as long as this owner, which the span borrows.
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }
}
