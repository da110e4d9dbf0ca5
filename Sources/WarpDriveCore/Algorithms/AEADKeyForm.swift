// What the bytes of an AEAD's key are, where it is more than one key.
// SPDX-License-Identifier: Apache-2.0

/// The form of an AEAD's key.
public enum AEADKeyForm: String, Sendable, Equatable {
  /// A key, with the salt behind it where the algorithm has one (RFC 4106, 4309, 4543).
  case plain
  /// The kernel's form for `authenc`: a header, the key that authenticates and the key that encrypts.
  case authenc

  /// Bytes of authenc's header: `struct rtattr` (linux/rtnetlink.h) and the length of the encryption key.
  public static let authencHeaderSize = 8

  /// Joins two keys to one of the form ``authenc``; the caller wipes all three.
  ///
  /// The header is what the kernel's `crypto_authenc_extractkeys` takes: the attribute's length, 8, and its type,
  /// CRYPTO_AUTHENC_KEYA_PARAM = 1, each of 2 bytes in the machine's order, and the length of the encryption key in 4
  /// bytes, the highest first.
  public static func authencKey(authentication: [UInt8], encryption: [UInt8]) -> [UInt8] {
    let fields: [UInt16] = [UInt16(authencHeaderSize), 1]
    var key: [UInt8] = []
    key.reserveCapacity(authencHeaderSize + authentication.count + encryption.count)
    for field in fields {
      #if _endian(big)
        key += [UInt8(field >> 8), UInt8(field & 0xFF)]
      #else
        key += [UInt8(field & 0xFF), UInt8(field >> 8)]
      #endif
    }
    for shift in [24, 16, 8, 0] { key.append(UInt8(truncatingIfNeeded: encryption.count >> shift)) }
    return key + authentication + encryption
  }

  /// Bytes of the encryption key at the end of a key of the form ``authenc``; nil for what is not of the form.
  static func encryptionKeyLength(in key: RawSpan) -> Int? {
    guard key.byteCount >= authencHeaderSize,
      unsafe key.unsafeLoadUnaligned(fromByteOffset: 0, as: UInt16.self) == UInt16(authencHeaderSize),
      unsafe key.unsafeLoadUnaligned(fromByteOffset: 2, as: UInt16.self) == 1
    else { return nil }
    let count = Int(UInt32(bigEndian: unsafe key.unsafeLoadUnaligned(fromByteOffset: 4, as: UInt32.self)))
    return count <= key.byteCount - authencHeaderSize ? count : nil
  }
}
