// Runs one driver's known answers, and cross-checks it with another implementation of its name.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

/// The self-test of one driver.
struct SelfTest {
  let algorithm: Algorithm
  private let registry: Registry
  /// Whether every computed answer gets a flipped bit, to show what a failure leads to.
  private let isCorrupted: Bool

  init(of algorithm: Algorithm, in registry: Registry) {
    self.algorithm = algorithm
    self.registry = registry
    isCorrupted = registry.configuration.corruptedSelfTests.contains(algorithm.driverName)
  }

  /// Runs every known answer; false where there are none.
  ///
  /// - Throws: the first failure.
  func run() throws(ProviderError) -> Bool {
    let answers = KnownAnswers.answers(for: algorithm.name) + algorithm.driver.knownAnswers
    for answer in answers { try check(answer) }
    if algorithm.kind == .compression { try crossCheck() }
    // An instance is a template itself.
    if !algorithm.descriptor.flags.contains(.instance) {
      _ = try registry.crossCheck(algorithm, registry.configuration.selfTest)
    }
    return !answers.isEmpty || algorithm.kind == .compression
  }

  private func check(_ answer: KnownAnswer) throws(ProviderError) {
    switch answer.problem {
    case .hash(let message, let digest): try checkHash(bytes(message), bytes(digest), answer)
    case .mac(let key, let message, let tag):
      try checkMAC(bytes(key), .init(), bytes(message), bytes(tag), answer)
    case .parameterizedMAC(let key, let options, let message, let tag):
      try checkMAC(bytes(key), options, bytes(message), bytes(tag), answer)
    case .cipher(let key, let iv, let plaintext, let ciphertext):
      try checkCipher(bytes(key), bytes(iv), bytes(plaintext), bytes(ciphertext), answer)
    case .aead(let key, let nonce, let aad, let plaintext, let sealed):
      try checkAEAD(bytes(key), bytes(nonce), bytes(aad), bytes(plaintext), bytes(sealed), answer)
    case .compression(let stream, let plain): try checkCompression(bytes(stream), bytes(plain), answer)
    case .random(let count): try checkRandom(count, answer)
    case .keyAgreement(let key, let peer, let secret):
      try checkKeyAgreement(bytes(key), bytes(peer), bytes(secret), answer)
    case .signature(let key, let message, let signature):
      try checkSignature(bytes(key), bytes(message), bytes(signature))
    case .signing(let key, let message, let signature):
      try checkSigning(bytes(key), bytes(message), bytes(signature), answer)
    case .asymmetricCipher(let key, let ciphertext, let plaintext):
      try checkAsymmetricCipher(bytes(key), bytes(ciphertext), bytes(plaintext), answer)
    case .keyDerivation(
      let secret, let salt, let info, let label, let iterations, let memory, let parallelism, let block, let output):
      let parameters = try KeyDerivationParameters(
        salt: bytes(salt), info: bytes(info), label: bytes(label), iterations: iterations, memoryCost: memory,
        parallelism: parallelism, blockSize: block)
      try checkKeyDerivation(bytes(secret), parameters, bytes(output), answer)
    case .deterministicRandom(let generation): try checkDeterministicRandom(generation, answer)
    }
  }

  private func checkKeyAgreement(
    _ key: [UInt8], _ peer: [UInt8], _ secret: [UInt8], _ answer: KnownAnswer
  ) throws(ProviderError) {
    var handle = try KeyAgreement(algorithm, in: registry)
    try handle.setPrivateKey(key.rawSpan)
    try expect(handle.sharedSecret(peer), secret, answer, "shared secret")
  }

  private func checkSignature(_ key: [UInt8], _ message: [UInt8], _ signature: [UInt8]) throws(ProviderError) {
    var handle = try Signature(algorithm, in: registry)
    try handle.setPublicKey(key.rawSpan)
    try handle.verify(corrupt(signature), of: message)
  }

  private func checkSigning(
    _ key: [UInt8], _ message: [UInt8], _ signature: [UInt8], _ answer: KnownAnswer
  ) throws(ProviderError) {
    var handle = try Signature(algorithm, in: registry)
    try handle.setPrivateKey(key.rawSpan)
    try expect(handle.sign(message), signature, answer, "signature")
    try handle.verify(signature, of: message)
  }

  private func checkAsymmetricCipher(
    _ key: [UInt8], _ ciphertext: [UInt8], _ plaintext: [UInt8], _ answer: KnownAnswer
  ) throws(ProviderError) {
    var handle = try AsymmetricCipher(algorithm, in: registry)
    try handle.setPrivateKey(key.rawSpan)
    try expect(handle.decrypt(ciphertext), plaintext, answer, "plaintext")
  }

  private func checkKeyDerivation(
    _ secret: [UInt8], _ parameters: KeyDerivationParameters, _ output: [UInt8], _ answer: KnownAnswer
  ) throws(ProviderError) {
    var handle = try KeyDerivation(algorithm, in: registry)
    try expect(handle.derive(output.count, from: secret, parameters), output, answer, "derived key")
  }

  private func checkHash(_ message: [UInt8], _ digest: [UInt8], _ answer: KnownAnswer) throws(ProviderError) {
    var handle = try Hash(algorithm, in: registry)
    try refuseFallback(handle.lastUsedFallback)
    try expect(handle.digest(message, count: digest.count), digest, answer, "digest")
    try expectSplit(message) { (first, second) throws(ProviderError) in
      try handle.update(first)
      try handle.update(second)
      try expect(handle.finish(count: digest.count), digest, answer, "digest in two parts")
    }
  }

  private func checkMAC(
    _ key: [UInt8], _ options: MACOptions, _ message: [UInt8], _ tag: [UInt8], _ answer: KnownAnswer
  ) throws(ProviderError) {
    var options = options
    // The one message is authenticated in two ways.
    options.allowsReuse = true
    var handle = try MAC(algorithm, key: key.rawSpan, options, in: registry)
    try refuseFallback(handle.lastUsedFallback)
    try expect(handle.authenticate(message), tag, answer, "tag")
    try expectSplit(message) { (first, second) throws(ProviderError) in
      try handle.update(first)
      try handle.update(second)
      try expect(handle.finish(), tag, answer, "tag in two parts")
    }
  }

  private func checkCipher(
    _ key: [UInt8], _ iv: [UInt8], _ plaintext: [UInt8], _ ciphertext: [UInt8], _ answer: KnownAnswer
  ) throws(ProviderError) {
    var handle = try Cipher(algorithm, key: key.rawSpan, requiring: nil, in: registry)
    var running = iv
    try expect(handle.encrypt(plaintext, iv: &running), ciphertext, answer, "ciphertext")
    if case .cipher(let properties) = algorithm.descriptor.properties, properties.generatesIV {
      try expect(running, iv, answer, "IV")
    }
    running = iv
    try expect(handle.decrypt(ciphertext, iv: &running), plaintext, answer, "plaintext")
    guard plaintext.count > handle.chunkSize, handle.chunkSize > 1 else { return }
    // The IV that comes back continues the message.
    running = iv
    let first = try handle.encrypt(Array(plaintext.prefix(handle.chunkSize)), iv: &running)
    let rest = try handle.encrypt(Array(plaintext.dropFirst(handle.chunkSize)), iv: &running)
    try expect(first + rest, ciphertext, answer, "ciphertext in two parts")
  }

  private func checkAEAD(
    _ key: [UInt8], _ nonce: [UInt8], _ aad: [UInt8], _ plaintext: [UInt8], _ sealed: [UInt8], _ answer: KnownAnswer
  ) throws(ProviderError) {
    var handle = try AEAD(
      algorithm, key: key.rawSpan, tagLength: sealed.count - plaintext.count, requiring: nil, in: registry)
    try expect(handle.seal(plaintext, nonce: nonce, aad: aad), sealed, answer, "sealed message")
    try expect(handle.open(sealed, nonce: nonce, aad: aad), plaintext, answer, "plaintext")
    var forged = sealed
    if let last = forged.indices.last { forged[last] ^= 1 }
    do throws(ProviderError) {
      _ = try handle.open(forged, nonce: nonce, aad: aad)
    } catch {
      if error.code == .authentication { return }
      throw error
    }
    throw failure(answer, "a forged tag was accepted")
  }

  private func checkRandom(_ count: Int, _ answer: KnownAnswer) throws(ProviderError) {
    var handle = try RandomGenerator(algorithm, in: registry)
    let first = try handle.generate(count)
    let second = isCorrupted ? first : try handle.generate(count)
    guard first != second, Set(first).count > 1, first.count == count else {
      throw failure(answer, "the output repeats itself")
    }
  }

  private func checkCompression(
    _ stream: [UInt8], _ plain: [UInt8], _ answer: KnownAnswer
  ) throws(ProviderError) {
    var handle = try Compression(algorithm, .init(), in: registry)
    try expect(handle.decompress(stream), plain, answer, "decompressed data")
    try expect(handle.decompress(handle.compress(plain)), plain, answer, "data after a round trip")
  }

  /// Output of this driver is read by the reference of its name, and the reference's output by it.
  private func crossCheck() throws(ProviderError) {
    let others = registry.snapshot.algorithms.filter {
      $0.name == algorithm.name && $0 !== algorithm && $0.descriptor.flags.contains(.reference)
    }
    guard let reference = others.first, (try? registry.ensureTested(reference)) != nil else { return }
    let answer = KnownAnswer(.compression(stream: "", plain: ""), source: "cross-check with \(reference.driverName)")
    let sample = Self.sample
    var here = try Compression(algorithm, .init(), in: registry)
    var there = try Compression(reference, .init(), in: registry)
    try expect(there.decompress(here.compress(sample)), sample, answer, "data that the reference decompressed")
    try expect(here.decompress(there.compress(sample)), sample, answer, "data that the reference compressed")
  }

  /// 2 KiB of text-like data with matches near and far, the same in every run.
  private static let sample: [UInt8] = {
    var state: UInt32 = 0x2545_F491
    var bytes: [UInt8] = []
    bytes.reserveCapacity(2048)
    while bytes.count < 2048 {
      state = state &* 1_664_525 &+ 1_013_904_223  // Numerical Recipes' linear congruential generator
      if state >> 28 < 6, bytes.count > 64 {
        let distance = Int(state >> 8 & 0x3F) + 1
        for _ in 0..<Int(state >> 16 & 0xF) + 3 { bytes.append(bytes[bytes.count - distance]) }
      } else {
        bytes.append(UInt8(truncatingIfNeeded: state >> 24) & 0x3F | 0x40)
      }
    }
    return bytes
  }()

  func bytes(_ text: String) throws(ProviderError) -> [UInt8] {
    guard let bytes = Hexadecimal.decode(text) else {
      throw ProviderError(
        .invalidArgument, "a known answer of \(algorithm.name) is not hexadecimal", driver: algorithm.driverName)
    }
    return bytes
  }

  /// Runs `body` with `message` cut at a place that is no multiple of any block size.
  private func expectSplit(
    _ message: [UInt8], _ body: ([UInt8], [UInt8]) throws(ProviderError) -> Void
  ) throws(ProviderError) {
    let cut = message.count / 3
    try body(Array(message.prefix(cut)), Array(message.dropFirst(cut)))
  }

  /// A driver that only works through another has not passed its own test.
  private func refuseFallback(_ usedFallback: Bool) throws(ProviderError) {
    guard usedFallback else { return }
    throw ProviderError(
      .backendFailure, "\(algorithm.driverName) could not be tested: it handed its requests to a fallback",
      driver: algorithm.driverName)
  }

  private func corrupt(_ bytes: [UInt8]) -> [UInt8] {
    guard isCorrupted, !bytes.isEmpty else { return bytes }
    var bytes = bytes
    bytes[0] ^= 1
    return bytes
  }

  func expect(
    _ actual: [UInt8], _ expected: [UInt8], _ answer: KnownAnswer, _ what: String
  ) throws(ProviderError) {
    guard corrupt(actual) == expected else { throw failure(answer, "the \(what) is wrong") }
  }

  private func failure(_ answer: KnownAnswer, _ why: String) -> ProviderError {
    ProviderError(
      .backendFailure, "self-test of \(algorithm.driverName) failed: \(why) (\(answer.source))",
      driver: algorithm.driverName)
  }
}
