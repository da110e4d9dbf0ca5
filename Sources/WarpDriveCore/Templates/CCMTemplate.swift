// ccm(X): counter mode with CBC-MAC of SP 800-38C over any block cipher of 16 bytes.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

/// The template `ccm`.
///
/// The kernel builds `ccm_base(ctr(X),cbcmac(X))` from two parts; here both belong to the template, and the driver of
/// `ccm(aes)` over `aes-openssl` is `ccm(aes-openssl)`, with the primitive's priority. The kernel takes an IV of 16 bytes
/// with the size of the length field in its first; here the nonce is that of SP 800-38C, and its length decides that
/// size.
struct CCMTemplate: Template {
  let name = "ccm"
  let argumentKinds = [AlgorithmKind.cipher]

  func makeDriver(over parts: [TemplatePart]) throws(ProviderError) -> any AlgorithmDriver {
    CCMDriver(
      base: try parts[0].blockCipher(of: [16], for: name),
      descriptor: .instance(
        of: name, over: parts,
        // SP 800-38C appendix A.1: tags of 4 to 16 bytes in steps of two, nonces of 7 to 13 bytes; 12 bytes are what
        // RFC 5116 section 5.3 takes.
        .aead(
          .init(
            keyLengths: parts[0].keyLengths, ivSize: 12, tagLengths: [16, 14, 12, 10, 8, 6, 4], nonceLengths: 7...13,
            nonceAndLengthBytes: 15))))
  }
}

/// `ccm(X)` over one driver of X.
private struct CCMDriver: AEADDriver {
  let base: any CipherDriver
  let descriptor: AlgorithmDescriptor

  func makeTransform() throws(ProviderError) -> any AEADTransform & ~Copyable {
    CCMTransform(cipher: try BlockCipher(base), memory: try WorkingMemory(16))
  }
}

private struct CCMTransform: InPlaceAEADTransform, ~Copyable {
  private var cipher: BlockCipher
  /// A computed tag.
  private let memory: WorkingMemory

  init(cipher: consuming BlockCipher, memory: WorkingMemory) {
    self.cipher = cipher
    self.memory = memory
  }

  mutating func setKey(_ key: RawSpan) throws(ProviderError) { try cipher.setKey(key) }

  mutating func seal(
    _ text: inout MutableRawSpan, nonce: RawSpan, aad: RawSpan, tag: inout MutableRawSpan
  ) throws(ProviderError) {
    try checkLength(text.byteCount, nonce)
    try computeTag(text.bytes, nonce, aad, tag.byteCount)
    try addKeystream(to: &text, nonce)
    tag.store(memory.bytes.extracting(first: tag.byteCount), at: 0)
  }

  mutating func open(
    inPlace bytes: inout MutableRawSpan, tag: RawSpan, nonce: RawSpan, aad: RawSpan
  ) throws(ProviderError) {
    try checkLength(bytes.byteCount, nonce)
    // The tag is one of the plaintext, which is wiped where it is wrong.
    do throws(ProviderError) {
      try addKeystream(to: &bytes, nonce)
      try computeTag(bytes.bytes, nonce, aad, tag.byteCount)
      guard SecureMemory.equal(memory.bytes.extracting(first: tag.byteCount), tag) else { throw .unauthentic }
    } catch {
      bytes.wipe()
      throw error
    }
  }

  /// Bytes of the field for the message's length: what the nonce leaves of 15.
  private func lengthSize(_ nonce: RawSpan) -> Int { 15 - nonce.byteCount }

  private func checkLength(_ count: Int, _ nonce: RawSpan) throws(ProviderError) {
    let bits = 8 * lengthSize(nonce)
    guard bits >= Int.bitWidth - 1 || count >> bits == 0 else {
      throw ProviderError(
        .invalidArgument,
        "a CCM message with a nonce of \(nonce.byteCount) bytes has less than \(1 << bits) bytes, not \(count): use a "
          + "shorter nonce")
    }
  }

  /// The first counter block (appendix A.3): the flags, the nonce and a counter of zero.
  private func firstCounter(_ nonce: RawSpan) -> Block {
    var block = Block()
    block.add(UInt8(lengthSize(nonce) - 1), at: 0)
    add(nonce, to: &block)
    return block
  }

  private func add(_ nonce: RawSpan, to block: inout Block) {
    var index = 0
    while index < nonce.byteCount {
      block.add(nonce.byte(at: index), at: index + 1)
      index += 1
    }
  }

  /// The counter of zero is the tag's; the text begins at one (section 6.1 step 8).
  private mutating func addKeystream(to text: inout MutableRawSpan, _ nonce: RawSpan) throws(ProviderError) {
    var counter = firstCounter(nonce)
    counter.increment(16)
    try cipher.addKeystream(to: &text, from: &counter, .whole)
  }

  /// Leaves the tag of `plaintext` and `aad` in ``memory``, encrypted (appendix A.2 and section 6.1).
  private mutating func computeTag(
    _ plaintext: RawSpan, _ nonce: RawSpan, _ aad: RawSpan, _ tagLength: Int
  ) throws(ProviderError) {
    var first = Block(low: UInt64(plaintext.byteCount))
    add(nonce, to: &first)
    let flags = (aad.isEmpty ? 0 : 0x40) | ((tagLength - 2) / 2) << 3 | (lengthSize(nonce) - 1)
    first.add(UInt8(flags), at: 0)
    var chain = Chain(value: first, filled: 16)
    if !aad.isEmpty {
      try cipher.absorb(Self.lengthPrefix(aad.byteCount).rawSpan, into: &chain)
      try cipher.absorb(aad, into: &chain)
      try cipher.finishBlock(of: &chain)
    }
    try cipher.absorb(plaintext, into: &chain)
    try cipher.finishBlock(of: &chain)
    let mask = try cipher.process(.encrypt, firstCounter(nonce))
    var all = memory.span
    all.store(chain.value ^ mask, at: 0, 16)
  }

  /// How the length of associated data is written before it (appendix A.2.2).
  private static func lengthPrefix(_ count: Int) -> [UInt8] {
    func bytes(_ size: Int) -> [UInt8] { (0..<size).map { UInt8(truncatingIfNeeded: count >> (8 * (size - 1 - $0))) } }
    if count < 0xFF00 { return bytes(2) }
    if count <= 0xFFFF_FFFF { return [0xFF, 0xFE] + bytes(4) }
    return [0xFF, 0xFF] + bytes(8)
  }
}
