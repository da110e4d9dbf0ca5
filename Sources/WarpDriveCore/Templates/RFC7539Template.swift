// rfc7539(S,M): the AEAD of RFC 8439 from the stream cipher ChaCha20 and the one-time authenticator Poly1305.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

/// The template `rfc7539`, which has the mean of its parts' priorities.
struct RFC7539Template: Template {
  let name = "rfc7539"
  let argumentKinds = [AlgorithmKind.cipher, .mac]

  func makeDriver(over parts: [TemplatePart]) throws(ProviderError) -> any AlgorithmDriver {
    let (stream, authenticator) = (parts[0].descriptor, parts[1].descriptor)
    guard case .cipher(let cipher) = stream.properties, cipher.ivSize == 16, stream.blockSize == 1,
      cipher.keyLengths.contains(32), stream.name == "chacha20", case .mac(let mac) = authenticator.properties,
      mac.tagSize == 16, mac.keyLengths.contains(32), authenticator.name == "poly1305"
    else {
      throw ProviderError(
        .invalidArgument, "rfc7539 is made of chacha20 and poly1305, not of \(stream.name) and \(authenticator.name)")
    }
    return RFC7539Driver(
      stream: try parts[0].cipherDriver(), authenticator: try parts[1].macDriver(),
      descriptor: .instance(
        of: name, over: parts, priority: (stream.priority + authenticator.priority) / 2,
        // RFC 8439 section 2.8, which has no other lengths.
        .aead(.init(keyLengths: KeyLengths(32, 32), ivSize: 12, tagLengths: [16])),
        // A counter of 32 bits for blocks of 64 bytes, from one.
        maximumRequest: (1 << 38) - 64))
  }
}

/// `rfc7539(S,M)` over one driver of each.
private struct RFC7539Driver: AEADDriver {
  let stream: any CipherDriver
  let authenticator: any MACDriver
  let descriptor: AlgorithmDescriptor

  func makeTransform() throws(ProviderError) -> any AEADTransform & ~Copyable {
    let stream = try stream.makeTransform()
    let authenticator = try authenticator.makeTransform()
    return RFC7539Transform(stream: stream, authenticator: authenticator, memory: try WorkingMemory(64))
  }
}

private struct RFC7539Transform: InPlaceAEADTransform, ~Copyable {
  private var stream: any CipherTransform & ~Copyable
  private var authenticator: any MACTransform & ~Copyable
  /// The first block of keystream, whose start is the authenticator's key.
  private let memory: WorkingMemory

  init(
    stream: consuming any CipherTransform & ~Copyable, authenticator: consuming any MACTransform & ~Copyable,
    memory: WorkingMemory
  ) {
    self.memory = memory
    self.stream = stream
    self.authenticator = authenticator
  }

  mutating func setKey(_ key: RawSpan) throws(ProviderError) { try stream.setKey(key) }

  mutating func seal(
    _ text: inout MutableRawSpan, nonce: RawSpan, aad: RawSpan, tag: inout MutableRawSpan
  ) throws(ProviderError) {
    try setOneTimeKey(nonce)
    try addKeystream(to: &text, nonce)
    let computed = try computeTag(text.bytes, aad)
    tag.store(computed.rawSpan, at: 0)
  }

  mutating func open(
    inPlace bytes: inout MutableRawSpan, tag: RawSpan, nonce: RawSpan, aad: RawSpan
  ) throws(ProviderError) {
    try setOneTimeKey(nonce)
    // Nothing is decrypted before the tag is right.
    let computed = try computeTag(bytes.bytes, aad)
    guard SecureMemory.equal(computed.rawSpan, tag) else {
      bytes.wipe()
      throw .unauthentic
    }
    try addKeystream(to: &bytes, nonce)
  }

  /// The authenticator's key is the start of the keystream's block zero (section 2.6).
  private mutating func setOneTimeKey(_ nonce: RawSpan) throws(ProviderError) {
    let memory = memory
    var block = memory.span
    block.wipe()
    try process(nonce, counter: 0)
    try authenticator.setKey(memory.bytes.extracting(first: 32))
  }

  /// Encrypts the block of zeros in ``memory``.
  private mutating func process(_ nonce: RawSpan, counter: UInt32) throws(ProviderError) {
    var iv = Self.iv(nonce, counter)
    var ivSpan = iv.mutableRawSpan
    let memory = memory
    var block = memory.span
    try stream.process(.encrypt, inPlace: &block, iv: &ivSpan)
  }

  private mutating func addKeystream(to text: inout MutableRawSpan, _ nonce: RawSpan) throws(ProviderError) {
    guard !text.isEmpty else { return }
    var iv = Self.iv(nonce, 1)
    var span = iv.mutableRawSpan
    try stream.process(.encrypt, inPlace: &text, iv: &span)
  }

  /// The cipher's IV: the counter, least significant byte first, and the nonce (section 2.3).
  private static func iv(_ nonce: RawSpan, _ counter: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: counter >> (8 * UInt32($0))) } + [UInt8](copying: nonce)
  }

  /// The tag of section 2.8: associated data and ciphertext, each filled up to 16 bytes, and their lengths.
  private mutating func computeTag(_ ciphertext: RawSpan, _ aad: RawSpan) throws(ProviderError) -> SecretBytes {
    let zeros: [UInt8] = Array(repeating: 0, count: 15)
    for part in 0..<2 {
      let bytes = part == 0 ? aad : ciphertext
      try authenticator.update(bytes)
      try authenticator.update(zeros.rawSpan.extracting(first: -bytes.byteCount & 15))
    }
    let lengths = [aad.byteCount, ciphertext.byteCount].flatMap { count in
      (0..<8).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) }
    }
    try authenticator.update(lengths.rawSpan)
    var tag = try [UInt8](capacity: 16) { (output) throws(ProviderError) in
      try authenticator.finish(into: &output)
    }
    let secret = SecretBytes(copying: tag.rawSpan)
    unsafe tag.withUnsafeMutableBytes { unsafe SecureMemory.zero($0) }
    return secret
  }
}
