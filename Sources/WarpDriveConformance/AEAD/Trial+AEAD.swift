// What the checks of AEADs make: handles, keys, nonces, texts and associated data that a driver takes.
// SPDX-License-Identifier: Apache-2.0

import WarpDriveCore

extension Trial {
  /// A handle of the driver under test.
  ///
  /// It may seal under one nonce again, which is how the checks see that equal requests have equal answers.
  func makeAEAD(_ key: [UInt8], tagLength: Int? = nil) throws -> AEAD {
    let handle = try registry.aead(
      driver, key: key, tagLength: tagLength, allowingNonceReuse: true, matching: constraints)
    try requireOwn(handle.algorithm)
    try refuseFallback(handle.lastUsedFallback, handle.lastDriverName)
    return handle
  }

  /// What the driver states of itself.
  var aeadProperties: AEADProperties {
    guard case .aead(let properties) = algorithm.descriptor.properties else {
      return AEADProperties(keyLengths: KeyLengths(0, 0), ivSize: 0, tagLengths: [])
    }
    return properties
  }

  /// A nonce: mostly of the length that the algorithm is meant for, else of any that it states.
  mutating func makeNonce() -> [UInt8] {
    let properties = aeadProperties
    let usual = properties.nonceLengths.contains(properties.ivSize) && !random.once(in: 4)
    return random.bytes(usual ? properties.ivSize : random.number(in: properties.nonceLengths))
  }

  /// A random key of `length` bytes of the form that the driver wants.
  mutating func makeKey(of length: Int) -> [UInt8] {
    guard case .aead(let properties) = algorithm.descriptor.properties, properties.keyForm == .authenc else {
      return random.bytes(length)
    }
    // The key that encrypts has one of AES's lengths, of which this one leaves room for; the rest authenticates.
    let room = length - AEADKeyForm.authencHeaderSize
    let encryption = random.pick([16, 24, 32].filter { $0 <= max(16, room) })
    return AEADKeyForm.authencKey(
      authentication: random.bytes(max(0, room - encryption)), encryption: random.bytes(encryption))
  }

  /// The bytes at the beginning of a key that are no secret, and that a change makes malformed.
  var keyHeaderSize: Int { aeadProperties.keyForm == .authenc ? AEADKeyForm.authencHeaderSize : 0 }

  /// Whether part of the key, and the nonce, are the cipher's alone and not in the tag, which authenc's callers know.
  var hasKeyForTextAlone: Bool { aeadProperties.keyForm == .authenc }

  /// The length of a text nearest below `length` that the driver takes.
  func textLength(_ length: Int) -> Int { length / algorithm.descriptor.blockSize * algorithm.descriptor.blockSize }

  /// As ``lengths(_:largest:multipleOf:)``, of texts that the driver takes.
  mutating func textLengths(_ extra: Int, largest: Int) -> [Int] {
    lengths(extra, largest: largest, multipleOf: algorithm.descriptor.blockSize)
  }

  /// The shortest length of associated data from `length` on that the driver takes, or its longest.
  func aadLength(_ length: Int) -> Int {
    guard let lengths = aeadProperties.aadLengths?.sorted(), let last = lengths.last else { return length }
    return lengths.first { $0 >= length } ?? last
  }

  /// Random associated data with a length from `range`, where the driver has no lengths of its own.
  mutating func makeAAD(_ range: ClosedRange<Int>) -> [UInt8] {
    guard let lengths = aeadProperties.aadLengths else { return random.bytes(random.number(in: range)) }
    return random.bytes(random.pick(lengths))
  }
}
