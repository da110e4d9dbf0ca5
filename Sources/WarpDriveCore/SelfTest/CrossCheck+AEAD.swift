// The comparison of AEADs, with forged messages, and what random cases are made of.
// SPDX-License-Identifier: Apache-2.0

extension CrossCheck {
  func checkAEAD(
    _ own: AEADProperties, _ other: AEADProperties, _ random: inout CrossCheckRandom
  ) throws(ProviderError) -> String? {
    let isBlob = own.keyForm == .authenc
    guard let key = isBlob ? random.authencKey() : random.key(own.keyLengths, other.keyLengths) else {
      return "the key's lengths"
    }
    let tagLengths = own.tagLengths.filter(other.tagLengths.contains)
    let nonces = own.nonceLengths.clamped(to: other.nonceLengths)
    guard !tagLengths.isEmpty, other.nonceLengths.contains(nonces.lowerBound) else {
      return "the lengths of tag or nonce"
    }
    let tagLength = tagLengths[random.below(tagLengths.count)]
    // The length that the algorithm is meant for in half of the cases: others are hashed.
    let isUsual = random.below(2) == 0 && nonces.contains(own.ivSize)
    let nonce = random.bytes(isUsual ? own.ivSize : nonces.lowerBound + random.below(nonces.count))
    let aadLengths = own.aadLengths ?? []
    let aad = random.bytes(aadLengths.isEmpty ? random.below(80) : aadLengths[random.below(aadLengths.count)])
    let unit = max(algorithm.descriptor.blockSize, reference.descriptor.blockSize)
    let text = random.bytes(random.length() / unit * unit)
    let what = "a message of \(text.count) bytes with \(aad.count) of associated data, a nonce of \(nonce.count) and a "
    let given = Case(key: key, nonce: nonce, aad: aad, tagLength: tagLength)

    // Lengths that the algorithm does not have are the handle's to refuse, before a transform sees them.
    let right = Self.seal(reference, given, text)
    if right == .failure(.invalidArgument) { return nil }
    let sealed = Self.seal(algorithm, given, text)
    guard sealed == right else { return what + "tag of \(tagLength), sealed" }
    guard case .success(var message) = sealed else { return nil }
    guard Self.sealInPlace(algorithm, given, text) == right else {
      return what + "tag of \(tagLength), sealed in place"
    }
    guard Self.open(algorithm, given, message) == .success(text) else { return what + "tag of \(tagLength), opened" }
    guard Self.openInPlace(algorithm, given, message) == .success(text) else {
      return what + "tag of \(tagLength), opened in place"
    }
    // One bit of anything is wrong, of which the message has at least its tag.
    message[random.below(message.count)] ^= 1 << UInt8(random.below(8))
    for result in [Self.open(algorithm, given, message), Self.openInPlace(algorithm, given, message)]
    where result != .failure(.authentication) {
      return what + "tag of \(tagLength), forged"
    }
    return nil
  }

  private struct Case {
    let key: [UInt8]
    let nonce: [UInt8]
    let aad: [UInt8]
    let tagLength: Int
  }

  private enum Outcome: Equatable {
    case success([UInt8])
    case failure(ProviderError.Code)

    init(_ body: () throws(ProviderError) -> [UInt8]) {
      do throws(ProviderError) { self = .success(try body()) } catch { self = .failure(error.code) }
    }
  }

  private static func seal(_ algorithm: Algorithm, _ given: Case, _ text: [UInt8]) -> Outcome {
    Outcome { () throws(ProviderError) in
      var transform = try algorithm.aeadDriver().makeKeyed(given.key.rawSpan)
      return try [UInt8](capacity: text.count + given.tagLength) { (output) throws(ProviderError) in
        try transform.seal(
          text.rawSpan, nonce: given.nonce.rawSpan, aad: given.aad.rawSpan, tagLength: given.tagLength, into: &output)
      }
    }
  }

  private static func sealInPlace(_ algorithm: Algorithm, _ given: Case, _ text: [UInt8]) -> Outcome {
    Outcome { () throws(ProviderError) in
      var transform = try algorithm.aeadDriver().makeKeyed(given.key.rawSpan)
      var bytes = text
      let tag = try [UInt8](capacity: given.tagLength) { (output) throws(ProviderError) in
        var span = bytes.mutableRawSpan
        try transform.seal(
          inPlace: &span, nonce: given.nonce.rawSpan, aad: given.aad.rawSpan, tagLength: given.tagLength, tag: &output)
      }
      return bytes + tag
    }
  }

  private static func open(_ algorithm: Algorithm, _ given: Case, _ message: [UInt8]) -> Outcome {
    Outcome { () throws(ProviderError) in
      var transform = try algorithm.aeadDriver().makeKeyed(given.key.rawSpan)
      let count = message.count - given.tagLength
      return try [UInt8](capacity: count) { (output) throws(ProviderError) in
        try transform.open(
          message.rawSpan.extracting(first: count), tag: message.rawSpan.extracting(last: given.tagLength),
          nonce: given.nonce.rawSpan, aad: given.aad.rawSpan, into: &output)
      }
    }
  }

  /// The outcome in place; a refused message whose bytes were not wiped counts as opened.
  private static func openInPlace(_ algorithm: Algorithm, _ given: Case, _ message: [UInt8]) -> Outcome {
    var bytes = Array(message.dropLast(given.tagLength))
    let outcome = Outcome { () throws(ProviderError) in
      var transform = try algorithm.aeadDriver().makeKeyed(given.key.rawSpan)
      var span = bytes.mutableRawSpan
      try transform.open(
        inPlace: &span, tag: message.rawSpan.extracting(last: given.tagLength), nonce: given.nonce.rawSpan,
        aad: given.aad.rawSpan)
      return []
    }
    if case .failure = outcome { return bytes.allSatisfy { $0 == 0 } ? outcome : .success(bytes) }
    return .success(bytes)
  }
}

/// Random numbers that a seed determines: SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
struct CrossCheckRandom {
  /// The lengths that a thorough comparison has all of: some 16 blocks, and a byte or two more.
  static let everyLength = 0...257

  var state: UInt64
  /// The length of the next message, where it is no random one.
  var nextLength: Int?

  init(state: UInt64) { self.state = state }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
    return word ^ word >> 31
  }

  /// A number below `limit`, which is at least one.
  mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(max(limit, 1))) }

  mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) } }

  /// The length of a message: mostly a few blocks, sometimes more than a batch of them.
  mutating func length() -> Int { nextLength ?? (below(8) == 0 ? below(2048) : below(260)) }

  /// A key of a length that both take; nil where there is none.
  mutating func key(_ first: KeyLengths, _ second: KeyLengths) -> [UInt8]? {
    let least = max(first.minimum, second.minimum)
    // Longer keys, which HMAC takes, are hashed whatever their length.
    let most = min(first.maximum, second.maximum, least + 300)
    guard least <= most else { return nil }
    let lengths = (least...most).filter { first.contains($0) && second.contains($0) }
    return lengths.isEmpty ? nil : bytes(lengths[below(lengths.count)])
  }

  /// A key of `authenc` for AES.
  mutating func authencKey() -> [UInt8]? {
    AEADKeyForm.authencKey(authentication: bytes(below(100)), encryption: bytes([16, 24, 32][below(3)]))
  }
}
