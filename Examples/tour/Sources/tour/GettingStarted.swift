// The code of the article "Getting started".
// SPDX-License-Identifier: Apache-2.0

import WarpDrive

extension Tour {
  static func oneShot(_ message: [UInt8]) throws {
    let registry = try Registry.standard()

    var crc = try registry.hash("crc32")
    print(Hexadecimal.encode(try crc.digest(message)))

    var mac = try registry.mac("hmac(sha256)", key: Array("a key of any length".utf8))
    let tag = try mac.authenticate(message)
    try mac.verify(tag, of: message)

    var gzip = try registry.compression("gzip")
    let packed = try gzip.compress(message)
    let unpacked = try gzip.decompress(packed)

    guard unpacked == message else { throw Surprise() }
  }

  static func keptHandle(_ messages: [[UInt8]]) throws {
    let registry = try Registry.standard(kinds: [.hash])
    var sha256 = try registry.hash("sha256")
    for message in messages {
      print(Hexadecimal.encode(try sha256.digest(message)))
    }

    // The same in pieces: the handle is ready for the next message after finish().
    for piece in messages { try sha256.update(piece) }
    print(Hexadecimal.encode(try sha256.finish()))
  }

  static func spans(_ message: [UInt8]) throws {
    let registry = try Registry.standard(kinds: [.hash])
    var sha256 = try registry.hash("sha256")
    let digests = try [UInt8](capacity: 2 * sha256.digestSize) { (output) throws(ProviderError) in
      try sha256.digest(message.rawSpan, into: &output)
      try sha256.digest(message.rawSpan.extracting(first: 10), into: &output)
    }
    guard digests.count == 64 else { throw Surprise() }
  }

  static func asynchronous(_ messages: [[UInt8]]) async throws {
    let registry = try Registry.standard(kinds: [.compression])
    let gzip = try AsyncCompression("gzip", depth: 16, in: registry)
    try await withThrowingTaskGroup { group in
      for message in messages {
        group.addTask { try await gzip.compress(message, capacity: 1 << 16) }
      }
      for try await answer in group {
        print("\(answer.result.consumed) -> \(answer.bytes.count) bytes by \(answer.driverName)")
      }
    }
  }
}
