// Faulty compression, generators, public-key algorithms and key derivations.
// SPDX-License-Identifier: Apache-2.0

import WarpDriveCore

struct FaultyCompressionDriver: CompressionDriver {
  let base: any CompressionDriver
  let descriptor: AlgorithmDescriptor
  let faults: Faults
  var knownAnswers: [KnownAnswer] { base.knownAnswers }

  func makeTransform(
    _ direction: CompressionDirection, _ options: CompressionOptions
  ) throws(ProviderError) -> any CompressionTransform & ~Copyable {
    let transform = try faults.run(.makeTransform) { () throws(ProviderError) in
      try base.makeTransform(direction, options)
    }
    return FaultyCompressionTransform(base: transform, faults: faults)
  }
}

private struct FaultyCompressionTransform: CompressionTransform, ~Copyable {
  var base: any CompressionTransform & ~Copyable
  let faults: Faults

  mutating func step(
    _ input: RawSpan, into output: inout OutputRawSpan, _ flush: CompressionFlush
  ) throws(ProviderError) -> CompressionProgress {
    try faults.runStep(into: &output) { (output) throws(ProviderError) in
      try base.step(input, into: &output, flush)
    }
  }

  mutating func reset() throws(ProviderError) {
    try faults.run(.reset) { () throws(ProviderError) in try base.reset() }
  }

  mutating func header() -> GzipHeader? { base.header() }
}

struct FaultyRandomDriver: RandomDriver {
  let base: any RandomDriver
  let descriptor: AlgorithmDescriptor
  let faults: Faults
  /// Without those for known entropy: there is no way to give it through the wrapper.
  var knownAnswers: [KnownAnswer] {
    base.knownAnswers.filter { if case .deterministicRandom = $0.problem { false } else { true } }
  }

  func makeTransform() throws(ProviderError) -> any RandomTransform & ~Copyable {
    let transform = try faults.run(.makeTransform) { () throws(ProviderError) in try base.makeTransform() }
    return FaultyRandomTransform(base: transform, faults: faults)
  }
}

private struct FaultyRandomTransform: RandomTransform, ~Copyable {
  var base: any RandomTransform & ~Copyable
  let faults: Faults

  mutating func reseed(_ seed: RawSpan) throws(ProviderError) {
    try faults.run(.reseed) { () throws(ProviderError) in try base.reseed(seed) }
  }

  mutating func generate(
    _ count: Int, additional: RawSpan, into output: inout OutputRawSpan
  ) throws(ProviderError) {
    try faults.run(.generate, into: &output) { (output) throws(ProviderError) in
      try base.generate(count, additional: additional, into: &output)
    }
  }
}

struct FaultyKeyAgreementDriver: KeyAgreementDriver {
  let base: any KeyAgreementDriver
  let descriptor: AlgorithmDescriptor
  let faults: Faults
  var knownAnswers: [KnownAnswer] { base.knownAnswers }

  func makeTransform() throws(ProviderError) -> any KeyAgreementTransform & ~Copyable {
    try makeTransform(.init())
  }

  func makeTransform(_ options: PublicKeyOptions) throws(ProviderError) -> any KeyAgreementTransform & ~Copyable {
    let transform = try faults.run(.makeTransform) { () throws(ProviderError) in try base.makeTransform(options) }
    return FaultyKeyAgreementTransform(base: transform, faults: faults)
  }
}

private struct FaultyKeyAgreementTransform: KeyAgreementTransform, ~Copyable {
  var base: any KeyAgreementTransform & ~Copyable
  let faults: Faults

  mutating func setPrivateKey(_ key: RawSpan) throws(ProviderError) {
    try faults.run(.setAsymmetricKey) { () throws(ProviderError) in try base.setPrivateKey(key) }
  }

  mutating func generateKeyPair() throws(ProviderError) {
    try faults.run(.generateKeyPair) { () throws(ProviderError) in try base.generateKeyPair() }
  }

  mutating func publicKey() throws(ProviderError) -> [UInt8] { try base.publicKey() }

  mutating func privateKey() throws(ProviderError) -> SecretBytes { try base.privateKey() }

  mutating func sharedSecret(_ peer: RawSpan, into output: inout OutputRawSpan) throws(ProviderError) {
    try faults.run(.sharedSecret, into: &output) { (output) throws(ProviderError) in
      try base.sharedSecret(peer, into: &output)
    }
  }
}

struct FaultySignatureDriver: SignatureDriver {
  let base: any SignatureDriver
  let descriptor: AlgorithmDescriptor
  let faults: Faults
  var knownAnswers: [KnownAnswer] { base.knownAnswers }

  func makeTransform() throws(ProviderError) -> any SignatureTransform & ~Copyable {
    try makeTransform(.init())
  }

  func makeTransform(_ options: PublicKeyOptions) throws(ProviderError) -> any SignatureTransform & ~Copyable {
    let transform = try faults.run(.makeTransform) { () throws(ProviderError) in try base.makeTransform(options) }
    return FaultySignatureTransform(base: transform, faults: faults)
  }
}

private struct FaultySignatureTransform: SignatureTransform, ~Copyable {
  var base: any SignatureTransform & ~Copyable
  let faults: Faults

  mutating func setPrivateKey(_ key: RawSpan) throws(ProviderError) {
    try faults.run(.setAsymmetricKey) { () throws(ProviderError) in try base.setPrivateKey(key) }
  }

  mutating func setPublicKey(_ key: RawSpan) throws(ProviderError) {
    try faults.run(.setAsymmetricKey) { () throws(ProviderError) in try base.setPublicKey(key) }
  }

  mutating func generateKeyPair() throws(ProviderError) {
    try faults.run(.generateKeyPair) { () throws(ProviderError) in try base.generateKeyPair() }
  }

  mutating func publicKey() throws(ProviderError) -> [UInt8] { try base.publicKey() }

  mutating func privateKey() throws(ProviderError) -> SecretBytes { try base.privateKey() }

  mutating func sign(_ message: RawSpan) throws(ProviderError) -> [UInt8] {
    try faults.runReturning(.sign) { () throws(ProviderError) in try base.sign(message) }
  }

  mutating func isValid(_ signature: RawSpan, of message: RawSpan) throws(ProviderError) -> Bool {
    try faults.runJudging(.verify) { () throws(ProviderError) in try base.isValid(signature, of: message) }
  }

  mutating func sign(digest: RawSpan) throws(ProviderError) -> [UInt8] {
    try faults.runReturning(.sign) { () throws(ProviderError) in try base.sign(digest: digest) }
  }

  mutating func isValid(_ signature: RawSpan, ofDigest digest: RawSpan) throws(ProviderError) -> Bool {
    try faults.runJudging(.verify) { () throws(ProviderError) in try base.isValid(signature, ofDigest: digest) }
  }
}

struct FaultyAsymmetricCipherDriver: AsymmetricCipherDriver {
  let base: any AsymmetricCipherDriver
  let descriptor: AlgorithmDescriptor
  let faults: Faults
  var knownAnswers: [KnownAnswer] { base.knownAnswers }

  func makeTransform() throws(ProviderError) -> any AsymmetricCipherTransform & ~Copyable {
    try makeTransform(.init())
  }

  func makeTransform(_ options: PublicKeyOptions) throws(ProviderError) -> any AsymmetricCipherTransform & ~Copyable {
    let transform = try faults.run(.makeTransform) { () throws(ProviderError) in try base.makeTransform(options) }
    return FaultyAsymmetricCipherTransform(base: transform, faults: faults)
  }
}

private struct FaultyAsymmetricCipherTransform: AsymmetricCipherTransform, ~Copyable {
  var base: any AsymmetricCipherTransform & ~Copyable
  let faults: Faults

  mutating func setPrivateKey(_ key: RawSpan) throws(ProviderError) {
    try faults.run(.setAsymmetricKey) { () throws(ProviderError) in try base.setPrivateKey(key) }
  }

  mutating func setPublicKey(_ key: RawSpan) throws(ProviderError) {
    try faults.run(.setAsymmetricKey) { () throws(ProviderError) in try base.setPublicKey(key) }
  }

  mutating func encrypt(_ plaintext: RawSpan) throws(ProviderError) -> [UInt8] {
    try faults.runReturning(.encrypt) { () throws(ProviderError) in try base.encrypt(plaintext) }
  }

  mutating func decrypt(_ ciphertext: RawSpan) throws(ProviderError) -> [UInt8] {
    try faults.runReturning(.decrypt) { () throws(ProviderError) in try base.decrypt(ciphertext) }
  }

  mutating func generateKeyPair() throws(ProviderError) {
    try faults.run(.generateKeyPair) { () throws(ProviderError) in try base.generateKeyPair() }
  }

  mutating func publicKey() throws(ProviderError) -> [UInt8] { try base.publicKey() }

  mutating func privateKey() throws(ProviderError) -> SecretBytes { try base.privateKey() }
}

struct FaultyKeyDerivationDriver: KeyDerivationDriver {
  let base: any KeyDerivationDriver
  let descriptor: AlgorithmDescriptor
  let faults: Faults
  var knownAnswers: [KnownAnswer] { base.knownAnswers }

  func derive(
    _ count: Int, from secret: RawSpan, _ parameters: KeyDerivationParameters, into output: inout OutputRawSpan
  ) throws(ProviderError) {
    try faults.run(.derive, into: &output) { (output) throws(ProviderError) in
      try base.derive(count, from: secret, parameters, into: &output)
    }
  }
}
