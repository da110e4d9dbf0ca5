// Known answers: what a driver must compute before it is handed out.
// SPDX-License-Identifier: Apache-2.0

/// One published answer.
///
/// All byte strings are hexadecimal, so that the tables stay compact and are parsed only when run.
public struct KnownAnswer: Sendable, Equatable {
  /// What is computed from what.
  public enum Problem: Sendable, Equatable {
    /// A message and its digest; for an extendable-output function the digest's length is asked for.
    case hash(message: String, digest: String)
    /// A key, a message and its tag.
    case mac(key: String, message: String, tag: String)
    /// A key, an IV, a plaintext and its ciphertext.
    case cipher(key: String, iv: String, plaintext: String, ciphertext: String)
    /// A key, a nonce, associated data, a plaintext, and ciphertext followed by tag.
    case aead(key: String, nonce: String, aad: String, plaintext: String, sealed: String)
    /// A complete stream and what it decompresses to; the plain bytes are compressed and decompressed again too.
    case compression(stream: String, plain: String)
    /// A generator: this many bytes, twice, neither constant nor equal (SP 800-90B 4.4 in its simplest form).
    case random(count: Int)
    /// A private key, the peer's public key and the shared secret.
    case keyAgreement(privateKey: String, peer: String, secret: String)
    /// A public key, a message and its signature.
    case signature(publicKey: String, message: String, signature: String)
    /// A private key, a ciphertext and its plaintext.
    case asymmetricCipher(privateKey: String, ciphertext: String, plaintext: String)
    /// A secret, salt and information, and the key derived from them.
    case keyDerivation(secret: String, salt: String, info: String, iterations: Int, output: String)
  }

  /// The problem and its answer.
  public let problem: Problem
  /// Where it was published: standard and section, or the file of vectors.
  public let source: String

  /// Makes a known answer with its source.
  public init(_ problem: Problem, source: String) {
    self.problem = problem
    self.source = source
  }
}

/// Hexadecimal text to bytes and back.
public enum Hexadecimal {
  /// The bytes of `text`; nil for an odd number of digits or anything that is no digit.
  public static func decode(_ text: String) -> [UInt8]? {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8.count / 2)
    var high: UInt8?
    for character in text.utf8 {
      let digit: UInt8
      switch character {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = character - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = character - UInt8(ascii: "a") + 10
      case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = character - UInt8(ascii: "A") + 10
      default: return nil
      }
      if let first = high {
        bytes.append(first << 4 | digit)
        high = nil
      } else {
        high = digit
      }
    }
    return high == nil ? bytes : nil
  }

  /// `bytes` in lower-case digits.
  public static func encode(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return unsafe String(unsafeUninitializedCapacity: bytes.count * 2) { buffer in
      for (index, byte) in bytes.enumerated() {
        unsafe buffer[2 * index] = digits[Int(byte >> 4)]
        unsafe buffer[2 * index + 1] = digits[Int(byte & 15)]
      }
      return bytes.count * 2
    }
  }
}
