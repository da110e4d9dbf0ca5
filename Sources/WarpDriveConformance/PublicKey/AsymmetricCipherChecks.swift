// What can be checked of public-key encryption with no key but those of its known answers.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import WarpDriveCore

/// The checks of the asymmetric cipher kind.
enum AsymmetricCipherChecks {
  static let all: [Check] = [
    Check("round-trip", .asymmetricCipher, "decryption undoes encryption", roundTrip),
    Check("missing-key", .asymmetricCipher, "without a key nothing is encrypted or decrypted", missingKey),
    Check("corruption", .asymmetricCipher, "a changed ciphertext does not come back as what was encrypted", corruption),
    Check("reuse-after-error", .asymmetricCipher, "a handle works after wrong ciphertexts and refused keys", reuse),
    Check("concurrency", .asymmetricCipher, "handles on several threads do not disturb each other", concurrency),
  ]

  private static func roundTrip(_ trial: inout Trial) throws {
    var handle = try trial.makeKeyedAsymmetricCipher()
    for length in [0, 1, 16, 32] {
      trial.begin(["length": length])
      let plaintext = trial.random.bytes(length)
      let ciphertext = try handle.encrypt(plaintext)
      try trial.expect(trial.message(handle.decrypt(ciphertext), length), equals: plaintext, wrongPlaintext)
    }
  }

  private static let wrongPlaintext = "decryption does not undo encryption"

  private static func missingKey(_ trial: inout Trial) throws {
    var handle = try trial.makeAsymmetricCipher()
    trial.begin(["call": "encrypt"])
    var error = errorOf { () throws(ProviderError) in _ = try handle.encrypt([1]) }
    try trial.expect(error, is: .missingKey, when: "a handle without a key")
    trial.begin(["call": "decrypt"])
    error = errorOf { () throws(ProviderError) in _ = try handle.decrypt([1]) }
    try trial.expect(error, is: .missingKey, when: "a handle without a key")
  }

  private static func corruption(_ trial: inout Trial) throws {
    var handle = try trial.makeKeyedAsymmetricCipher()
    let plaintext = trial.random.bytes(16)
    let ciphertext = try handle.encrypt(plaintext)
    for _ in 0..<trial.effort.cases(10) {
      let bit = trial.random.number(in: 0...ciphertext.count * 8 - 1)
      trial.begin(["flipped bit": bit])
      var forged = ciphertext
      forged[bit / 8] ^= 1 << (bit % 8)
      // Some paddings answer a wrong ciphertext with random bytes, against Bleichenbacher's attack.
      let result = (try? handle.decrypt(forged)).map { trial.message($0, 16) }
      try trial.expect(result ?? [], differsFrom: plaintext, "a changed ciphertext comes back as what was encrypted")
    }
    for length in [0, 1, ciphertext.count - 1] {
      trial.begin(["cut to": length])
      let error = errorOf { () throws(ProviderError) in _ = try handle.decrypt(Array(ciphertext.prefix(length))) }
      try trial.expect(error, is: .corruptInput, .invalidArgument, when: "a ciphertext that is cut")
    }
  }

  private static func reuse(_ trial: inout Trial) throws {
    var handle = try trial.makeKeyedAsymmetricCipher()
    let plaintext = trial.random.bytes(16)
    let ciphertext = try handle.encrypt(plaintext)
    trial.begin(["after": "a wrong ciphertext"])
    _ = errorOf { () throws(ProviderError) in _ = try handle.decrypt([1, 2, 3]) }
    try trial.expect(trial.message(handle.decrypt(ciphertext), 16), equals: plaintext, wrongPlaintext)
    trial.begin(["after": "a refused key"])
    let error = errorOf { () throws(ProviderError) in try handle.setPrivateKey(RawSpan()) }
    try trial.expect(error, is: .invalidKey, when: "a private key of no bytes")
    try trial.expect(trial.message(handle.decrypt(ciphertext), 16), equals: plaintext, wrongPlaintext)
  }

  private static func concurrency(_ trial: inout Trial) throws {
    let plaintext = trial.random.bytes(16)
    var own = try trial.makeKeyedAsymmetricCipher()
    trial.begin(["threads": 4])
    let shared = trial
    let ciphertexts = try ParallelRun.outcomes(of: 4) { _ in
      var handle = try shared.makeKeyedAsymmetricCipher()
      return try handle.encrypt(plaintext)
    }
    for ciphertext in ciphertexts {
      try trial.expect(
        trial.message(own.decrypt(ciphertext), 16), equals: plaintext, "a thread encrypted to something else")
    }
  }
}

extension Trial {
  /// A handle of the driver under test, without a key.
  func makeAsymmetricCipher() throws -> AsymmetricCipher {
    let handle = try registry.asymmetricCipher(driver, matching: constraints)
    try requireOwn(handle.algorithm)
    return handle
  }

  /// The message of `count` bytes in what was decrypted.
  ///
  /// RSA without padding knows numbers and no lengths (RFC 8017 5.1): it answers with as many bytes as the modulus has.
  fileprivate func message(_ decrypted: [UInt8], _ count: Int) -> [UInt8] {
    guard algorithm.name == "rsa", decrypted.count > count else { return decrypted }
    let zeros = decrypted.dropLast(count)
    return zeros.allSatisfy { $0 == 0 } ? Array(decrypted.suffix(count)) : decrypted
  }

  /// A handle with the private key of a known answer: the kind cannot make one.
  fileprivate func makeKeyedAsymmetricCipher() throws -> AsymmetricCipher {
    for answer in KnownAnswers.answers(for: algorithm.name) + (ownDriver()?.knownAnswers ?? []) {
      guard case .asymmetricCipher(let key, _, _) = try Vector(answer).problem else { continue }
      var handle = try makeAsymmetricCipher()
      try handle.setPrivateKey(key.rawSpan)
      return handle
    }
    throw notApplicable("no known answer brings a key, and the kind cannot make one")
  }
}
