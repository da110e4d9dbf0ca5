// What compression must do with input that is no stream, and that it works on afterwards.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import WarpDriveCore

extension CompressionChecks {
  static func truncation(_ trial: inout Trial) throws {
    var handle = try trial.makeCompression()
    var output = try TestMemory(capacity: 70_000)
    for (data, size, points) in [
      (DataClass.text, 150, Int.max), (.random, 100, .max), (.text, 60_000, trial.effort.cases(40)),
    ] {
      let bytes = data.bytes(size, &trial.random)
      let stream = try handle.compress(bytes)
      let cuts =
        points >= stream.count
        ? Array(0..<stream.count) : (0..<points).map { _ in trial.random.number(in: 0...stream.count - 1) }
      for cut in cuts {
        trial.begin(["data": data.rawValue, "length": size, "stream": stream.count, "cut to": cut])
        let part = try output.capture(size + 100, .upperEdge, for: trial) { (span) throws(ProviderError) in
          _ = try handle.decompress(stream.rawSpan.extracting(first: cut), into: &span)
        }
        try trial.expectTruncation(part.error, "a stream that is cut")
        try trial.expect(
          part.bytes, equals: Array(bytes.prefix(part.bytes.count)), "what came before the cut is something else")
        guard trial.compressionProperties.streaming, trial.random.once(in: 8) else { continue }
        var decompressor = try trial.makeStream(.decompress)
        let cutStream = Array(stream.prefix(cut))
        let open = try trial.pump(
          &decompressor, cutStream, pieces: trial.random.split(cut, largest: 40), isComplete: false)
        try trial.expect(
          open.bytes, equals: Array(bytes.prefix(open.bytes.count)), "what came before the cut is something else")
        let closed = try trial.pump(&decompressor, [], pieces: [0], finishesWithPiece: true, expectingError: true)
        try trial.expect(closed.error, is: .truncatedInput, when: "the end of a stream that is cut")
      }
    }
  }

  /// How decompression of a changed stream ended.
  private enum Verdict: Equatable, CustomStringConvertible {
    case plain([UInt8])
    case refused
    case tooLong

    var description: String {
      switch self {
      case .plain(let bytes): "\(bytes.count) bytes of data"
      case .refused: "refused"
      case .tooLong: "more data than fits"
      }
    }
  }

  static func corruption(_ trial: inout Trial) throws {
    var handle = try trial.makeCompression()
    var reference: Compression?
    if let other = trial.reference { reference = try trial.registry.compression(other.driverName) }
    let short = DataClass.text.bytes(40, &trial.random)
    let shortStream = try handle.compress(short)
    for bit in 0..<shortStream.count * 8 {
      trial.begin(["length": short.count, "stream": shortStream.count, "flipped bit": bit])
      var changed = shortStream
      changed[bit / 8] ^= 1 << (bit % 8)
      try judge(changed, of: short, &trial, &handle, &reference)
    }
    for _ in 0..<trial.effort.cases(60) {
      let data = trial.random.pick(DataClass.allCases)
      let bytes = data.bytes(trial.random.number(in: 1...4000), &trial.random)
      let level = trial.random.number(in: trial.compressionProperties.levels)
      var compressor = try trial.makeCompression(CompressionOptions(level: level))
      var changed = try compressor.compress(bytes)
      let change = trial.random.pick(["bits", "byte", "inserted byte", "missing byte", "zeros", "other order"])
      let place = trial.random.number(in: 0...changed.count - 1)
      switch change {
      case "bits":
        for _ in 0..<3 {
          changed[trial.random.number(in: 0...changed.count - 1)] ^= 1 << trial.random.number(in: 0...7)
        }
      case "byte": changed[place] = UInt8(truncatingIfNeeded: trial.random.next())
      case "inserted byte": changed.insert(UInt8(truncatingIfNeeded: trial.random.next()), at: place)
      case "missing byte": changed.remove(at: place)
      case "zeros": for index in place..<min(place + 8, changed.count) { changed[index] = 0 }
      default: changed.swapAt(place, changed.count - 1)
      }
      trial.begin(["data": data.rawValue, "length": bytes.count, "level": level, "change": change, "at": place])
      try judge(changed, of: bytes, &trial, &handle, &reference)
    }
    for _ in 0..<trial.effort.cases(40) {
      let garbage = trial.random.bytes(trial.random.number(in: 1...600))
      trial.begin(["random bytes": garbage.count])
      try judge(garbage, of: nil, &trial, &handle, &reference)
    }
  }

  /// Decompresses a changed stream and compares the verdict with what the format and the reference say.
  private static func judge(
    _ changed: [UInt8], of original: [UInt8]?, _ trial: inout Trial, _ handle: inout Compression,
    _ reference: inout Compression?
  ) throws {
    // Enough that a longer result shows, small enough that random bytes cannot fill the machine.
    let room = (original?.count ?? 0) + 5000
    let (verdict, error) = try verdict(changed, room, &trial, &handle)
    if let error {
      try trial.expect(error, is: .corruptInput, .truncatedInput, .dictionaryNeeded, when: "a changed stream")
    }
    if trial.isChecksummed, case .plain(let bytes) = verdict, let original {
      // Bits that do not matter: gzip's time, operating system and text flag, padding at the end of deflate's blocks.
      try trial.expect(
        bytes, equals: original, "a changed stream comes back as something else, in spite of its checksum")
    }
    guard var other = reference.take() else { return }
    let (expected, _) = try Self.verdict(changed, room, &trial, &other)
    reference = consume other
    guard verdict != expected else { return }
    // Where the standard leaves room (RFC 1951's incomplete codes, 31 or 32 distance codes) other libraries take what
    // zlib refuses; the checksum has been compared where there is one.
    if expected == .refused, trial.isForeign { return }
    throw trial.failure(
      "the reference judges a changed stream otherwise", expected: expected.description, actual: verdict.description,
      error: error)
  }

  private static func verdict(
    _ stream: [UInt8], _ room: Int, _ trial: inout Trial, _ handle: inout Compression
  ) throws -> (Verdict, ProviderError?) {
    var output = try TestMemory(capacity: room)
    let written = try output.capture(room, .upperEdge, for: trial) { (span) throws(ProviderError) in
      _ = try handle.decompress(stream.rawSpan, into: &span)
    }
    guard let error = written.error else { return (.plain(written.bytes), nil) }
    return error.code == .outputTooSmall ? (.tooLong, nil) : (.refused, error)
  }

  static func reuse(_ trial: inout Trial) throws {
    var handle = try trial.makeCompression()
    let bytes = DataClass.text.bytes(2000, &trial.random)
    let other = DataClass.records.bytes(3000, &trial.random)
    let stream = try handle.compress(bytes)
    let otherStream = try handle.compress(other)
    var broken = otherStream
    for index in broken.indices.dropFirst(12).prefix(30) { broken[index] ^= 0xFF }
    var output = try TestMemory(capacity: 4096)
    for (what, input, room) in [
      ("a corrupt stream", broken, 4096), ("a truncated stream", Array(otherStream.dropLast(5)), 4096),
      ("an output that was too small", otherStream, 100), ("no input", [], 100),
    ] {
      trial.begin(["after": what, "call": "decompress"])
      let refused = try output.capture(room, .upperEdge, for: trial) { (span) throws(ProviderError) in
        _ = try handle.decompress(input.rawSpan, into: &span)
      }
      if what != "a corrupt stream" || trial.isChecksummed {
        try trial.expect(refused.error, is: .corruptInput, .truncatedInput, .outputTooSmall, when: what)
      }
      try trial.expect(handle.decompress(stream), equals: bytes, "a right stream is no longer decompressed")
    }
    trial.begin(["after": "an output that was too small", "call": "compress"])
    let refused = try output.capture(4, .upperEdge, for: trial) { (span) throws(ProviderError) in
      _ = try handle.compress(other.rawSpan, into: &span)
    }
    try trial.expect(refused.error, is: .outputTooSmall, when: "an output that is too small")
    try trial.expect(handle.compress(bytes), equals: stream, "the same data is compressed to something else")
    try trial.refuseFallback(handle.lastDriverName != trial.driver, handle.lastDriverName)
    try reuseOfStreams(&trial, bytes, stream, broken)
  }

  private static func reuseOfStreams(_ trial: inout Trial, _ bytes: [UInt8], _ stream: [UInt8], _ broken: [UInt8])
    throws
  {
    guard trial.compressionProperties.streaming else { return }
    var decompressor = try trial.makeStream(.decompress)
    trial.begin(["stream after": "an error"])
    let cut = Array(stream.dropLast(5))
    let failed = try trial.pump(&decompressor, cut, pieces: [cut.count], finishesWithPiece: true, expectingError: true)
    try trial.expectTruncation(failed.error, "a stream that is cut")
    let again = try trial.pump(&decompressor, stream, pieces: [stream.count], expectingError: true)
    try trial.expect(again.error, is: .invalidState, when: "a step after an error")
    try decompressor.reset()
    try trial.expect(
      trial.pump(&decompressor, stream, pieces: [stream.count]).bytes, equals: bytes, "a reset stream gives other data")
    trial.begin(["stream after": "an abandoned message"])
    try decompressor.reset()
    _ = try trial.pump(&decompressor, stream, pieces: [stream.count / 2], isComplete: false)
    try decompressor.reset()
    try trial.expect(
      trial.pump(&decompressor, stream, pieces: [stream.count]).bytes, equals: bytes, "a reset stream gives other data")
    var compressor = try trial.makeStream(.compress)
    var handle = try trial.makeCompression()
    for flush in [CompressionFlush.none, .sync] {
      trial.begin(["stream after": "an abandoned message", "call": "compress"])
      _ = try trial.pump(&compressor, broken, pieces: [broken.count], flushes: [flush], isComplete: false)
      try compressor.reset()
      let streamed = try trial.pump(&compressor, bytes, pieces: [1000, 1000])
      try trial.expect(handle.decompress(streamed.bytes), equals: bytes, "a reset stream is something else")
      try compressor.reset()
    }
  }

  static func transform(_ trial: inout Trial) throws {
    guard let driver = trial.ownDriver() as? any CompressionDriver else { throw trial.noTransform }
    try trial.requireStreaming()
    let bytes = DataClass.text.bytes(3000, &trial.random)
    var handle = try trial.makeCompression()
    let stream = try handle.compress(bytes)
    let tail = trial.random.bytes(20)
    let input = stream + tail
    var transform = try driver.makeTransform(.decompress, .init())
    var output = try TestMemory(capacity: 4096)
    for round in 0..<2 {
      trial.begin(["call": "step", "round": round, "with a tail": tail.count])
      var step = CompressionProgress()
      let written = try output.capture(4096, .upperEdge, for: trial) { (span) throws(ProviderError) in
        step = try transform.step(input.rawSpan, into: &span, .finish)
      }
      try trial.expectWritten(written, bytes, "the transform gives other data than the handle")
      try trial.require(step.finished, "the transform does not say that the member is complete")
      try trial.expect(step.consumed, is: stream.count, "the transform did not stop behind the member")
      try trial.expect(step.produced, is: bytes.count, "the transform counts another number of bytes than it wrote")
      try transform.reset()
      // A full output and an early end are no errors of a transform.
      for (count, room) in [(stream.count, 10), (stream.count, 0), (stream.count / 2, 4096), (0, 4096)] {
        trial.begin(["call": "step", "round": round, "input": count, "room": room])
        let part = try output.capture(room, .upperEdge, for: trial) { (span) throws(ProviderError) in
          step = try transform.step(stream.rawSpan.extracting(first: count), into: &span, .finish)
        }
        try trial.expectWritten(
          part, Array(bytes.prefix(part.bytes.count)), "the transform gives other data than the handle")
        try trial.require(!step.finished, "the transform says that the member is complete")
        try trial.expect(
          step.produced, is: part.bytes.count, "the transform counts another number of bytes than it wrote")
        try transform.reset()
      }
    }
  }
}
