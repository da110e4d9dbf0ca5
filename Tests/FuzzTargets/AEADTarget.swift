// Entry point of AEADs: nothing opens but what sealing the same plaintext gives.
// SPDX-License-Identifier: Apache-2.0

import WarpDriveCore

enum AEADTarget {
  private static let names =
    [
      "gcm(aes)", "rfc7539(chacha20,poly1305)", "ccm(aes)", "ocb(aes)", "siv(aes)", "gcm(aria)", "ccm(aria)",
      "rfc4106(gcm(aes))", "rfc4309(ccm(aes))", "rfc4543(gcm(aes))",
    ] + ["sha1", "sha256", "sha384", "sha512"].map { "authenc(hmac(\($0)),cbc(aes))" }

  static func run(_ reader: inout InputReader) throws {
    let registry = try Registries.shared()
    let name = reader.choice(names)
    let descriptor = try registry.algorithm(name).descriptor
    guard case .aead(let properties) = descriptor.properties else { throw Finding(description: "\(name) is no AEAD") }
    let keyLength = reader.choice(keyLengths(properties))
    let tagLength = reader.choice([16, 15, 14, 13, 12, 8, 4, 0, 17, 10, 6, 20, 24, 32, 48, 64])
    let mode = reader.byte()
    let pieces = reader.pieces()
    var key = reader.bytes(atMost: keyLength)
    key += [UInt8](repeating: 0x5A, count: keyLength - key.count)
    if properties.keyForm == .authenc {
      key = AEADKeyForm.authencKey(authentication: Array(key.dropFirst(3)), encryption: key)
    }
    let nonce = mode & 2 != 0 ? reader.counted() : Array(repeating: mode, count: properties.ivSize)
    var aad = reader.counted()
    if let lengths = properties.aadLengths {
      aad = Array((aad + [UInt8](repeating: 0, count: 16)).prefix(lengths[Int(mode >> 4) % lengths.count]))
    }
    let rest = reader.rest()

    var made: ProviderError.Code?
    guard properties.tagLengths.contains(tagLength) else {
      do { _ = try registry.aead(name, key: key, tagLength: tagLength) } catch { made = error.code }
      try require(made == .invalidTagLength, "a tag of \(tagLength) bytes: \(String(describing: made))")
      return
    }
    // What is sealed twice here must come out alike.
    var handle = try registry.aead(name, key: key, tagLength: tagLength, allowingNonceReuse: true)
    guard handle.nonceLengths.contains(nonce.count) else {
      let sealed = code { () throws(ProviderError) in _ = try handle.seal(rest, nonce: nonce, aad: aad) }
      let padded = rest + [UInt8](repeating: 0, count: tagLength)
      let opened = code { () throws(ProviderError) in _ = try handle.open(padded, nonce: nonce, aad: aad) }
      try require(sealed == .invalidIVLength && opened == .invalidIVLength, "a nonce of \(nonce.count) bytes")
      return
    }
    if mode & 1 == 0 {
      try open(&handle, rest, nonce, aad, pieces)
    } else {
      try checkForgery(&handle, rest, nonce, aad, pieces, descriptor.blockSize)
    }
  }

  /// The lengths of keys; of authenc, those of the key that encrypts.
  private static func keyLengths(_ properties: AEADProperties) -> [Int] {
    if properties.keyForm == .authenc { return [16, 24, 32] }
    let lengths = properties.keyLengths
    return Array(stride(from: lengths.minimum, through: lengths.maximum, by: lengths.step))
  }

  /// Opens `sealed`, which may be anything, in each way; all agree, and what opens is what sealing gives.
  private static func open(
    _ handle: inout AEAD, _ sealed: [UInt8], _ nonce: [UInt8], _ aad: [UInt8], _ pieces: PieceSizes
  ) throws {
    var plain: [UInt8]?
    do {
      plain = try handle.open(sealed, nonce: nonce, aad: aad)
    } catch {
      try require(error.code == .authentication, "a sealed message was refused with \(error.code)")
    }
    let listed = try? handle.open(ScatterList(copying: pieces.cut(sealed)), nonce: nonce, aad: aad)
    try require(listed == plain, "a list opens differently")
    let inPlace = try openInPlace(&handle, sealed, nonce, aad)
    try require(inPlace == plain, "in place a message opens differently")
    guard let plain else { return }
    try require(handle.seal(plain, nonce: nonce, aad: aad) == sealed, "a forged message was opened")
  }

  /// Opens in place; nil where it is refused, and then requires that nothing is left of the text.
  private static func openInPlace(
    _ handle: inout AEAD, _ sealed: [UInt8], _ nonce: [UInt8], _ aad: [UInt8]
  ) throws -> [UInt8]? {
    guard sealed.count >= handle.tagLength else { return nil }
    var text = Array(sealed.dropLast(handle.tagLength))
    let tag = Array(sealed.suffix(handle.tagLength))
    var span = text.mutableRawSpan
    do {
      try handle.open(inPlace: &span, tag: tag.rawSpan, nonce: nonce.rawSpan, aad: aad.rawSpan)
    } catch {
      try require(error.code == .authentication, "in place a message was refused with \(error.code)")
      try require(text.allSatisfy { $0 == 0 }, "something of a forged message is left")
      return nil
    }
    return text
  }

  /// Seals a plaintext, then opens the result as it is and with bits flipped.
  private static func checkForgery(
    _ handle: inout AEAD, _ input: [UInt8], _ nonce: [UInt8], _ aad: [UInt8], _ pieces: PieceSizes, _ block: Int
  ) throws {
    let flips = Array(input.prefix(8))
    var plain = Array(input.dropFirst(8))
    if !plain.count.isMultiple(of: block) {
      let refusal = code { () throws(ProviderError) in _ = try handle.seal(plain, nonce: nonce, aad: aad) }
      try require(refusal == .invalidArgument, "a text of \(plain.count) bytes")
      plain.removeLast(plain.count % block)
    }
    let sealed = try handle.seal(plain, nonce: nonce, aad: aad)
    try require(sealed.count == plain.count + handle.tagLength, "a sealed message has the wrong length")
    try require(handle.open(sealed, nonce: nonce, aad: aad) == plain, "a sealed message comes back changed")
    try open(&handle, sealed, nonce, aad, pieces)
    let list = ScatterList(copying: pieces.cut(plain))
    try require(handle.seal(list, nonce: nonce, aad: aad) == sealed, "a list is sealed differently")
    var text = plain
    var span = text.mutableRawSpan
    let tag = try [UInt8](capacity: handle.tagLength) { (output) throws(ProviderError) in
      try handle.seal(inPlace: &span, nonce: nonce.rawSpan, aad: aad.rawSpan, tag: &output)
    }
    try require(text + tag == sealed, "in place a message is sealed differently")

    var forged = sealed
    for (index, byte) in flips.enumerated() where index < forged.count { forged[forged.count - 1 - index] ^= byte }
    if forged != sealed { try open(&handle, forged, nonce, aad, pieces) }
    // A tag shorter than 12 bytes may be met by chance, and then sealing the other text gives it too.
    if !aad.isEmpty, handle.tagLength >= 12 {
      let other = aad.map { $0 ^ 0x40 }
      let refusal = code { () throws(ProviderError) in _ = try handle.open(sealed, nonce: nonce, aad: other) }
      try require(refusal == .authentication, "the associated data does not count")
    }
  }
}
