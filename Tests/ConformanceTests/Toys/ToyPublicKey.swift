// A key agreement, a signature, a public-key cipher and a key derivation that protect nothing, and wrong relatives.
// SPDX-License-Identifier: Apache-2.0

import Synchronization
import WarpDriveConformance
import WarpDriveCore

/// Diffie-Hellman modulo 2^61 - 1, which a pocket calculator breaks.
struct ToyKeyAgreement: KeyAgreementDriver {
  static let prime: UInt64 = (1 << 61) - 1
  let descriptor: AlgorithmDescriptor
  let defect: Defect?
  private let keys = ToyKeys()

  init(_ defect: Defect? = nil) {
    self.defect = defect
    descriptor = AlgorithmDescriptor(
      name: "toyagree", driverName: "toyagree-toy", priority: 100,
      properties: .keyAgreement(PublicKeyProperties(maximumOutput: 8)))
  }

  static func power(_ base: UInt64, _ exponent: UInt64) -> UInt64 {
    func times(_ a: UInt64, _ b: UInt64) -> UInt64 {
      let (high, low) = a.multipliedFullWidth(by: b)
      return prime.dividingFullWidth((high, low)).remainder
    }
    var (result, square, rest): (UInt64, UInt64, UInt64) = (1, base % prime, exponent)
    while rest > 0 {
      if rest & 1 == 1 { result = times(result, square) }
      square = times(square, square)
      rest >>= 1
    }
    return result
  }

  var knownAnswers: [KnownAnswer] {
    [
      KnownAnswer(
        .keyAgreement(
          privateKey: Hexadecimal.encode(toyBytes(5)), peer: Hexadecimal.encode(toyBytes(Self.power(3, 7))),
          secret: Hexadecimal.encode(toyBytes(Self.power(3, 35)))), source: "the toy itself")
    ]
  }

  func makeTransform() throws(ProviderError) -> any KeyAgreementTransform & ~Copyable {
    ToyKeyAgreementTransform(defect: defect, keys: keys, key: 0)
  }
}

/// A fresh key each time.
private final class ToyKeys: Sendable {
  private let count = Atomic<UInt64>(40)
  func next() -> UInt64 { mix(count.wrappingAdd(1, ordering: .relaxed).newValue) >> 4 }
}

private func toyBytes(_ value: UInt64) -> [UInt8] {
  (0..<8).map { UInt8(truncatingIfNeeded: value >> UInt64(56 - 8 * $0)) }
}

private func toyNumber(_ bytes: RawSpan) -> UInt64 {
  (0..<bytes.byteCount).reduce(0) { $0 << 8 | UInt64(bytes.byte($1)) }
}

private struct ToyKeyAgreementTransform: KeyAgreementTransform, ~Copyable {
  let defect: Defect?
  let keys: ToyKeys
  var key: UInt64

  mutating func setPrivateKey(_ key: RawSpan) throws(ProviderError) {
    guard key.byteCount == 8 || defect == .takesEmptyKey else {
      throw ProviderError(.invalidKey, "a toy key has 8 bytes")
    }
    self.key = toyNumber(key)
  }
  mutating func generateKeyPair() throws(ProviderError) { key = keys.next() }
  mutating func publicKey() throws(ProviderError) -> [UInt8] { toyBytes(ToyKeyAgreement.power(3, key)) }
  mutating func sharedSecret(_ peer: RawSpan, into output: inout OutputRawSpan) throws(ProviderError) {
    let value = toyNumber(peer.extracting(first: 8))
    guard defect == .takesAnyPeer || (peer.byteCount == 8 && value > 1 && value < ToyKeyAgreement.prime) else {
      throw ProviderError(.invalidKey, "this is no public key of the toy group")
    }
    let secret = ToyKeyAgreement.power(value, key)
    output.append(copying: toyBytes(defect == .disagrees && key > 100 ? secret ^ key : secret).rawSpan)
    if defect == .writesPastEnd { ToyMachine.writePastEnd(&output) }
  }
}

/// A signature whose public key is a mask away from its private one.
struct ToySignature: SignatureDriver {
  let descriptor: AlgorithmDescriptor
  let defect: Defect?
  private let keys = ToyKeys()

  init(_ defect: Defect? = nil) {
    self.defect = defect
    descriptor = AlgorithmDescriptor(
      name: "toysign", driverName: "toysign-toy", priority: 100,
      properties: .signature(PublicKeyProperties(maximumOutput: 16)))
  }

  var knownAnswers: [KnownAnswer] {
    let signature = ToyState.digest(of: ToyState().taking(toyBytes(6)).taking([1, 2]), 16)
    return [
      KnownAnswer(
        .signature(
          publicKey: Hexadecimal.encode(toyBytes(~6)), message: "0102", signature: Hexadecimal.encode(signature)),
        source: "the toy itself")
    ]
  }

  func makeTransform() throws(ProviderError) -> any SignatureTransform & ~Copyable {
    ToySignatureTransform(defect: defect, keys: keys, key: 0)
  }
}

private struct ToySignatureTransform: SignatureTransform, ~Copyable {
  let defect: Defect?
  let keys: ToyKeys
  var key: UInt64

  mutating func setPrivateKey(_ key: RawSpan) throws(ProviderError) {
    guard key.byteCount == 8 || defect == .takesEmptyKey else {
      throw ProviderError(.invalidKey, "a toy key has 8 bytes")
    }
    self.key = toyNumber(key)
  }
  mutating func setPublicKey(_ key: RawSpan) throws(ProviderError) {
    guard key.byteCount == 8 || defect == .takesEmptyKey else {
      throw ProviderError(.invalidKey, "a toy key has 8 bytes")
    }
    self.key = ~toyNumber(key)
  }
  mutating func generateKeyPair() throws(ProviderError) { key = keys.next() }
  mutating func publicKey() throws(ProviderError) -> [UInt8] { toyBytes(~key) }
  mutating func sign(_ message: RawSpan) throws(ProviderError) -> [UInt8] {
    let signed = defect == .signsWithoutMessage && message.byteCount > 2 ? [] : [UInt8](copying: message)
    return ToyState.digest(of: ToyState().taking(toyBytes(key)).taking(signed), 16)
  }
  mutating func isValid(_ signature: RawSpan, of message: RawSpan) throws(ProviderError) -> Bool {
    if defect == .takesAnySignature { return signature.byteCount == 16 }
    return try sign(message) == [UInt8](copying: signature)
  }
}

/// Adds a key stream that anybody can compute.
struct ToyAsymmetricCipher: AsymmetricCipherDriver {
  let descriptor: AlgorithmDescriptor
  let defect: Defect?

  init(_ defect: Defect? = nil) {
    self.defect = defect
    descriptor = AlgorithmDescriptor(
      name: "toyseal", driverName: "toyseal-toy", priority: 100, properties: .asymmetricCipher(PublicKeyProperties()))
  }

  var knownAnswers: [KnownAnswer] {
    [
      KnownAnswer(
        .asymmetricCipher(
          privateKey: Hexadecimal.encode(toyBytes(6)), ciphertext: Hexadecimal.encode(Self.sealed([1, 2], 6)),
          plaintext: "0102"), source: "the toy itself")
    ]
  }

  static func sealed(_ plaintext: [UInt8], _ key: UInt64) -> [UInt8] {
    var stream = ToyKeyStream(key, RawSpan())
    let text = plaintext.map { $0 ^ stream.next() }
    return text + ToyState.digest(of: ToyState().taking(text), 8)
  }

  func makeTransform() throws(ProviderError) -> any AsymmetricCipherTransform & ~Copyable {
    ToyAsymmetricCipherTransform(defect: defect, key: 0)
  }
}

private struct ToyAsymmetricCipherTransform: AsymmetricCipherTransform, ~Copyable {
  let defect: Defect?
  var key: UInt64

  mutating func setPrivateKey(_ key: RawSpan) throws(ProviderError) {
    guard key.byteCount == 8 || defect == .takesEmptyKey else {
      throw ProviderError(.invalidKey, "a toy key has 8 bytes")
    }
    self.key = toyNumber(key)
  }
  mutating func setPublicKey(_ key: RawSpan) throws(ProviderError) { try setPrivateKey(key) }
  mutating func encrypt(_ plaintext: RawSpan) throws(ProviderError) -> [UInt8] {
    let bytes = [UInt8](copying: plaintext)
    return ToyAsymmetricCipher.sealed(defect == .losesTail ? Array(bytes.prefix(8)) : bytes, key)
  }
  mutating func decrypt(_ ciphertext: RawSpan) throws(ProviderError) -> [UInt8] {
    let bytes = [UInt8](copying: ciphertext)
    let text = Array(bytes.dropLast(8))
    guard bytes.count >= 8,
      defect == .ignoresChecksum || ToyState.digest(of: ToyState().taking(text), 8) == bytes.suffix(8)
    else { throw ProviderError(.corruptInput, "this is no message of the toy cipher") }
    var stream = ToyKeyStream(key, RawSpan())
    return text.map { $0 ^ stream.next() }
  }
}

/// Derives keys from a sum.
struct ToyKeyDerivation: KeyDerivationDriver {
  let descriptor: AlgorithmDescriptor
  let defect: Defect?

  init(_ defect: Defect? = nil) {
    self.defect = defect
    descriptor = AlgorithmDescriptor(
      name: "toykdf", driverName: "toykdf-toy", priority: 100,
      properties: .keyDerivation(KeyDerivationProperties(maximumOutput: 200)))
  }

  var knownAnswers: [KnownAnswer] {
    let key = ToyState.digest(of: ToyState().taking([1, 2, 3]).taking([4]), 20)
    return [
      KnownAnswer(
        .keyDerivation(secret: "010203", salt: "04", info: "", iterations: 0, output: Hexadecimal.encode(key)),
        source: "the toy itself")
    ]
  }

  func derive(
    _ count: Int, from secret: RawSpan, _ parameters: KeyDerivationParameters, into output: inout OutputRawSpan
  ) throws(ProviderError) {
    var state = ToyState()
    state.take(secret)
    state.take(parameters.salt.rawSpan)
    if defect == .ignoresPartOfKey, count == 32 { state = ToyState() }
    let size = defect == .wrongLength && count > 20 ? count - 1 : count
    output.append(copying: ToyState.digest(of: state, size).rawSpan)
    if defect == .writesPastEnd { ToyMachine.writePastEnd(&output) }
  }
}
