// What the example shows without arguments: a stream there and back by two drivers, and a limit that holds.
// SPDX-License-Identifier: Apache-2.0

import WarpDrive

extension CompressStream {
  /// Compresses 4 MiB of made-up log piece by piece, decompresses the result, and decompresses it again with a limit.
  static func demonstrate(_ registry: Registry) throws {
    for name in ["gzip-zlib", "pcrypt(gzip)"] {
      let packed = try compress(registry, name)
      let plain = try decompress(registry, packed, limits)
      guard plain == (0..<pieceCount).flatMap(piece) else {
        throw ProviderError(.backendFailure, "the data did not come back: run wdprov test gzip", driver: name)
      }
      print("\(name): \(plain.count) bytes -> \(packed.count) -> \(plain.count), the same")
    }
    let packed = try compress(registry, "gzip")
    do {
      _ = try decompress(registry, packed, CompressionOptions(outputLimit: 1 << 20))
      throw ProviderError(.backendFailure, "the limit did not hold")
    } catch let error as ProviderError where error.code == .limitExceeded {
      print("with a limit of 1 MiB: \(error.code): \(error)")
    }
  }

  private static func compress(_ registry: Registry, _ name: String) throws -> [UInt8] {
    var stream = try registry.compressor(name)
    var packed: [UInt8] = []
    var next = 0
    try pump(&stream) {
      next += 1
      return next <= pieceCount ? piece(next - 1) : []
    } to: { output in
      packed += output
    }
    return packed
  }

  private static func decompress(
    _ registry: Registry, _ packed: [UInt8], _ options: CompressionOptions
  ) throws -> [UInt8] {
    var stream = try registry.decompressor("gzip", options)
    var plain: [UInt8] = []
    var rest = packed[...]
    try pump(&stream) {
      defer { rest = rest.dropFirst(1000) }
      return Array(rest.prefix(1000))
    } to: { output in
      plain += output
    }
    return plain
  }

  private static let pieceCount = 64

  /// Piece `index` of the log, 64 KiB: lines that resemble one another, as those of logs do.
  private static func piece(_ index: Int) -> [UInt8] {
    var text = ""
    var line = index * 1000
    while text.utf8.count < 1 << 16 {
      text += "GET /item/\(line &* 2_654_435_761 % 10_007) 200 \(line % 97) ms\n"
      line += 1
    }
    return Array(text.utf8.prefix(1 << 16))
  }
}
