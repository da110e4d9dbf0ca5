// What the tests of this module share: a registry with the provider, and the names of its formats.
// SPDX-License-Identifier: Apache-2.0

import TestPrograms
import WarpDriveCore
import ZlibProvider

/// The algorithms that the provider compresses to.
let formats = ["deflate", "zlib-deflate", "gzip"]

/// A registry with this provider alone.
func registry(_ provider: ZlibProvider = ZlibProvider()) throws -> Registry {
  let registry = Registry()
  try registry.register(provider)
  return registry
}

/// Text that compresses well and has no period, `count` bytes.
func prose(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
  let words = [
    "queue ", "doorbell ", "the ", "of ", "a ", "mediated ", "device ", "is ", "ring ", "address ", "space.\n",
  ]
  var random = SplitMix64(seed: seed)
  var text: [UInt8] = []
  while text.count < count { text += Array(words[Int(random.next() % UInt64(words.count))].utf8) }
  return Array(text.prefix(count))
}

/// The code of the error that `body` throws; nil for none.
func code(_ body: () throws -> Void) -> ProviderError.Code? {
  thrown(ProviderError.self, by: body)?.code
}

extension CompressionStream {
  /// Gives `input` with room for `room` bytes, once; appends the output to `bytes`.
  mutating func step(
    _ input: [UInt8], room: Int, _ flush: CompressionFlush = .none, appendingTo bytes: inout [UInt8]
  ) throws(ProviderError) -> CompressionProgress {
    var progress = CompressionProgress()
    bytes += try [UInt8](capacity: room) { (output) throws(ProviderError) in
      progress = try step(input.rawSpan, into: &output, flush: flush)
    }
    return progress
  }
}
