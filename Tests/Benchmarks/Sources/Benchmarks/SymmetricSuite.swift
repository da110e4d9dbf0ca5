// The rows of ciphers and MACs with a kept key, for short and for long messages.
// SPDX-License-Identifier: Apache-2.0

import CBaseline
import WarpDrive

enum SymmetricSuite {
  private static let key = Inputs.counting(16)
  private static let iv = Inputs.counting(16)
  /// Bytes of a message, and what it may take of the time of libcrypto with a kept key.
  static let sizes = [(64, 1.1), (16384, 1.02)]

  nonisolated static func rows() throws -> [Comparison] { try ciphers() + macs() }

  nonisolated static func hotPaths() throws -> [HotPathCount] {
    let registry = try Registry.standard()
    let data = Inputs.counting(64)
    var output = [UInt8](repeating: 0, count: 64)
    var cipher = try registry.cipher("ctr(aes)", key: key)
    var mac = try registry.mac("cmac(aes)", key: key)
    var running = iv
    return [
      try HotPath.count("AES-128-CTR 64 B") { try encrypt(&cipher, data, &running, $0, &output) },
      try HotPath.count("AES-128-CMAC 64 B") { try authenticate(&mac, data, $0, &output) },
    ]
  }

  private nonisolated static func ciphers() throws -> [Comparison] {
    let registry = try Registry.standard()
    var handle = try registry.cipher("ctr(aes)", key: key)
    return try sizes.map { size, goal in
      let data = Inputs.counting(size)
      // One place for both: how far a copy lies from its source, in low bits of the address, is worth some percent.
      var text = [UInt8](repeating: 0, count: size)
      let row = try Paired.compare(
        "AES-128-CTR \(size) B, held handle", to: "EVP with a kept key", goal: goal,
        ours: { count in
          var running = iv
          try encrypt(&handle, data, &running, count, &text)
        },
        theirs: { count in
          unsafe withPointers(key, iv, data, &text) { unsafe baseline_ctr($0, $1, $2, size, $3, count) }
        })
      var once = iv
      try encrypt(&handle, data, &once, 1, &text)
      let ours = text
      unsafe withPointers(key, iv, data, &text) { unsafe baseline_ctr($0, $1, $2, size, $3, 1) }
      precondition(text == ours, "the two sides disagree")
      return row
    }
  }

  private nonisolated static func macs() throws -> [Comparison] {
    let registry = try Registry.standard()
    var handle = try registry.mac("cmac(aes)", key: key)
    var tag = [UInt8](repeating: 0, count: 16)
    var other = tag
    return try sizes.map { size, goal in
      let data = Inputs.counting(size)
      let row = try Paired.compare(
        "AES-128-CMAC \(size) B, held handle", to: "EVP_MAC with a kept key", goal: goal,
        ours: { try authenticate(&handle, data, $0, &tag) },
        theirs: { count in
          unsafe withPointers(key, iv, data, &other) { key, _, data, tag in
            unsafe baseline_cmac(key, data, size, tag, count)
          }
        })
      precondition(tag == other, "the two sides disagree")
      return row
    }
  }
}

/// Encrypts one message after the other, each under the IV that the one before left.
@inline(never)
private func encrypt(
  _ handle: inout Cipher, _ data: [UInt8], _ iv: inout [UInt8], _ count: Int, _ text: inout [UInt8]
) throws {
  try unsafe text.withUnsafeMutableBytes { buffer in
    for _ in 0..<count {
      var output = unsafe OutputRawSpan(buffer: buffer, initializedCount: 0)
      var span = iv.mutableRawSpan
      try handle.process(.encrypt, data.rawSpan, iv: &span, into: &output)
      _ = unsafe output.finalize(for: buffer)
    }
  }
}
