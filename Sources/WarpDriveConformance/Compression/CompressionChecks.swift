// The checks of the compression kind, and the handles that they share.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import WarpDriveCore

/// The checks of the compression kind.
enum CompressionChecks {
  static let all: [Check] = [
    Check(
      "empty-input", .compression, "a message of no bytes is compressed and comes back; no input at all is truncated",
      emptyInput),
    Check("round-trip", .compression, "decompression undoes compression, for data of every class", roundTrip),
    Check("levels", .compression, "every stated level, strategy and window works; others are refused", levels),
    Check("output-bound", .compression, "no message grows past the stated bound", outputBound),
    Check("chunking", .compression, "a stream in pieces, in and out, carries the same data", chunking),
    Check("progress", .compression, "a stream goes on one byte at a time, and no step stands still", progress),
    Check("misaligned", .compression, "input and output may begin at any address", misaligned),
    Check(
      "guard-pages", .compression, "no byte outside the input is read and none outside the output written", guardPages),
    Check("scatter-list", .compression, "a message in segments carries the same data", scatterList),
    Check(
      "output-limits", .compression, "a full output stops a request at its end, and the request can be resumed",
      outputLimits),
    Check("flush-points", .compression, "what was flushed can be decoded; after a full flush, on its own", flushPoints),
    Check("dictionaries", .compression, "a preset dictionary is used by both sides, and missed", dictionaries),
    Check("headers", .compression, "the fields of the format's header come back", headers),
    Check("trailing", .compression, "bytes behind the stream are counted and not used", trailing),
    Check("members", .compression, "members that follow one another are one message, or the rest is left", members),
    Check("truncation", .compression, "input that ends early is truncated, wherever it ends", truncation),
    Check("corruption", .compression, "changed input is refused, or its data is the reference's", corruption),
    Check("limits", .compression, "limits on output and ratio hold to the byte", limits),
    Check(
      "cross-decoding", .compression, "the reference decodes what it wrote, and it what the reference wrote",
      crossDecoding),
    Check("reuse-after-error", .compression, "a handle and a stream work after errors and abandoned messages", reuse),
    Check("concurrency", .compression, "handles on several threads do not disturb each other", concurrency),
    Check("large-input", .compression, "long messages come back, with matches near and far and with none", largeInput),
    Check("queue", .compression, "the driver's own queue answers each request once", queue),
    Check(
      "transform-contract", .compression, "the driver's transform keeps to its protocol without the registry",
      transform),
  ]

  /// The checks whose cases a format without a mark of its end decides otherwise.
  static let needingEnd: Set<String> = [
    "empty-input", "trailing", "members", "truncation", "corruption", "reuse-after-error", "limits", "progress",
    "transform-contract", "queue",
  ]

  private static func emptyInput(_ trial: inout Trial) throws {
    var handle = try trial.makeCompression()
    trial.begin(["call": "compress and decompress"])
    let stream = try handle.compress([])
    try trial.require(!stream.isEmpty, "the compressed form of no bytes has none itself")
    try trial.expect(handle.decompress(stream), equals: [], "no bytes come back as some")
    if trial.compressionProperties.streaming {
      trial.begin(["call": "stream"])
      var compressor = try trial.makeStream(.compress)
      let streamed = try trial.pump(&compressor, [], pieces: [0, 0])
      try trial.expect(handle.decompress(streamed.bytes), equals: [], "no bytes come back as some")
    }
    trial.begin(["call": "decompress into no room"])
    var output = try TestMemory(capacity: 8)
    let written = try output.capture(0, .upperEdge, for: trial) { (span) throws(ProviderError) in
      _ = try handle.decompress(stream.rawSpan, into: &span)
    }
    try trial.expectWritten(written, [], "no bytes come back as some")
    trial.begin(["call": "decompress nothing"])
    let error = errorOf { () throws(ProviderError) in _ = try handle.decompress([]) }
    try trial.expectTruncation(error, "input of no bytes")
  }

  private static func roundTrip(_ trial: inout Trial) throws {
    var handle = try trial.makeCompression()
    var decoder = try trial.makeDecoder()
    for data in DataClass.allCases {
      for size in [
        1, 3, trial.random.number(in: 4...300), trial.random.number(in: 1000...5000), trial.effort.size(70_000),
      ] {
        try roundTrip(Sample(name: data.rawValue, bytes: data.bytes(size, &trial.random)), &trial, &handle, &decoder)
      }
    }
    for sample in trial.samples { try roundTrip(sample, &trial, &handle, &decoder) }
  }

  private static func roundTrip(
    _ sample: Sample, _ trial: inout Trial, _ handle: inout Compression, _ decoder: inout Compression
  ) throws {
    trial.begin(["data": sample.name, "length": sample.bytes.count])
    let stream = try handle.compress(sample.bytes)
    try trial.refuseFallback(handle.lastDriverName != trial.driver, handle.lastDriverName)
    try trial.expect(handle.decompress(stream), equals: sample.bytes, "decompression does not undo compression")
    try trial.expect(
      decoder.decompress(stream), equals: sample.bytes, "\(decoder.algorithm.driverName) decodes it to something else")
    try trial.refuseFallback(handle.lastDriverName != trial.driver, handle.lastDriverName)
  }

  private static func crossDecoding(_ trial: inout Trial) throws {
    guard let reference = trial.reference else {
      throw trial.notApplicable("there is no other driver of \(trial.format.name) that is flagged as its reference")
    }
    var own = try trial.makeCompression()
    for data in DataClass.allCases {
      for _ in 0..<trial.effort.cases(1) {
        let bytes = data.bytes(trial.random.number(in: 0...40_000), &trial.random)
        let level = trial.random.number(in: trial.compressionProperties.levels)
        let referenceLevel = trial.random.number(in: reference.compressionProperties.levels)
        trial.begin([
          "data": data.rawValue, "length": bytes.count, "level": level, "reference": reference.driverName,
          "its level": referenceLevel,
        ])
        var here = try trial.makeCompression(CompressionOptions(level: level))
        var there = try trial.registry.compression(reference.driverName, CompressionOptions(level: referenceLevel))
        try trial.expect(
          there.decompress(here.compress(bytes)), equals: bytes, "the reference decodes it to something else")
        try trial.expect(
          own.decompress(there.compress(bytes)), equals: bytes, "it decodes the reference's to something else")
      }
    }
    for sample in trial.samples {
      trial.begin(["data": sample.name, "length": sample.bytes.count, "reference": reference.driverName])
      var there = try trial.registry.compression(reference.driverName)
      try trial.expect(
        there.decompress(own.compress(sample.bytes)), equals: sample.bytes, "the reference decodes it to something else"
      )
      try trial.expect(
        own.decompress(there.compress(sample.bytes)), equals: sample.bytes,
        "it decodes the reference's to something else")
    }
  }

  private static func concurrency(_ trial: inout Trial) throws {
    let threads = 4
    let rounds = trial.effort.cases(4)
    trial.begin(["threads": threads, "messages": rounds])
    let messages = [DataClass.text, .random, .distant, .runs].map { $0.bytes(20_000, &trial.random) }
    let shared = trial
    let streams = try ParallelRun.outcomes(of: threads) { thread in
      var handle = try shared.makeCompression()
      return try (0..<rounds).map { round in
        let message = messages[(thread + round) % messages.count]
        let stream = try handle.compress(message)
        try shared.expect(
          handle.decompress(stream), equals: message, "decompression does not undo compression on thread \(thread)")
        return stream
      }
    }
    var alone = try trial.makeCompression()
    for (thread, list) in streams.enumerated() {
      for (round, stream) in list.enumerated() {
        try trial.expect(
          alone.decompress(stream), equals: messages[(thread + round) % messages.count],
          "what thread \(thread) compressed comes back as something else")
      }
    }
  }

  private static func largeInput(_ trial: inout Trial) throws {
    var handle = try trial.makeCompression()
    for data in [DataClass.text, .random, .distant, .zeros] {
      let bytes = data.bytes(trial.effort.size(300_000) + 7, &trial.random)
      trial.begin(["data": data.rawValue, "length": bytes.count])
      let stream = try handle.compress(bytes)
      try trial.expect(handle.decompress(stream), equals: bytes, "decompression does not undo compression")
      guard trial.compressionProperties.streaming else { continue }
      var compressor = try trial.makeStream(.compress)
      let pieces = trial.random.split(bytes.count, largest: 100_000)
      let streamed = try trial.pump(&compressor, bytes, pieces: pieces, rooms: [70_000, 3, 40_000])
      try trial.expect(
        handle.decompress(streamed.bytes), equals: bytes, "the streamed form comes back as something else")
    }
    if trial.effort == .soak { try passes32Bits(&trial) }
  }

  /// A message of more than 2^32 bytes, in constant memory: counters and gzip's length field turn over.
  private static func passes32Bits(_ trial: inout Trial) throws {
    guard trial.compressionProperties.streaming else { return }
    let block = [UInt8](repeating: 0x55, count: 1 << 20)
    let total = UInt64(1 << 32) + 3 << 20
    trial.begin(["length": total])
    var compressor = try trial.makeStream(
      .compress, CompressionOptions(level: trial.compressionProperties.levels.lowerBound + 1))
    var decompressor = try trial.makeStream(.decompress)
    var given: UInt64 = 0
    var isFinished = false
    while !isFinished {
      let isLast = given == total
      var rest = isLast ? 0 : block.count
      repeat {
        var step = CompressionProgress()
        let piece = try [UInt8](capacity: 1 << 16) { (output) throws(ProviderError) in
          step = try compressor.step(
            block.rawSpan.extracting(last: rest), into: &output, flush: isLast ? .finish : .none)
        }
        rest -= step.consumed
        try drain(piece, &decompressor, block, trial)
        isFinished = step.finished
        if piece.count < 1 << 16, rest == 0 { break }
      } while !isFinished
      if !isLast { given += UInt64(block.count) }
    }
    var end = CompressionProgress()
    _ = try [UInt8](capacity: 16) { (output) throws(ProviderError) in
      end = try decompressor.step(RawSpan(), into: &output, flush: .finish)
    }
    try trial.require(end.finished, "the stream has no end")
    try trial.expect(decompressor.totalOut, is: total, "the data comes back with another length")
  }

  /// Decompresses `piece` and looks at what comes: it is `block`'s one value throughout.
  private static func drain(
    _ piece: [UInt8], _ stream: inout CompressionStream, _ block: [UInt8], _ trial: borrowing Trial
  ) throws {
    var used = 0
    while true {
      let plain = try [UInt8](capacity: block.count) { (output) throws(ProviderError) in
        used += try stream.step(piece.rawSpan.extracting(droppingFirst: used), into: &output).consumed
      }
      try trial.expect(plain, equals: Array(block.prefix(plain.count)), "the data comes back as something else")
      if plain.count < block.count, used == piece.count { return }
    }
  }
}

extension Trial {
  /// What the driver states of itself.
  var compressionProperties: CompressionProperties { algorithm.compressionProperties }

  /// The driver whose format this is: the driver itself, or what a template was built on.
  var format: Algorithm {
    var format = algorithm
    while let base = format.spawns.first, base.kind == .compression { format = base }
    return format
  }

  /// Another driver of the format that is flagged as its reference and is usable.
  var reference: Algorithm? {
    registry.algorithms.first { other in
      other.name == format.name && other !== algorithm && other.kind == .compression
        && other.descriptor.flags.contains(.reference) && (try? registry.ensureTested(other)) != nil
    }
  }

  /// Whether the format carries a checksum of the data (RFC 1950 and RFC 1952; raw deflate has none).
  var isChecksummed: Bool { ["gzip", "zlib-deflate"].contains(format.name) }

  /// Whether the driver is not of this project, so that another library's reading of the standard counts.
  var isForeign: Bool {
    registry.providers.contains { $0.name == algorithm.providerName && $0.source != "built-in" && !isOnDevice }
  }

  private var isOnDevice: Bool { !algorithm.descriptor.flags.isDisjoint(with: [.hardware, .emulated]) }

  /// Fails the case unless `error` says that the input ends early; what takes whole messages need not tell that from others.
  func expectTruncation(_ error: ProviderError?, _ what: String) throws {
    if compressionProperties.streaming {
      try expect(error, is: .truncatedInput, when: what)
    } else {
      try expect(error, is: .truncatedInput, .corruptInput, when: what)
    }
  }

  /// A handle of the driver under test.
  func makeCompression(_ options: CompressionOptions = .init()) throws -> Compression {
    let handle = try registry.compression(driver, options, matching: constraints)
    try requireOwn(handle.algorithm)
    return handle
  }

  /// A handle of the reference; of the driver itself where there is none.
  func makeDecoder(_ options: CompressionOptions = .init()) throws -> Compression {
    guard let reference else { return try makeCompression(options) }
    return try registry.compression(reference.driverName, options)
  }

  /// A stream of the driver under test.
  func makeStream(
    _ direction: CompressionDirection, _ options: CompressionOptions = .init()
  ) throws -> CompressionStream {
    let stream =
      direction == .compress
      ? try registry.compressor(driver, options, matching: constraints)
      : try registry.decompressor(driver, options, matching: constraints)
    try requireOwn(stream.algorithm)
    try refuseFallback(stream.lastUsedFallback, stream.lastDriverName)
    return stream
  }

  /// Ends a check of streams where the driver takes whole messages alone.
  func requireStreaming() throws {
    guard compressionProperties.streaming else { throw notApplicable("the driver takes whole messages alone") }
  }
}

extension Algorithm {
  /// The properties of the compression kind.
  var compressionProperties: CompressionProperties {
    guard case .compression(let properties) = descriptor.properties else {
      return CompressionProperties(levels: 0...0, defaultLevel: 0, bound: OutputBound(shift: 0, constant: 0))
    }
    return properties
  }
}
