// Entry point of decompression: what an input comes to does not depend on its pieces, and limits hold.
// SPDX-License-Identifier: Apache-2.0

import WarpDriveCore

enum DecompressionTarget {
  private static let formats = ["deflate", "zlib-deflate", "gzip", "pcrypt(gzip)", "pcrypt(deflate)"]
  /// More than any input of the fuzzer's length comes to (deflate: 1032 times); a longer one must stop here.
  private static let mostOutput: UInt64 = 1 << 22

  static func run(_ reader: inout InputReader) throws {
    let format = reader.choice(formats)
    let bits = reader.byte()
    let pieces = reader.pieces()
    var options = CompressionOptions(allMembers: bits & 1 == 0, outputLimit: mostOutput)
    if bits & 4 != 0, !format.contains("gzip") { options.dictionary = reader.counted() }
    let limit: UInt64? = bits & 8 != 0 ? UInt64(reader.byte()) << (reader.byte() & 15) : nil
    let input = reader.rest()

    let registry = try Registries.shared()
    var whole = try registry.decompressor(format, options)
    let reference = try whole.decompress(input, PieceSizes([]))
    try whole.reset()
    let again = try whole.decompress(input, PieceSizes([]))
    try again.requireSame(as: reference)

    var stream = try registry.decompressor(format, options)
    try stream.decompress(input, pieces).requireSame(as: reference)
    if bits & 2 != 0 { try checkWindow(registry, format, options, 9 + Int(bits >> 5) % 6, input, pieces, reference) }
    try checkHandle(registry, format, options, input, pieces, reference)
    if let limit { try checkLimit(registry, format, options, limit, input, pieces, reference) }
  }

  /// Whole messages, in one buffer and in lists.
  private static func checkHandle(
    _ registry: Registry, _ format: String, _ options: CompressionOptions, _ input: [UInt8], _ pieces: PieceSizes,
    _ reference: StreamOutcome
  ) throws {
    var sizes = pieces
    var handle = try registry.compression(format, options)
    var outcome = try handle.decompress(input, room: max(16, sizes.next().room))
    outcome.header = reference.header
    try outcome.requireSame(as: reference)

    let allocated = Result { () throws(ProviderError) in try handle.decompress(input) }
    switch (allocated, reference.code) {
    case (.success(let bytes), nil):
      try require(reference.trailing == 0 && bytes == reference.bytes, "the array differs from the stream's bytes")
    case (.failure(let error), nil):
      try require(
        error.code == .corruptInput && reference.trailing > 0, "a sound message was refused with \(error.code)")
    case (.success, .some): try require(false, "an unsound message was taken")
    case (.failure(let error), .some(let code)):
      try require(error.code == code, "\(error), not \(code)")
    }

    guard reference.code == nil else { return }
    let list = ScatterList(copying: pieces.cut(input))
    let count = reference.bytes.count
    var exact = ScatterList(copying: pieces.cut([UInt8](repeating: 0xAA, count: count)))
    let result = try handle.decompress(list, into: &exact)
    try require(exact.joined() == reference.bytes, "lists change the output")
    try require(result.produced == count && result.trailing == reference.trailing, "the counts of a list are wrong")
    guard count > 0 else { return }
    var short = ScatterList(copying: pieces.cut([UInt8](repeating: 0xAA, count: count - 1)))
    let refusal = code { () throws(ProviderError) in _ = try handle.decompress(list, into: &short) }
    try require(refusal == .outputTooSmall, "a list that is one byte short was met with \(String(describing: refusal))")
  }

  /// With a small window zlib refuses what refers back too far, if the output's pieces are such that it notices.
  private static func checkWindow(
    _ registry: Registry, _ format: String, _ options: CompressionOptions, _ windowBits: Int, _ input: [UInt8],
    _ pieces: PieceSizes, _ reference: StreamOutcome
  ) throws {
    var options = options
    options.windowBits = windowBits
    var stream = try registry.decompressor(format, options)
    let outcome = try stream.decompress(input, pieces)
    guard outcome.code != .corruptInput else { return }
    try outcome.requireSame(as: reference)
  }

  /// With a limit the output ends at it: complete where it fits, refused where it does not.
  private static func checkLimit(
    _ registry: Registry, _ format: String, _ options: CompressionOptions, _ limit: UInt64, _ input: [UInt8],
    _ pieces: PieceSizes, _ reference: StreamOutcome
  ) throws {
    var options = options
    options.outputLimit = min(limit, mostOutput)
    for sizes in [pieces, PieceSizes([])] {
      var stream = try registry.decompressor(format, options)
      let outcome = try stream.decompress(input, sizes)
      if UInt64(reference.bytes.count) <= limit {
        try outcome.requireSame(as: reference)
      } else {
        try require(outcome.code != nil, "\(outcome.bytes.count) bytes came out under a limit of \(limit)")
        let isSound = reference.code == nil || reference.code == .truncatedInput
        try require(
          !isSound || outcome.code == .limitExceeded, "a limit was met with \(String(describing: outcome.code))")
      }
    }
  }
}
