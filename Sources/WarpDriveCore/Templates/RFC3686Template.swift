// rfc3686(ctr(X)): counter mode as IPsec uses it, with a nonce that comes with the key.
// SPDX-License-Identifier: Apache-2.0

/// The template `rfc3686`, over a driver of counter mode with blocks of 16 bytes.
///
/// The key is X's followed by four bytes of nonce (RFC 3686 section 5.1); the IV has eight bytes. A message is one
/// request, since each begins with counter 1, and the IV comes back as it was.
struct RFC3686Template: Template {
  let name = "rfc3686"
  let argumentKinds = [AlgorithmKind.cipher]

  func makeDriver(over parts: [TemplatePart]) throws(ProviderError) -> any AlgorithmDriver {
    let base = parts[0].descriptor
    guard case .cipher(let properties) = base.properties, parts[0].isMode("ctr"), properties.ivSize == 16,
      base.blockSize == 1
    else {
      throw ProviderError(
        .invalidArgument,
        "rfc3686 needs counter mode with blocks of 16 bytes, as in rfc3686(ctr(aes)), not \(base.name)")
    }
    return RFC3686Driver(
      base: try parts[0].cipherDriver(),
      descriptor: .instance(
        of: name, over: parts,
        .cipher(
          .init(keyLengths: properties.keyLengths.adding(4), ivSize: 8, chunkSize: CipherProperties.wholeMessage)),
        // Section 4: a counter of 32 bits that begins at one.
        maximumRequest: ((1 << 32) - 1) * 16))
  }
}

/// `rfc3686(ctr(X))` over one driver of `ctr(X)`.
private struct RFC3686Driver: CipherDriver {
  let base: any CipherDriver
  let descriptor: AlgorithmDescriptor

  func makeTransform() throws(ProviderError) -> any CipherTransform & ~Copyable {
    RFC3686Transform(counter: try base.makeTransform(), memory: try WorkingMemory(20))
  }
}

private struct RFC3686Transform: InPlaceCipherTransform, ~Copyable {
  private var counter: any CipherTransform & ~Copyable
  /// The counter block of section 4, and behind it the nonce that it begins with.
  private let memory: WorkingMemory

  init(counter: consuming any CipherTransform & ~Copyable, memory: WorkingMemory) {
    self.counter = counter
    self.memory = memory
  }

  mutating func setKey(_ key: RawSpan) throws(ProviderError) {
    try counter.setKey(key.extracting(droppingLast: 4))
    var all = memory.span
    all.store(key.extracting(last: 4), at: 16)
  }

  mutating func process(
    _ direction: CipherDirection, inPlace bytes: inout MutableRawSpan, iv: inout MutableRawSpan
  ) throws(ProviderError) {
    let memory = memory
    let nonce = memory.bytes.paddedBlock(at: 16, 4).high
    let given = iv.bytes.block(at: 0, 8).high
    var all = memory.span
    var block = all._mutatingExtracting(first: 16)
    // Nonce, IV, and a counter that begins at one.
    block.store(Block(high: nonce | given &>> 32, low: given &<< 32 | 1), at: 0, 16)
    // Encryption and decryption add the same keystream.
    try counter.process(direction, inPlace: &bytes, iv: &block)
  }
}
