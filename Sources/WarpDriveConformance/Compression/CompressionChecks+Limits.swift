// Where a stream ends: full outputs, further members, what follows, and the caller's limits.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import WarpDriveCore

extension CompressionChecks {
  static func outputLimits(_ trial: inout Trial) throws {
    var handle = try trial.makeCompression()
    for data in [DataClass.text, .random, .zeros] {
      for size in [1, 100, 3000] {
        let bytes = data.bytes(size, &trial.random)
        let stream = try handle.compress(bytes)
        for room in Set([0, 1, size / 2, size - 1]).sorted() {
          trial.begin(["data": data.rawValue, "length": size, "call": "decompress", "room": room])
          let joined = try inRooms(of: room, stream, needed: size, &trial) {
            (input, isFirst, span) throws(ProviderError) in
            isFirst ? try handle.decompress(input, into: &span) : try handle.resumeDecompress(input, into: &span)
          }
          try trial.expect(joined, equals: bytes, "the resumed decompression gives other data")
        }
        for room in Set([0, 1, stream.count / 2, stream.count - 1]).sorted() {
          trial.begin(["data": data.rawValue, "length": size, "call": "compress", "room": room])
          let joined = try inRooms(of: room, bytes, needed: stream.count, &trial) {
            (input, isFirst, span) throws(ProviderError) in
            isFirst ? try handle.compress(input, into: &span) : try handle.resumeCompress(input, into: &span)
          }
          try trial.expect(
            handle.decompress(joined), equals: bytes, "the resumed compression comes back as something else")
        }
      }
    }
    try trial.refuseFallback(handle.lastDriverName != trial.driver, handle.lastDriverName)
    trial.begin(["call": "resume without a request"])
    var fresh = try trial.makeCompression()
    var output = try TestMemory(capacity: 64)
    let resumed = try output.capture(64, .upperEdge, for: trial) { (span) throws(ProviderError) in
      _ = try fresh.resumeDecompress(RawSpan(), into: &span)
    }
    try trial.expect(resumed.error, is: .invalidState, when: "a resumption of nothing")
  }

  /// Runs one request into outputs of `room` bytes, the second and further ones larger where `room` is very small.
  private static func inRooms(
    of room: Int, _ input: [UInt8], needed: Int, _ trial: inout Trial,
    _ request: (RawSpan, Bool, inout OutputRawSpan) throws(ProviderError) -> RequestResult
  ) throws -> [UInt8] {
    var output = try TestMemory(capacity: needed + 64)
    var joined: [UInt8] = []
    var used = 0
    var isFirst = true
    var wholeRoom: Int?
    while true {
      // No room at first, then some: an output of no bytes again would stand still.
      let size = isFirst ? room : wholeRoom ?? max(room, 1 + needed / 40)
      var result: RequestResult?
      let written = try output.capture(size, isFirst ? .upperEdge : .lowerEdge, for: trial) {
        (span) throws(ProviderError) in
        result = try request(input.rawSpan.extracting(droppingFirst: used), isFirst, &span)
      }
      joined += written.bytes
      if let result {
        try trial.expect(
          result.produced, is: written.bytes.count, "the result counts another number of bytes than were written")
        try trial.expect(
          used + result.consumed, is: input.count, "the result counts another number of bytes than were used")
        return joined
      }
      let error = try trial.expect(written.error, is: .outputTooSmall, when: "an output that is too small")
      guard let progress = error.progress else {
        throw trial.failure("the error does not say how far the request came", error: error)
      }
      try trial.expect(
        progress.produced, is: written.bytes.count, "the error counts another number of bytes than were written")
      if !trial.compressionProperties.streaming, written.bytes.isEmpty, progress.consumed == 0 {
        // All or nothing: it begins again in an output that suffices.
        try trial.require(size < needed, "an output of \(size) bytes does not suffice for \(needed)")
        (isFirst, wholeRoom) = (false, needed)
        continue
      }
      try trial.expect(written.bytes.count, is: size, "a request stopped with room left in its output")
      try trial.require(
        progress.consumed >= 0 && used + progress.consumed <= input.count,
        "the error counts \(progress.consumed) bytes as used")
      used += progress.consumed
      isFirst = false
    }
  }

  static func trailing(_ trial: inout Trial) throws {
    var handle = try trial.makeCompression()
    let bytes = DataClass.text.bytes(700, &trial.random)
    let stream = try handle.compress(bytes)
    var output = try TestMemory(capacity: bytes.count + 100)
    let magic = trial.compressionProperties.memberMagic
    // What begins like another member and is none; all other tails begin with something else.
    var tails = [[0], [UInt8](repeating: 0, count: 600), [0xFF] + trial.random.bytes(40)]
    for count in 1..<max(magic.count, 1) {
      tails += [Array(magic.prefix(count)), Array(magic.prefix(count)) + [0x55, 0x66]]
    }
    for tail in tails where magic.isEmpty || !tail.starts(with: magic) {
      trial.begin([
        "length": stream.count, "tail": Hexadecimal.encode(Array(tail.prefix(8))), "tail length": tail.count,
      ])
      var result: RequestResult?
      let written = try output.capture(bytes.count + 100, .upperEdge, for: trial) { (span) throws(ProviderError) in
        result = try handle.decompress((stream + tail).rawSpan, into: &span)
      }
      try trial.expectWritten(written, bytes, "the data before the tail is something else")
      try trial.expect(result?.trailing ?? -1, is: tail.count, "another number of bytes is counted behind the stream")
      try trial.expect(result?.consumed ?? -1, is: stream.count, "another number of bytes is counted as used")
      let error = errorOf { () throws(ProviderError) in _ = try handle.decompress(stream + tail) }
      try trial.expect(error, is: .corruptInput, when: "a tail that nobody could see")
      guard trial.compressionProperties.streaming else { continue }
      for largest in [1, 5, 10_000] {
        trial.begin([
          "tail": Hexadecimal.encode(Array(tail.prefix(8))), "tail length": tail.count, "pieces up to": largest,
        ])
        var decompressor = try trial.makeStream(.decompress)
        let input = stream + tail
        let back = try trial.pump(
          &decompressor, input, pieces: trial.random.split(input.count, largest: largest), finishesWithPiece: true)
        try trial.expect(back.bytes, equals: bytes, "the data before the tail is something else")
        try trial.expect(decompressor.trailing, is: tail.count, "another number of bytes is counted behind the stream")
        try trial.expect(decompressor.totalIn, is: UInt64(stream.count), "another number of bytes is counted as used")
      }
    }
  }

  static func members(_ trial: inout Trial) throws {
    var handle = try trial.makeCompression()
    let parts = [300, 0, 2000, 1].map { DataClass.text.bytes($0, &trial.random) }
    let streams = try parts.map { (part) throws in try handle.compress(part) }
    let whole = streams.flatMap { $0 }
    let plain = parts.flatMap { $0 }
    guard !trial.compressionProperties.memberMagic.isEmpty else {
      trial.begin(["members": 4, "taken": 1])
      try firstAlone(&trial, CompressionOptions(), whole, streams[0], parts[0])
      throw trial.notApplicable("the format has no members; that what follows is left was checked")
    }
    trial.begin(["members": 4])
    try trial.expect(handle.decompress(whole), equals: plain, "the members do not come back as one message")
    if trial.compressionProperties.streaming {
      for largest in [1, 2, 7, 500] {
        trial.begin(["members": 4, "pieces up to": largest])
        var decompressor = try trial.makeStream(.decompress)
        let pieces = trial.random.split(whole.count, largest: largest)
        let back = try trial.pump(&decompressor, whole, pieces: pieces, rooms: [max(1, largest / 2)])
        try trial.expect(back.bytes, equals: plain, "the members in pieces do not come back as one message")
        try trial.expect(decompressor.totalIn, is: UInt64(whole.count), "another number of bytes is counted as used")
        try trial.expect(decompressor.trailing, is: 0, "bytes are counted behind the last member")
      }
    }
    trial.begin(["members": 4, "taken": 1])
    try firstAlone(&trial, CompressionOptions(allMembers: false), whole, streams[0], parts[0])
    trial.begin(["members": 2, "second": "cut"])
    var error = errorOf { () throws(ProviderError) in
      _ = try handle.decompress(Array((streams[0] + streams[2]).dropLast(3)))
    }
    try trial.expectTruncation(error, "a second member that is cut")
    trial.begin(["members": 2, "second": "corrupt"])
    var corrupt = streams[0] + streams[2]
    corrupt[corrupt.count - 1] ^= 0x40
    error = errorOf { () throws(ProviderError) in _ = try handle.decompress(corrupt) }
    try trial.expect(error, is: .corruptInput, when: "a second member that is corrupt")
    trial.begin(["members": 2, "second": "its magic alone"])
    error = errorOf { () throws(ProviderError) in
      _ = try handle.decompress(streams[0] + trial.compressionProperties.memberMagic)
    }
    try trial.expectTruncation(error, "a second member that ends behind its magic")
  }

  /// The first of several streams is decompressed, and the others are counted as what follows.
  private static func firstAlone(
    _ trial: inout Trial, _ options: CompressionOptions, _ whole: [UInt8], _ stream: [UInt8], _ plain: [UInt8]
  ) throws {
    var handle = try trial.makeCompression(options)
    var output = try TestMemory(capacity: plain.count + 50)
    var result: RequestResult?
    let written = try output.capture(plain.count + 50, .upperEdge, for: trial) { (span) throws(ProviderError) in
      result = try handle.decompress(whole.rawSpan, into: &span)
    }
    try trial.expectWritten(written, plain, "the first member is something else")
    try trial.expect(
      result?.trailing ?? -1, is: whole.count - stream.count, "another number of bytes is counted behind the first")
    try trial.expect(result?.consumed ?? -1, is: stream.count, "another number of bytes is counted as used")
  }

  static func limits(_ trial: inout Trial) throws {
    var handle = try trial.makeCompression()
    let bytes = DataClass.zeros.bytes(300_000, &trial.random)
    let stream = try handle.compress(bytes)
    for limit in [UInt64(bytes.count), UInt64(bytes.count) + 1] {
      trial.begin(["length": bytes.count, "output limit": limit])
      var limited = try trial.makeCompression(CompressionOptions(outputLimit: limit))
      try trial.expect(limited.decompress(stream), equals: bytes, "a limit that is not passed changes the data")
    }
    for limit in [0, 1, UInt64(bytes.count) / 2, UInt64(bytes.count) - 1] {
      trial.begin(["length": bytes.count, "output limit": limit])
      var limited = try trial.makeCompression(CompressionOptions(outputLimit: limit))
      let error = errorOf { () throws(ProviderError) in _ = try limited.decompress(stream) }
      try trial.expect(error, is: .limitExceeded, when: "an output past its limit")
    }
    let ratio = Double(bytes.count) / Double(stream.count)
    trial.begin(["length": bytes.count, "ratio limit": ratio * 2])
    var generous = try trial.makeCompression(CompressionOptions(ratioLimit: ratio * 2))
    try trial.expect(generous.decompress(stream), equals: bytes, "a limit that is not passed changes the data")
    guard ratio > 4 else { return }
    trial.begin(["length": bytes.count, "ratio limit": 2])
    var strict = try trial.makeCompression(CompressionOptions(ratioLimit: 2))
    let error = errorOf { () throws(ProviderError) in _ = try strict.decompress(stream) }
    try trial.expect(error, is: .limitExceeded, when: "a ratio past its limit")
  }
}
