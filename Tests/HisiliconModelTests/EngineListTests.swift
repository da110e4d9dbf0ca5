// Scatter/gather lists, as drivers write them and as nobody should.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import DeviceAccess
import LinuxSystem
import Testing

@testable import HisiliconModel

@Suite("Engine: scatter/gather lists") struct EngineListTests {
  private static let inputArea = EngineRig.inputOffset..<EngineRig.outputOffset
  private static let outputArea = EngineRig.outputOffset..<EngineRig.listOffset
  private static let inputList = EngineRig.listOffset
  private static let outputList = EngineRig.listOffset + (1 << 20)

  @Test("any split of input and output gives the same bytes", arguments: ZipFormat.all)
  func randomSplits(format: ZipFormat) throws {
    // Remote memory takes the way through the engine's buffers.
    for isRemote in [false, true] {
      let rig = try EngineRig(isRemote: isRemote)
      var random = SeededGenerator(isRemote ? 2 : 1)
      for round in 0..<40 {
        let kind = SampleKind.allCases[round % SampleKind.allCases.count]
        let size = Int.random(in: 0...(round % 10 == 0 ? 400_000 : 20_000), using: &random)
        let bytes = kind.bytes(size, seed: UInt64(round))
        let compressed = run(rig, .compress, format, bytes, room: size + size / 8 + 100, &random)
        #expect(compressed.consumed == size)
        #expect(same(Reference.decompressed(compressed.output, format), bytes))
        let stream = Reference.compressed(bytes, format)
        let decompressed = run(rig, .decompress, format, stream, room: size, &random)
        #expect(decompressed.status == HISI_ZIP_STATUS_OK)
        #expect(decompressed.consumed == stream.count)
        #expect(same(decompressed.output, bytes))
        guard size > 0 else { continue }
        #expect(run(rig, .decompress, format, stream, room: size - 1, &random).status == HISI_ZIP_STATUS_OUTPUT_FULL)
      }
    }
  }

  private func run(
    _ rig: EngineRig, _ direction: ZipDirection, _ format: ZipFormat, _ bytes: [UInt8], room: Int,
    _ random: inout SeededGenerator
  ) -> TestAnswer {
    // The lists may be longer than what the request uses, and begin with bytes to leave out.
    let offsets = (0..<2).map { _ in Int.random(in: 0...1, using: &random) * Int.random(in: 0..<3000, using: &random) }
    let source = ListBuilder.random(
      offsets[0] + bytes.count + 20, in: Self.inputArea, pieces: Int.random(in: 1..<200, using: &random), &random)
    let target = ListBuilder.random(
      offsets[1] + room + 20, in: Self.outputArea, pieces: Int.random(in: 1..<200, using: &random), &random)
    for piece in target.pieces { rig.memory.fill(piece.offset..<piece.offset + piece.count) }
    source.scatter(Array(repeating: 0xee, count: offsets[0]) + bytes, to: rig.memory)
    var from = source.write(to: rig.memory, at: Self.inputList)
    var to = target.write(to: rig.memory, at: Self.outputList)
    from.offset = UInt32(offsets[0])
    to.offset = UInt32(offsets[1])
    // The lists stay as they are.
    let lists = [source.tableRange(at: Self.inputList), target.tableRange(at: Self.outputList)]
    let before = lists.map { rig.memory.read($0) }
    let sqe = rig.execute(EngineRig.sqe(format.requestType, from: from, bytes.count, to: to, room: room), direction)
    for (range, before) in zip(lists, before) { #expect(same(rig.memory.read(range), before)) }
    let all = target.gather(offsets[1] + room + 20, from: rig.memory)
    #expect(all[..<offsets[1]].allSatisfy { $0 == TestMemory.fill }, "bytes that are left out were written")
    #expect(all[(offsets[1] + room)...].allSatisfy { $0 == TestMemory.fill }, "bytes behind the room were written")
    return TestAnswer(sqe: sqe, output: Array(all[offsets[1]..<offsets[1] + min(room, Int(sqe.produced))]))
  }

  @Test("the old drivers' offsets leave room for the header that they write themselves")
  func headerOffset() throws {
    let rig = try EngineRig()
    let bytes = SampleKind.prose.bytes(6000)
    rig.memory.write(bytes, at: 0)
    rig.memory.fill(Self.outputArea)
    var from = ListBuilder(pieces: [(0, 6000)]).write(to: rig.memory, at: Self.inputList)
    var to = ListBuilder(pieces: [(Self.outputArea.lowerBound, 8192)]).write(to: rig.memory, at: Self.outputList)
    to.offset = 10
    let sqe = rig.execute(EngineRig.sqe(HISI_ZIP_REQUEST_GZIP, from: from, 6000, to: to, room: 8182), .compress)
    let start = Self.outputArea.lowerBound
    let written = rig.memory.read(start..<start + 10 + Int(sqe.produced))
    #expect(written[..<10].allSatisfy { $0 == TestMemory.fill })
    #expect(same(Reference.decompressed(Array(written[10...]), .gzip), bytes))
    // And back: ten bytes of header are left out of the input.
    from = ListBuilder(pieces: [(start, written.count)]).write(to: rig.memory, at: Self.inputList)
    from.offset = 10
    to = ListBuilder(pieces: [(0, 6000)]).write(to: rig.memory, at: Self.outputList)
    let back = rig.execute(
      EngineRig.sqe(HISI_ZIP_REQUEST_GZIP, from: from, written.count - 10, to: to, room: 6000), .decompress)
    #expect(back.dw3 & HISI_ZIP_DW3_STATUS_MASK == HISI_ZIP_STATUS_OK)
    #expect(same(rig.memory.read(0..<6000), bytes))
  }

  @Test("a table may have 255 entries and a chain 256 tables")
  func mostEntries() throws {
    let rig = try EngineRig()
    // One byte an entry, all entries of one table, then one entry a table.
    for (count, entries) in [(255, 255), (256, 1)] {
      var list = ListBuilder(pieces: (0..<count).map { (3 * $0, 1) })
      list.entriesPerTable = entries
      let bytes = SampleKind.prose.bytes(count)
      list.scatter(bytes, to: rig.memory)
      // Tables of one entry fit below each other in the output's area.
      let from = list.write(to: rig.memory, at: EngineRig.outputOffset)
      let to = ListBuilder(pieces: [(1 << 20, 4096)]).write(to: rig.memory, at: Self.inputList)
      let sqe = rig.execute(EngineRig.sqe(HISI_ZIP_REQUEST_ZLIB, from: from, count, to: to, room: 4096), .compress)
      #expect(Int(sqe.consumed) == count)
      #expect(Reference.decompressed(rig.memory.read(1 << 20..<1 << 20 + Int(sqe.produced)), .zlib) == bytes)
    }
  }

  @Test("a table with 256 entries, a chain with 257 tables and a long entry are malformed")
  func tooMany() throws {
    let rig = try EngineRig()
    var long = ListBuilder(pieces: (0..<257).map { (3 * $0, 1) })
    long.entriesPerTable = 1
    expectMalformed(rig, long.write(to: rig.memory, at: EngineRig.outputOffset), 257)

    let wide = ListBuilder(pieces: [(0, 100)]).write(to: rig.memory, at: Self.inputList)
    var head = rig.memory.load(Self.inputList, as: hisi_sgl.self)
    head.sum_in_sgl = 256
    rig.memory.store(head, at: Self.inputList)
    expectMalformed(rig, wide, 100)

    let piece = ListBuilder(pieces: [(0, 8 << 20 + 1)]).write(to: rig.memory, at: Self.inputList)
    expectMalformed(rig, piece, 100)
  }

  @Test("tables that are not aligned to 64 bytes are malformed, the first and every other")
  func misaligned() throws {
    let rig = try EngineRig()
    for shift in [1, 8, 32, 63] {
      expectMalformed(rig, ListBuilder(pieces: [(0, 100)]).write(to: rig.memory, at: Self.inputList + shift), 100)
      var list = ListBuilder(pieces: [(0, 50), (50, 50)])
      list.entriesPerTable = 1
      let chained = list.write(to: rig.memory, at: Self.inputList)
      var head = rig.memory.load(Self.inputList, as: hisi_sgl.self)
      head.next_dma += UInt64(shift)
      rig.memory.store(head, at: Self.inputList)
      expectMalformed(rig, chained, 100)
    }
  }

  @Test("a chain that loops is malformed, however long the loop", arguments: [1, 2, 3, 7, 100, 255])
  func loops(length: Int) throws {
    let rig = try EngineRig()
    for lead in [0, 1, 5] where lead + length <= 256 {
      // With entries, and without any.
      for entry in [0, 1] {
        var list = ListBuilder(pieces: (0..<lead + length).map { (3 * $0, entry) })
        list.entriesPerTable = 1
        let looped = list.write(to: rig.memory, at: EngineRig.outputOffset)
        let last = EngineRig.outputOffset + (lead + length - 1) * ListBuilder.tableStride
        var head = rig.memory.load(last, as: hisi_sgl.self)
        head.next_dma = EngineRig.base + UInt64(EngineRig.outputOffset + lead * ListBuilder.tableStride)
        rig.memory.store(head, at: last)
        expectMalformed(rig, looped, 8 << 20)
      }
    }
  }

  @Test("a list that is shorter than the request says is malformed, if the rest is needed")
  func tooShort() throws {
    let rig = try EngineRig()
    expectMalformed(rig, ListBuilder(pieces: [(0, 99)]).write(to: rig.memory, at: Self.inputList), 100)
    expectMalformed(rig, ListBuilder(pieces: []).write(to: rig.memory, at: Self.inputList), 100)
    var skipping = ListBuilder(pieces: [(0, 100)]).write(to: rig.memory, at: Self.inputList)
    skipping.offset = 1
    expectMalformed(rig, skipping, 100)
    skipping.offset = 0xff_ffff
    expectMalformed(rig, skipping, 1)
    // Output that fits does so whatever room the SQE names.
    rig.memory.write(Array(repeating: 9, count: 100), at: 0)
    let from = ListBuilder(pieces: [(0, 100)]).write(to: rig.memory, at: Self.inputList)
    let to = ListBuilder(pieces: [(Self.outputArea.lowerBound, 30)]).write(to: rig.memory, at: Self.outputList)
    let sqe = rig.execute(EngineRig.sqe(HISI_ZIP_REQUEST_DEFLATE, from: from, 100, to: to, room: 4096), .compress)
    #expect(sqe.dw3 & HISI_ZIP_DW3_STATUS_MASK == HISI_ZIP_STATUS_OK)
    #expect(sqe.produced < 30)
  }

  @Test("lists and entries that point outside the memory are faults")
  func faults() throws {
    let rig = try EngineRig()
    let outside = TestBuffer(layout: HISI_ZIP_BUFFER_SGL, address: 64)
    let pointing = ListBuilder(pieces: [(0, 50), (EngineRig.size, 50)]).write(to: rig.memory, at: Self.inputList)
    // A table whose entries begin beyond the memory's end.
    let end = EngineRig.size - 64
    rig.memory.store(headWithOneEntry(), at: end)
    let cut = TestBuffer(layout: HISI_ZIP_BUFFER_SGL, address: EngineRig.base + UInt64(end))
    for source in [outside, pointing, cut] {
      let to = ListBuilder(pieces: [(Self.outputArea.lowerBound, 200)]).write(to: rig.memory, at: Self.outputList)
      let sqe = rig.execute(EngineRig.sqe(HISI_ZIP_REQUEST_ZLIB, from: source, 100, to: to, room: 200), .compress)
      #expect(sqe.dw3 & HISI_ZIP_DW3_STATUS_MASK == HISI_ZIP_STATUS_TRANSLATION_FAULT)
    }
  }

  @Test("each table and each entry is read once: what was checked is what is used")
  func readOnce() throws {
    let rig = try EngineRig()
    let table = TestMemory(65_536)
    let reads = Guarded<[UInt64: Int]>([:])
    let base: UInt64 = 0x10_0000
    try rig.space.map(
      iova: base, length: 65_536, permissions: .read,
      backing: unsafe .remote(
        RemoteBacking(
          read: { address, buffer in
            unsafe buffer.copyBytes(from: table.bytes[Int(address - base)..<Int(address - base) + buffer.count])
            reads.withLock { for byte in 0..<UInt64(buffer.count) { $0[address + byte, default: 0] += 1 } }
            return true
          }, write: { _, _ in false })))
    var list = ListBuilder(pieces: (0..<30).map { (3000 * $0, 2000) })
    list.entriesPerTable = 7
    // The entries lead to the rig's memory, the chain through the other.
    let source = list.write(to: table, at: 0, tables: base)
    list.scatter(SampleKind.prose.bytes(60_000), to: rig.memory)
    let to = ListBuilder(pieces: [(Self.outputArea.lowerBound, 60_000)]).write(to: rig.memory, at: Self.outputList)
    let sqe = rig.execute(EngineRig.sqe(HISI_ZIP_REQUEST_GZIP, from: source, 60_000, to: to, room: 60_000), .compress)
    #expect(sqe.consumed == 60_000)
    let counts = reads.withLock { Array($0.values) }
    // Five heads and thirty entries.
    #expect(counts.count == 1280)
    #expect(counts.allSatisfy { $0 == 1 })
  }

  @Test("an entry may end at 2^64, and none goes beyond")
  func top() throws {
    let rig = try EngineRig()
    let memory = TestMemory(4096)
    try rig.space.map(iova: 0 &- 4096, length: 4096, permissions: [.read, .write], backing: memory.backing())
    let bytes = SampleKind.source.bytes(2048)
    memory.write(bytes, at: 2048)
    var head = hisi_sgl()
    head.sum_in_sgl = 2
    var entry = hisi_sge()
    for (length, expected) in [
      (2048, HISI_ZIP_STATUS_OK), (2049, HISI_ZIP_STATUS_TRANSLATION_FAULT),
    ] as [(UInt32, UInt32)] {
      entry.buffer = 0 &- 2048
      entry.length = length
      rig.memory.store(head, at: Self.inputList)
      rig.memory.store(entry, at: Self.inputList + 64)
      let source = TestBuffer(layout: HISI_ZIP_BUFFER_SGL, address: EngineRig.base + UInt64(Self.inputList))
      let to = ListBuilder(pieces: [(Self.outputArea.lowerBound, 4000)]).write(to: rig.memory, at: Self.outputList)
      let sqe = rig.execute(
        EngineRig.sqe(HISI_ZIP_REQUEST_DEFLATE, from: source, Int(length), to: to, room: 4000), .compress)
      #expect(sqe.dw3 & HISI_ZIP_DW3_STATUS_MASK == expected)
    }
  }

  private func headWithOneEntry() -> hisi_sgl {
    var head = hisi_sgl()
    head.sum_in_sgl = 1
    return head
  }

  /// Expects a list of `count` bytes to be malformed as input and, where it is needed, as output.
  private func expectMalformed(_ rig: EngineRig, _ list: TestBuffer, _ count: Int) {
    var sqe = EngineRig.sqe(HISI_ZIP_REQUEST_ZLIB, from: list, count, to: rig.output, room: 8 << 20)
    // A flat output beside a list as input: the buffer type is that of both, so the output is a list of one entry.
    let flat = ListBuilder(pieces: [(2 << 20, 6 << 20)]).write(to: rig.memory, at: Self.outputList)
    sqe.dest_addr_l = UInt32(truncatingIfNeeded: flat.address)
    sqe.dest_addr_h = UInt32(truncatingIfNeeded: flat.address >> 32)
    let answer = rig.execute(sqe, .compress)
    #expect(answer.dw3 & HISI_ZIP_DW3_STATUS_MASK == HISI_ZIP_STATUS_BAD_SGL)
    // As output, of data that fills it.
    let noise = SampleKind.noise.bytes(count > 1 << 16 ? 1 << 18 : count)
    rig.memory.write(noise, at: 9 << 20)
    let source = ListBuilder(pieces: [(9 << 20, noise.count)]).write(to: rig.memory, at: Self.outputList)
    let reverse = EngineRig.sqe(HISI_ZIP_REQUEST_ZLIB, from: source, noise.count, to: list, room: 8 << 20)
    #expect(rig.execute(reverse, .compress).dw3 & HISI_ZIP_DW3_STATUS_MASK == HISI_ZIP_STATUS_BAD_SGL)
  }
}
