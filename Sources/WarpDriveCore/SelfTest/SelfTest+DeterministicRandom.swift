// The self-test of generators of SP 800-90A, with known entropy.
// SPDX-License-Identifier: Apache-2.0

extension SelfTest {
  /// Makes a generator from known entropy and compares what the last request gives.
  func checkDeterministicRandom(
    _ generation: DeterministicGeneration, _ answer: KnownAnswer
  ) throws(ProviderError) {
    guard let driver = algorithm.driver as? any DeterministicRandomDriver else {
      throw ProviderError(
        .invalidArgument,
        "\(algorithm.driverName) brings an answer for known entropy: it has to be a DeterministicRandomDriver",
        driver: algorithm.driverName)
    }
    let (entropy, nonce) = try (bytes(generation.entropy), bytes(generation.nonce))
    let personalization = try bytes(generation.personalization)
    var transform = try driver.makeTestTransform(
      entropy: entropy.rawSpan, nonce: nonce.rawSpan, personalization: personalization.rawSpan)
    if let reseeding = generation.reseeding {
      let (entropy, additional) = try (bytes(reseeding.entropy), bytes(reseeding.additional))
      try transform.feed(entropy.rawSpan)
      try transform.reseed(additional.rawSpan)
    }
    let expected = try bytes(generation.output)
    var output: [UInt8] = []
    for request in generation.requests {
      let (entropy, additional) = try (bytes(request.entropy), bytes(request.additional))
      if !entropy.isEmpty { try transform.feed(entropy.rawSpan) }
      output = try [UInt8](capacity: expected.count) { (span) throws(ProviderError) in
        try transform.generate(expected.count, additional: additional.rawSpan, into: &span)
      }
    }
    try expect(output, expected, answer, "output of known entropy")
  }
}
