// How requests end that cannot be done.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import CZlib
import DeviceAccess
import LinuxSystem
import Testing

@testable import HisiliconModel

@Suite("Engine: errors") struct EngineStatusTests {
  @Test("raw deflate exists at revision 0x30 only, zlib and gzip at all", arguments: [HISI_QM_HW_V1, HISI_QM_HW_V2])
  func revisions(revision: UInt32) throws {
    let rig = try EngineRig()
    rig.revision = revision
    for direction in [ZipDirection.compress, .decompress] {
      #expect(rig.run(direction, .deflate, [3, 0], room: 100).status == HISI_ZIP_STATUS_UNSUPPORTED)
    }
    let bytes = SampleKind.source.bytes(3000)
    for format in [ZipFormat.zlib, .gzip] {
      #expect(rig.run(.compress, format, bytes, room: 4000).status == HISI_ZIP_STATUS_OK)
      #expect(same(rig.run(.decompress, format, Reference.compressed(bytes, format), room: 3000).output, bytes))
    }
  }

  @Test("request types and buffer types that the engine does not have are unsupported")
  func unsupported() throws {
    let rig = try EngineRig()
    for type in [0, 4, 0x10, 0x20, 0x30, 0x40, 0x41, 0x42, 0x43, 0xff] as [UInt32] {
      let answer = rig.run(.compress, .deflate, [1, 2], room: 100) { $0.dw9 = type }
      #expect(answer.status == HISI_ZIP_STATUS_UNSUPPORTED)
      #expect(answer.produced == 0)
    }
    for type in 2...15 as ClosedRange<UInt32> {
      let answer = rig.run(.compress, .deflate, [1, 2], room: 100) { $0.dw9 |= type << HISI_ZIP_DW9_BUFFER_SHIFT }
      #expect(answer.status == HISI_ZIP_STATUS_UNSUPPORTED)
    }
  }

  @Test("a wrong trailer is a checksum error", arguments: [ZipFormat.zlib, .gzip])
  func checksum(format: ZipFormat) throws {
    let rig = try EngineRig()
    let bytes = SampleKind.records.bytes(5000)
    let stream = Reference.compressed(bytes, format)
    for position in stream.count - format.trailerCount..<stream.count {
      var damaged = stream
      damaged[position] ^= 0x10
      let answer = rig.run(.decompress, format, damaged, room: 5000)
      #expect(answer.status == HISI_ZIP_STATUS_CRC_ERROR)
      #expect(answer.consumed == stream.count)
      #expect(same(answer.output, bytes))
    }
  }

  @Test("input that ends before its stream is bad data, at every length", arguments: ZipFormat.all)
  func truncated(format: ZipFormat) throws {
    let rig = try EngineRig()
    let stream = Reference.compressed(SampleKind.prose.bytes(400), format)
    for count in 0..<stream.count {
      for room in [400, 1000] {
        let answer = rig.run(.decompress, format, Array(stream[..<count]), room: room)
        #expect(answer.status == HISI_ZIP_STATUS_BAD_DATA)
        #expect(answer.consumed == count)
      }
    }
  }

  @Test("data that zlib refuses is bad data, whatever is wrong with it")
  func corrupt() throws {
    let rig = try EngineRig()
    var random = SeededGenerator(5)
    let stream = Reference.compressed(SampleKind.prose.bytes(3000), .deflate)
    var refused = 0
    for _ in 0..<400 {
      var damaged = stream
      for _ in 0..<Int.random(in: 1..<4, using: &random) {
        damaged[Int.random(in: 0..<damaged.count, using: &random)] = .random(in: 0...255, using: &random)
      }
      let answer = rig.run(.decompress, .deflate, damaged, room: 20_000)
      if let (bytes, used) = Reference.inflated(damaged) {
        if bytes.count <= 20_000 {
          #expect(answer.status == HISI_ZIP_STATUS_OK)
          #expect(same(answer.output, bytes))
          #expect(answer.consumed == used)
        } else {
          #expect(answer.status == HISI_ZIP_STATUS_OUTPUT_FULL)
        }
      } else {
        refused += 1
        #expect([HISI_ZIP_STATUS_BAD_DATA, HISI_ZIP_STATUS_OUTPUT_FULL].contains(answer.status))
      }
    }
    #expect(refused > 100)
    // A block type that does not exist, and distances before the start.
    for bytes in [[7], [0xff, 0xff], [0x4b, 0x04, 0x12]] as [[UInt8]] {
      #expect(rig.run(.decompress, .deflate, bytes, room: 100).status == HISI_ZIP_STATUS_BAD_DATA)
    }
  }

  @Test("an address that is not mapped is a fault of the request alone")
  func faults() throws {
    let rig = try EngineRig()
    let end = EngineRig.base + UInt64(EngineRig.size)
    let bytes = SampleKind.prose.bytes(20_000)
    let stream = Reference.compressed(bytes, .zlib)
    for (direction, content) in [(ZipDirection.compress, bytes), (.decompress, stream)] {
      rig.memory.write(content, at: EngineRig.inputOffset)
      let places: [(TestBuffer, TestBuffer)] = [
        (TestBuffer(address: 0), rig.output), (rig.input, TestBuffer(address: 0)),
        (TestBuffer(address: end), rig.output), (rig.input, TestBuffer(address: end)),
        // Partly there.
        (TestBuffer(address: end - 100), rig.output), (rig.input, TestBuffer(address: end - 100)),
        // Up to 2^64 and beyond.
        (TestBuffer(address: .max), rig.output), (rig.input, TestBuffer(address: .max)),
      ]
      for (source, destination) in places {
        let sqe = EngineRig.sqe(HISI_ZIP_REQUEST_ZLIB, from: source, content.count, to: destination, room: 40_000)
        let answer = rig.execute(sqe, direction)
        let status = answer.dw3 & HISI_ZIP_DW3_STATUS_MASK
        // What happens to lie in the last bytes of the memory need not be a stream.
        let isGarbage = direction == .decompress && source.address == end - 100 && status == HISI_ZIP_STATUS_BAD_DATA
        #expect(status == HISI_ZIP_STATUS_TRANSLATION_FAULT || isGarbage)
      }
      #expect(rig.engine.lastFault != nil)
      #expect(rig.run(direction, .zlib, content, room: 40_000).status == HISI_ZIP_STATUS_OK)
    }
  }

  @Test("one byte that cannot be read or written is a fault too")
  func fastFault() throws {
    let rig = try EngineRig()
    for (source, destination) in [(TestBuffer(address: 0), rig.output), (rig.input, TestBuffer(address: 0))] {
      let answer = rig.execute(
        EngineRig.sqe(HISI_ZIP_REQUEST_DEFLATE, from: source, 1, to: destination, room: 100), .compress)
      #expect(answer.dw3 & HISI_ZIP_DW3_STATUS_MASK == HISI_ZIP_STATUS_TRANSLATION_FAULT)
      #expect(answer.consumed == 0 && answer.produced == 0)
    }
  }

  @Test("room that is not mapped is no fault unless it is needed, to the byte", arguments: ZipFormat.all)
  func unneededRoom(format: ZipFormat) throws {
    let rig = try EngineRig()
    let end = EngineRig.base + UInt64(EngineRig.size)
    for size in [0, 1000, 50_000] {
      let bytes = SampleKind.prose.bytes(size)
      let stream = Reference.compressed(bytes, format)
      for (direction, input, output) in [(ZipDirection.compress, bytes, stream), (.decompress, stream, bytes)] {
        for (missing, expected) in [(0, HISI_ZIP_STATUS_OK), (1, HISI_ZIP_STATUS_TRANSLATION_FAULT)] {
          guard output.count >= missing else { continue }
          rig.memory.write(input, at: EngineRig.inputOffset)
          let destination = TestBuffer(address: end - UInt64(output.count - missing))
          let sqe = EngineRig.sqe(format.requestType, from: rig.input, input.count, to: destination, room: 1 << 20)
          let status = rig.execute(sqe, direction).dw3 & HISI_ZIP_DW3_STATUS_MASK
          #expect(status == expected || missing == 0 && status == HISI_ZIP_STATUS_NEGACOMPRESS)
          let written = rig.memory.read(EngineRig.size - output.count + missing..<EngineRig.size)
          #expect(same(written, Array(output.dropLast(missing))))
        }
      }
    }
  }

  @Test("the source is never written and the destination never read")
  func permissions() throws {
    let rig = try EngineRig()
    let source = TestMemory(65_536)
    let target = TestMemory(65_536)
    try rig.space.map(iova: 0x10_0000, length: 65_536, permissions: .read, backing: source.backing())
    try rig.space.map(iova: 0x20_0000, length: 65_536, permissions: .write, backing: target.backing())
    let (reading, writing) = (TestBuffer(address: 0x10_0000), TestBuffer(address: 0x20_0000))
    source.write(SampleKind.source.bytes(40_000), at: 0)
    let compressed = rig.execute(
      EngineRig.sqe(HISI_ZIP_REQUEST_GZIP, from: reading, 40_000, to: writing, room: 65_536), .compress)
    #expect(compressed.dw3 & HISI_ZIP_DW3_STATUS_MASK == HISI_ZIP_STATUS_OK)
    source.write(target.read(0..<Int(compressed.produced)), at: 0)
    let decompressed = rig.execute(
      EngineRig.sqe(
        HISI_ZIP_REQUEST_GZIP, from: reading, Int(compressed.produced), to: writing, room: 65_536), .decompress)
    #expect(decompressed.dw3 & HISI_ZIP_DW3_STATUS_MASK == HISI_ZIP_STATUS_OK)
    #expect(same(target.read(0..<40_000), SampleKind.source.bytes(40_000)))
    // The wrong way round.
    for direction in [ZipDirection.compress, .decompress] {
      for (from, to) in [(writing, rig.output), (rig.input, reading)] {
        rig.memory.write(Reference.compressed(Array(repeating: 1, count: 99), .gzip), at: EngineRig.inputOffset)
        let answer = rig.execute(EngineRig.sqe(HISI_ZIP_REQUEST_GZIP, from: from, 100, to: to, room: 100), direction)
        #expect(answer.dw3 & HISI_ZIP_DW3_STATUS_MASK == HISI_ZIP_STATUS_TRANSLATION_FAULT)
      }
    }
  }

  @Test("memory whose file was truncated ends the request as a fault, after the fact")
  func poison() throws {
    let rig = try EngineRig()
    let file = try SharedMemory(name: "engine-test", byteCount: 65_536, seals: [])
    let memory = try SharedMapping(file.descriptor, byteCount: 65_536)
    try rig.space.map(
      iova: 0x10_0000, length: 65_536, permissions: [.read, .write], backing: .memory(MappedMemory(memory)))
    let place = TestBuffer(address: 0x10_0000)
    for isSet in [false, true] {
      // From the first access on, other memory lies there, which the engine can use and must not believe.
      if isSet { try file.resize(to: 0) }
      let expected = isSet ? HISI_ZIP_STATUS_TRANSLATION_FAULT : HISI_ZIP_STATUS_OK
      for (from, to) in [(place, rig.output), (rig.input, place)] {
        unsafe memory.withUnsafeMutableBytes { unsafe _ = $0.initializeMemory(as: UInt8.self, repeating: 7) }
        #expect(memory.isPoisoned == isSet)
        rig.memory.fill(0..<EngineRig.inputOffset + 1000)
        let answer = rig.execute(EngineRig.sqe(HISI_ZIP_REQUEST_ZLIB, from: from, 1000, to: to, room: 1000), .compress)
        #expect(answer.dw3 & HISI_ZIP_DW3_STATUS_MASK == expected)
      }
    }
  }

  @Test("a file that becomes shorter under its mapping spoils the request that uses it, and no other")
  func truncation() throws {
    let rig = try EngineRig()
    let bytes = SampleKind.noise.bytes(65_536)
    for isSource in [true, false] {
      let file = try SharedMemory(name: "engine-test", byteCount: 65_536, seals: [])
      try rig.space.map(
        iova: 0x10_0000, length: 65_536, permissions: [.read, .write],
        backing: .memory(MappedMemory(try SharedMapping(file.descriptor, byteCount: 65_536))))
      rig.memory.write(bytes, at: EngineRig.inputOffset)
      let place = TestBuffer(address: 0x10_0000)
      let sqe = EngineRig.sqe(
        HISI_ZIP_REQUEST_ZLIB, from: isSource ? place : rig.input, 60_000, to: isSource ? rig.output : place,
        room: 65_536)
      #expect(rig.execute(sqe, .compress).dw3 & HISI_ZIP_DW3_STATUS_MASK != HISI_ZIP_STATUS_TRANSLATION_FAULT)
      try file.resize(to: 8192)
      #expect(rig.execute(sqe, .compress).dw3 & HISI_ZIP_DW3_STATUS_MASK == HISI_ZIP_STATUS_TRANSLATION_FAULT)
      #expect(rig.engine.lastFault?.reason == .poisoned)
      #expect(rig.run(.compress, .zlib, bytes, room: 70_000).status == HISI_ZIP_STATUS_NEGACOMPRESS)
      try rig.space.unmap(iova: 0x10_0000, length: 65_536)
    }
  }

  @Test("source and destination that overlap spoil the output at most", arguments: ZipFormat.all)
  func overlap(format: ZipFormat) throws {
    let rig = try EngineRig()
    let known = [
      HISI_ZIP_STATUS_OK, HISI_ZIP_STATUS_NEGACOMPRESS, HISI_ZIP_STATUS_BAD_DATA, HISI_ZIP_STATUS_CRC_ERROR,
      HISI_ZIP_STATUS_OUTPUT_FULL,
    ]
    for level in [0, 6] as [Int32] {
      let stream = Reference.compressed(SampleKind.prose.bytes(100_000), format, level: level)
      for shift in [-70_000, -1000, -1, 0, 1, 7, 1000, 70_000] {
        for direction in [ZipDirection.compress, .decompress] {
          rig.memory.write(stream, at: 1 << 20)
          let source = TestBuffer(address: EngineRig.base + 1 << 20)
          let destination = TestBuffer(address: UInt64(Int(EngineRig.base + 1 << 20) + shift))
          let answer = rig.execute(
            EngineRig.sqe(format.requestType, from: source, stream.count, to: destination, room: 150_000), direction)
          #expect(known.contains(answer.dw3 & HISI_ZIP_DW3_STATUS_MASK))
          #expect(answer.consumed <= UInt32(stream.count) && answer.produced <= 150_000)
        }
      }
    }
  }
}
