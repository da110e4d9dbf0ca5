// What can be checked of a signature algorithm without knowing it: what was signed verifies, and nothing else does.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import WarpDriveCore

/// The checks of the signature kind.
enum SignatureChecks {
  static let all: [Check] = [
    Check(
      "round-trip", .signature, "a signature verifies with the key that made it and with its public half", roundTrip),
    Check(
      "missing-key", .signature, "without a key nothing is signed or verified; a public key does not sign", missingKey),
    Check(
      "corruption", .signature,
      "a wrong bit in signature or message, another key, and malformed signatures do not verify", corruption),
    Check("reuse-after-error", .signature, "a handle works after wrong signatures and refused keys", reuse),
    Check("concurrency", .signature, "handles on several threads do not disturb each other", concurrency),
  ]

  private static func roundTrip(_ trial: inout Trial) throws {
    var handle = try trial.makeSignature()
    try handle.generateKeyPair()
    var verifier = try trial.makeSignature()
    // A variable of its own: Swift 6.3.1 does not compile a span of a temporary in a call that throws.
    let key = try handle.publicKey()
    try verifier.setPublicKey(key.rawSpan)
    for length in [0, 1, 64, 1000, trial.effort.size(1 << 16)] {
      trial.begin(["length": length])
      let message = trial.random.bytes(length)
      let signature = try handle.sign(message)
      try handle.verify(signature, of: message)
      try verifier.verify(signature, of: message)
    }
  }

  private static func missingKey(_ trial: inout Trial) throws {
    var handle = try trial.makeSignature()
    trial.begin(["call": "sign"])
    var error = errorOf { () throws(ProviderError) in _ = try handle.sign([1]) }
    try trial.expect(error, is: .missingKey, when: "a handle without a key")
    trial.begin(["call": "verify"])
    error = errorOf { () throws(ProviderError) in try handle.verify([1], of: [1]) }
    try trial.expect(error, is: .missingKey, when: "a handle without a key")
    var signer = try trial.makeSignature()
    try signer.generateKeyPair()
    let key = try signer.publicKey()
    try handle.setPublicKey(key.rawSpan)
    trial.begin(["call": "sign with a public key"])
    error = errorOf { () throws(ProviderError) in _ = try handle.sign([1]) }
    try trial.expect(error, is: .missingKey, when: "a handle with a public key alone")
  }

  private static func corruption(_ trial: inout Trial) throws {
    var handle = try trial.makeSignature()
    try handle.generateKeyPair()
    let message = trial.random.bytes(100)
    let signature = try handle.sign(message)
    let bits = (0..<trial.effort.cases(40)).map { _ in trial.random.number(in: 0...signature.count * 8 - 1) }
    for bit in [0, signature.count * 8 - 1] + bits {
      trial.begin(["flipped bit of the signature": bit])
      var forged = signature
      forged[bit / 8] ^= 1 << (bit % 8)
      try trial.refuses(forged, message, &handle)
    }
    for length in [0, 1, signature.count / 2, signature.count - 1] {
      trial.begin(["signature cut to": length])
      try trial.refuses(Array(signature.prefix(length)), message, &handle)
    }
    trial.begin(["signature": "longer"])
    try trial.refuses(signature + [0], message, &handle)
    for _ in 0..<trial.effort.cases(8) {
      let bit = trial.random.number(in: 0...message.count * 8 - 1)
      trial.begin(["flipped bit of the message": bit])
      var other = message
      other[bit / 8] ^= 1 << (bit % 8)
      try trial.refuses(signature, other, &handle)
    }
    trial.begin(["key": "another"])
    var stranger = try trial.makeSignature()
    try stranger.generateKeyPair()
    try trial.refuses(signature, message, &stranger)
  }

  private static func reuse(_ trial: inout Trial) throws {
    var handle = try trial.makeSignature()
    try handle.generateKeyPair()
    let message = trial.random.bytes(100)
    let signature = try handle.sign(message)
    trial.begin(["after": "a wrong signature"])
    _ = errorOf { () throws(ProviderError) in try handle.verify([], of: message) }
    try handle.verify(signature, of: message)
    trial.begin(["after": "a refused key"])
    var error = errorOf { () throws(ProviderError) in try handle.setPublicKey(RawSpan()) }
    try trial.expect(error, is: .invalidKey, when: "a public key of no bytes")
    error = errorOf { () throws(ProviderError) in try handle.setPrivateKey(RawSpan()) }
    try trial.expect(error, is: .invalidKey, when: "a private key of no bytes")
    try handle.verify(signature, of: message)
    try handle.verify(try handle.sign(message), of: message)
  }

  private static func concurrency(_ trial: inout Trial) throws {
    trial.begin(["threads": 4])
    let message = trial.random.bytes(200)
    let shared = trial
    let results = try ParallelRun.outcomes(of: 4) { _ in
      var handle = try shared.makeSignature()
      try handle.generateKeyPair()
      return [try handle.publicKey(), try handle.sign(message)]
    }
    for result in results {
      var verifier = try trial.makeSignature()
      let key = result[0]
      try verifier.setPublicKey(key.rawSpan)
      try verifier.verify(result[1], of: message)
    }
  }
}

extension Trial {
  /// A handle of the driver under test.
  func makeSignature() throws -> Signature {
    // An RSA key of 2,048 bits is found in a fifth of the time that one of 3,072 takes, and there are dozens to be made.
    let options = algorithm.name.contains("(rsa,") ? PublicKeyOptions(rsaModulusBits: 2048) : PublicKeyOptions()
    let handle = try registry.signature(driver, options, matching: constraints)
    try requireOwn(handle.algorithm)
    return handle
  }

  /// Fails the case unless a signature is refused as not right.
  fileprivate func refuses(_ signature: [UInt8], _ message: [UInt8], _ handle: inout Signature) throws {
    let error = errorOf { () throws(ProviderError) in try handle.verify(signature, of: message) }
    try expect(error, is: .authentication, when: "a wrong signature")
  }
}
