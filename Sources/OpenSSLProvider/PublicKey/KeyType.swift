// The kinds of keys: their object identifiers, and the lengths of their raw forms.
// SPDX-License-Identifier: Apache-2.0

import COpenSSL
import WarpDriveCore

/// A kind of key of public-key algorithms.
enum KeyType: Sendable {
  case rsa
  case p256
  case p384
  case p521
  case sm2
  case ed25519
  case ed448
  case x25519
  case x448

  /// libcrypto's number of it.
  var native: cossl_key_type {
    switch self {
    case .rsa: COSSL_KEY_RSA
    case .p256: COSSL_KEY_P256
    case .p384: COSSL_KEY_P384
    case .p521: COSSL_KEY_P521
    case .sm2: COSSL_KEY_SM2
    case .ed25519: COSSL_KEY_ED25519
    case .ed448: COSSL_KEY_ED448
    case .x25519: COSSL_KEY_X25519
    case .x448: COSSL_KEY_X448
    }
  }

  /// What a message calls it.
  var name: String {
    switch self {
    case .rsa: "RSA"
    case .p256: "P-256"
    case .p384: "P-384"
    case .p521: "P-521"
    case .sm2: "SM2"
    case .ed25519: "Ed25519"
    case .ed448: "Ed448"
    case .x25519: "X25519"
    case .x448: "X448"
    }
  }

  /// Bytes of a coordinate and of a private number, or of a key of RFC 7748 and RFC 8032; 0 for RSA.
  var size: Int {
    switch self {
    case .rsa: 0
    case .p256, .sm2, .ed25519, .x25519: 32
    case .p384: 48
    case .p521: 66
    case .ed448: 57
    case .x448: 56
    }
  }

  /// Whether keys are points of a curve in Weierstrass form.
  var isWeierstrass: Bool {
    switch self {
    case .p256, .p384, .p521, .sm2: true
    default: false
    }
  }

  /// The identifier in a key's algorithm, in DER's content octets.
  ///
  /// RSA and EC: RFC 3279 2.3.1 and RFC 5480 2.1.1; the others: RFC 8410 3.
  var identifier: [UInt8] {
    switch self {
    case .rsa: [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01]
    case .p256, .p384, .p521, .sm2: [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01]
    case .x25519: [0x2B, 0x65, 0x6E]
    case .x448: [0x2B, 0x65, 0x6F]
    case .ed25519: [0x2B, 0x65, 0x70]
    case .ed448: [0x2B, 0x65, 0x71]
    }
  }

  /// The identifier of the curve (RFC 5480 2.1.1.1, GM/T 0006); empty where the algorithm has but one.
  var curve: [UInt8] {
    switch self {
    case .p256: [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07]
    case .p384: [0x2B, 0x81, 0x04, 0x00, 0x22]
    case .p521: [0x2B, 0x81, 0x04, 0x00, 0x23]
    case .sm2: [0x2A, 0x81, 0x1C, 0xCF, 0x55, 0x01, 0x82, 0x2D]
    default: []
    }
  }
}

extension KeyType {
  /// The y of Ed25519's points whose order divides 8, and of those that are p or more, without the sign of x.
  private static let smallOrder25519 = [
    [UInt8](repeating: 0, count: 32), [1] + [UInt8](repeating: 0, count: 31),
    Hexadecimal.decode("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05") ?? [],
    Hexadecimal.decode("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a") ?? [],
    [0xEC] + [UInt8](repeating: 0xFF, count: 30) + [0x7F], [0xED] + [UInt8](repeating: 0xFF, count: 30) + [0x7F],
    [0xEE] + [UInt8](repeating: 0xFF, count: 30) + [0x7F],
  ]
  /// The y of Ed448's points whose order divides 4: 0, 1 and p - 1.
  private static let smallOrder448 = [
    [UInt8](repeating: 0, count: 57), [1] + [UInt8](repeating: 0, count: 56),
    [0xFE] + [UInt8](repeating: 0xFF, count: 27) + [0xFE] + [UInt8](repeating: 0xFF, count: 27) + [0],
  ]

  /// Whether octets are a public key of RFC 8032 of small order.
  func isOfSmallOrder(_ bytes: RawSpan, _ range: Range<Int>) -> Bool {
    let known =
      switch self {
      case .ed25519: Self.smallOrder25519
      case .ed448: Self.smallOrder448
      default: [[UInt8]]()
      }
    guard !known.isEmpty, range.count == size else { return false }
    var octets = range.map { octet(bytes, $0) }
    octets[size - 1] &= 0x7F
    return known.contains(octets)
  }
}

/// Whether the bytes of a range are these.
func matches(_ bytes: RawSpan, _ range: Range<Int>, _ expected: [UInt8]) -> Bool {
  range.count == expected.count && zip(range, expected).allSatisfy { octet(bytes, $0) == $1 }
}
