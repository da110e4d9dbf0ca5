// Streams over the model's engine, against zlib.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import HisiliconQueue
import Testing
import WarpDriveQueue

/// What a pass through a stream came to.
struct Passed {
  var bytes: [UInt8] = []
  var consumed = 0
  var isFinished = false
  var error: ZipError?
}

/// Puts `input` through a stream, cut into pieces, into outputs of `rooms` bytes in turn.
func pass(
  _ input: [UInt8], through stream: inout ZipStream, pieces: [Int]? = nil, rooms: [Int] = [1 << 16],
  flush: ZipFlush = .none, finishes: Bool = true
) -> Passed {
  var result = Passed()
  var turn = 0
  func give(_ range: Range<Int>, _ flush: ZipFlush, _ stream: inout ZipStream) {
    var rest = range
    while true {
      let room = rooms[turn % rooms.count]
      turn += 1
      var progress = ZipProgress()
      let part = unsafe [UInt8](unsafeUninitializedCapacity: max(room, 1)) { buffer, count in
        let place = unsafe UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: room)
        var output = unsafe OutputRawSpan(buffer: place, initializedCount: 0)
        do throws(ZipError) {
          try unsafe stream.step(input.span.bytes.extracting(rest), into: &output, flush, progress: &progress)
        } catch {
          result.error = error
        }
        unsafe count = output.finalize(for: place)
      }
      #expect(part.count == progress.produced)
      result.bytes += part
      result.consumed += progress.consumed
      rest = rest.lowerBound + progress.consumed..<rest.upperBound
      if progress.isFinished { result.isFinished = true }
      if result.error != nil || result.isFinished { return }
      if room > 0, progress.consumed == 0, part.isEmpty { return }
      if rest.isEmpty, flush != .finish, part.count < room || room == 0 && flush == .none { return }
    }
  }
  var start = 0
  for size in pieces ?? [input.count] {
    let isLast = start + size == input.count
    give(start..<start + size, isLast && finishes ? .finish : flush, &stream)
    start += size
    if result.error != nil || result.isFinished { return result }
  }
  return result
}

@Suite("Streams of the ZIP engine") struct ZipStreamTests {
  @Test(
    "a whole message is one request without state, in every format and at every size", arguments: ZipFormat.allCases)
  func whole(_ format: ZipFormat) throws {
    let compressor = try EngineExecutor(.compress)
    let decompressor = try EngineExecutor(.decompress)
    var forth = ZipStream(format, on: compressor)
    var back = ZipStream(format, on: decompressor)
    for kind in TestData.allCases {
      for size in [0, 1, 100, 5000, 300_000] {
        let bytes = kind.bytes(size)
        forth.reset()
        let before = compressor.requestCount
        let stream = pass(bytes, through: &forth, rooms: [size * 2 + 1000])
        #expect(stream.isFinished && stream.error == nil)
        #expect(compressor.requestCount == before + 1)
        #expect(compressor.lastRequest.dw7 & HISI_ZIP_DW7_STATEFUL == 0)
        expectSame(ZlibReference.decompressed(stream.bytes, format), bytes)
        back.reset()
        let plain = pass(ZlibReference.compressed(bytes, format), through: &back, rooms: [max(size, 1)])
        #expect(plain.isFinished && plain.error == nil)
        expectSame(plain.bytes, bytes)
      }
    }
    #expect(compressor.kept.isEmpty && decompressor.kept.isEmpty)
  }

  @Test("a stream in pieces of any size, into rooms of any size, is one stream", arguments: ZipFormat.allCases)
  func pieces(_ format: ZipFormat) throws {
    var random = TestRandom(7)
    var options = ZipStreamOptions()
    options.chunkSize = 4096
    let compressor = try EngineExecutor(.compress)
    let decompressor = try EngineExecutor(.decompress)
    for round in 0..<24 {
      let bytes = TestData.allCases[round % 4].bytes(Int.random(in: 0...40_000, using: &random), seed: UInt64(round))
      var forth = ZipStream(format, options, on: compressor)
      let flush: ZipFlush = [.none, .sync, .full][round % 3]
      let stream = pass(
        bytes, through: &forth, pieces: cut(bytes.count, 9000, &random), rooms: rooms(&random), flush: flush)
      #expect(stream.isFinished && stream.error == nil && stream.consumed == bytes.count)
      expectSame(ZlibReference.decompressed(stream.bytes, format), bytes)
      var back = ZipStream(format, options, on: decompressor)
      let reference = ZlibReference.compressed(bytes, format, level: Int32(round % 10))
      let plain = pass(
        reference + [1, 2, 3], through: &back, pieces: cut(reference.count + 3, 3000, &random), rooms: rooms(&random))
      #expect(plain.isFinished && plain.error == nil)
      #expect(plain.consumed == reference.count)
      expectSame(plain.bytes, bytes)
    }
  }

  private func cut(_ count: Int, _ largest: Int, _ random: inout TestRandom) -> [Int] {
    var pieces: [Int] = []
    var left = count
    while left > 0 {
      pieces.append(Int.random(in: 1...min(largest, left), using: &random))
      left -= pieces[pieces.count - 1]
    }
    return pieces.isEmpty ? [0] : pieces
  }

  private func rooms(_ random: inout TestRandom) -> [Int] {
    (0..<5).map { _ in Int.random(in: 1...9000, using: &random) } + [0, 1]
  }

  @Test("what was flushed can be decompressed, and after a full flush on its own")
  func flushes() throws {
    let executor = try EngineExecutor(.compress)
    for flush in [ZipFlush.sync, .full] {
      var stream = ZipStream(.deflate, on: executor)
      let bytes = TestData.prose.bytes(30_000)
      var made: [UInt8] = []
      var lastStart = 0
      for start in stride(from: 0, to: bytes.count, by: 5000) {
        lastStart = made.count
        let part = pass(
          Array(bytes[start..<start + 5000]), through: &stream, rooms: [700], flush: flush, finishes: false)
        #expect(part.error == nil && part.consumed == 5000)
        made += part.bytes
        expectSame(ZlibReference.decompressed(made, .deflate, isCut: true), Array(bytes[..<(start + 5000)]))
        // Nothing more comes of another flush.
        #expect(pass([], through: &stream, flush: flush, finishes: false).bytes.isEmpty)
      }
      let alone = ZlibReference.decompressed(Array(made[lastStart...]), .deflate, isCut: true)
      let isAlone = alone == Array(bytes[25_000...])
      #expect(isAlone == (flush == .full))
    }
  }

  @Test("input of more than 8 MiB is split over requests of a stream", arguments: [ZipFormat.gzip, .zlib])
  func large(_ format: ZipFormat) throws {
    let bytes = TestData.zeros.bytes(9 << 20)
    let compressor = try EngineExecutor(.compress)
    var options = ZipStreamOptions()
    options.chunkSize = 1 << 22
    var forth = ZipStream(format, options, on: compressor)
    let stream = pass(bytes, through: &forth)
    #expect(stream.isFinished && compressor.requestCount == 3)
    expectSame(ZlibReference.decompressed(stream.bytes, format), bytes)
    let decompressor = try EngineExecutor(.decompress)
    var back = ZipStream(format, options, on: decompressor)
    let plain = pass(stream.bytes, through: &back, rooms: [10 << 20])
    #expect(plain.isFinished)
    expectSame(plain.bytes, bytes)
  }

  @Test("input that ends early stands still wherever it is cut", arguments: ZipFormat.allCases)
  func truncation(_ format: ZipFormat) throws {
    let executor = try EngineExecutor(.decompress)
    let bytes = TestData.prose.bytes(150)
    let whole = ZlibReference.compressed(bytes, format)
    var stream = ZipStream(format, on: executor)
    for count in 0..<whole.count {
      stream.reset()
      let part = pass(Array(whole[..<count]), through: &stream)
      #expect(part.error == nil && !part.isFinished)
      let isPrefix = bytes.starts(with: part.bytes)
      #expect(isPrefix)
    }
  }

  @Test("data that is wrong is the data's fault, behind what came before it", arguments: ZipFormat.allCases)
  func corruption(_ format: ZipFormat) throws {
    let executor = try EngineExecutor(.decompress)
    let bytes = TestData.noise.bytes(100_000)
    var stream = ZipStream(format, on: executor)
    var whole = ZlibReference.compressed(bytes, format, level: 0)
    if format != .deflate {
      whole[whole.count - 1] ^= 1
      let wrong = pass(whole, through: &stream)
      #expect(isCorrupt(wrong.error))
      expectSame(wrong.bytes, bytes)
      whole[whole.count - 1] ^= 1
    }
    // The type of the second block becomes one that does not exist.
    let header = format == .deflate ? 0 : format == .zlib ? 2 : 10
    let second = header + 5 + Int(whole[header + 1]) + Int(whole[header + 2]) << 8
    whole[second] |= 6
    stream.reset()
    let wrong = pass(whole, through: &stream, rooms: [1000])
    #expect(isCorrupt(wrong.error))
    expectSame(wrong.bytes, Array(bytes[..<(second - header - 5)]))
    // It stays wrong, and a reset helps.
    #expect(isCorrupt(pass(whole, through: &stream).error))
    stream.reset()
    expectSame(pass(ZlibReference.compressed(bytes, format), through: &stream).bytes, bytes)
  }

  private func isCorrupt(_ error: ZipError?) -> Bool {
    if case .corrupt? = error { true } else { false }
  }

  @Test("hardware before revision 0x30 has its tag elsewhere and no raw deflate")
  func revisions() throws {
    let executor = try EngineExecutor(.compress, revision: HISI_QM_HW_V2)
    var stream = ZipStream(.gzip, on: executor)
    let bytes = TestData.prose.bytes(3000)
    expectSame(ZlibReference.decompressed(pass(bytes, through: &stream).bytes, .gzip), bytes)
    #expect(executor.lastRequest.dw7 >> HISI_ZIP_DW7_SQE_TYPE_SHIFT == 0)
    var raw = ZipStream(.deflate, on: executor)
    guard case .queue(let error)? = pass(bytes, through: &raw).error else {
      Issue.record("raw deflate was taken")
      return
    }
    #expect(error.code == .failed)
  }

  @Test("a smaller window is asked for, and zlib's header says it", arguments: ZipWindow.range)
  func windows(bits: Int) throws {
    let executor = try EngineExecutor(.compress)
    var options = ZipStreamOptions()
    options.window = try #require(ZipWindow(bits: bits))
    var stream = ZipStream(.zlib, options, on: executor)
    let bytes = TestData.mixed.bytes(100_000)
    let made = pass(bytes, through: &stream).bytes
    #expect(made[0] == UInt8(bits - 8) << 4 | 8)
    expectSame(ZlibReference.decompressed(made, .zlib, bits: Int32(bits)), bytes)
    let decompressor = try EngineExecutor(.decompress)
    options.window = try #require(ZipWindow(bits: 13))
    var small = ZipStream(.zlib, options, on: decompressor)
    #expect(isCorrupt(pass(made, through: &small).error) == (bits > 13))
  }

  @Test("a queue has a bounded number of streams, and its places are used again")
  func places() throws {
    let executor = try EngineExecutor(.compress, contextLimit: 2, places: 2)
    var first = ZipStream(.gzip, on: executor)
    var second = ZipStream(.gzip, on: executor)
    var third = ZipStream(.gzip, on: executor)
    #expect(pass([1], through: &first, flush: .sync, finishes: false).error == nil)
    #expect(pass([1], through: &second, flush: .sync, finishes: false).error == nil)
    guard case .queue(let error)? = pass([1], through: &third, flush: .sync, finishes: false).error else {
      Issue.record("there is no bound")
      return
    }
    #expect(error.code == .busy)
    #expect(pass([2], through: &first).isFinished)
    // A stream that is over makes room when it goes; the other's is not forgotten by the engine.
    first = ZipStream(.gzip, on: executor)
    third.reset()
    #expect(pass([1], through: &third, flush: .sync, finishes: false).error == nil)
    #expect(pass([2], through: &second).isFinished)
  }

  @Test("a completion that counts more than there was is the device's fault")
  func lies() throws {
    for direction in ZipDirection.allCases {
      let executor = try EngineExecutor(direction)
      executor.tamper = { $0.produced = 0x7fff_ffff }
      var stream = ZipStream(.gzip, on: executor)
      let input = direction == .compress ? [1, 2, 3] : ZlibReference.compressed([1, 2, 3], .gzip)
      guard case .queue(let error)? = pass(input, through: &stream).error else {
        Issue.record("a lie was believed")
        return
      }
      #expect(error.code == .failed)
    }
  }

  @Test("behind any request a compression can be completed elsewhere", arguments: ZipFormat.allCases)
  func remainder(_ format: ZipFormat) throws {
    let bytes = TestData.mixed.bytes(60_000)
    var options = ZipStreamOptions()
    options.chunkSize = 7000
    options.fields.name = Array("name".utf8)
    for requests in 0..<8 {
      let executor = try EngineExecutor(.compress)
      executor.requestsLeft = requests
      var stream = ZipStream(format, options, on: executor)
      let taken = pass(
        Array(bytes[..<58_000]), through: &stream, pieces: [1000, 20_000, 37_000],
        flush: requests % 2 == 0 ? .none : .full,
        finishes: false)
      guard case .queue(let error)? = taken.error else {
        Issue.record("the device was there")
        return
      }
      #expect(error.code == .deviceLost)
      #expect(!executor.kept.isEmpty || requests == 0)
      let remainder = stream.takeRemainder()
      var tally = remainder.tally
      let done = Int(tally.byteCount)
      #expect(done + remainder.input.count == taken.consumed)
      expectSame(remainder.input, Array(bytes[done..<taken.consumed]))
      #expect(remainder.history.count <= 32_768)
      expectSame(Array(bytes[..<done].suffix(remainder.history.count)), remainder.history)
      let rest = Array(bytes[done...])
      unsafe tally.add(rest.span.bytes)
      let made = taken.bytes + remainder.output + ZlibReference.compressed(rest, .deflate) + tally.trailer
      expectSame(ZlibReference.decompressed(made, format), bytes)
    }
  }
}
