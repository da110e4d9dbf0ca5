// Entry point of MACs: no tag verifies but the right one, and both implementations of HMAC agree.
// SPDX-License-Identifier: Apache-2.0

import WarpDriveCore

enum MACTarget {
  private static let hashes = [
    "md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha512-224", "sha512-256", "sha3-224", "sha3-512", "sm3",
    "rmd160", "blake2b-512", "blake2s-256",
  ]

  static func run(_ reader: inout InputReader) throws {
    let registry = try Registries.shared()
    let hash = reader.choice(hashes)
    let pieces = reader.pieces()
    let key = reader.counted()
    let claim = reader.counted()
    let message = reader.rest()

    var handle = try registry.mac("hmac(\(hash))", key: key)
    let tag = try handle.authenticate(message)
    try require(tag.count == handle.tagSize, "a tag has the wrong length")
    for piece in pieces.cut(message) { try handle.update(piece) }
    try require(handle.finish() == tag, "pieces change the tag")
    try require(handle.authenticate(ScatterList(copying: pieces.cut(message))) == tag, "lists change the tag")
    if !message.isEmpty {
      try handle.update(message)
      try handle.reset()
      try require(handle.authenticate(message) == tag, "a message that was dropped changes the next one's tag")
    }

    // The template over the same hash is another implementation of RFC 2104.
    var template = try registry.mac("hmac(\(hash)-openssl)", key: key)
    try require(template.algorithm !== handle.algorithm, "the template did not make a driver of its own")
    try require(template.authenticate(message) == tag, "the template and the provider disagree")

    try verify(&handle, tag, of: message, isRight: true)
    try verify(&template, tag, of: message, isRight: true)
    let isCut = claim.count <= tag.count && claim.count * 2 >= tag.count && claim.count >= 4
    if isCut {
      try verify(&handle, claim, of: message, isRight: tag.starts(with: claim))
    } else {
      let refusal = code { () throws(ProviderError) in try handle.verify(claim, of: message) }
      try require(refusal == .invalidTagLength, "a tag of \(claim.count) bytes: \(String(describing: refusal))")
    }
    // The right tag with the claim's bits flipped.
    var forged = tag
    for (index, byte) in claim.enumerated() where index < forged.count { forged[index] ^= byte }
    try verify(&handle, forged, of: message, isRight: forged == tag)
  }

  private static func verify(_ handle: inout MAC, _ tag: [UInt8], of message: [UInt8], isRight: Bool) throws {
    var verdict: ProviderError.Code?
    do { try handle.verify(tag, of: message) } catch { verdict = error.code }
    try require(verdict == (isRight ? nil : .authentication), "a tag was judged \(String(describing: verdict))")
  }
}
