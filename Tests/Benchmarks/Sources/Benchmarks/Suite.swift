// The rows of the goals table that concern handles, each against its peer in one process.
// SPDX-License-Identifier: Apache-2.0

import CBaseline
import WarpDrive

#if canImport(Crypto)
  import Crypto
  import Foundation
#endif

enum Suite {
  private static let key = Inputs.counting(32)
  private static let nonce = Inputs.counting(12)

  nonisolated static func lookup() throws -> [Comparison] {
    let registry = try Registry.standard()
    _ = try registry.algorithm("sha256")
    return [
      try Paired.compare(
        "lookup of sha256", to: "EVP_MD_fetch", goal: 0.2,
        ours: { for _ in 0..<$0 { blackHole(try registry.algorithm("sha256", .hash)) } }, theirs: { baseline_fetch($0) }
      )
    ]
  }

  nonisolated static func hashes() throws -> [Comparison] {
    let registry = try Registry.standard()
    var rows: [Comparison] = []
    for (size, goal) in [(64, 1.15), (1024, nil), (16384, nil)] as [(Int, Double?)] {
      let data = Inputs.counting(size)
      var handle = try registry.hash("sha256")
      var digest = [UInt8](repeating: 0, count: 32)
      var other = digest
      rows.append(
        try Paired.compare(
          "SHA-256 \(size) B, held handle", to: "SHA256_* on a kept context", goal: goal,
          ours: { try hash(&handle, data, $0, &digest) },
          theirs: { count in
            unsafe data.withUnsafeBytes { source in
              unsafe other.withUnsafeMutableBytes {
                unsafe baseline_sha256(source.baseAddress, source.count, $0.baseAddress, count)
              }
            }
          }))
      precondition(digest == other, "the two sides disagree")
      rows.append(
        try Paired.compare(
          "SHA-256 \(size) B, held handle", to: "EVP digest on a kept context", goal: nil,
          ours: { try hash(&handle, data, $0, &digest) },
          theirs: { count in
            unsafe data.withUnsafeBytes { source in
              unsafe other.withUnsafeMutableBytes {
                unsafe baseline_evp_sha256(source.baseAddress, source.count, $0.baseAddress, count)
              }
            }
          }))
    }
    #if canImport(Crypto)
      let data = Inputs.counting(64)
      var handle = try registry.hash("sha256")
      var digest = [UInt8](repeating: 0, count: 32)
      rows.append(
        try Paired.compare(
          "SHA-256 64 B, held handle", to: "swift-crypto", goal: 0.5, ours: { try hash(&handle, data, $0, &digest) },
          theirs: { for _ in 0..<$0 { blackHole(SHA256.hash(data: data)) } }))
    #endif
    return rows
  }

  nonisolated static func macs() throws -> [Comparison] {
    let registry = try Registry.standard()
    var handle = try registry.mac("hmac(sha256)", key: key)
    var tag = [UInt8](repeating: 0, count: 32)
    var other = tag
    var rows = try SymmetricSuite.sizes.map { size, goal in
      let data = Inputs.counting(size)
      let row = try Paired.compare(
        "HMAC-SHA-256 \(size) B, held handle", to: "EVP_MAC with a kept key", goal: goal,
        ours: { try authenticate(&handle, data, $0, &tag) },
        theirs: { count in
          unsafe data.withUnsafeBytes { source in
            unsafe key.withUnsafeBytes { key in
              unsafe other.withUnsafeMutableBytes {
                unsafe baseline_hmac(
                  key.baseAddress, key.count, source.baseAddress, source.count, $0.baseAddress, count)
              }
            }
          }
        })
      precondition(tag == other, "the two sides disagree")
      return row
    }
    #if canImport(Crypto)
      let data = Inputs.counting(64)
      let symmetric = SymmetricKey(data: key)
      rows.append(
        try Paired.compare(
          "HMAC-SHA-256 64 B, held handle", to: "swift-crypto", goal: 0.18,
          ours: { try authenticate(&handle, data, $0, &tag) },
          theirs: { for _ in 0..<$0 { blackHole(HMAC<SHA256>.authenticationCode(for: data, using: symmetric)) } }))
    #endif
    return rows
  }

  nonisolated static func aeads() throws -> [Comparison] {
    let registry = try Registry.standard()
    var gcm = try registry.aead("gcm(aes)", key: Array(key.prefix(16)))
    var chacha = try registry.aead("rfc7539(chacha20,poly1305)", key: key)
    var rows: [Comparison] = []
    for (size, goal) in SymmetricSuite.sizes {
      rows.append(try unsafe sealing("AES-128-GCM", &gcm, size, goal, baseline_gcm))
      rows.append(try unsafe sealing("ChaCha20-Poly1305", &chacha, size, goal, baseline_chacha))
    }
    #if canImport(Crypto)
      let data = Inputs.counting(64)
      var sealed = [UInt8](repeating: 0, count: 80)
      let symmetric = SymmetricKey(data: key.prefix(16))
      let iv = try AES.GCM.Nonce(data: nonce)
      rows.append(
        try Paired.compare(
          "AES-128-GCM 64 B, held handle", to: "swift-crypto", goal: 0.18,
          ours: { try seal(&gcm, data, nonce, $0, &sealed) },
          theirs: { for _ in 0..<$0 { blackHole(try AES.GCM.seal(data, using: symmetric, nonce: iv)) } }))
    #endif
    return rows
  }

  /// An AEAD beside the peer that is called with key, nonce, message, its length, the place of what is sealed, and a count.
  @unsafe
  private nonisolated static func sealing(
    _ name: String, _ handle: inout AEAD, _ size: Int, _ goal: Double,
    _ peer: (UnsafeRawPointer?, UnsafeRawPointer?, UnsafeRawPointer?, Int, UnsafeMutableRawPointer?, Int) -> Void
  ) throws -> Comparison {
    let data = Inputs.counting(size)
    var sealed = [UInt8](repeating: 0, count: size + 16)
    var other = sealed
    let row = try Paired.compare(
      "\(name) \(size) B, held handle", to: "EVP with a kept key", goal: goal,
      ours: { try seal(&handle, data, nonce, $0, &sealed) },
      theirs: { count in
        unsafe withPointers(key, nonce, data, &other) { unsafe peer($0, $1, $2, size, $3, count) }
      })
    precondition(sealed == other, "the two sides disagree")
    return row
  }

  nonisolated static func compression() throws -> [Comparison] {
    let registry = try Registry.standard()
    let data = Inputs.text(4096)
    var handle = try registry.compression("deflate-zlib")
    var ours = [UInt8](repeating: 0, count: 8192)
    var theirs = ours
    var packed = 0
    var rows = [
      try Paired.compare(
        "deflate 4 KiB level 6, held handle", to: "zlib on a kept stream", goal: 1.01,
        ours: { try compress(&handle, data, $0, &ours) },
        theirs: { count in
          packed = unsafe data.withUnsafeBytes { source in
            unsafe theirs.withUnsafeMutableBytes {
              unsafe baseline_deflate(source.baseAddress, source.count, $0.baseAddress, $0.count, count)
            }
          }
        })
    ]
    precondition(ours.prefix(packed) == theirs.prefix(packed), "the two sides disagree")
    let stream = Array(theirs.prefix(packed))
    rows.append(
      try Paired.compare(
        "inflate 4 KiB, held handle", to: "zlib on a kept stream", goal: nil,
        ours: { try decompress(&handle, stream, $0, &ours) },
        theirs: { count in
          _ = unsafe stream.withUnsafeBytes { source in
            unsafe theirs.withUnsafeMutableBytes {
              unsafe baseline_inflate(source.baseAddress, source.count, $0.baseAddress, $0.count, count)
            }
          }
        }))
    precondition(ours.prefix(4096) == data[...], "the two sides disagree")
    return rows
  }

  nonisolated static func hotPaths() throws -> [HotPathCount] {
    let registry = try Registry.standard()
    let data = Inputs.counting(64)
    let text = Inputs.text(64)
    var output = [UInt8](repeating: 0, count: 512)
    var digest = try registry.hash("sha256")
    var sha3 = try registry.hash("sha3-256")
    var tag = try registry.mac("hmac(sha256)", key: key)
    var gcm = try registry.aead("gcm(aes)", key: Array(key.prefix(16)))
    var deflate = try registry.compression("deflate-zlib")
    return [
      try HotPath.count("lookup of sha256") { for _ in 0..<$0 { blackHole(try registry.algorithm("sha256", .hash)) } },
      try HotPath.count("SHA-256 64 B") { try hash(&digest, data, $0, &output) },
      try HotPath.count("SHA3-256 64 B") { try hash(&sha3, data, $0, &output) },
      try HotPath.count("HMAC-SHA-256 64 B") { try authenticate(&tag, data, $0, &output) },
      try HotPath.count("AES-128-GCM 64 B") { try seal(&gcm, data, nonce, $0, &output) },
      try HotPath.count("deflate 64 B", 100_000) { try compress(&deflate, text, $0, &output) },
    ]
  }

  /// Runs one request `count` times, for a profiler that compares two counts.
  nonisolated static func repeatOne(_ name: String, _ count: Int) throws {
    let registry = try Registry.standard()
    let data = Inputs.counting(64)
    var output = [UInt8](repeating: 0, count: 512)
    switch name {
    case "sha256":
      var handle = try registry.hash("sha256")
      try hash(&handle, data, count, &output)
    case "hmac":
      var handle = try registry.mac("hmac(sha256)", key: key)
      try authenticate(&handle, data, count, &output)
    case "gcm":
      var handle = try registry.aead("gcm(aes)", key: Array(key.prefix(16)))
      try seal(&handle, data, nonce, count, &output)
    case "deflate":
      var handle = try registry.compression("deflate-zlib")
      try compress(&handle, data, count, &output)
    default:
      for _ in 0..<count { blackHole(try registry.algorithm(name, .hash)) }
    }
  }
}
