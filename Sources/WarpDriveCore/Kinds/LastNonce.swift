// The nonce under which a handle sealed its last message, so that it is not used for the next one too.
// SPDX-License-Identifier: Apache-2.0

/// Remembers one nonce.
struct LastNonce: ~Copyable, Sendable {
  /// Whether nonces are remembered at all.
  let isWatching: Bool
  private var storage: OwnedContext<UInt8>
  private var capacity: Int
  /// Bytes of the nonce; below 0 while there is none.
  private var count = -1
  /// Of a nonce of 8 to 16 bytes, which is the usual, the first 8 and the last 8: in place of ``storage``.
  private var head: UInt64 = 0
  private var tail: UInt64 = 0

  /// Makes room for nonces of up to `longest` bytes, of which the usual are short.
  init(longest: Int, isWatching: Bool) {
    self.isWatching = isWatching
    // GCM's longest here; a longer one makes room when it comes.
    capacity = min(max(longest, 16), 128)
    storage = Self.allocate(capacity)
  }

  /// Whether `nonce` is the remembered one.
  @inline(__always)
  func isLast(_ nonce: RawSpan) -> Bool {
    guard nonce.byteCount == count else { return false }
    guard Self.isShort(count) else { return isStored(nonce) }
    let (head, tail) = Self.words(of: nonce)
    return head == self.head && tail == self.tail
  }

  /// Remembers `nonce` in place of the one before.
  @inline(__always)
  mutating func remember(_ nonce: RawSpan) {
    guard isWatching else { return }
    count = nonce.byteCount
    if Self.isShort(count) {
      (head, tail) = Self.words(of: nonce)
    } else {
      store(nonce)
    }
  }

  @inline(__always)
  private static func isShort(_ count: Int) -> Bool { count >= 8 && count <= 16 }

  /// The first and the last 8 bytes, which overlap in a nonce of less than 16.
  @inline(__always)
  private static func words(of nonce: RawSpan) -> (UInt64, UInt64) {
    // There are 8 bytes at either place, and every pattern is a value.
    unsafe (
      nonce.unsafeLoadUnaligned(fromByteOffset: 0, as: UInt64.self),
      nonce.unsafeLoadUnaligned(fromByteOffset: nonce.byteCount - 8, as: UInt64.self)
    )
  }

  @inline(never)
  private func isStored(_ nonce: RawSpan) -> Bool {
    let stored = unsafe UnsafeRawBufferPointer(start: storage.pointer, count: count)
    return unsafe nonce.withUnsafeBytes { unsafe $0.elementsEqual(stored) }
  }

  @inline(never)
  private mutating func store(_ nonce: RawSpan) {
    if nonce.byteCount > capacity { grow(to: nonce.byteCount) }
    let own = unsafe UnsafeMutableRawPointer(storage.pointer)
    unsafe nonce.withUnsafeBytes { bytes in
      guard let start = bytes.baseAddress else { return }
      unsafe own.copyMemory(from: start, byteCount: bytes.count)
    }
  }

  @inline(never)
  private mutating func grow(to count: Int) {
    storage = Self.allocate(count)
    capacity = count
  }

  private static func allocate(_ count: Int) -> OwnedContext<UInt8> {
    let start = UnsafeMutablePointer<UInt8>.allocate(capacity: count)
    // A nonce is no secret: there is nothing to wipe.
    return unsafe OwnedContext(start) { unsafe $0.deallocate() }
  }
}
