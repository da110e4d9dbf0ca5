// cts(cbc(X)): CBC with ciphertext stealing, the variant CS3 of the addendum to SP 800-38A.
// SPDX-License-Identifier: Apache-2.0

/// The template `cts`, over a driver of CBC.
///
/// CS3 exchanges the last two blocks of ciphertext always, as Kerberos does (RFC 3962) and as the kernel's template does;
/// one block alone is CBC's. A message is one request, so the IV that comes back is of use only where a protocol chains
/// whole messages: it is RFC 3962's next IV, the last block that was encrypted.
struct CTSTemplate: Template {
  let name = "cts"
  let argumentKinds = [AlgorithmKind.cipher]

  func makeDriver(over parts: [TemplatePart]) throws(ProviderError) -> any AlgorithmDriver {
    let base = parts[0].descriptor
    guard case .cipher(let properties) = base.properties, parts[0].isMode("cbc"), properties.ivSize == base.blockSize,
      base.blockSize == 8 || base.blockSize == 16
    else {
      throw ProviderError(.invalidArgument, "cts needs CBC, as in cts(cbc(aes)), not \(base.name)")
    }
    return CTSDriver(
      base: try parts[0].cipherDriver(),
      descriptor: .instance(
        of: name, over: parts,
        .cipher(
          .init(
            keyLengths: properties.keyLengths, ivSize: properties.ivSize, chunkSize: CipherProperties.wholeMessage,
            minimumLength: base.blockSize))))
  }
}

/// `cts(cbc(X))` over one driver of `cbc(X)`.
private struct CTSDriver: CipherDriver {
  let base: any CipherDriver
  let descriptor: AlgorithmDescriptor

  func makeTransform() throws(ProviderError) -> any CipherTransform & ~Copyable {
    CTSTransform(chain: try base.makeTransform(), memory: try WorkingMemory(16), blockSize: base.descriptor.blockSize)
  }
}

private struct CTSTransform: InPlaceCipherTransform, ~Copyable {
  private var chain: any CipherTransform & ~Copyable
  private let blockSize: Int
  /// The block that is stolen from.
  private let memory: WorkingMemory

  init(chain: consuming any CipherTransform & ~Copyable, memory: WorkingMemory, blockSize: Int) {
    self.chain = chain
    self.memory = memory
    self.blockSize = blockSize
  }

  mutating func setKey(_ key: RawSpan) throws(ProviderError) { try chain.setKey(key) }

  mutating func process(
    _ direction: CipherDirection, inPlace bytes: inout MutableRawSpan, iv: inout MutableRawSpan
  ) throws(ProviderError) {
    guard bytes.byteCount >= blockSize else {
      throw ProviderError(
        .invalidArgument,
        "ciphertext stealing needs at least one block of \(blockSize) bytes; this message has \(bytes.byteCount)")
    }
    guard bytes.byteCount > blockSize else { return try chain.process(direction, inPlace: &bytes, iv: &iv) }
    // The last block is never empty: 1 to a block's bytes.
    let tail = (bytes.byteCount - 1) % blockSize + 1
    if direction == .encrypt {
      try encrypt(&bytes, tail, &iv)
    } else {
      try decrypt(&bytes, tail, &iv)
    }
  }

  private mutating func encrypt(
    _ bytes: inout MutableRawSpan, _ tail: Int, _ iv: inout MutableRawSpan
  ) throws(ProviderError) {
    let whole = bytes.byteCount - tail
    do {
      var start = bytes._mutatingExtracting(first: whole)
      try chain.process(.encrypt, inPlace: &start, iv: &iv)
    }
    // The padded tail goes through the chain, and changes places with what it followed.
    let memory = memory
    var all = memory.span
    var block = all._mutatingExtracting(first: blockSize)
    block.store(bytes.bytes.paddedBlock(at: whole, tail), at: 0, blockSize)
    try chain.process(.encrypt, inPlace: &block, iv: &iv)
    let last = bytes.bytes.block(at: whole - blockSize, blockSize)
    bytes.store(block.bytes.block(at: 0, blockSize), at: whole - blockSize, blockSize)
    block.store(last, at: 0, blockSize)
    bytes.store(block.bytes.extracting(first: tail), at: whole)
  }

  private mutating func decrypt(
    _ bytes: inout MutableRawSpan, _ tail: Int, _ iv: inout MutableRawSpan
  ) throws(ProviderError) {
    let whole = bytes.byteCount - tail
    let next = bytes.bytes.block(at: whole - blockSize, blockSize)
    // CBC of one block under an IV of zeros is the block cipher itself.
    let memory = memory
    do {
      var all = memory.span
      all.store(next, at: 0, blockSize)
      try Self.decryptOne(&chain, &all, blockSize)
    }
    let pad = memory.bytes.block(at: 0, blockSize)
    // The stolen bytes are those behind the tail.
    let stolen = memory.bytes.extracting(tail..<blockSize)
    var previous = bytes.bytes.paddedBlock(at: whole, tail)
    let plain = pad ^ previous
    var index = tail
    while index < blockSize {
      previous.add(stolen.byte(at: index - tail), at: index)
      index += 1
    }
    bytes.store(previous, at: whole - blockSize, blockSize)
    var all = memory.span
    all.store(plain, at: 0, blockSize)
    bytes.store(all.bytes.extracting(first: tail), at: whole)
    var start = bytes._mutatingExtracting(first: whole)
    try chain.process(.decrypt, inPlace: &start, iv: &iv)
    iv.store(next, at: 0, blockSize)
  }

  /// Decrypts the first block of `memory` under an IV of zeros.
  private static func decryptOne(
    _ chain: inout any CipherTransform & ~Copyable, _ memory: inout MutableRawSpan, _ size: Int
  ) throws(ProviderError) {
    var zero: [UInt8] = Array(repeating: 0, count: size)
    var iv = zero.mutableRawSpan
    var block = memory._mutatingExtracting(first: size)
    try chain.process(.decrypt, inPlace: &block, iv: &iv)
  }
}
