// Hash states: clones, exported states, any length of output.
// SPDX-License-Identifier: Apache-2.0

import OpenSSLProvider
import Testing
import WarpDriveCore

@Suite("Hashes of libcrypto")
struct HashTests {
  private let message = OpenSSL.bytes(700)
  /// Places around every block size from 64 to 168 bytes.
  private static let cuts = [0, 1, 63, 64, 65, 71, 72, 104, 127, 128, 129, 136, 144, 167, 168, 169, 256, 500, 700]

  @Test("a one-shot is what pieces give, at every length around the blocks", arguments: OpenSSL.hashes)
  func oneShots(name: String) throws {
    var hash = try OpenSSL.registry.get().hash(name)
    for length in 0...400 {
      let bytes = Array(message.prefix(length))
      let whole = try hash.digest(bytes)
      try hash.update(bytes)
      #expect(try hash.finish() == whole, "\(length) bytes")
    }
  }

  @Test("a clone goes on independently, from any place", arguments: OpenSSL.hashes)
  func clones(name: String) throws {
    var hash = try OpenSSL.registry.get().hash(name)
    let expected = try hash.digest(message)
    for cut in Self.cuts {
      try hash.update(Array(message.prefix(cut)))
      var clone = try hash.clone()
      try hash.update([0xFF])
      try clone.update(Array(message.dropFirst(cut)))
      #expect(try clone.finish() == expected, "cloned after \(cut) bytes")
      #expect(try hash.finish() != expected)
    }
  }

  @Test("a handle is ready for another message after a one-shot, an end and a reset", arguments: OpenSSL.hashes)
  func reuse(name: String) throws {
    var hash = try OpenSSL.registry.get().hash(name)
    let empty = try hash.digest([])
    let whole = try hash.digest(message)
    #expect(empty != whole)
    #expect(try hash.finish() == empty)
    try hash.update(message)
    #expect(try hash.digest([]) == empty)
    #expect(try hash.finish() == empty)
    try hash.update([1])
    try hash.reset()
    try hash.update(message)
    #expect(try hash.finish() == whole)
  }

  @Test("an exported state goes on in another handle, from any place", arguments: OpenSSL.exportable)
  func states(name: String) throws {
    let registry = try OpenSSL.registry.get()
    var here = try registry.hash(name)
    var there = try registry.hash(name)
    let expected = try here.digest(message)
    for cut in Self.cuts {
      try here.reset()
      try here.update(Array(message.prefix(cut)))
      let state = try here.exportState()
      try there.update([9, 9, 9])
      try there.importState(state)
      #expect(try there.exportState() == state)
      try there.update(Array(message.dropFirst(cut)))
      #expect(try there.finish() == expected, "moved after \(cut) bytes")
      try here.update(Array(message.dropFirst(cut)))
      #expect(try here.finish() == expected, "the exporter goes on after \(cut) bytes")
    }
  }

  @Test("the state's format is the documented one, byte by byte")
  func format() throws {
    var hash = try OpenSSL.registry.get().hash("sha256")
    try hash.update([0x61, 0x62, 0x63])
    var expected: [UInt8] = [0x57, 0x44, 0x48, 0x53, 1, 4, 0, 0]  // "WDHS", version 1, SHA-256
    // The initial words of FIPS 180-4 section 5.3.3.
    for word: UInt32 in [
      0x6A09_E667, 0xBB67_AE85, 0x3C6E_F372, 0xA54F_F53A, 0x510E_527F, 0x9B05_688C, 0x1F83_D9AB, 0x5BE0_CD19,
    ] { expected += [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> $0) } }
    expected += [0, 0, 0, 0, 0, 0, 0, 24]
    expected += [0x61, 0x62, 0x63] + [UInt8](repeating: 0, count: 61)
    #expect(try hash.exportState() == expected)
  }

  @Test("a long message's length is carried whole", arguments: ["sha256", "sha512", "md5"])
  func longMessages(name: String) throws {
    // 2^32 bits and more, which do not fit the low word of a 32-bit digest's length; the state is forged, not hashed.
    let registry = try OpenSSL.registry.get()
    var here = try registry.hash(name)
    var there = try registry.hash(name)
    var state = try here.exportState()
    let width = name == "sha512" ? 8 : 4
    let block = name == "sha512" ? 128 : 64
    let high = state.count - block - width - 1
    state[high] = 1
    try here.importState(state)
    try here.update(message)
    try there.importState(try here.exportState())
    #expect(try there.finish() == here.finish())
    try there.reset()
    try there.update(message)
    try here.importState(state)
    try here.update(message)
    #expect(try there.finish() != here.finish(), "the length is part of what is hashed")
  }

  @Test("what is no state of this hash is refused, and the message in progress is kept", arguments: OpenSSL.exportable)
  func refusals(name: String) throws {
    let registry = try OpenSSL.registry.get()
    var other = try registry.hash(name == "sha224" ? "sha256" : "sha224")
    var hash = try registry.hash(name)
    let expected = try hash.digest(message)
    try hash.update(Array(message.prefix(100)))
    let good = try hash.exportState()
    func changed(_ index: Int, _ value: UInt8) -> [UInt8] {
      var state = good
      state[index] = value
      return state
    }
    let bad: [(String, [UInt8])] = [
      ("nothing", []), ("one byte short", good.dropLast()), ("one byte long", good + [0]),
      ("another magic", changed(0, 0x58)), ("a later version", changed(4, 2)), ("no algorithm", changed(5, 0)),
      ("another algorithm", changed(5, good[5] ^ 1)), ("a reserved byte", changed(7, 1)),
      ("a length of no whole bytes", changed(good.count - (good.count > 200 ? 129 : 65), 0x21)),
      ("a buffer longer than the length says", changed(good.count - 1, 1)),
      ("the state of another hash", try other.exportState()),
    ]
    for (what, state) in bad {
      let code = errorCode { () throws(ProviderError) in try hash.importState(state) }
      #expect(code == .invalidArgument, "\(what)")
    }
    #expect(try hash.exportState() == good)
    try hash.update(Array(message.dropFirst(100)))
    #expect(try hash.finish() == expected)
  }

  @Test("a state that libcrypto keeps to itself is not exported", arguments: OpenSSL.hashes)
  func unsupported(name: String) throws {
    guard !OpenSSL.exportable.contains(name) else { return }
    var hash = try OpenSSL.registry.get().hash(name)
    let exporting = errorCode { () throws(ProviderError) in try hash.exportState() }
    let importing = errorCode { () throws(ProviderError) in try hash.importState([1, 2, 3]) }
    #expect(exporting == .unsupported)
    #expect(importing == .unsupported)
  }

  @Test("SHAKE gives any length of output, the longer beginning with the shorter", arguments: ["shake128", "shake256"])
  func extendable(name: String) throws {
    var hash = try OpenSSL.registry.get().hash(name)
    let long = try hash.digest(message, count: 5000)
    for count in [0, 1, 16, 32, 64, 135, 136, 137, 168, 169, 1000] {
      #expect(try hash.digest(message, count: count) == Array(long.prefix(count)))
      try hash.update(message)
      #expect(try hash.finish(count: count) == Array(long.prefix(count)))
    }
    #expect(try hash.digest(message) == Array(long.prefix(hash.digestSize)))
  }

  @Test("a fixed digest has one length", arguments: OpenSSL.hmacs)
  func fixed(name: String) throws {
    var hash = try OpenSSL.registry.get().hash(name)
    let size = hash.digestSize
    for count in [0, size - 1, size + 1] {
      let code = errorCode { () throws(ProviderError) in try hash.digest([], count: count) }
      #expect(code == .invalidArgument)
    }
  }
}
