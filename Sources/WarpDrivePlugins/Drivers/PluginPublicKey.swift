// Key agreements, signatures and public-key encryption of plugins.
// SPDX-License-Identifier: Apache-2.0

import CWarpDrivePlugin
import WarpDriveCore

/// A function of the ABI that takes bytes.
private typealias Taking = @convention(c) (UnsafeMutableRawPointer?, UnsafeRawPointer?, Int) -> Int32

extension PluginOperations {
  /// Gives bytes, mostly keys, to a function.
  fileprivate func give(
    _ bytes: RawSpan, to function: Taking?, of state: borrowing OwnedContext<UInt8>, _ operation: StaticString
  ) throws(ProviderError) {
    guard let function = unsafe function else { throw ProviderError(.unsupported, "\(driverName) cannot \(operation)") }
    let place = unsafe state.pointer
    let result = unsafe bytes.withUnsafeBytes { unsafe function(place, $0.baseAddress, $0.count) }
    try check(result, operation)
  }
}

/// A plugin's key agreement.
struct PluginKeyAgreementDriver: KeyAgreementDriver {
  /// The longest secret, in bytes.
  private static let longestSecret: UInt32 = 1 << 16

  let descriptor: AlgorithmDescriptor
  let knownAnswers: [KnownAnswer]
  private let operations: PluginOperations<wdprov_key_agreement>

  init(_ driver: PluginDriver) throws(ProviderError) {
    let name = driver.descriptor.driverName
    var table = wdprov_key_agreement()
    try unsafe ABIReader.read(driver.table.key_agreement, into: &table, "the key agreement of \(name)")
    try unsafe ABIReader.require(
      table.create != nil && table.destroy != nil && table.set_private_key != nil && table.generate_key != nil
        && table.public_key != nil && table.shared_secret != nil,
      "one of create, destroy, set_private_key, generate_key, public_key, shared_secret of \(name)")
    // A caller's output has as much room, so that here it cannot be the key that decides.
    guard (1...Self.longestSecret).contains(table.maximum_output) else {
      throw ABIReader.refusal(
        "\(name) has secrets of at most \(table.maximum_output) bytes: 1 to \(Self.longestSecret)")
    }
    descriptor = driver.described(
      .keyAgreement(
        PublicKeyProperties(maximumOutput: Int(table.maximum_output), securityBits: Int(table.security_bits))))
    knownAnswers = driver.knownAnswers
    operations = PluginOperations(table, of: driver, .other)
  }

  func makeTransform() throws(ProviderError) -> any KeyAgreementTransform & ~Copyable {
    try PluginKeyAgreementTransform(operations)
  }
}

/// A key pair of a key agreement.
@safe struct PluginKeyAgreementTransform: KeyAgreementTransform, ~Copyable {
  private let operations: PluginOperations<wdprov_key_agreement>
  private let state: OwnedContext<UInt8>

  init(_ operations: PluginOperations<wdprov_key_agreement>) throws(ProviderError) {
    self.operations = operations
    let table = unsafe operations.table
    state = try unsafe operations.makeState(table.pointee.destroy) { unsafe table.pointee.create($0, $1) }
  }

  mutating func setPrivateKey(_ key: RawSpan) throws(ProviderError) {
    try unsafe operations.give(key, to: operations.table.pointee.set_private_key, of: state, "take a private key")
  }

  mutating func generateKeyPair() throws(ProviderError) {
    try operations.check(unsafe operations.table.pointee.generate_key(state.pointer), "make a key pair")
  }

  mutating func publicKey() throws(ProviderError) -> [UInt8] {
    let (table, state) = unsafe (operations.table, state.pointer)
    return try unsafe operations.variable("show a public key") { unsafe table.pointee.public_key(state, $0, $1) }
  }

  mutating func sharedSecret(_ peer: RawSpan, into output: inout OutputRawSpan) throws(ProviderError) {
    let (table, state) = unsafe (operations.table, state.pointer)
    var count = 0
    var room = 0
    let result = unsafe peer.withUnsafeBytes { peer in
      unsafe output.withUnsafeMutableBytes { buffer, initialized in
        room = buffer.count - initialized
        count = room
        let target = unsafe buffer.baseAddress.map { unsafe $0 + initialized }
        let result = unsafe table.pointee.shared_secret(state, peer.baseAddress, peer.count, target, &count)
        if result == 0, count >= 0, count <= room { initialized += count }
        return result
      }
    }
    if result == -WDPROV_ERROR_OUTPUT_TOO_SMALL, unsafe room >= Int(table.pointee.maximum_output) {
      throw operations.misconduct("wants more room for a secret than it says that any needs")
    }
    try operations.check(result, "agree on a secret")
    guard count >= 0, count <= room else {
      throw operations.misconduct("says that a secret has \(count) bytes where \(room) fit")
    }
  }
}

/// A plugin's signature algorithm.
struct PluginSignatureDriver: SignatureDriver {
  let descriptor: AlgorithmDescriptor
  let knownAnswers: [KnownAnswer]
  private let operations: PluginOperations<wdprov_signature>

  init(_ driver: PluginDriver) throws(ProviderError) {
    let name = driver.descriptor.driverName
    var table = wdprov_signature()
    try unsafe ABIReader.read(driver.table.signature, into: &table, "the signature of \(name)")
    try unsafe ABIReader.require(
      table.create != nil && table.destroy != nil && table.set_private_key != nil && table.set_public_key != nil
        && table.generate_key != nil && table.public_key != nil && table.sign != nil && table.verify != nil,
      "one of the functions of \(name)")
    descriptor = driver.described(
      .signature(PublicKeyProperties(maximumOutput: Int(table.maximum_output), securityBits: Int(table.security_bits))))
    knownAnswers = driver.knownAnswers
    operations = PluginOperations(table, of: driver, .signature)
  }

  func makeTransform() throws(ProviderError) -> any SignatureTransform & ~Copyable {
    try PluginSignatureTransform(operations)
  }
}

/// The keys of a signature algorithm.
@safe struct PluginSignatureTransform: SignatureTransform, ~Copyable {
  private let operations: PluginOperations<wdprov_signature>
  private let state: OwnedContext<UInt8>

  init(_ operations: PluginOperations<wdprov_signature>) throws(ProviderError) {
    self.operations = operations
    let table = unsafe operations.table
    state = try unsafe operations.makeState(table.pointee.destroy) { unsafe table.pointee.create($0, $1) }
  }

  mutating func setPrivateKey(_ key: RawSpan) throws(ProviderError) {
    try unsafe operations.give(key, to: operations.table.pointee.set_private_key, of: state, "take a private key")
  }

  mutating func setPublicKey(_ key: RawSpan) throws(ProviderError) {
    try unsafe operations.give(key, to: operations.table.pointee.set_public_key, of: state, "take a public key")
  }

  mutating func generateKeyPair() throws(ProviderError) {
    try operations.check(unsafe operations.table.pointee.generate_key(state.pointer), "make a key pair")
  }

  mutating func publicKey() throws(ProviderError) -> [UInt8] {
    let (table, state) = unsafe (operations.table, state.pointer)
    return try unsafe operations.variable("show a public key") { unsafe table.pointee.public_key(state, $0, $1) }
  }

  mutating func sign(_ message: RawSpan) throws(ProviderError) -> [UInt8] {
    let (table, state) = unsafe (operations.table, state.pointer)
    return try unsafe message.withUnsafeBytes { (message) throws(ProviderError) in
      try unsafe operations.variable("sign") {
        unsafe table.pointee.sign(state, message.baseAddress, message.count, $0, $1)
      }
    }
  }

  mutating func isValid(_ signature: RawSpan, of message: RawSpan) throws(ProviderError) -> Bool {
    let (table, state) = unsafe (operations.table, state.pointer)
    let result = unsafe message.withUnsafeBytes { message in
      unsafe signature.withUnsafeBytes { signature in
        unsafe table.pointee.verify(
          state, message.baseAddress, message.count, signature.baseAddress, signature.count)
      }
    }
    if result == -WDPROV_ERROR_CORRUPT { return false }
    try operations.check(result, "verify a signature")
    return true
  }
}

/// A plugin's public-key encryption.
struct PluginAsymmetricCipherDriver: AsymmetricCipherDriver {
  let descriptor: AlgorithmDescriptor
  let knownAnswers: [KnownAnswer]
  private let operations: PluginOperations<wdprov_asymmetric_cipher>

  init(_ driver: PluginDriver) throws(ProviderError) {
    let name = driver.descriptor.driverName
    var table = wdprov_asymmetric_cipher()
    try unsafe ABIReader.read(driver.table.asymmetric_cipher, into: &table, "the asymmetric cipher of \(name)")
    try unsafe ABIReader.require(
      table.create != nil && table.destroy != nil && table.set_private_key != nil && table.set_public_key != nil
        && table.encrypt != nil && table.decrypt != nil, "one of the functions of \(name)")
    descriptor = driver.described(
      .asymmetricCipher(
        PublicKeyProperties(maximumOutput: Int(table.maximum_output), securityBits: Int(table.security_bits))))
    knownAnswers = driver.knownAnswers
    operations = PluginOperations(table, of: driver, .other)
  }

  func makeTransform() throws(ProviderError) -> any AsymmetricCipherTransform & ~Copyable {
    try PluginAsymmetricCipherTransform(operations)
  }
}

/// The keys of public-key encryption.
@safe struct PluginAsymmetricCipherTransform: AsymmetricCipherTransform, ~Copyable {
  private let operations: PluginOperations<wdprov_asymmetric_cipher>
  private let state: OwnedContext<UInt8>

  init(_ operations: PluginOperations<wdprov_asymmetric_cipher>) throws(ProviderError) {
    self.operations = operations
    let table = unsafe operations.table
    state = try unsafe operations.makeState(table.pointee.destroy) { unsafe table.pointee.create($0, $1) }
  }

  mutating func setPrivateKey(_ key: RawSpan) throws(ProviderError) {
    try unsafe operations.give(key, to: operations.table.pointee.set_private_key, of: state, "take a private key")
  }

  mutating func setPublicKey(_ key: RawSpan) throws(ProviderError) {
    try unsafe operations.give(key, to: operations.table.pointee.set_public_key, of: state, "take a public key")
  }

  mutating func encrypt(_ plaintext: RawSpan) throws(ProviderError) -> [UInt8] {
    let (table, state) = unsafe (operations.table, state.pointer)
    return try unsafe plaintext.withUnsafeBytes { (bytes) throws(ProviderError) in
      try unsafe operations.variable("encrypt") {
        unsafe table.pointee.encrypt(state, bytes.baseAddress, bytes.count, $0, $1)
      }
    }
  }

  mutating func decrypt(_ ciphertext: RawSpan) throws(ProviderError) -> [UInt8] {
    let (table, state) = unsafe (operations.table, state.pointer)
    return try unsafe ciphertext.withUnsafeBytes { (bytes) throws(ProviderError) in
      try unsafe operations.variable("decrypt") {
        unsafe table.pointee.decrypt(state, bytes.baseAddress, bytes.count, $0, $1)
      }
    }
  }
}
