// Entry point of hash states: bytes that claim to be one are refused, or are that state and nothing else.
// SPDX-License-Identifier: Apache-2.0

import WarpDriveCore

enum HashStateTarget {
  private static let names = [
    "md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha512-224", "sha512-256", "rmd160", "crc32", "adler32",
    "sha3-256", "shake128", "sm3", "blake2b-512",
  ]

  static func run(_ reader: inout InputReader) throws {
    let registry = try Registries.shared()
    var handle = try registry.hash(reader.choice(names))
    let mode = reader.byte()
    let pieces = reader.pieces()
    let prefix = reader.counted()
    let suffix = reader.counted()
    let claim = reader.rest()

    let digest = try handle.digest(prefix + suffix)
    for piece in pieces.cut(prefix) { try handle.update(piece) }
    var fork = try handle.clone()
    try checkPieces(&handle, prefix, suffix, digest, pieces)
    guard handle.algorithm.descriptor.flags.contains(.exportable) else {
      let exported = code { () throws(ProviderError) in _ = try fork.exportState() }
      let imported = code { () throws(ProviderError) in try fork.importState(claim) }
      try require(exported == .unsupported && imported == .unsupported, "a state of a hash that has none")
      try fork.update(suffix)
      try require(fork.finish() == digest, "a refused state changes the message")
      return
    }

    let genuine = try fork.exportState()
    try require(fork.exportState() == genuine, "an export changes the state")
    var state = claim
    if mode & 1 != 0 {
      // Most bytes are no state at all; the true one with some of its bits flipped comes further.
      state = genuine
      for (index, byte) in claim.enumerated() where index < state.count { state[index] ^= byte }
      if claim.count > state.count { state += claim[state.count...] }
    }
    try checkImport(&fork, state, genuine, suffix, digest, registry)
  }

  /// A digest does not depend on the message's pieces, nor on a clone that went on from the middle.
  private static func checkPieces(
    _ handle: inout Hash, _ prefix: [UInt8], _ suffix: [UInt8], _ digest: [UInt8], _ pieces: PieceSizes
  ) throws {
    var clone = try handle.clone()
    for piece in pieces.cut(suffix) { try clone.update(piece) }
    try require(clone.finish() == digest, "pieces change the digest")
    try handle.update(suffix)
    try require(handle.finish() == digest, "a clone changes its original")
    try require(handle.digest(ScatterList(copying: pieces.cut(prefix + suffix))) == digest, "lists change the digest")
  }

  /// `handle` has a message begun whose state is `genuine`.
  private static func checkImport(
    _ handle: inout Hash, _ state: [UInt8], _ genuine: [UInt8], _ suffix: [UInt8], _ digest: [UInt8],
    _ registry: Registry
  ) throws {
    let refusal = code { () throws(ProviderError) in try handle.importState(state) }
    if let refusal {
      try require(refusal == .invalidArgument, "a state was refused with \(refusal)")
      try require(state != genuine, "an exported state was refused")
      try require(handle.exportState() == genuine, "a refused state changes the message")
      try handle.update(suffix)
      try require(handle.finish() == digest, "a refused state changes the digest")
      return
    }
    try require(handle.exportState() == state, "a state that was taken is exported as another")
    var other = try registry.hash(handle.algorithm.driverName)
    try other.importState(state)
    try handle.update(suffix)
    try other.update(suffix)
    let first = try handle.finish()
    try require(other.finish() == first, "one state leads to two digests")
    try require(state != genuine || first == digest, "an exported state leads to another digest")
    // The handle serves another message as if nothing had been imported.
    try require(handle.digest(suffix) == other.digest(suffix), "an imported state outlives its message")
  }
}
