// hmac(H): the keyed hash of RFC 2104 over any hash that the registry has.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

/// The template `hmac`.
struct HMACTemplate: Template {
  let name = "hmac"
  let argumentKinds = [AlgorithmKind.hash]

  func makeDriver(over parts: [TemplatePart]) throws(ProviderError) -> any AlgorithmDriver {
    let hash = parts[0].descriptor
    guard case .hash(let properties) = hash.properties, !properties.isExtendable, !properties.isChecksum else {
      throw ProviderError(.invalidArgument, "hmac needs a hash of fixed length that is no checksum, not \(hash.name)")
    }
    // RFC 2104 section 2; the kernel refuses the same.
    guard properties.digestSize <= hash.blockSize, hash.blockSize > 1 else {
      throw ProviderError(
        .invalidArgument,
        "hmac needs a hash whose digest is not longer than its block; \(hash.name) has \(properties.digestSize) and \(hash.blockSize) bytes"
      )
    }
    return HMACDriver(hash, properties, try parts[0].hashDriver())
  }
}

/// `hmac(H)` over one driver of H.
private struct HMACDriver: MACDriver {
  let descriptor: AlgorithmDescriptor
  private let hash: any HashDriver
  private let digestSize: Int

  init(_ hash: AlgorithmDescriptor, _ properties: HashProperties, _ driver: any HashDriver) {
    self.hash = driver
    digestSize = properties.digestSize
    descriptor = AlgorithmDescriptor(
      name: "hmac(\(hash.name))", driverName: "hmac(\(hash.driverName))", priority: hash.priority,
      properties: .mac(.init(tagSize: properties.digestSize, keyLengths: KeyLengths(0, 1 << 20))),
      blockSize: hash.blockSize)
  }

  func makeTransform() throws(ProviderError) -> any MACTransform & ~Copyable {
    try HMACTransform(hash, digestSize: digestSize, blockSize: descriptor.blockSize)
  }
}

/// Two keyed hash states, cloned for each message: the key is hashed once, when it is set.
private struct HMACTransform: MACTransform, ~Copyable {
  private let driver: any HashDriver
  private let digestSize: Int
  private let blockSize: Int
  private var inner: any HashTransform & ~Copyable
  private var outer: any HashTransform & ~Copyable
  private var current: any HashTransform & ~Copyable

  init(_ driver: any HashDriver, digestSize: Int, blockSize: Int) throws(ProviderError) {
    self.driver = driver
    self.digestSize = digestSize
    self.blockSize = blockSize
    let inner = try driver.makeTransform()
    let outer = try driver.makeTransform()
    let current = try driver.makeTransform()
    self.inner = inner
    self.outer = outer
    self.current = current
  }

  mutating func setKey(_ key: RawSpan) throws(ProviderError) {
    var block = [UInt8](repeating: 0, count: blockSize)
    defer { unsafe block.withUnsafeMutableBytes { unsafe SecureMemory.zero($0) } }
    if key.byteCount > blockSize {
      try current.reset()
      var digest = try [UInt8](capacity: digestSize) { (output) throws(ProviderError) in
        try current.digest(key, digestSize, into: &output)
      }
      for index in digest.indices { block[index] = digest[index] }
      unsafe digest.withUnsafeMutableBytes { unsafe SecureMemory.zero($0) }
    } else {
      for index in 0..<key.byteCount { block[index] = unsafe key.unsafeLoad(fromByteOffset: index, as: UInt8.self) }
    }
    // RFC 2104 section 2: ipad is 0x36 repeated, opad 0x5c.
    for index in block.indices { block[index] ^= 0x36 }
    try inner.reset()
    try inner.update(block.rawSpan)
    for index in block.indices { block[index] ^= 0x36 ^ 0x5C }
    try outer.reset()
    try outer.update(block.rawSpan)
    current = try inner.clone()
  }

  mutating func update(_ bytes: RawSpan) throws(ProviderError) { try current.update(bytes) }

  mutating func finish(into output: inout OutputRawSpan) throws(ProviderError) {
    let digest = try [UInt8](capacity: digestSize) { (digest) throws(ProviderError) in
      try current.finish(digestSize, into: &digest)
    }
    var last = try outer.clone()
    try last.update(digest.rawSpan)
    try last.finish(digestSize, into: &output)
    current = try inner.clone()
  }

  mutating func authenticate(_ bytes: RawSpan, into output: inout OutputRawSpan) throws(ProviderError) {
    try reset()
    try update(bytes)
    try finish(into: &output)
  }

  mutating func reset() throws(ProviderError) { current = try inner.clone() }
}
