// Native drivers as tests need them: an instance under another name and priority, right or wrong on purpose.
// SPDX-License-Identifier: Apache-2.0

import WarpDriveCore

/// A driver of another name and priority around an instance.
struct Forwarding: CipherDriver {
  let descriptor: AlgorithmDescriptor
  /// Whether the last bit of messages of at least this many bytes is wrong.
  let wrongFrom: Int?
  let base: String

  init(_ base: Algorithm, driver: String, wrongFrom: Int? = nil) {
    var descriptor = base.descriptor
    descriptor.driverName = driver
    descriptor.priority = 300
    descriptor.flags = []
    self.descriptor = descriptor
    self.wrongFrom = wrongFrom
    self.base = base.driverName
  }

  func makeTransform() throws(ProviderError) -> any CipherTransform & ~Copyable {
    Transform(driver: self)
  }

  struct Transform: CipherTransform, ~Copyable {
    let driver: Forwarding
    var key: [UInt8] = []

    init(driver: Forwarding) { self.driver = driver }

    mutating func setKey(_ key: RawSpan) throws(ProviderError) { self.key = [UInt8](copying: key) }
    mutating func process(
      _ direction: CipherDirection, _ input: RawSpan, iv: inout MutableRawSpan, into output: inout OutputRawSpan
    ) throws(ProviderError) {
      var bytes = [UInt8](copying: input)
      do {
        var span = bytes.mutableRawSpan
        try process(direction, inPlace: &span, iv: &iv)
      }
      output.append(copying: bytes.rawSpan)
    }
    mutating func process(
      _ direction: CipherDirection, inPlace bytes: inout MutableRawSpan, iv: inout MutableRawSpan
    ) throws(ProviderError) {
      var cipher = try Toys.registry.get().cipher(driver.base, key: key)
      try cipher.process(direction, inPlace: &bytes, iv: &iv)
      if let wrongFrom = driver.wrongFrom, bytes.byteCount >= wrongFrom, bytes.byteCount > 0 {
        let last = bytes.byteCount - 1
        let byte = unsafe bytes.unsafeLoad(fromByteOffset: last, as: UInt8.self)
        bytes.storeBytes(of: byte ^ 1, toByteOffset: last, as: UInt8.self)
      }
    }
  }
}

/// The same for an AEAD.
struct ForwardingAEAD: AEADDriver {
  /// What is wrong with the driver.
  enum Fault: Sendable {
    /// The last bit of what is sealed, where the associated data have at least so many bytes.
    case longAAD(Int)
    /// A forged message is refused, but left in place.
    case notWiped
    /// Every tag is right to what opens in place.
    case unverified
  }

  let descriptor: AlgorithmDescriptor
  let fault: Fault?
  let base: String

  init(_ base: Algorithm, driver: String, fault: Fault? = nil) {
    var descriptor = base.descriptor
    descriptor.driverName = driver
    descriptor.priority = 300
    descriptor.flags = []
    self.descriptor = descriptor
    self.fault = fault
    self.base = base.driverName
  }

  func makeTransform() throws(ProviderError) -> any AEADTransform & ~Copyable {
    Transform(driver: self)
  }

  struct Transform: AEADTransform, ~Copyable {
    let driver: ForwardingAEAD
    var key: [UInt8] = []

    init(driver: ForwardingAEAD) { self.driver = driver }

    private func make(_ tagLength: Int) throws(ProviderError) -> AEAD {
      try Toys.registry.get().aead(driver.base, key: key, tagLength: tagLength)
    }

    mutating func setKey(_ key: RawSpan) throws(ProviderError) { self.key = [UInt8](copying: key) }

    mutating func seal(
      _ plaintext: RawSpan, nonce: RawSpan, aad: RawSpan, tagLength: Int, into output: inout OutputRawSpan
    ) throws(ProviderError) {
      var aead = try make(tagLength)
      try aead.seal(plaintext, nonce: nonce, aad: aad, into: &output)
      if case .longAAD(let count) = driver.fault, aad.byteCount >= count { output.append(output.removeLast() ^ 1) }
    }

    mutating func open(
      _ ciphertext: RawSpan, tag: RawSpan, nonce: RawSpan, aad: RawSpan, into output: inout OutputRawSpan
    ) throws(ProviderError) {
      var aead = try make(tag.byteCount)
      try aead.open(ciphertext, tag: tag, nonce: nonce, aad: aad, into: &output)
    }

    mutating func seal(
      inPlace bytes: inout MutableRawSpan, nonce: RawSpan, aad: RawSpan, tagLength: Int, tag: inout OutputRawSpan
    ) throws(ProviderError) {
      var aead = try make(tagLength)
      try aead.seal(inPlace: &bytes, nonce: nonce, aad: aad, tag: &tag)
    }

    mutating func open(
      inPlace bytes: inout MutableRawSpan, tag: RawSpan, nonce: RawSpan, aad: RawSpan
    ) throws(ProviderError) {
      let before = [UInt8](copying: bytes.bytes)
      var aead = try make(tag.byteCount)
      do throws(ProviderError) {
        try aead.open(inPlace: &bytes, tag: tag, nonce: nonce, aad: aad)
      } catch {
        switch driver.fault {
        case nil, .longAAD: throw error
        case .notWiped:
          for (index, byte) in before.enumerated() { bytes.storeBytes(of: byte, toByteOffset: index, as: UInt8.self) }
          throw error
        case .unverified: return
        }
      }
    }
  }
}
