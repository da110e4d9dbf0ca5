// Streams over several requests.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import CZlib
import DeviceAccess
import Testing

@testable import HisiliconModel

/// A client of stateful requests: gives back the words that the engine fills, as drivers do.
struct StreamClient {
  let rig: EngineRig
  let direction: ZipDirection
  let format: ZipFormat
  var address: UInt64 = 0x7000_0040
  private var last = hisi_zip_sqe()
  private var hasBegun = false

  init(_ rig: EngineRig, _ direction: ZipDirection, _ format: ZipFormat, address: UInt64 = 0x7000_0040) {
    self.rig = rig
    self.direction = direction
    self.format = format
    self.address = address
  }

  /// One request.
  mutating func send(_ bytes: [UInt8], room: Int, finishes: Bool = false) -> TestAnswer {
    let previous = last
    let isNew = !hasBegun
    let address = address
    let answer = rig.run(direction, format, bytes, room: room) {
      $0.dw7 |= HISI_ZIP_DW7_STATEFUL
      if isNew { $0.dw7 |= HISI_ZIP_DW7_STREAM_NEW }
      if finishes { $0.dw7 |= HISI_ZIP_DW7_FLUSH_FINISH }
      ($0.stream_ctx_addr_l, $0.stream_ctx_addr_h) = (
        UInt32(truncatingIfNeeded: address), UInt32(truncatingIfNeeded: address >> 32)
      )
      ($0.ctx_dw0, $0.ctx_dw1, $0.ctx_dw2) = (previous.ctx_dw0, previous.ctx_dw1, previous.ctx_dw2)
      ($0.isize, $0.checksum) = isNew ? (0xffff_ffff, 0xffff_ffff) : (previous.isize, previous.checksum)
    }
    hasBegun = true
    last = answer.sqe
    return answer
  }
}

@Suite("Engine: streams over several requests") struct EngineStatefulTests {
  @Test("a stream compressed in parts of any size is one stream", arguments: ZipFormat.all)
  func compression(format: ZipFormat) throws {
    let rig = try EngineRig()
    var random = SeededGenerator(11)
    for round in 0..<40 {
      let kind = SampleKind.allCases[round % SampleKind.allCases.count]
      let bytes = kind.bytes(Int.random(in: 0...150_000, using: &random), seed: UInt64(round))
      var client = StreamClient(rig, .compress, format)
      var stream: [UInt8] = []
      var position = 0
      while true {
        let end = min(bytes.count, position + Int.random(in: 0...40_000, using: &random))
        let finishes = end == bytes.count
        let room = Int.random(in: 200...60_000, using: &random)
        let answer = client.send(Array(bytes[position..<end]), room: room, finishes: finishes)
        #expect(answer.status == HISI_ZIP_STATUS_OK)
        #expect(answer.produced == answer.output.count)
        position += answer.consumed
        stream += answer.output
        #expect(answer.sqe.isize == UInt32(position))
        // What was consumed can be had at once, also before the end.
        if answer.isLast { break }
        #expect(answer.consumed > 0 || finishes || position == end)
      }
      #expect(position == bytes.count)
      #expect(same(Reference.decompressed(stream, format), bytes))
    }
  }

  @Test("after each request all that was consumed can be decompressed")
  func flush() throws {
    let rig = try EngineRig()
    var client = StreamClient(rig, .compress, .deflate)
    let bytes = SampleKind.source.bytes(30_000)
    var stream: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 1000) {
      stream += client.send(Array(bytes[start..<start + 1000]), room: 2000).output
      // The mark of a sync flush (zlib.h), then an empty last block ends it for the reference.
      #expect(stream.suffix(4) == [0, 0, 0xff, 0xff])
      #expect(same(Reference.decompressed(stream + [3, 0], .deflate), Array(bytes[..<(start + 1000)])))
    }
  }

  @Test("a stream is decompressed in parts of any size", arguments: ZipFormat.all)
  func decompression(format: ZipFormat) throws {
    let rig = try EngineRig()
    var random = SeededGenerator(12)
    for round in 0..<40 {
      let kind = SampleKind.allCases[round % SampleKind.allCases.count]
      let bytes = kind.bytes(Int.random(in: 0...150_000, using: &random), seed: UInt64(round))
      let stream = Reference.compressed(bytes, format, level: [0, 6, 9][round % 3])
      var client = StreamClient(rig, .decompress, format)
      var output: [UInt8] = []
      var position = 0
      for step in 0..<100_000 {
        let small = round % 4 == 0 ? 40 : 30_000
        let end = min(stream.count, position + Int.random(in: 0...small, using: &random))
        let room = Int.random(in: 0...(round % 4 == 1 ? 60 : 50_000), using: &random)
        let answer = client.send(Array(stream[position..<end]), room: room, finishes: end == stream.count)
        position += answer.consumed
        output += answer.output
        #expect(answer.sqe.isize == UInt32(output.count))
        #expect(answer.sqe.ctx_dw2 == UInt32(min(32_768, output.count)))
        if answer.status == HISI_ZIP_STATUS_DECOMP_END {
          #expect(answer.isLast)
          break
        }
        #expect(answer.status == HISI_ZIP_STATUS_OK)
        if answer.status != HISI_ZIP_STATUS_OK || step == 99_999 { break }
      }
      #expect(position == stream.count)
      #expect(same(output, bytes))
      if format != .deflate { #expect(rig.contexts.count == 1) }
    }
  }

  @Test("the context's state says why a decompression stopped")
  func contextStates() throws {
    let rig = try EngineRig()
    let bytes = SampleKind.prose.bytes(50_000)
    let body = Reference.compressed(bytes, .deflate)
    let stream = Reference.compressed(bytes, .gzip)

    // Input behind the last block: only the trailer is missing.
    var client = StreamClient(rig, .decompress, .gzip)
    let noTrailer = client.send(body, room: 50_000)
    #expect(noTrailer.status == HISI_ZIP_STATUS_OK && noTrailer.isLast)
    #expect(noTrailer.contextState == HISI_ZIP_CTX_STATE_NO_CRC)
    #expect(noTrailer.sqe.ctx_dw0 & HISI_ZIP_CTX_DW0_BFINAL != 0)
    let half = client.send(Array(stream[body.count..<body.count + 5]), room: 0)
    #expect(half.contextState == HISI_ZIP_CTX_STATE_NO_CRC && half.consumed == 5)
    let rest = client.send(Array(stream[(body.count + 5)...]), room: 0)
    #expect(rest.status == HISI_ZIP_STATUS_DECOMP_END && rest.consumed == 3)

    // No room: in the only block, which is the last.
    client = StreamClient(rig, .decompress, .gzip)
    let full = client.send(stream, room: 100)
    #expect(full.status == HISI_ZIP_STATUS_OK && !full.isLast)
    #expect(full.produced == 100)
    #expect(full.contextState == HISI_ZIP_CTX_STATE_LAST_BLOCK_NO_SPACE)

    // No room in a block that is not the last, and an end between two blocks.
    let blocks = Reference.compressed(SampleKind.noise.bytes(100_000), .deflate, level: 0)
    client = StreamClient(rig, .decompress, .deflate)
    #expect(client.send(blocks, room: 100).contextState == HISI_ZIP_CTX_STATE_DECOMPRESSING_NO_SPACE)
    client = StreamClient(rig, .decompress, .deflate)
    let first = 5 + Int(blocks[1]) + Int(blocks[2]) << 8
    let between = client.send(Array(blocks[..<first]), room: 100_000)
    #expect(between.contextState == HISI_ZIP_CTX_STATE_BLOCK_NOT_STARTED)
    #expect(between.produced == first - 5)
  }

  @Test("room for exactly the rest lets a decompression end with an empty request", arguments: ZipFormat.all)
  func nullRequest(format: ZipFormat) throws {
    let rig = try EngineRig()
    let bytes = SampleKind.zeros.bytes(4000)
    let stream = Reference.compressed(bytes, format)
    var client = StreamClient(rig, .decompress, format)
    var output: [UInt8] = []
    var answer = client.send(stream, room: 1000)
    var rest = Array(stream[answer.consumed...])
    output += answer.output
    var count = 1
    while answer.status == HISI_ZIP_STATUS_OK, count < 100 {
      answer = client.send(rest, room: 1000, finishes: true)
      rest.removeFirst(answer.consumed)
      output += answer.output
      count += 1
    }
    #expect(answer.status == HISI_ZIP_STATUS_DECOMP_END)
    #expect(same(output, bytes))
  }

  @Test(
    "without room for what a compression may need, nothing is consumed and the stream goes on", arguments: ZipFormat.all
  )
  func noRoom(format: ZipFormat) throws {
    let rig = try EngineRig()
    var client = StreamClient(rig, .compress, format)
    let bytes = SampleKind.prose.bytes(5000)
    var stream = client.send(Array(bytes[..<1000]), room: 2000).output
    let stuck = client.send(Array(bytes[1000...]), room: 16)
    #expect(stuck.status == HISI_ZIP_STATUS_OUTPUT_FULL)
    #expect(stuck.consumed == 0 && stuck.produced == 0)
    var rest = client.send(Array(bytes[1000...]), room: 8000)
    stream += rest.output
    #expect(rest.consumed == 4000)
    // The last block alone can be asked for, and may find no room either.
    rest = client.send([], room: 4, finishes: true)
    #expect(rest.status == HISI_ZIP_STATUS_OUTPUT_FULL)
    rest = client.send([], room: 200, finishes: true)
    #expect(rest.status == HISI_ZIP_STATUS_OK && rest.isLast)
    #expect(same(Reference.decompressed(stream + rest.output, format), bytes))
  }

  @Test("a stream's end that finds no room behind its input is asked for with an empty request")
  func endWithoutRoom() throws {
    let rig = try EngineRig()
    var found = false
    let bytes = SampleKind.noise.bytes(400)
    for room in 200..<520 where !found {
      var client = StreamClient(rig, .compress, .gzip)
      let answer = client.send(bytes, room: room, finishes: true)
      guard answer.consumed == 400, !answer.isLast else { continue }
      found = true
      #expect(answer.status == HISI_ZIP_STATUS_OK)
      #expect(answer.contextState == HISI_ZIP_CTX_STATE_LAST_BLOCK_NO_SPACE)
      let end = client.send([], room: 100, finishes: true)
      #expect(end.isLast)
      #expect(same(Reference.decompressed(answer.output + end.output, .gzip), bytes))
    }
  }

  @Test("output in small pieces does not change a flush")
  func smallPieces() throws {
    let rig = try EngineRig()
    let bytes = SampleKind.prose.bytes(2000)
    rig.memory.write(bytes, at: 0)
    var list = ListBuilder(pieces: (0..<4000).map { (EngineRig.outputOffset + 2 * $0, 1) })
    list.entriesPerTable = 255
    let to = list.write(to: rig.memory, at: EngineRig.listOffset)
    let from = ListBuilder(pieces: [(0, 1000), (1000, 1000)]).write(to: rig.memory, at: EngineRig.listOffset + 1 << 20)
    var sqe = EngineRig.sqe(HISI_ZIP_REQUEST_DEFLATE, from: from, 2000, to: to, room: 4000)
    sqe.dw7 |= HISI_ZIP_DW7_STATEFUL | HISI_ZIP_DW7_STREAM_NEW
    let answer = rig.execute(sqe, .compress)
    #expect(answer.consumed == 2000)
    let stream = list.gather(Int(answer.produced), from: rig.memory)
    #expect(same(Reference.decompressed(stream + [3, 0], .deflate), bytes))
  }

  @Test("checksum and size come from the request, as the driver gave them back", arguments: [ZipFormat.zlib, .gzip])
  func fedBack(format: ZipFormat) throws {
    let rig = try EngineRig()
    let bytes = SampleKind.records.bytes(3000)
    var client = StreamClient(rig, .compress, format)
    let first = client.send(bytes, room: 4000)
    #expect(first.sqe.checksum == format.register(bytes))
    #expect(first.sqe.isize == 3000)
    // A driver that loses them gets a trailer that is wrong.
    let last = rig.run(.compress, format, [], room: 100) {
      $0.dw7 |= HISI_ZIP_DW7_STATEFUL | HISI_ZIP_DW7_FLUSH_FINISH
      $0.stream_ctx_addr_l = 0x7000_0040
      $0.checksum = 0x1234_5678
    }
    #expect(last.isLast)
    #expect(same(Reference.inflated(first.output + last.output)?.bytes, bytes))
    #expect(same(Reference.decompressed(first.output + last.output, format), nil))
  }

  @Test("a wrong trailer ends a stream with a checksum error")
  func checksum() throws {
    let rig = try EngineRig()
    var stream = Reference.compressed(SampleKind.prose.bytes(900), .zlib)
    stream[stream.count - 1] ^= 1
    var client = StreamClient(rig, .decompress, .zlib)
    #expect(client.send(Array(stream[..<50]), room: 900).status == HISI_ZIP_STATUS_OK)
    #expect(client.send(Array(stream[50...]), room: 900).status == HISI_ZIP_STATUS_CRC_ERROR)
    #expect(rig.contexts.count == 0)
  }

  @Test("a failed request ends its stream")
  func failure() throws {
    let rig = try EngineRig()
    var client = StreamClient(rig, .decompress, .deflate)
    #expect(client.send([7], room: 100).status == HISI_ZIP_STATUS_BAD_DATA)
    #expect(client.send([0], room: 100).status == HISI_ZIP_STATUS_UNSUPPORTED)
    client = StreamClient(rig, .compress, .deflate)
    #expect(client.send([1, 2, 3], room: 100).status == HISI_ZIP_STATUS_OK)
    let fault = rig.run(.compress, .deflate, [4], room: 100) {
      $0.dw7 |= HISI_ZIP_DW7_STATEFUL
      $0.stream_ctx_addr_l = 0x7000_0040
      $0.source_addr_h = 77
    }
    #expect(fault.status == HISI_ZIP_STATUS_TRANSLATION_FAULT)
    #expect(client.send([4], room: 100).status == HISI_ZIP_STATUS_UNSUPPORTED)
  }

  @Test("a request for a stream that never began, has ended or is of another kind is unsupported")
  func noStream() throws {
    let rig = try EngineRig()
    func isUnsupported(_ direction: ZipDirection, _ format: ZipFormat, address: UInt32) -> Bool {
      rig.run(direction, format, [1, 2], room: 100) {
        $0.dw7 |= HISI_ZIP_DW7_STATEFUL
        $0.stream_ctx_addr_l = address
      }.status == HISI_ZIP_STATUS_UNSUPPORTED
    }
    #expect(isUnsupported(.compress, .deflate, address: 0x1000))
    var client = StreamClient(rig, .compress, .deflate, address: 0x2000)
    #expect(client.send([1], room: 100, finishes: true).isLast)
    #expect(isUnsupported(.compress, .deflate, address: 0x2000))
    client = StreamClient(rig, .compress, .deflate, address: 0x2000)
    #expect(client.send([1], room: 100).status == HISI_ZIP_STATUS_OK)
    #expect(isUnsupported(.compress, .gzip, address: 0x2000))
  }

  @Test("streams of one queue do not mix, and are named by address alone")
  func interleaved() throws {
    let rig = try EngineRig()
    let contents = (0..<8).map { SampleKind.allCases[$0 % 7].bytes(9000, seed: UInt64($0)) }
    var clients = (0..<8).map { StreamClient(rig, .compress, .zlib, address: UInt64($0) << 40 | 0x40) }
    var streams = [[UInt8]](repeating: [], count: 8)
    for start in stride(from: 0, to: 9000, by: 1000) {
      for index in clients.indices {
        streams[index] +=
          clients[index].send(
            Array(contents[index][start..<start + 1000]), room: 3000, finishes: start == 8000
          ).output
      }
    }
    for index in clients.indices { #expect(Reference.decompressed(streams[index], .zlib) == contents[index]) }
  }

  @Test("beyond the limit the stream that was used longest ago is forgotten; a stopped queue forgets all")
  func limit() throws {
    let rig = try EngineRig(contexts: StreamContexts(limit: 2))
    var first = StreamClient(rig, .compress, .deflate, address: 0x100)
    var second = StreamClient(rig, .compress, .deflate, address: 0x200)
    var third = StreamClient(rig, .compress, .deflate, address: 0x300)
    #expect(first.send([1], room: 100).status == HISI_ZIP_STATUS_OK)
    #expect(second.send([1], room: 100).status == HISI_ZIP_STATUS_OK)
    #expect(first.send([1], room: 100).status == HISI_ZIP_STATUS_OK)
    #expect(third.send([1], room: 100).status == HISI_ZIP_STATUS_OK)
    #expect(rig.contexts.count == 2)
    #expect(first.send([1], room: 100).status == HISI_ZIP_STATUS_OK)
    #expect(second.send([1], room: 100).status == HISI_ZIP_STATUS_UNSUPPORTED)
    rig.contexts.removeAll()
    #expect(rig.contexts.count == 0)
    #expect(first.send([1], room: 100).status == HISI_ZIP_STATUS_UNSUPPORTED)
  }

  @Test("a queue that stops under a request forgets its stream too")
  func stopUnderRequest() throws {
    let rig = try EngineRig()
    let stopping = TestMemory(4096)
    // The memory behind the input stops the queue when it is read.
    let contexts = rig.contexts
    try rig.space.map(
      iova: 0x10_0000, length: 4096, permissions: .read,
      backing: stopping.remoteBacking(iova: 0x10_0000) {
        contexts.removeAll()
        return true
      })
    var sqe = EngineRig.sqe(
      HISI_ZIP_REQUEST_DEFLATE, from: TestBuffer(address: 0x10_0000), 100, to: rig.output, room: 1000)
    sqe.dw7 |= HISI_ZIP_DW7_STATEFUL | HISI_ZIP_DW7_STREAM_NEW
    #expect(rig.execute(sqe, .compress).dw3 & HISI_ZIP_DW3_STATUS_MASK == HISI_ZIP_STATUS_OK)
    #expect(contexts.count == 0)
  }

  @Test("a decompression whose room is not mapped is a fault, and fine as long as the room is not needed")
  func unmappedRoom() throws {
    let rig = try EngineRig()
    let bytes = SampleKind.noise.bytes(5000)
    let stream = Reference.compressed(bytes, .deflate)
    let end = EngineRig.base + UInt64(EngineRig.size)
    rig.memory.write(stream, at: EngineRig.inputOffset)
    for (mapped, expected) in [
      (5000, HISI_ZIP_STATUS_DECOMP_END), (4999, HISI_ZIP_STATUS_TRANSLATION_FAULT),
    ] as [(UInt64, UInt32)] {
      var sqe = EngineRig.sqe(
        HISI_ZIP_REQUEST_DEFLATE, from: rig.input, stream.count, to: TestBuffer(address: end - mapped), room: 9000)
      sqe.dw7 |= HISI_ZIP_DW7_STATEFUL | HISI_ZIP_DW7_STREAM_NEW
      #expect(rig.execute(sqe, .decompress).dw3 & HISI_ZIP_DW3_STATUS_MASK == expected)
    }
  }
}
