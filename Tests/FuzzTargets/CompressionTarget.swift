// Entry point of compression: whatever the options, pieces and flushes, the same bytes come back.
// SPDX-License-Identifier: Apache-2.0

import WarpDriveCore

enum CompressionTarget {
  private static let formats = ["deflate", "zlib-deflate", "gzip", "pcrypt(gzip)", "pcrypt(deflate)"]
  private static let strategies = CompressionStrategy.allCases

  static func run(_ reader: inout InputReader) throws {
    let format = reader.choice(formats)
    let options = try options(&reader, format)
    let pieces = reader.pieces()
    let flushes = reader.pieces()
    let repeats = Int(reader.byte())
    var plain = reader.rest()
    // Only long messages reach far matches, several blocks and, beyond 128 KiB, several threads of pcrypt.
    let unit = plain
    for _ in 0..<min(repeats, repeats < 0xF0 ? 16 : 2048) where plain.count < 1 << 18 { plain += unit }

    let registry = try Registries.shared()
    var handle = try registry.compression(format, options)
    let compressed = try handle.compress(plain)
    try require(compressed.count <= handle.bound(plain.count), "the output is longer than the bound")
    try checkDecompression(registry, format, options, compressed, plain, pieces)
    try require(handle.compress(plain) == compressed, "the same handle compresses the same bytes differently")

    var stream = try registry.compressor(format, options)
    let first = try compress(&stream, registry, options, plain, pieces, flushes)
    try checkDecompression(registry, format, options, first, plain, pieces)
    try stream.reset()
    let second = try compress(&stream, registry, options, plain, pieces, flushes)
    try require(first == second, "a stream that was reset compresses the same pieces differently")

    let list = ScatterList(copying: pieces.cut(plain))
    var target = ScatterList()
    target.append(zeros: handle.bound(plain.count))
    let result = try handle.compress(list, into: &target)
    let listed = Array(target.joined().prefix(result.produced))
    try require(result.consumed == plain.count, "a list was not used up")
    try checkDecompression(registry, format, options, listed, plain, pieces)
  }

  private static func options(_ reader: inout InputReader, _ format: String) throws -> CompressionOptions {
    var options = CompressionOptions()
    let bits = reader.byte()
    options.level = bits & 0xF < 10 ? Int(bits & 0xF) : nil
    options.strategy = strategies[Int(bits >> 4) % strategies.count]
    let more = reader.byte()
    options.windowBits = more & 7 == 7 ? nil : 9 + Int(more & 7)
    if more & 8 != 0, !format.contains("gzip") { options.dictionary = reader.counted() }
    if more & 16 != 0, format == "gzip" { options.header = header(&reader) }
    return options
  }

  private static func header(_ reader: inout InputReader) -> GzipHeader {
    func latin1(_ bytes: [UInt8]) -> String {
      String(String.UnicodeScalarView(bytes.filter { $0 != 0 }.map { Unicode.Scalar($0) }))
    }
    let bits = reader.byte()
    var header = GzipHeader(operatingSystem: reader.byte(), isText: bits & 1 != 0, hasChecksum: bits & 2 != 0)
    if bits & 4 != 0 { header.name = latin1(reader.counted()) }
    if bits & 8 != 0 { header.comment = latin1(reader.counted()) }
    if bits & 16 != 0 { header.extra = reader.counted() }
    if bits & 32 != 0 { header.modificationTime = UInt32(reader.byte()) << (reader.byte() & 31) }
    return header
  }

  private static func checkDecompression(
    _ registry: Registry, _ format: String, _ options: CompressionOptions, _ compressed: [UInt8], _ plain: [UInt8],
    _ pieces: PieceSizes
  ) throws {
    // A smaller window than the compressor's is refused by the format; the largest takes all.
    let reading = CompressionOptions(dictionary: options.dictionary)
    var stream = try registry.decompressor(format, reading)
    let outcome = try stream.decompress(compressed, pieces)
    try require(outcome.code == nil, "own output was refused with \(String(describing: outcome.code))")
    try require(outcome.bytes == plain, "own output comes back changed")
    try require(outcome.trailing == 0, "own output has \(outcome.trailing) trailing bytes")
    if let header = options.header { try require(outcome.header == header, "\(header) was read as \(outcome)") }
    guard options.dictionary == nil, format != "zlib-deflate" else { return }
    // Behind a complete stream everything is trailing data, if it does not look like another member.
    let noise: [UInt8] = [0x55, 0x00, 0x1F]
    try stream.reset()
    let followed = try stream.decompress(compressed + noise, pieces)
    try require(followed.trailing == noise.count && followed.bytes == plain, "trailing bytes are not kept apart")
  }

  /// Compresses in pieces, with a flush behind some of them; what was flushed must come back at once.
  private static func compress(
    _ stream: inout CompressionStream, _ registry: Registry, _ options: CompressionOptions, _ plain: [UInt8],
    _ pieces: PieceSizes, _ flushes: PieceSizes
  ) throws -> [UInt8] {
    var reverse = try registry.decompressor(stream.algorithm.name, CompressionOptions(dictionary: options.dictionary))
    var sizes = pieces
    var kinds = flushes
    var compressed: [UInt8] = []
    var returned: [UInt8] = []
    var used = 0
    var given = 0
    var idle = 0
    while true {
      let size = sizes.next()
      let end = min(plain.count, used + size.input)
      let flush: CompressionFlush = end == plain.count ? .finish : [.none, .sync, .none, .full][kinds.next().input & 3]
      var piece = Array(plain[used..<end])
      // A flush is done once a call leaves room; only the first call, which may have none, can come to nothing.
      for call in 0... {
        let before = compressed.count
        let room = call < 64 ? max(size.room, flush == .none ? 0 : 1) : 1 << 16
        let progress = try stream.step(piece, room: room, flush, appendingTo: &compressed)
        try require(progress.consumed <= piece.count, "more input was used than there is")
        try require(progress.produced == compressed.count - before, "a step's count of output is wrong")
        used += progress.consumed
        piece.removeFirst(progress.consumed)
        idle = progress.consumed + progress.produced == 0 ? idle + 1 : 0
        if progress.finished {
          try require(used == plain.count && flush == .finish, "a stream ended early")
          try require(stream.totalIn == UInt64(plain.count) && stream.totalOut == UInt64(compressed.count), "totals")
          return compressed
        }
        if flush == .none || (flush != .finish && piece.isEmpty && progress.produced < room) { break }
        try require(progress.consumed + progress.produced > 0 || call == 0, "a stream makes no progress in a flush")
      }
      if idle > sizes.period { sizes.giveUp() }
      try require(idle <= sizes.period + 2, "a stream makes no progress")
      if flush == .sync || flush == .full {
        let new = Array(compressed.dropFirst(given))
        let known = returned.count
        let progress = try reverse.step(new, room: plain.count - returned.count + 1, .none, appendingTo: &returned)
        given += progress.consumed
        try require(given == compressed.count, "flushed output was not all used")
        try require(returned[known...] == plain[known..<used], "what was flushed does not come back")
      }
    }
  }
}
