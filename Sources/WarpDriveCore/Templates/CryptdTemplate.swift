// cryptd(X): any cipher, AEAD, hash or MAC, as an algorithm that completes later.
// SPDX-License-Identifier: Apache-2.0

/// The template `cryptd`, with a priority of 50 above its base's.
///
/// The kernel's `cryptd` keeps its base's name; ours is `cryptd(X)`, so that asking for X never yields it. The transform
/// is the base's: what completes a request later is the queue that its caller puts it in, and the flag says that a caller
/// who wants synchronous drivers alone does not want this one.
struct CryptdTemplate: Template {
  let name = "cryptd"
  let argumentKinds = [AlgorithmKind.cipher]
  let argumentChoices: [Set<AlgorithmKind>] = [[.cipher, .aead, .hash, .mac]]

  func makeDriver(over parts: [TemplatePart]) throws(ProviderError) -> any AlgorithmDriver {
    let part = parts[0]
    var descriptor = part.descriptor
    descriptor.name = "cryptd(\(part.descriptor.name))"
    descriptor.driverName = "cryptd(\(part.descriptor.driverName))"
    descriptor.priority += 50
    // Aliases are the base's, and so are flags that say what else it is.
    descriptor.aliases = []
    descriptor.flags = part.descriptor.flags.intersection(.optionalKey).union(.asynchronous)
    switch part.descriptor.kind {
    case .cipher: return QueuedCipher(descriptor: descriptor, base: try part.cipherDriver())
    case .aead: return QueuedAEAD(descriptor: descriptor, base: try part.aeadDriver())
    case .hash: return QueuedHash(descriptor: descriptor, base: try part.hashDriver())
    case .mac: return QueuedMAC(descriptor: descriptor, base: try part.macDriver())
    default:
      throw ProviderError(
        .invalidArgument,
        "cryptd takes a cipher, an AEAD, a hash or a MAC; \(part.descriptor.name) is of kind "
          + part.descriptor.kind.rawValue)
    }
  }
}

private struct QueuedCipher: CipherDriver {
  let descriptor: AlgorithmDescriptor
  let base: any CipherDriver
  func makeTransform() throws(ProviderError) -> any CipherTransform & ~Copyable { try base.makeTransform() }
}

private struct QueuedAEAD: AEADDriver {
  let descriptor: AlgorithmDescriptor
  let base: any AEADDriver
  func makeTransform() throws(ProviderError) -> any AEADTransform & ~Copyable { try base.makeTransform() }
}

private struct QueuedHash: HashDriver {
  let descriptor: AlgorithmDescriptor
  let base: any HashDriver
  func makeTransform() throws(ProviderError) -> any HashTransform & ~Copyable {
    QueuedHashTransform(base: try base.makeTransform())
  }
}

/// The base's transform without its export: a state is of use to the driver that it came from, which has another name.
private struct QueuedHashTransform: HashTransform, ~Copyable {
  var base: any HashTransform & ~Copyable

  init(base: consuming any HashTransform & ~Copyable) { self.base = base }

  mutating func update(_ bytes: RawSpan) throws(ProviderError) { try base.update(bytes) }
  mutating func finish(_ count: Int, into output: inout OutputRawSpan) throws(ProviderError) {
    try base.finish(count, into: &output)
  }
  mutating func digest(_ bytes: RawSpan, _ count: Int, into output: inout OutputRawSpan) throws(ProviderError) {
    try base.digest(bytes, count, into: &output)
  }
  mutating func reset() throws(ProviderError) { try base.reset() }
  mutating func clone() throws(ProviderError) -> any HashTransform & ~Copyable {
    QueuedHashTransform(base: try base.clone())
  }
}

private struct QueuedMAC: MACDriver {
  let descriptor: AlgorithmDescriptor
  let base: any MACDriver
  func makeTransform() throws(ProviderError) -> any MACTransform & ~Copyable { try base.makeTransform() }
}
