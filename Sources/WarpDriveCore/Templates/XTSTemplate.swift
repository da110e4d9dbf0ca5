// xts(X): XTS-AES of IEEE 1619 over any block cipher of 16 bytes, with ciphertext stealing.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

/// The template `xts`.
///
/// The key is the data key followed by the tweak key; the IV is the tweak before its encryption, such as a sector's number
/// with the least significant byte first. A request is one data unit, so the IV comes back as it was.
struct XTSTemplate: Template {
  let name = "xts"
  let argumentKinds = [AlgorithmKind.cipher]

  func makeDriver(over parts: [TemplatePart]) throws(ProviderError) -> any AlgorithmDriver {
    let base = try parts[0].blockCipher(of: [16], for: name)
    // IEEE 1619 section 5.1 has two of the shortest keys or two of the longest, and none between.
    let (least, most) = (2 * parts[0].keyLengths.minimum, 2 * parts[0].keyLengths.maximum)
    return XTSDriver(
      base: base,
      descriptor: .instance(
        of: name, over: parts,
        .cipher(
          .init(
            keyLengths: KeyLengths(least, most, step: most - least), ivSize: 16,
            chunkSize: CipherProperties.wholeMessage, minimumLength: 16)),
        // SP 800-38E section 4: at most 2^20 blocks in a data unit.
        maximumRequest: 1 << 24))
  }
}

/// `xts(X)` over one driver of X.
private struct XTSDriver: CipherDriver {
  let base: any CipherDriver
  let descriptor: AlgorithmDescriptor

  func makeTransform() throws(ProviderError) -> any CipherTransform & ~Copyable {
    let data = try BlockCipher(base)
    let tweaker = try BlockCipher(base)
    return XTSTransform(data: data, tweaker: tweaker, tweaks: try WorkingMemory(XTSTransform.batchSize))
  }
}

private struct XTSTransform: InPlaceCipherTransform, ~Copyable {
  private static let blockSize = 16
  /// Bytes that go through the cipher in one call.
  static let batchSize = 512
  private var data: BlockCipher
  private var tweaker: BlockCipher
  private let tweaks: WorkingMemory

  init(data: consuming BlockCipher, tweaker: consuming BlockCipher, tweaks: WorkingMemory) {
    self.data = data
    self.tweaks = tweaks
    self.tweaker = tweaker
  }

  mutating func setKey(_ key: RawSpan) throws(ProviderError) {
    let half = key.byteCount / 2
    // SP 800-38E by way of FIPS 140-3 IG C.I, and the kernel's xts_verify_key: with equal halves XTS is not secure.
    guard !SecureMemory.equal(key.extracting(first: half), key.extracting(last: half)) else {
      throw ProviderError(
        .invalidKey, "the two halves of an XTS key must differ: make one of \(key.byteCount) random bytes")
    }
    try data.setKey(key.extracting(first: half))
    try tweaker.setKey(key.extracting(last: half))
  }

  mutating func process(
    _ direction: CipherDirection, inPlace bytes: inout MutableRawSpan, iv: inout MutableRawSpan
  ) throws(ProviderError) {
    let size = Self.blockSize
    guard bytes.byteCount >= size else {
      throw ProviderError(
        .invalidArgument,
        "a data unit of XTS has at least one block of \(size) bytes; this one has \(bytes.byteCount)")
    }
    var tweak = try tweaker.process(.encrypt, iv.bytes.block(at: 0, size))
    let tail = bytes.byteCount % size
    guard tail > 0 else { return try process(direction, blocks: &bytes, &tweak) }
    // The last whole block lends its end to the tail: what it became is needed first.
    let whole = bytes.byteCount - tail - size
    do {
      var start = bytes._mutatingExtracting(first: whole)
      try process(direction, blocks: &start, &tweak)
    }
    let next = tweak.doubledAsTweak()
    let (first, second) = direction == .encrypt ? (tweak, next) : (next, tweak)
    let lender = try data.process(direction, bytes.bytes.block(at: whole, size) ^ first) ^ first
    let borrower = bytes.bytes.paddedBlock(at: whole + size, tail)
    bytes.store(lender, at: whole, size)
    // The tail of the output is the start of the lender; its rest follows the tail of the input.
    var index = 0
    var filled = borrower
    while index < size {
      let byte = bytes.bytes.byte(at: whole + index)
      if index < tail { bytes.store(byte: byte, at: whole + size + index) } else { filled.add(byte, at: index) }
      index += 1
    }
    bytes.store(try data.process(direction, filled ^ second) ^ second, at: whole, size)
  }

  /// Transforms whole blocks; `tweak` becomes that of the block behind them.
  private mutating func process(
    _ direction: CipherDirection, blocks: inout MutableRawSpan, _ tweak: inout Block
  ) throws(ProviderError) {
    let tweaks = tweaks
    var offset = 0
    while offset < blocks.byteCount {
      let count = min(blocks.byteCount - offset, Self.batchSize)
      var masks = tweaks.span
      var place = 0
      while place < count {
        masks.store(tweak, at: place, Self.blockSize)
        tweak = tweak.doubledAsTweak()
        place += Self.blockSize
      }
      var batch = blocks._mutatingExtracting(offset..<offset + count)
      batch.add(masks.bytes, count, at: 0)
      try data.process(direction, &batch)
      batch.add(masks.bytes, count, at: 0)
      offset += count
    }
  }
}
