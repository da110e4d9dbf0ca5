// gcm(X): Galois/Counter Mode of SP 800-38D over any block cipher of 16 bytes.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

/// The template `gcm`.
///
/// The kernel builds `gcm_base(ctr(X),ghash)` from two parts and has the mean of their priorities. Here counter mode and
/// GHASH belong to the template and the block cipher is its one part, whose priority it has: the driver of `gcm(aes)`
/// over `aes-openssl` is `gcm(aes-openssl)`.
struct GCMTemplate: Template {
  let name = "gcm"
  let argumentKinds = [AlgorithmKind.cipher]

  func makeDriver(over parts: [TemplatePart]) throws(ProviderError) -> any AlgorithmDriver {
    GCMDriver(
      base: try parts[0].blockCipher(of: [16], for: name),
      descriptor: .instance(
        of: name, over: parts,
        // SP 800-38D section 5.2.1: tags of 16 to 12 bytes, and 8 or 4 for the uses of appendix C; any nonce, 12 bytes
        // recommended. The bound of 128 bytes is libcrypto's, so that every driver of a name takes the same.
        .aead(
          .init(
            keyLengths: parts[0].keyLengths, ivSize: 12, tagLengths: [16, 15, 14, 13, 12, 8, 4], nonceLengths: 1...128)),
        // Section 5.2.1.1: 2^39 - 256 bits of plaintext.
        maximumRequest: (1 << 36) - 32))
  }
}

/// `gcm(X)` over one driver of X.
private struct GCMDriver: AEADDriver {
  let base: any CipherDriver
  let descriptor: AlgorithmDescriptor

  func makeTransform() throws(ProviderError) -> any AEADTransform & ~Copyable {
    GCMTransform(cipher: try BlockCipher(base), memory: try WorkingMemory(32))
  }
}

private struct GCMTransform: InPlaceAEADTransform, ~Copyable {
  /// Where the hash subkey and a computed tag lie in ``memory``.
  private enum Place {
    static let key = 0
    static let tag = 16
  }
  private var cipher: BlockCipher
  private let memory: WorkingMemory

  init(cipher: consuming BlockCipher, memory: WorkingMemory) {
    self.cipher = cipher
    self.memory = memory
  }

  mutating func setKey(_ key: RawSpan) throws(ProviderError) {
    try cipher.setKey(key)
    let subkey = try cipher.process(.encrypt, Block())
    var all = memory.span
    all.store(subkey, at: Place.key, 16)
  }

  mutating func seal(
    _ text: inout MutableRawSpan, nonce: RawSpan, aad: RawSpan, tag: inout MutableRawSpan
  ) throws(ProviderError) {
    let first = counter(for: nonce)
    var counter = first
    counter.incrementLast32()
    try cipher.addKeystream(to: &text, from: &counter, .last32)
    try computeTag(text.bytes, aad, first)
    tag.store(memory.bytes.extracting(Place.tag..<Place.tag + tag.byteCount), at: 0)
  }

  mutating func open(
    inPlace bytes: inout MutableRawSpan, tag: RawSpan, nonce: RawSpan, aad: RawSpan
  ) throws(ProviderError) {
    let first = counter(for: nonce)
    // Nothing is decrypted before the tag is right.
    try computeTag(bytes.bytes, aad, first)
    guard SecureMemory.equal(memory.bytes.extracting(Place.tag..<Place.tag + tag.byteCount), tag) else {
      bytes.wipe()
      throw .unauthentic
    }
    var counter = first
    counter.incrementLast32()
    try cipher.addKeystream(to: &bytes, from: &counter, .last32)
  }

  /// The pre-counter block J0 (section 7.1 step 2).
  private func counter(for nonce: RawSpan) -> Block {
    if nonce.byteCount == 12 {
      return Block(high: nonce.block(at: 0, 8).high, low: nonce.paddedBlock(at: 8, 4).high | 1)
    }
    var hash = GHASH(key: memory.bytes.block(at: Place.key, 16))
    hash.update(nonce)
    hash.update(lengths: 0, nonce.byteCount)
    return hash.value
  }

  /// Leaves the whole tag of `ciphertext` and `aad` in ``memory``.
  private mutating func computeTag(_ ciphertext: RawSpan, _ aad: RawSpan, _ first: Block) throws(ProviderError) {
    var hash = GHASH(key: memory.bytes.block(at: Place.key, 16))
    hash.update(aad)
    hash.update(ciphertext)
    hash.update(lengths: aad.byteCount, ciphertext.byteCount)
    let tag = try cipher.process(.encrypt, first) ^ hash.value
    var all = memory.span
    all.store(tag, at: Place.tag, 16)
  }
}
