// What a policy says of keys: their sizes where handles take them, and the strength of public-key algorithms.
// SPDX-License-Identifier: Apache-2.0

import Testing
import WarpDrive

@Suite("A policy's rules about keys")
struct KeyPolicyTests {
  private let registry: Registry

  init() throws {
    registry = try Registry.standard(configuration: MachineConfiguration(), kinds: [.aead, .cipher, .mac])
  }

  private func code(_ body: () throws(ProviderError) -> Void) -> ProviderError.Code? {
    do throws(ProviderError) {
      try body()
      return nil
    } catch {
      return error.code
    }
  }

  @Test("handles of every keyed kind refuse a key of another size, by whatever name they are asked for")
  func sizes() {
    registry.setPolicy(
      Policy(keySizes: ["gcm(aes)": [32], "cbc(aes)": [32], "hmac(sha256)": [32, 64], "hmac(md5)": [16]]))
    let short = [UInt8](repeating: 1, count: 16)
    let long = short + short
    for name in ["gcm(aes)", "aes-gcm", "aes-128-gcm", "gcm-aes-openssl"] {
      #expect(code { () throws(ProviderError) in _ = try registry.aead(name, key: short) } == .denied)
    }
    #expect(code { () throws(ProviderError) in _ = try registry.aead("gcm(aes)", key: long) } == nil)
    #expect(code { () throws(ProviderError) in _ = try registry.cipher("cbc(aes)", key: short) } == .denied)
    #expect(code { () throws(ProviderError) in _ = try registry.cipher("cbc(aes)", key: long) } == nil)
    #expect(code { () throws(ProviderError) in _ = try registry.cipher("ctr(aes)", key: short) } == nil)
    #expect(code { () throws(ProviderError) in _ = try registry.mac("hmac(sha256)", key: short) } == .denied)
    #expect(code { () throws(ProviderError) in _ = try registry.mac("hmac(sha256)", key: long + long) } == nil)
    registry.setPolicy(Policy())
    #expect(code { () throws(ProviderError) in _ = try registry.aead("gcm(aes)", key: short) } == nil)
  }

  @Test("a driver that takes none of the sizes is not found, and the reason says so")
  func noSize() throws {
    registry.setPolicy(Policy(keySizes: ["rfc7539(chacha20,poly1305)": [16]]))
    #expect(
      code { () throws(ProviderError) in _ = try registry.algorithm("rfc7539(chacha20,poly1305)") } == .denied)
    let selection = try registry.explain("rfc7539(chacha20,poly1305)")
    #expect(selection.chosen == nil)
    // libcrypto's driver and the template's instance over its primitives.
    #expect(!selection.candidates.isEmpty)
    #expect(
      selection.candidates.allSatisfy { $0.reason == "takes no key of the sizes that policy allows: 16 bytes" })
    let algorithm = try #require(selection.candidates.first?.algorithm)
    #expect(registry.objection(to: algorithm) == "takes no key of the sizes that policy allows: 16 bytes")
  }

  @Test("the chosen driver's reason has the sizes that are left")
  func explanation() throws {
    registry.setPolicy(Policy(keySizes: ["gcm(aes)": [32, 24]]))
    let reason = try registry.explain("gcm(aes)").candidates.first { $0.isChosen }?.reason
    #expect(reason?.hasSuffix("; policy allows keys of 24, 32 bytes") == true)
  }

  @Test("public-key algorithms below the strength are not found; where the key decides they are")
  func strength() throws {
    try registry.register(ToyKeyAgreements())
    registry.setPolicy(Policy(securityBits: 112))
    #expect(code { () throws(ProviderError) in _ = try registry.keyAgreement("toy-80") } == .denied)
    #expect(
      try registry.explain("toy-80").candidates.first?.reason == "has a strength of 80 bits, and policy wants 112")
    for name in ["toy-112", "toy-0"] {
      #expect(code { () throws(ProviderError) in _ = try registry.keyAgreement(name) } == nil)
    }
  }

  @Test("in allow-list mode key sizes hold for what is allowed, and the rest is not found")
  func allowList() {
    registry.setPolicy(Policy(allowed: ["gcm(aes)"], keySizes: ["gcm(aes)": [32]]))
    let key = [UInt8](repeating: 1, count: 32)
    #expect(code { () throws(ProviderError) in _ = try registry.aead("gcm(aes)", key: key) } == nil)
    #expect(
      code { () throws(ProviderError) in _ = try registry.aead("gcm(aes)", key: Array(key.prefix(24))) } == .denied)
    #expect(
      code { () throws(ProviderError) in _ = try registry.aead("rfc7539(chacha20,poly1305)", key: key) } == .denied)
    #expect(code { () throws(ProviderError) in _ = try registry.cipher("ctr(aes)", key: key) } == .denied)
  }
}

/// Key agreements of known and unknown strength in which everybody agrees on one byte.
private struct ToyKeyAgreements: Provider {
  let name = "toys"
  let version = "1"
  var drivers: [any AlgorithmDriver] { [0, 80, 112].map(Driver.init) }

  struct Driver: KeyAgreementDriver {
    let bits: Int
    var descriptor: AlgorithmDescriptor {
      AlgorithmDescriptor(
        name: "toy-\(bits)", driverName: "toy-\(bits)-driver", priority: 1,
        properties: .keyAgreement(.init(maximumOutput: 1, securityBits: bits)))
    }
    var knownAnswers: [KnownAnswer] {
      [KnownAnswer(.keyAgreement(privateKey: "01", peer: "02", secret: "2a"), source: "the toy's definition")]
    }
    func makeTransform() throws(ProviderError) -> any KeyAgreementTransform & ~Copyable { Transform() }
  }

  struct Transform: KeyAgreementTransform, ~Copyable {
    mutating func setPrivateKey(_ key: RawSpan) throws(ProviderError) {}
    mutating func generateKeyPair() throws(ProviderError) {}
    mutating func publicKey() throws(ProviderError) -> [UInt8] { [1] }
    mutating func sharedSecret(_ peer: RawSpan, into output: inout OutputRawSpan) throws(ProviderError) {
      output.append(copying: [42].rawSpan)
    }
  }
}
