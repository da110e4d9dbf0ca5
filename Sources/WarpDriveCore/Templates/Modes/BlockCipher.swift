// A block cipher under one key with the work that several modes share: chaining, counting, and the CBC-MAC.
// SPDX-License-Identifier: Apache-2.0

/// How a counter block becomes the next one.
enum Counting: Sendable {
  /// The whole block counts (CTR, CCM).
  case whole
  /// The last 32 bits count (GCM).
  case last32
}

/// A primitive under one key.
///
/// Blocks on their way through the primitive lie in memory that is wiped; what modes keep on the stack besides is what the
/// kernel's templates keep there too.
struct BlockCipher: ~Copyable, Sendable {
  /// Bytes of the batch that goes through the primitive in one call: long enough that the call does not matter.
  private static let batchSize = 512
  private var transform: any CipherTransform & ~Copyable
  private let batch: WorkingMemory
  /// Bytes of a block: 8 or 16.
  let blockSize: Int

  init(_ driver: any CipherDriver) throws(ProviderError) {
    let transform = try driver.makeTransform()
    batch = try WorkingMemory(Self.batchSize)
    self.transform = transform
    blockSize = driver.descriptor.blockSize
  }

  mutating func setKey(_ key: RawSpan) throws(ProviderError) { try transform.setKey(key) }

  /// Transforms whole blocks, each by itself.
  mutating func process(_ direction: CipherDirection, _ text: inout MutableRawSpan) throws(ProviderError) {
    guard !text.isEmpty else { return }
    var none = MutableRawSpan()
    try transform.process(direction, inPlace: &text, iv: &none)
  }

  /// Transforms one block.
  mutating func process(_ direction: CipherDirection, _ block: Block) throws(ProviderError) -> Block {
    let batch = batch
    var memory = batch.span
    var one = memory._mutatingExtracting(first: blockSize)
    one.store(block, at: 0, blockSize)
    var none = MutableRawSpan()
    try transform.process(direction, inPlace: &one, iv: &none)
    return one.bytes.block(at: 0, blockSize)
  }

  // MARK: Counter

  /// Adds the keystream that begins with the block `counter` to `text`; a block that was begun counts as used.
  mutating func addKeystream(
    to text: inout MutableRawSpan, from counter: inout Block, _ counting: Counting
  ) throws(ProviderError) {
    var offset = 0
    while offset < text.byteCount {
      let count = min(text.byteCount - offset, Self.batchSize)
      let needed = (count + blockSize - 1) / blockSize * blockSize
      let batch = batch
      var memory = batch.span
      var stream = memory._mutatingExtracting(first: needed)
      var place = 0
      while place < needed {
        stream.store(counter, at: place, blockSize)
        switch counting {
        case .whole: counter.increment(blockSize)
        case .last32: counter.incrementLast32()
        }
        place += blockSize
      }
      var none = MutableRawSpan()
      try transform.process(.encrypt, inPlace: &stream, iv: &none)
      text.add(stream.bytes, count, at: offset)
      offset += count
    }
  }

  // MARK: Chaining (SP 800-38A section 6.2)

  /// Encrypts whole blocks in CBC mode; returns the last block of ciphertext, or `iv` where there is none.
  mutating func encryptChain(_ text: inout MutableRawSpan, from iv: Block) throws(ProviderError) -> Block {
    var previous = iv
    var offset = 0
    while offset < text.byteCount {
      previous = try process(.encrypt, previous ^ text.bytes.block(at: offset, blockSize))
      text.store(previous, at: offset, blockSize)
      offset += blockSize
    }
    return previous
  }

  /// Decrypts whole blocks in CBC mode; returns the last block of ciphertext, or `iv` where there is none.
  mutating func decryptChain(_ text: inout MutableRawSpan, from iv: Block) throws(ProviderError) -> Block {
    var previous = iv
    var offset = 0
    while offset < text.byteCount {
      let count = min(text.byteCount - offset, Self.batchSize)
      let batch = batch
      var memory = batch.span
      var plain = memory._mutatingExtracting(first: count)
      plain.store(text.bytes.extracting(offset..<offset + count), at: 0)
      var none = MutableRawSpan()
      try transform.process(.decrypt, inPlace: &plain, iv: &none)
      var place = 0
      while place < count {
        let ciphertext = text.bytes.block(at: offset + place, blockSize)
        text.store(plain.bytes.block(at: place, blockSize) ^ previous, at: offset + place, blockSize)
        previous = ciphertext
        place += blockSize
      }
      offset += count
    }
    return previous
  }

  // MARK: CBC-MAC

  /// Takes more bytes into a CBC-MAC; the last block waits, since CMAC treats it differently.
  mutating func absorb(_ bytes: RawSpan, into chain: inout Chain) throws(ProviderError) {
    var offset = 0
    while offset < bytes.byteCount {
      if chain.filled == blockSize { try finishBlock(of: &chain) }
      if chain.filled == 0, bytes.byteCount - offset >= blockSize {
        chain.value ^= bytes.block(at: offset, blockSize)
        chain.filled = blockSize
        offset += blockSize
      } else {
        chain.value.add(bytes.byte(at: offset), at: chain.filled)
        chain.filled += 1
        offset += 1
      }
    }
  }

  /// Ends a block that was begun, as if zeros followed.
  mutating func finishBlock(of chain: inout Chain) throws(ProviderError) {
    guard chain.filled > 0 else { return }
    chain.value = try process(.encrypt, chain.value)
    chain.filled = 0
  }
}

/// The state of a CBC-MAC: the chaining value, with so many bytes of the next block added to it.
struct Chain: Sendable {
  var value = Block()
  /// Bytes of the block that was begun: 0 to a block's size.
  var filled = 0
}

extension TemplatePart {
  /// The part as a block cipher under template `template`.
  ///
  /// - Throws: ``ProviderError/Code/invalidArgument`` for a mode or a stream cipher.
  func blockCipher(of sizes: [Int] = [8, 16], for template: String) throws(ProviderError) -> any CipherDriver {
    guard case .cipher(let properties) = descriptor.properties, properties.ivSize == 0, !descriptor.name.contains("("),
      sizes.contains(descriptor.blockSize)
    else {
      throw ProviderError(
        .invalidArgument,
        "\(template) needs a block cipher with blocks of \(sizes.map(String.init).joined(separator: " or ")) bytes, such "
          + "as \(template)(aes), not \(descriptor.name)")
    }
    return try cipherDriver()
  }

  /// The key lengths of a cipher, AEAD or MAC.
  var keyLengths: KeyLengths { descriptor.properties.keyLengths ?? KeyLengths(0, 0) }

  /// Whether the part is an instance or driver of template `name`: `cbc` of `cbc(aes)`.
  func isMode(_ names: String...) -> Bool { names.contains { descriptor.name.hasPrefix($0 + "(") } }
}

extension KeyLengths {
  /// The same lengths with `count` bytes more.
  func adding(_ count: Int) -> KeyLengths { KeyLengths(minimum + count, maximum + count, step: step) }
}

extension AlgorithmDescriptor {
  /// The descriptor of the instance `TEMPLATE(PART,…)`, named after its parts as the kernel's are.
  static func instance(
    of template: String, over parts: [TemplatePart], priority: Int? = nil, _ properties: AlgorithmProperties,
    blockSize: Int = 1, maximumRequest: Int? = nil
  ) -> AlgorithmDescriptor {
    let names = parts.map(\.descriptor.name).joined(separator: ",")
    let drivers = parts.map(\.descriptor.driverName).joined(separator: ",")
    return AlgorithmDescriptor(
      name: "\(template)(\(names))", driverName: "\(template)(\(drivers))",
      priority: priority ?? parts.first?.descriptor.priority ?? 0, properties: properties, blockSize: blockSize,
      maximumRequest: maximumRequest)
  }
}
