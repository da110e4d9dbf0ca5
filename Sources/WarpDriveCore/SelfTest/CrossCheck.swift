// Compares a driver with the template of its name over primitives, for random inputs: two implementations, one result.
// SPDX-License-Identifier: Apache-2.0

/// The comparison of one driver with its reference.
///
/// It works on transforms, not on handles: these have no fallback that could answer in the driver's place.
struct CrossCheck {
  let algorithm: Algorithm
  let reference: Algorithm
  let rounds: Int
  let seed: UInt64

  /// Runs all rounds.
  ///
  /// - Throws: the first difference, with the seed and round that show it again.
  func run() throws(ProviderError) {
    var random = CrossCheckRandom(state: seed)
    // Many rounds have every length about the blocks and batches of the modes once.
    let isThorough = rounds > CrossCheckRandom.everyLength.count
    for round in 0..<rounds {
      random.nextLength = isThorough && CrossCheckRandom.everyLength.contains(round) ? round : nil
      var failure: String?
      switch (algorithm.descriptor.properties, reference.descriptor.properties) {
      case (.cipher(let own), .cipher(let other)): failure = try checkCipher(own, other, &random)
      case (.mac(let own), .mac(let other)): failure = try checkMAC(own, other, &random)
      case (.aead(let own), .aead(let other)): failure = try checkAEAD(own, other, &random)
      default: return
      }
      guard let failure else { continue }
      throw ProviderError(
        .backendFailure,
        "self-test of \(algorithm.driverName) failed: it differs from \(reference.driverName) in \(failure) (seed "
          + "\(seed), round \(round))", driver: algorithm.driverName)
    }
  }

  // MARK: Ciphers

  private func checkCipher(
    _ own: CipherProperties, _ other: CipherProperties, _ random: inout CrossCheckRandom
  ) throws(ProviderError) -> String? {
    guard own.ivSize == other.ivSize else { return "the IV's length" }
    guard let key = random.key(own.keyLengths, other.keyLengths) else { return "the key's lengths" }
    let unit = max(algorithm.descriptor.blockSize, reference.descriptor.blockSize)
    let text = random.bytes(random.length() / unit * unit)
    var iv = random.bytes(own.ivSize)
    // Counters carry where their end is all ones.
    if random.below(4) == 0 { for index in iv.indices.dropFirst(random.below(iv.count + 1)) { iv[index] = 0xFF } }
    // Where a message is one request, the IV that comes back means nothing.
    let isContinued = !own.isWholeMessage && !other.isWholeMessage
    for direction in [CipherDirection.encrypt, .decrypt] {
      let right = process(reference, direction, key, text, iv)
      // Lengths that the algorithm does not have are the handle's to refuse, before a transform sees them.
      if right.code == .invalidArgument { continue }
      let what = "the result of \(direction) for \(text.count) bytes with a key of \(key.count)"
      let whole = process(algorithm, direction, key, text, iv)
      guard whole.isEqual(to: right, withIV: isContinued) else { return what }
      guard process(algorithm, direction, key, text, iv, inPlace: true).isEqual(to: right, withIV: isContinued) else {
        return what + ", in place"
      }
      guard isContinued, text.count > own.chunkSize else { continue }
      let cut = random.below(text.count / own.chunkSize) * own.chunkSize
      let first = process(algorithm, direction, key, Array(text.prefix(cut)), iv)
      let rest = process(algorithm, direction, key, Array(text.dropFirst(cut)), first.iv)
      let joined = CipherOutcome(bytes: first.bytes + rest.bytes, iv: rest.iv, code: first.code ?? rest.code)
      guard joined.isEqual(to: right, withIV: true) else { return what + ", cut at \(cut)" }
    }
    return nil
  }

  private struct CipherOutcome {
    var bytes: [UInt8]
    var iv: [UInt8]
    var code: ProviderError.Code?

    func isEqual(to other: CipherOutcome, withIV: Bool) -> Bool {
      code == other.code && (code != nil || bytes == other.bytes && (!withIV || iv == other.iv))
    }
  }

  private func process(
    _ algorithm: Algorithm, _ direction: CipherDirection, _ key: [UInt8], _ text: [UInt8], _ iv: [UInt8],
    inPlace: Bool = false
  ) -> CipherOutcome {
    var (bytes, running) = (text, iv)
    do throws(ProviderError) {
      var transform = try algorithm.cipherDriver().makeKeyed(key.rawSpan)
      var ivSpan = running.mutableRawSpan
      if inPlace {
        var span = bytes.mutableRawSpan
        try transform.process(direction, inPlace: &span, iv: &ivSpan)
      } else {
        bytes = try [UInt8](capacity: text.count) { (output) throws(ProviderError) in
          try transform.process(direction, text.rawSpan, iv: &ivSpan, into: &output)
        }
      }
    } catch {
      return CipherOutcome(bytes: bytes, iv: running, code: error.code)
    }
    return CipherOutcome(bytes: bytes, iv: running, code: nil)
  }

  // MARK: MACs

  private func checkMAC(
    _ own: MACProperties, _ other: MACProperties, _ random: inout CrossCheckRandom
  ) throws(ProviderError) -> String? {
    guard own.tagSize == other.tagSize else { return "the tag's length" }
    guard let key = random.key(own.keyLengths, other.keyLengths) else { return "the key's lengths" }
    let text = random.bytes(random.length())
    let cut = random.below(text.count + 1)
    var there = try reference.macDriver().makeTransform()
    try there.setKey(key.rawSpan)
    let right = try [UInt8](capacity: other.tagSize) { (output) throws(ProviderError) in
      try there.authenticate(text.rawSpan, into: &output)
    }
    var here = try algorithm.macDriver().makeTransform()
    try here.setKey(key.rawSpan)
    let whole = try [UInt8](capacity: own.tagSize) { (output) throws(ProviderError) in
      try here.authenticate(text.rawSpan, into: &output)
    }
    guard whole == right else { return "the tag of \(text.count) bytes with a key of \(key.count)" }
    try here.setKey(key.rawSpan)
    try here.update(text.rawSpan.extracting(first: cut))
    try here.update(text.rawSpan.extracting(droppingFirst: cut))
    let joined = try [UInt8](capacity: own.tagSize) { (output) throws(ProviderError) in
      try here.finish(into: &output)
    }
    return joined == right ? nil : "the tag of \(text.count) bytes with a key of \(key.count), cut at \(cut)"
  }
}

extension Registry {
  /// Compares a cipher, MAC or AEAD with the template of its name over primitives, as the extended self-test does.
  ///
  /// `gcm-aes-openssl`, which serves `gcm(aes)`, is compared with `gcm` over the best driver of `aes`. An algorithm of
  /// several templates is built of templates alone: `rfc4106(gcm(aes))` does not use any driver of `gcm(aes)`.
  ///
  /// - Parameters:
  ///   - algorithm: a registered driver.
  ///   - mode: how many random cases, and from which seed.
  /// - Returns: the driver name of the instance that it was compared with; nil where a template or primitive is missing.
  /// - Throws: ``ProviderError/Code/backendFailure`` for a difference.
  public func crossCheck(
    _ algorithm: Algorithm, _ mode: SelfTestMode = .extended
  ) throws(ProviderError) -> String? {
    guard mode.rounds > 0, [.cipher, .mac, .aead].contains(algorithm.kind),
      let name = try? AlgorithmName(parsing: algorithm.name),
      let reference = reference(for: name), reference.kind == algorithm.kind
    else { return nil }
    // A reference that is wrong itself must not pass for right.
    _ = try SelfTest(of: reference, in: self).run()
    let seed = mode.seed ?? UInt64.random(in: .min ... .max)
    try CrossCheck(algorithm: algorithm, reference: reference, rounds: mode.rounds, seed: seed).run()
    return reference.driverName
  }

  /// An instance of the templates that `name` is written in, over primitives; it is in no table, so nobody else finds it.
  private func reference(for name: AlgorithmName) -> Algorithm? {
    guard let template = snapshot.templates[name.base], name.arguments.count == template.argumentChoices.count else {
      return nil
    }
    var parts: [Algorithm] = []
    for (argument, kinds) in zip(name.arguments, template.argumentChoices) {
      let found =
        argument.isTemplate ? reference(for: argument) : try? part(argument.description, of: kinds, for: template)
      guard let found, kinds.contains(found.kind) else { return nil }
      parts.append(found)
    }
    guard let driver = try? template.makeDriver(over: parts.map(TemplatePart.init)) else { return nil }
    var descriptor = driver.descriptor
    descriptor.flags.insert(.instance)
    return Algorithm(driver, descriptor: descriptor, providerName: "template:" + name.base, order: 0, spawns: parts)
  }
}
