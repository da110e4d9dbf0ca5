// One published vector, from the registry's tables or from a file.
// SPDX-License-Identifier: Apache-2.0

import WarpDriveCore

/// A problem and what must come of it.
struct Vector: Sendable {
  /// What must come of a vector.
  enum Result: String, Sendable {
    /// The output is the vector's.
    case valid
    /// The tag is forged: it must not verify.
    case invalid
    /// The request itself is wrong and must fail before any output.
    case refused
  }

  /// A direction that the vector is about.
  enum Operation: String, Sendable, CaseIterable {
    case encrypt
    case decrypt
    case seal
    case open
  }

  /// What is computed from what; all fields are bytes.
  enum Problem: Sendable {
    case hash(message: [UInt8], digest: [UInt8])
    case mac(key: [UInt8], options: MACOptions, message: [UInt8], tag: [UInt8])
    case cipher(key: [UInt8], iv: [UInt8], plaintext: [UInt8], ciphertext: [UInt8], nextIV: [UInt8])
    case aead(key: [UInt8], nonce: [UInt8], aad: [UInt8], plaintext: [UInt8], ciphertext: [UInt8], tag: [UInt8])
    case compression(stream: [UInt8], plain: [UInt8])
    case random(count: Int)
    case keyAgreement(privateKey: [UInt8], peer: [UInt8], secret: [UInt8])
    case signature(publicKey: [UInt8], message: [UInt8], signature: [UInt8])
    case signing(privateKey: [UInt8], message: [UInt8], signature: [UInt8])
    case asymmetricCipher(privateKey: [UInt8], ciphertext: [UInt8], plaintext: [UInt8])
    case keyDerivation(secret: [UInt8], parameters: KeyDerivationParameters, output: [UInt8])

    var kind: AlgorithmKind {
      switch self {
      case .hash: .hash
      case .mac: .mac
      case .cipher: .cipher
      case .aead: .aead
      case .compression: .compression
      case .random: .random
      case .keyAgreement: .keyAgreement
      case .signature, .signing: .signature
      case .asymmetricCipher: .asymmetricCipher
      case .keyDerivation: .keyDerivation
      }
    }
  }

  let source: String
  let problem: Problem
  var result = Result.valid
  /// The directions to run; all of its kind for a known answer.
  var operations = Set(Operation.allCases)
}

extension Vector {
  /// The vector of one of the registry's known answers.
  ///
  /// - Throws: `ProviderError.Code.invalidArgument` for text that is not hexadecimal.
  init(_ answer: KnownAnswer) throws(ProviderError) {
    func bytes(_ text: String) throws(ProviderError) -> [UInt8] {
      guard let bytes = Hexadecimal.decode(text) else {
        throw ProviderError(
          .invalidArgument, "a known answer (\(answer.source)) is not hexadecimal: '\(text.prefix(40))'")
      }
      return bytes
    }
    source = answer.source
    switch answer.problem {
    case .hash(let message, let digest): problem = try .hash(message: bytes(message), digest: bytes(digest))
    case .mac(let key, let message, let tag):
      problem = try .mac(key: bytes(key), options: .init(), message: bytes(message), tag: bytes(tag))
    case .parameterizedMAC(let key, let options, let message, let tag):
      problem = try .mac(key: bytes(key), options: options, message: bytes(message), tag: bytes(tag))
    case .cipher(let key, let iv, let plaintext, let ciphertext):
      problem = try .cipher(
        key: bytes(key), iv: bytes(iv), plaintext: bytes(plaintext), ciphertext: bytes(ciphertext), nextIV: [])
    case .aead(let key, let nonce, let aad, let plaintext, let sealed):
      let plain = try bytes(plaintext)
      let sealed = try bytes(sealed)
      problem = try .aead(
        key: bytes(key), nonce: bytes(nonce), aad: bytes(aad), plaintext: plain,
        ciphertext: Array(sealed.prefix(plain.count)), tag: Array(sealed.dropFirst(plain.count)))
    case .compression(let stream, let plain): problem = try .compression(stream: bytes(stream), plain: bytes(plain))
    case .random(let count): problem = .random(count: count)
    case .keyAgreement(let key, let peer, let secret):
      problem = try .keyAgreement(privateKey: bytes(key), peer: bytes(peer), secret: bytes(secret))
    case .signature(let key, let message, let signature):
      problem = try .signature(publicKey: bytes(key), message: bytes(message), signature: bytes(signature))
    case .signing(let key, let message, let signature):
      problem = try .signing(privateKey: bytes(key), message: bytes(message), signature: bytes(signature))
    case .asymmetricCipher(let key, let ciphertext, let plaintext):
      problem = try .asymmetricCipher(
        privateKey: bytes(key), ciphertext: bytes(ciphertext), plaintext: bytes(plaintext))
    case .keyDerivation(
      let secret, let salt, let info, let label, let iterations, let memory, let parallelism, let block, let output):
      problem = try .keyDerivation(
        secret: bytes(secret),
        parameters: .init(
          salt: bytes(salt), info: bytes(info), label: bytes(label), iterations: iterations, memoryCost: memory,
          parallelism: parallelism, blockSize: block),
        output: bytes(output))
    // A handle's entropy is the system's: the answer itself is for the registry's self-test alone.
    case .deterministicRandom(let generation): problem = .random(count: try bytes(generation.output).count)
    }
  }
}
