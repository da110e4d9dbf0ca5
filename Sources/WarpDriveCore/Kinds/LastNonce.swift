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
    let own = unsafe UnsafeRawPointer(storage.pointer)
    return unsafe nonce.withUnsafeBytes { bytes in
      guard let other = bytes.baseAddress else { return true }
      var offset = 0
      var difference: UInt64 = 0
      while offset + 8 <= bytes.count {
        unsafe difference |=
          own.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
          ^ other.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        offset += 8
      }
      while offset < bytes.count {
        unsafe difference |= UInt64(
          own.load(fromByteOffset: offset, as: UInt8.self) ^ other.load(fromByteOffset: offset, as: UInt8.self))
        offset += 1
      }
      return difference == 0
    }
  }

  /// Remembers `nonce` in place of the one before.
  @inline(__always)
  mutating func remember(_ nonce: RawSpan) {
    guard isWatching else { return }
    if nonce.byteCount > capacity { grow(to: nonce.byteCount) }
    count = nonce.byteCount
    let own = unsafe UnsafeMutableRawPointer(storage.pointer)
    unsafe nonce.withUnsafeBytes { bytes in
      guard let other = bytes.baseAddress else { return }
      unsafe own.copyMemory(from: other, byteCount: bytes.count)
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
