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
    /// As a MAC, with options beside the key: a nonce, another tag size, a customization string.
    case parameterizedMAC(key: String, options: MACOptions, message: String, tag: String)
    /// A key, an IV, a plaintext and its ciphertext.
    ///
    /// Where encrypting makes the IV (``CipherProperties/generatesIV``), it is the one that it makes.
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
    /// A private key, a message, and the one signature that a deterministic algorithm makes of it.
    case signing(privateKey: String, message: String, signature: String)
    /// A private key, a ciphertext and its plaintext.
    case asymmetricCipher(privateKey: String, ciphertext: String, plaintext: String)
    /// A secret, what ``KeyDerivationParameters`` has besides, and the key derived from them.
    case keyDerivation(
      secret: String, salt: String, info: String, label: String = "", iterations: Int = 0, memoryCost: Int = 0,
      parallelism: Int = 0, blockSize: Int = 0, output: String)
    /// A generator of SP 800-90A made from known entropy, for a ``DeterministicRandomDriver``.
    case deterministicRandom(DeterministicGeneration)
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

/// What is asked of a generator of SP 800-90A in a published answer, in hexadecimal.
public struct DeterministicGeneration: Sendable, Equatable {
  /// One request.
  public struct Request: Sendable, Equatable {
    /// The additional input; empty for none.
    public var additional: String
    /// The entropy that the request takes with prediction resistance; empty without.
    public var entropy: String

    /// Makes a request.
    public init(additional: String = "", entropy: String = "") {
      self.additional = additional
      self.entropy = entropy
    }
  }

  /// The entropy input with which the generator is made.
  public var entropy: String
  /// The nonce with which it is made; empty for none.
  public var nonce: String
  /// The personalization string; empty for none.
  public var personalization: String
  /// A reseeding before the first request, with its entropy and additional input; nil for none.
  public var reseeding: Request?
  /// The requests, each for as many bytes as ``output`` has.
  public var requests: [Request]
  /// What the last request gives: NIST's vectors show no other.
  public var output: String

  /// Describes the requests and the last one's answer.
  public init(
    entropy: String, nonce: String, personalization: String = "", reseeding: Request? = nil, requests: [Request],
    output: String
  ) {
    self.entropy = entropy
    self.nonce = nonce
    self.personalization = personalization
    self.reseeding = reseeding
    self.requests = requests
    self.output = output
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
