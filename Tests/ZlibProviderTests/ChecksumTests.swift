// CRC-32 and Adler-32 as hashes.
// SPDX-License-Identifier: Apache-2.0

import CZlib
import Testing
import WarpDriveCore
import ZlibProvider

@Suite("Checksums")
struct ChecksumTests {
  private static let names = ["crc32", "adler32"]

  private func oracle(_ name: String, _ bytes: [UInt8]) -> [UInt8] {
    let initial: uLong = name == "crc32" ? 0 : 1
    let value =
      name == "crc32"
      ? unsafe CZlib.crc32(initial, bytes, uInt(bytes.count)) : unsafe CZlib.adler32(initial, bytes, uInt(bytes.count))
    return [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
  }

  @Test("are zlib's, most significant byte first, whole and in pieces", arguments: names)
  func values(name: String) throws {
    var hash = try registry().hash(name)
    var random = SplitMix64(seed: 1)
    #expect(hash.digestSize == 4)
    // zlib takes 5552 bytes of an Adler-32 between two reductions.
    for count in [0, 1, 15, 16, 17, 255, 5551, 5552, 5553, 100_000] {
      let message = count == 5553 ? [UInt8](repeating: 255, count: count) : random.bytes(count)
      let expected = oracle(name, message)
      #expect(try hash.digest(message) == expected)
      var offset = 0
      while offset < count {
        let piece = min(count - offset, Int(random.next() % 3000))
        try hash.update(Array(message[offset..<offset + piece]))
        offset += piece
      }
      #expect(try hash.finish() == expected)
      #expect(try hash.finish() == oracle(name, []))
    }
  }

  @Test("known values come out", arguments: [("crc32", "cbf43926"), ("adler32", "091e01de")])
  func known(name: String, digest: String) throws {
    var hash = try registry().hash(name)
    #expect(try Hexadecimal.encode(hash.digest(Array("123456789".utf8))) == digest)
  }

  @Test("a state is copied, exported, taken up by another handle, and reset", arguments: names)
  func states(name: String) throws {
    let registry = try registry()
    var hash = try registry.hash(name)
    let expected = oracle(name, prose(100))
    try hash.update(Array(prose(100).prefix(60)))
    var copy = try hash.clone()
    let state = try hash.exportState()
    #expect(Array(state.suffix(4)) == oracle(name, Array(prose(100).prefix(60))))
    #expect(state.count == 8)
    var other = try registry.hash(name)
    try other.importState(state)
    for piece in [Array(prose(100).suffix(40))] {
      try hash.update(piece)
      try copy.update(piece)
      try other.update(piece)
    }
    #expect(try hash.finish() == expected)
    #expect(try copy.finish() == expected)
    #expect(try other.finish() == expected)
    try hash.update(prose(7))
    try hash.reset()
    try hash.update([])
    #expect(try hash.finish() == oracle(name, []))
  }

  /// What no state looks like; the tags are `crc` and `adl` and the version of the format.
  static let badStates: [(String, [UInt8])] = [
    ("crc32", []), ("crc32", [1, 2, 3]), ("crc32", [1, 2, 3, 4, 5]), ("adler32", [0, 0, 0]),
    // 65,521 is the modulus of RFC 1950 section 9.
    ("adler32", [0x61, 0x64, 0x6c, 1, 0xff, 0xf1, 0, 0]), ("adler32", [0x61, 0x64, 0x6c, 1, 0, 0, 0xff, 0xf1]),
    // Another checksum's, and another version's.
    ("crc32", [0x61, 0x64, 0x6c, 1, 0, 0, 0, 1]), ("crc32", [0x63, 0x72, 0x63, 2, 0, 0, 0, 1]),
  ]

  @Test("bytes that are no state are refused and change nothing", arguments: badStates)
  func badState(name: String, state: [UInt8]) throws {
    var hash = try registry().hash(name)
    try hash.update(prose(10))
    #expect(code { try hash.importState(state) } == .invalidArgument)
    #expect(try hash.finish() == oracle(name, prose(10)))
  }

  @Test("an output that is too small is refused, another length than four bytes too", arguments: names)
  func output(name: String) throws {
    var hash = try registry().hash(name)
    try hash.update(prose(10))
    #expect(code { _ = try [UInt8](capacity: 3) { output in try hash.finish(into: &output) } } == .outputTooSmall)
    #expect(try hash.finish() == oracle(name, prose(10)))
    #expect(code { _ = try hash.digest(prose(10), count: 8) } == .invalidArgument)
  }
}
