// Compression in pieces: cut anywhere, at any address, flushed at will.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import WarpDriveCore

extension CompressionChecks {
  static func chunking(_ trial: inout Trial) throws {
    try trial.requireStreaming()
    var handle = try trial.makeCompression()
    var compressor = try trial.makeStream(.compress)
    var decompressor = try trial.makeStream(.decompress)
    let sizes = [50, 5000, trial.effort.size(40_000)]
    for data in DataClass.allCases {
      for largest in (0..<trial.effort.cases(1)).flatMap({ _ in sizes }) {
        let bytes = data.bytes(trial.random.number(in: 1...largest), &trial.random)
        let pieces = trial.random.split(bytes.count, largest: trial.random.number(in: 1 + largest / 50...largest))
        let rooms = (0..<5).map { _ in trial.random.number(in: 1 + largest / 100...largest) } + [0]
        let finishesWithPiece = trial.random.once(in: 2)
        trial.begin([
          "data": data.rawValue, "length": bytes.count, "call": "compress", "pieces": pieces, "rooms": rooms,
        ])
        try compressor.reset()
        let stream = try trial.pump(
          &compressor, bytes, pieces: pieces, rooms: rooms, finishesWithPiece: finishesWithPiece
        ).bytes
        try trial.expect(compressor.totalIn, is: UInt64(bytes.count), "the stream counts another number of bytes used")
        try trial.expect(handle.decompress(stream), equals: bytes, "the streamed form comes back as something else")
        let cuts = trial.random.split(stream.count, largest: trial.random.number(in: 1 + largest / 50...largest))
        trial.begin([
          "data": data.rawValue, "length": bytes.count, "call": "decompress", "pieces": cuts, "rooms": rooms,
        ])
        try decompressor.reset()
        let plain = try trial.pump(
          &decompressor, stream, pieces: cuts, rooms: rooms, finishesWithPiece: finishesWithPiece)
        try trial.expect(plain.bytes, equals: bytes, "the stream in pieces comes back as something else")
        try trial.expect(
          decompressor.totalIn, is: UInt64(stream.count), "the stream counts another number of bytes used")
        try trial.expect(decompressor.trailing, is: 0, "the stream counts bytes behind its end")
      }
    }
  }

  static func progress(_ trial: inout Trial) throws {
    try trial.requireStreaming()
    var handle = try trial.makeCompression()
    for data in DataClass.allCases {
      let bytes = data.bytes(trial.random.number(in: 200...trial.effort.size(600)), &trial.random)
      for finishesWithPiece in [false, true] {
        trial.begin([
          "data": data.rawValue, "length": bytes.count, "call": "compress", "finish with input": finishesWithPiece,
        ])
        var compressor = try trial.makeStream(.compress)
        let ones = [Int](repeating: 1, count: bytes.count)
        let stream = try trial.pump(
          &compressor, bytes, pieces: ones, rooms: [1], finishesWithPiece: finishesWithPiece
        ).bytes
        try trial.expect(handle.decompress(stream), equals: bytes, "the stream comes back as something else")
        trial.begin([
          "data": data.rawValue, "length": bytes.count, "call": "decompress", "finish with input": finishesWithPiece,
        ])
        var decompressor = try trial.makeStream(.decompress)
        let cuts = [Int](repeating: 1, count: stream.count)
        let plain = try trial.pump(
          &decompressor, stream, pieces: cuts, rooms: [1], finishesWithPiece: finishesWithPiece
        ).bytes
        try trial.expect(plain, equals: bytes, "the stream comes back as something else")
        try trial.require(decompressor.isFinished, "the stream does not say that it is finished")
        trial.begin(["data": data.rawValue, "call": "step after the end"])
        let rest = try trial.pump(&decompressor, [1, 2, 3], pieces: [3], finishesWithPiece: true, countsAll: false)
        try trial.expect(rest.consumed, is: 0, "a finished stream used input")
        try trial.expect(decompressor.trailing, is: 3, "a finished stream does not count what follows")
      }
    }
  }

  static func misaligned(_ trial: inout Trial) throws {
    try placed(&trial, (0..<16).map { (.offset($0), .offset(15 - $0)) }, sizes: [1, 300, 3000])
  }

  static func guardPages(_ trial: inout Trial) throws {
    let edges = Placement.edges.flatMap { input in Placement.edges.map { (input, $0) } }
    try placed(&trial, edges, sizes: [0, 1, 2, 257, 258, 4000, trial.effort.size(50_000)])
  }

  /// Compresses and decompresses messages whose buffers lie where they are told, into outputs with no byte to spare.
  private static func placed(_ trial: inout Trial, _ placements: [(Placement, Placement)], sizes: [Int]) throws {
    var handle = try trial.makeCompression()
    let largest = handle.bound(sizes.max() ?? 0)
    var input = try TestMemory(capacity: largest)
    var output = try TestMemory(capacity: largest)
    for (inputPlace, outputPlace) in placements {
      for size in sizes {
        let data = trial.random.pick(DataClass.allCases)
        let bytes = data.bytes(size, &trial.random)
        trial.begin([
          "data": data.rawValue, "length": size, "call": "compress", "input": inputPlace, "output": outputPlace,
        ])
        input.place(bytes, inputPlace)
        var result: RequestResult?
        let stream = try output.capture(handle.bound(size), outputPlace, for: trial) { (span) throws(ProviderError) in
          result = try handle.compress(input.pages.bytes.extracting(input.range), into: &span)
        }
        if let error = stream.error { throw trial.failure("an error where there should be none", error: error) }
        try trial.expect(result?.consumed ?? -1, is: size, "compression says that it used another number of bytes")
        try trial.expect(
          result?.produced ?? -1, is: stream.bytes.count, "compression says that it wrote another number of bytes")
        trial.begin([
          "data": data.rawValue, "length": size, "call": "decompress", "input": inputPlace, "output": outputPlace,
        ])
        input.place(stream.bytes, inputPlace)
        let plain = try output.capture(size, outputPlace, for: trial) { (span) throws(ProviderError) in
          result = try handle.decompress(input.pages.bytes.extracting(input.range), into: &span)
        }
        try trial.expectWritten(plain, bytes, "decompression does not undo compression")
        try trial.expect(
          result?.consumed ?? -1, is: stream.bytes.count, "decompression says that it used another number of bytes")
        try trial.expect(result?.produced ?? -1, is: size, "decompression says that it wrote another number of bytes")
      }
    }
    try trial.refuseFallback(handle.lastDriverName != trial.driver, handle.lastDriverName)
  }

  static func scatterList(_ trial: inout Trial) throws {
    try trial.requireStreaming()
    var handle = try trial.makeCompression()
    for size in [0, 1, 200, 5000] {
      let data = trial.random.pick(DataClass.allCases)
      let bytes = data.bytes(size, &trial.random)
      for shape in ScatterList.shapes(of: size, multipleOf: 1, &trial.random) {
        let bound = handle.bound(size)
        let targets = trial.random.split(bound, largest: max(1, bound / 2))
        trial.begin(["data": data.rawValue, "length": size, "call": "compress", "input": shape, "output": targets])
        let stream = try inSegments(targets, trial) { (output) throws(ProviderError) in
          try handle.compress(ScatterList(cutting: bytes, into: shape), into: &output)
        }
        try trial.expect(handle.decompress(stream), equals: bytes, "the segments come back as something else")
        for cuts in [[stream.count], trial.random.split(stream.count, largest: max(1, stream.count / 3))] {
          // No byte to spare, and some.
          for target in [trial.random.split(size, largest: max(1, size / 2)), [size, 0, 10]] {
            trial.begin(["data": data.rawValue, "length": size, "call": "decompress", "input": cuts, "output": target])
            let plain = try inSegments(target, trial) { (output) throws(ProviderError) in
              try handle.decompress(ScatterList(cutting: stream, into: cuts), into: &output)
            }
            try trial.expect(plain, equals: bytes, "the stream in segments comes back as something else")
          }
          guard size > 0 else { continue }
          trial.begin(["data": data.rawValue, "length": size, "call": "decompress", "input": cuts, "room": size - 1])
          var small = ScatterList(copying: [[UInt8](repeating: 0, count: size - 1), []])
          let error = errorOf { () throws(ProviderError) in
            _ = try handle.decompress(ScatterList(cutting: stream, into: cuts), into: &small)
          }
          try trial.expect(error, is: .outputTooSmall, when: "an output list that is too small")
        }
      }
    }
    try trial.refuseFallback(handle.lastDriverName != trial.driver, handle.lastDriverName)
  }

  /// What a request writes into segments of `sizes` bytes.
  private static func inSegments(
    _ sizes: [Int], _ trial: borrowing Trial,
    _ request: (inout ScatterList) throws(ProviderError) -> RequestResult
  ) throws -> [UInt8] {
    var output = ScatterList(copying: sizes.map { [UInt8](repeating: TestMemory.canary, count: $0) })
    let result = try request(&output)
    let all = output.joined()
    try trial.require(
      result.produced >= 0 && result.produced <= all.count, "the result counts \(result.produced) bytes as written")
    // What is not counted as written was not touched.
    try trial.expect(
      Array(all.dropFirst(result.produced)),
      equals: [UInt8](repeating: TestMemory.canary, count: all.count - result.produced),
      "bytes behind the written ones were changed")
    return Array(all.prefix(result.produced))
  }

  static func flushPoints(_ trial: inout Trial) throws {
    try trial.requireStreaming()
    for flush in [CompressionFlush.sync, .full] {
      for data in [DataClass.text, .random, .zeros] {
        let bytes = data.bytes(trial.effort.size(6000), &trial.random)
        let pieces = trial.random.split(bytes.count, largest: 2500)
        let name = flush == .sync ? "sync" : "full"
        trial.begin(["data": data.rawValue, "flush": name, "pieces": pieces])
        var compressor = try trial.makeStream(.compress)
        var stream: [UInt8] = []
        var given = 0
        for (index, piece) in pieces.enumerated() {
          trial.begin(["data": data.rawValue, "flush": name, "pieces": pieces, "piece": index])
          let part = try trial.pump(
            &compressor, Array(bytes[given..<given + piece]), pieces: [piece], rooms: [500], flushes: [flush],
            isComplete: false, countsAll: false)
          given += piece
          stream += part.bytes
          var decompressor = try trial.makeDecodingStream()
          let soFar = try trial.pump(&decompressor, stream, pieces: [stream.count], isComplete: false)
          try trial.expect(
            soFar.bytes, equals: Array(bytes[..<given]), "what was flushed cannot be decoded to all that was given")
        }
        if flush == .full { try decodesAlone(&trial, &compressor, stream.count) }
        trial.begin(["data": data.rawValue, "flush": name, "after": "the last piece"])
        let last = try trial.pump(&compressor, [], pieces: [0], countsAll: false)
        var decoder = try trial.makeDecoder()
        guard flush == .sync else { continue }
        try trial.expect(
          decoder.decompress(stream + last.bytes), equals: bytes, "the flushed stream comes back as something else")
      }
    }
  }

  /// What follows a full flush does not refer back: where the format has no header, it is a stream of its own.
  private static func decodesAlone(_ trial: inout Trial, _ compressor: inout CompressionStream, _ position: Int) throws
  {
    guard trial.compressionProperties.joining == .blocks else { return }
    let tail = DataClass.text.bytes(2000, &trial.random)
    trial.begin(["flush": "full", "decoded alone from": position])
    let part = try trial.pump(
      &compressor, tail, pieces: [tail.count], flushes: [.sync], isComplete: false, countsAll: false)
    var decompressor = try trial.makeDecodingStream()
    let alone = try trial.pump(&decompressor, part.bytes, pieces: [part.bytes.count], isComplete: false)
    try trial.expect(alone.bytes, equals: tail, "what follows a full flush cannot be decoded on its own")
  }
}

extension Trial {
  /// A decompressing stream of the reference; of the driver itself where there is none.
  func makeDecodingStream(_ options: CompressionOptions = .init()) throws -> CompressionStream {
    guard let reference else { return try makeStream(.decompress, options) }
    return try registry.decompressor(reference.driverName, options)
  }
}
