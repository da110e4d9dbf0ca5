// The deterministic generators of SP 800-90A, as drivers of stdrng under the kernel's driver names.
// SPDX-License-Identifier: Apache-2.0

import COpenSSL
import WarpDriveCore

/// One of the generators of SP 800-90A.
struct DRBG: Sendable {
  /// The mechanism.
  let mechanism: cossl_drbg_mechanism
  /// libcrypto's name of its cipher or digest.
  let algorithm: String
  /// Whether each request takes fresh entropy first.
  let isResistant: Bool
  /// What it is registered as.
  let descriptor: AlgorithmDescriptor

  private init(
    _ mechanism: cossl_drbg_mechanism, _ algorithm: String, _ suffix: String, isResistant: Bool, priority: Int
  ) {
    self.mechanism = mechanism
    self.algorithm = algorithm
    self.isResistant = isResistant
    descriptor = AlgorithmDescriptor(
      name: "stdrng", driverName: "drbg_\(isResistant ? "pr" : "nopr")_\(suffix)", priority: priority,
      properties: .random(.init(seedSize: 0)))
  }

  // In the order in which the kernel gives them its priorities (crypto/drbg.c, drbg_cores).
  private static let mechanisms: [(cossl_drbg_mechanism, String, String)] = [
    (COSSL_CTR_DRBG, "AES-128-CTR", "ctr_aes128"), (COSSL_CTR_DRBG, "AES-192-CTR", "ctr_aes192"),
    (COSSL_CTR_DRBG, "AES-256-CTR", "ctr_aes256"), (COSSL_HASH_DRBG, "SHA1", "sha1"),
    (COSSL_HASH_DRBG, "SHA384", "sha384"), (COSSL_HASH_DRBG, "SHA512", "sha512"),
    (COSSL_HASH_DRBG, "SHA256", "sha256"), (COSSL_HMAC_DRBG, "SHA1", "hmac_sha1"),
    (COSSL_HMAC_DRBG, "SHA384", "hmac_sha384"), (COSSL_HMAC_DRBG, "SHA256", "hmac_sha256"),
    (COSSL_HMAC_DRBG, "SHA512", "hmac_sha512"),
  ]

  /// Every generator.
  ///
  /// The kernel's priorities: from 200 on, those with prediction resistance first, the later the higher. All are below
  /// the system's generator, which nobody has to choose.
  static let all: [DRBG] = [true, false].flatMap { isResistant in
    mechanisms.enumerated().map { index, mechanism in
      DRBG(
        mechanism.0, mechanism.1, mechanism.2, isResistant: isResistant,
        priority: 200 + index + (isResistant ? 0 : mechanisms.count))
    }
  }
}

/// The driver of one generator.
struct DRBGDriver: DeterministicRandomDriver {
  private let drbg: DRBG

  init(_ drbg: DRBG) { self.drbg = drbg }

  var descriptor: AlgorithmDescriptor { drbg.descriptor }
  var knownAnswers: [KnownAnswer] { KnownAnswers.answers(forGenerator: drbg.descriptor.driverName) }

  func makeTransform() throws(ProviderError) -> any RandomTransform & ~Copyable {
    try unsafe DRBGTransform(make { unsafe cossl_drbg_create($0) })
  }

  func makeTestTransform(
    entropy: RawSpan, nonce: RawSpan, personalization: RawSpan
  ) throws(ProviderError) -> any DeterministicRandomTransform & ~Copyable {
    let context = try unsafe make { description in
      unsafe entropy.withUnsafeBytes { entropy in
        unsafe nonce.withUnsafeBytes { nonce in
          unsafe personalization.withUnsafeBytes { personalization in
            var seed = unsafe cossl_drbg_seed(
              entropy: entropy.baseAddress, entropy_length: entropy.count, nonce: nonce.baseAddress,
              nonce_length: nonce.count, personalization: personalization.baseAddress,
              personalization_length: personalization.count)
            return unsafe cossl_drbg_create_for_test(description, &seed)
          }
        }
      }
    }
    return unsafe DRBGTransform(context)
  }

  /// The context that `create` makes of this generator's description.
  private func make(
    _ create: (UnsafePointer<cossl_drbg_description>) -> UnsafeMutablePointer<cossl_drbg>?
  ) throws(ProviderError) -> UnsafeMutablePointer<cossl_drbg> {
    let context = unsafe drbg.algorithm.withCString { algorithm in
      var description = unsafe cossl_drbg_description(
        mechanism: drbg.mechanism, is_resistant: drbg.isResistant, algorithm: algorithm)
      return unsafe create(&description)
    }
    guard let context = unsafe context else { throw Libcrypto.missing(drbg.descriptor.driverName) }
    return unsafe context
  }
}

/// A generator of one handle's own, below libcrypto's primary generator.
///
/// It is reseeded from there at libcrypto's intervals, after a fork, and before each request of a generator with
/// prediction resistance, for which the entropy comes from the operating system.
struct DRBGTransform: DeterministicRandomTransform, ~Copyable {
  private let context: OwnedContext<cossl_drbg>

  /// Takes ownership of `context`.
  init(_ context: UnsafeMutablePointer<cossl_drbg>) {
    unsafe self.context = OwnedContext(context) { raw in
      unsafe cossl_drbg_destroy(raw.assumingMemoryBound(to: cossl_drbg.self))
    }
  }

  mutating func reseed(_ seed: RawSpan) throws(ProviderError) {
    let context = unsafe context.pointer
    let isDone = unsafe seed.withUnsafeBytes { unsafe cossl_drbg_reseed(context, $0.baseAddress, $0.count) }
    guard isDone else { throw Libcrypto.failed(to: "reseed a generator") }
  }

  mutating func feed(_ entropy: RawSpan) throws(ProviderError) {
    let context = unsafe context.pointer
    let isDone = unsafe entropy.withUnsafeBytes { unsafe cossl_drbg_feed(context, $0.baseAddress, $0.count) }
    guard isDone else { throw Libcrypto.failed(to: "take entropy for a test") }
  }

  mutating func generate(
    _ count: Int, additional: RawSpan, into output: inout OutputRawSpan
  ) throws(ProviderError) {
    let context = unsafe context.pointer
    let isDone = unsafe additional.withUnsafeBytes { additional in
      unsafe append(count, to: &output) {
        unsafe cossl_drbg_generate(context, $0, count, additional.baseAddress, additional.count)
      }
    }
    guard isDone else { throw Libcrypto.failed(to: "generate random bytes") }
  }
}
