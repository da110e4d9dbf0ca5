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

/// Whether the bytes of a range are these.
func matches(_ bytes: RawSpan, _ range: Range<Int>, _ expected: [UInt8]) -> Bool {
  range.count == expected.count && zip(range, expected).allSatisfy { octet(bytes, $0) == $1 }
}
