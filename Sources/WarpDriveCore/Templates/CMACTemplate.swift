// cmac(X): the MAC of SP 800-38B (RFC 4493 for AES) over any block cipher.
// SPDX-License-Identifier: Apache-2.0

/// The template `cmac`, which has its base's priority.
struct CMACTemplate: Template {
  let name = "cmac"
  let argumentKinds = [AlgorithmKind.cipher]

  func makeDriver(over parts: [TemplatePart]) throws(ProviderError) -> any AlgorithmDriver {
    let base = try parts[0].blockCipher(for: name)
    let size = base.descriptor.blockSize
    return CMACDriver(
      base: base,
      descriptor: .instance(
        of: name, over: parts, .mac(.init(tagSize: size, keyLengths: parts[0].keyLengths)), blockSize: size))
  }
}

/// `cmac(X)` over one driver of X.
private struct CMACDriver: MACDriver {
  let base: any CipherDriver
  let descriptor: AlgorithmDescriptor

  func makeTransform() throws(ProviderError) -> any MACTransform & ~Copyable {
    CMACTransform(cipher: try BlockCipher(base), memory: try WorkingMemory(48))
  }
}

private struct CMACTransform: MACTransform, ~Copyable {
  /// Where the two subkeys and the chaining value lie in ``memory``.
  private enum Place {
    static let first = 0
    static let second = 16
    static let chain = 32
  }
  private var cipher: BlockCipher
  private let memory: WorkingMemory
  /// Bytes of the block that was begun.
  private var filled = 0

  init(cipher: consuming BlockCipher, memory: WorkingMemory) {
    self.cipher = cipher
    self.memory = memory
  }

  mutating func setKey(_ key: RawSpan) throws(ProviderError) {
    try cipher.setKey(key)
    // SP 800-38B section 6.1.
    let first = try cipher.process(.encrypt, Block()).doubled(cipher.blockSize)
    let size = cipher.blockSize
    var subkeys = memory.span
    subkeys.store(first, at: Place.first, size)
    subkeys.store(first.doubled(size), at: Place.second, size)
    subkeys.store(Block(), at: Place.chain, size)
    filled = 0
  }

  mutating func update(_ bytes: RawSpan) throws(ProviderError) {
    let size = cipher.blockSize
    var chain = Chain(value: memory.bytes.block(at: Place.chain, size), filled: filled)
    try cipher.absorb(bytes, into: &chain)
    var state = memory.span
    state.store(chain.value, at: Place.chain, size)
    filled = chain.filled
  }

  mutating func finish(into output: inout OutputRawSpan) throws(ProviderError) {
    let size = cipher.blockSize
    var last = memory.bytes.block(at: Place.chain, size)
    // SP 800-38B section 6.2: a whole last block takes the first subkey, one that is filled up the second.
    if filled == size {
      last ^= memory.bytes.block(at: Place.first, size)
    } else {
      last.add(0x80, at: filled)
      last ^= memory.bytes.block(at: Place.second, size)
    }
    let tag = try cipher.process(.encrypt, last)
    var state = memory.span
    state.store(tag, at: Place.chain, size)
    output.append(copying: state.bytes.extracting(Place.chain..<Place.chain + size))
    try reset()
  }

  mutating func authenticate(_ bytes: RawSpan, into output: inout OutputRawSpan) throws(ProviderError) {
    try reset()
    try update(bytes)
    try finish(into: &output)
  }

  mutating func reset() throws(ProviderError) {
    var state = memory.span
    state.store(Block(), at: Place.chain, 16)
    filled = 0
  }
}
