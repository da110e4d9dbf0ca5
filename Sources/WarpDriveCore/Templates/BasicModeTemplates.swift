// ecb(X), cbc(X) and ctr(X): the modes of SP 800-38A over any block cipher that the registry has.
// SPDX-License-Identifier: Apache-2.0

/// The templates `ecb`, `cbc` and `ctr`, which have their base's priority.
struct BasicModeTemplate: Template {
  enum Mode: String {
    case ecb
    case cbc
    case ctr
  }

  let mode: Mode
  let argumentKinds = [AlgorithmKind.cipher]

  init(_ mode: Mode) { self.mode = mode }

  var name: String { mode.rawValue }

  func makeDriver(over parts: [TemplatePart]) throws(ProviderError) -> any AlgorithmDriver {
    let base = try parts[0].blockCipher(for: name)
    let size = base.descriptor.blockSize
    return BasicModeDriver(
      mode: mode, base: base,
      descriptor: .instance(
        of: name, over: parts,
        .cipher(
          .init(keyLengths: parts[0].keyLengths, ivSize: mode == .ecb ? 0 : size, chunkSize: size)),
        blockSize: mode == .ctr ? 1 : size))
  }
}

/// A mode over one driver of X.
private struct BasicModeDriver: CipherDriver {
  let mode: BasicModeTemplate.Mode
  let base: any CipherDriver
  let descriptor: AlgorithmDescriptor

  func makeTransform() throws(ProviderError) -> any CipherTransform & ~Copyable {
    switch mode {
    // A primitive transforms each block by itself, which is what ECB is.
    case .ecb: return try base.makeTransform()
    case .cbc: return CBCTransform(cipher: try BlockCipher(base))
    case .ctr: return CTRTransform(cipher: try BlockCipher(base))
    }
  }
}

/// Cipher block chaining; the IV that comes back is the last block of ciphertext.
private struct CBCTransform: InPlaceCipherTransform, ~Copyable {
  var cipher: BlockCipher

  mutating func setKey(_ key: RawSpan) throws(ProviderError) { try cipher.setKey(key) }

  mutating func process(
    _ direction: CipherDirection, inPlace bytes: inout MutableRawSpan, iv: inout MutableRawSpan
  ) throws(ProviderError) {
    let start = iv.bytes.block(at: 0, cipher.blockSize)
    let next =
      direction == .encrypt
      ? try cipher.encryptChain(&bytes, from: start) : try cipher.decryptChain(&bytes, from: start)
    iv.store(next, at: 0, cipher.blockSize)
  }
}

/// Counter mode; the IV is the first counter block, and comes back as the first that was not used.
private struct CTRTransform: InPlaceCipherTransform, ~Copyable {
  var cipher: BlockCipher

  mutating func setKey(_ key: RawSpan) throws(ProviderError) { try cipher.setKey(key) }

  mutating func process(
    _ direction: CipherDirection, inPlace bytes: inout MutableRawSpan, iv: inout MutableRawSpan
  ) throws(ProviderError) {
    var counter = iv.bytes.block(at: 0, cipher.blockSize)
    try cipher.addKeystream(to: &bytes, from: &counter, .whole)
    iv.store(counter, at: 0, cipher.blockSize)
  }
}
