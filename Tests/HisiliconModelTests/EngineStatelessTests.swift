// What the engine answers to requests that are whole streams.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import CZlib
import Testing

@testable import HisiliconModel

@Suite("Engine: whole streams") struct EngineStatelessTests {
  static let sizes = [0, 1, 2, 100, 4096, 65_536, 300_000]

  @Test(
    "a compressed stream is one that zlib accepts, with body and trailer and no header", arguments: SampleKind.allCases)
  func compression(kind: SampleKind) throws {
    let rig = try EngineRig()
    for format in ZipFormat.all {
      for size in Self.sizes {
        let bytes = kind.bytes(size)
        let answer = rig.run(.compress, format, bytes, room: size + size / 8 + 64)
        #expect(answer.consumed == size)
        #expect(answer.produced == answer.output.count)
        #expect(same(Reference.decompressed(answer.output, format), bytes))
        let isSmaller = answer.produced < size
        #expect(answer.status == (isSmaller ? HISI_ZIP_STATUS_OK : HISI_ZIP_STATUS_NEGACOMPRESS))
        #expect(answer.sqe.isize == UInt32(size))
        if format != .deflate { #expect(answer.sqe.checksum == format.register(bytes)) }
      }
    }
  }

  @Test("the output is what zlib makes at its default level")
  func sameAsLibrary() throws {
    let rig = try EngineRig()
    for kind in SampleKind.allCases {
      let bytes = kind.bytes(65_536)
      let answer = rig.run(.compress, .deflate, bytes, room: 80_000)
      #expect(same(answer.output, Reference.compressed(bytes, .deflate)))
    }
  }

  @Test("what zlib compressed is decompressed, at any level, window and strategy", arguments: ZipFormat.all)
  func decompression(format: ZipFormat) throws {
    let rig = try EngineRig()
    for kind in SampleKind.allCases {
      for (level, windowBits, strategy) in [
        (0, 15, Z_DEFAULT_STRATEGY), (1, 9, Z_DEFAULT_STRATEGY), (6, 15, Z_DEFAULT_STRATEGY),
        (9, 12, Z_DEFAULT_STRATEGY),
        (6, 15, Z_FIXED), (6, 15, Z_HUFFMAN_ONLY), (6, 15, Z_RLE),
      ] as [(Int32, Int32, Int32)] {
        let bytes = kind.bytes(70_000)
        let stream = Reference.compressed(bytes, format, level: level, windowBits: windowBits, strategy: strategy)
        let answer = rig.run(.decompress, format, stream, room: 70_000)
        #expect(answer.status == HISI_ZIP_STATUS_OK, "never the end-of-stream status: the kernel takes it for an error")
        #expect(answer.isLast)
        #expect(answer.consumed == stream.count)
        #expect(same(answer.output, bytes))
        #expect(answer.sqe.isize == 70_000)
        if format != .deflate { #expect(answer.sqe.checksum == format.register(bytes)) }
      }
    }
  }

  @Test(
    "decompression stops at the stream's end and says exactly how much of the input it used", arguments: ZipFormat.all)
  func exactEnd(format: ZipFormat) throws {
    let rig = try EngineRig()
    for size in [0, 1, 77, 5000, 65_536] {
      let bytes = SampleKind.prose.bytes(size)
      let stream = Reference.compressed(bytes, format)
      let answer = rig.run(.decompress, format, stream + Array(repeating: 0x55, count: 100), room: size + 10)
      #expect(answer.status == HISI_ZIP_STATUS_OK)
      #expect(answer.consumed == stream.count)
      #expect(same(answer.output, bytes))
    }
  }

  @Test("room for exactly the output is enough, one byte less is not", arguments: ZipFormat.all)
  func exactRoom(format: ZipFormat) throws {
    let rig = try EngineRig()
    for size in [0, 1, 333, 4096, 65_536] {
      for kind in [SampleKind.prose, .noise, .zeros] {
        let bytes = kind.bytes(size)
        let stream = Reference.compressed(bytes, format)
        if format != .deflate || size != 1 {
          let compressed = rig.run(.compress, format, bytes, room: stream.count)
          #expect([HISI_ZIP_STATUS_OK, HISI_ZIP_STATUS_NEGACOMPRESS].contains(compressed.status))
          #expect(same(compressed.output, stream))
        }
        let tooSmall = rig.run(.compress, format, bytes, room: stream.count - 1)
        #expect(tooSmall.status == HISI_ZIP_STATUS_OUTPUT_FULL)
        #expect(tooSmall.produced <= stream.count - 1)
        let decompressed = rig.run(.decompress, format, stream, room: size)
        #expect(decompressed.status == HISI_ZIP_STATUS_OK)
        #expect(same(decompressed.output, bytes))
        guard size > 0 else { continue }
        let short = rig.run(.decompress, format, stream, room: size - 1)
        #expect(short.status == HISI_ZIP_STATUS_OUTPUT_FULL)
        #expect(same(short.output, Array(bytes.dropLast())))
      }
    }
  }

  @Test("nothing is written where there is no room")
  func noRoom() throws {
    let rig = try EngineRig()
    for format in ZipFormat.all {
      let compressed = rig.run(.compress, format, [1, 2, 3], room: 0)
      #expect(compressed.status == HISI_ZIP_STATUS_OUTPUT_FULL)
      #expect(compressed.produced == 0)
      let stream = Reference.compressed([1, 2, 3], format)
      #expect(rig.run(.decompress, format, stream, room: 0).status == HISI_ZIP_STATUS_OUTPUT_FULL)
      // A stream of nothing needs none.
      let empty = rig.run(.decompress, format, Reference.compressed([], format), room: 0)
      #expect(empty.status == HISI_ZIP_STATUS_OK)
    }
  }

  @Test("a page that does not shrink is valid output with its own status, or does not fit")
  func incompressible() throws {
    let rig = try EngineRig()
    let page = SampleKind.noise.bytes(4096)
    let roomy = rig.run(.compress, .deflate, page, room: 8192)
    #expect(roomy.status == HISI_ZIP_STATUS_NEGACOMPRESS)
    #expect(same(Reference.decompressed(roomy.output, .deflate), page))
    #expect(rig.run(.compress, .deflate, page, room: 4096).status == HISI_ZIP_STATUS_OUTPUT_FULL)
  }

  @Test("8 MiB of input and of output are the most")
  func largest() throws {
    let rig = try EngineRig()
    let bytes = SampleKind.image.bytes(8 << 20)
    let compressed = rig.run(.compress, .gzip, bytes, room: 8 << 20)
    #expect(compressed.status == HISI_ZIP_STATUS_OK)
    let decompressed = rig.run(.decompress, .gzip, compressed.output, room: 8 << 20)
    #expect(decompressed.status == HISI_ZIP_STATUS_OK)
    #expect(same(decompressed.output, bytes))
    let tooLong = rig.run(.compress, .gzip, [0], room: 100) { $0.input_data_length = 8 << 20 + 1 }
    #expect(tooLong.status == HISI_ZIP_STATUS_UNSUPPORTED)
    #expect(tooLong.consumed == 0)
    // More room than that is not used, as if it were not there.
    let bomb = Reference.compressed(Array(repeating: 0, count: 8 << 20 + 1), .deflate)
    let answer = rig.run(.decompress, .deflate, bomb, room: 8 << 20 + 100)
    #expect(answer.status == HISI_ZIP_STATUS_OUTPUT_FULL)
    #expect(answer.produced == 8 << 20)
  }

  @Test("the window field limits distances of a compression, and nothing of a decompression")
  func window() throws {
    let rig = try EngineRig()
    let bytes = SampleKind.distant.bytes(100_000)
    for (field, windowBits) in [(0, 15), (1, 13), (2, 14), (3, 14), (4, 15)] as [(UInt32, Int32)] {
      let answer = rig.run(.compress, .deflate, bytes, room: 200_000) { $0.dw9 |= field << HISI_ZIP_DW9_WINDOW_SHIFT }
      #expect(same(answer.output, Reference.compressed(bytes, .deflate, windowBits: windowBits)))
      let back = rig.run(.decompress, .deflate, Reference.compressed(bytes, .deflate), room: 100_000) {
        $0.dw9 |= field << HISI_ZIP_DW9_WINDOW_SHIFT
      }
      #expect(same(back.output, bytes))
    }
    for field in 5...15 as ClosedRange<UInt32> {
      let answer = rig.run(.compress, .deflate, bytes, room: 200_000) { $0.dw9 |= field << HISI_ZIP_DW9_WINDOW_SHIFT }
      #expect(answer.status == HISI_ZIP_STATUS_UNSUPPORTED)
      let back = rig.run(.decompress, .deflate, Reference.compressed(bytes, .deflate), room: 100_000) {
        $0.dw9 |= field << HISI_ZIP_DW9_WINDOW_SHIFT
      }
      #expect(same(back.output, bytes))
    }
  }

  @Test("only outputs of the SQE change: tags, lengths and addresses come back as they were")
  func outputsOnly() throws {
    let rig = try EngineRig()
    rig.memory.write(SampleKind.prose.bytes(1000), at: EngineRig.inputOffset)
    var sqe = EngineRig.sqe(HISI_ZIP_REQUEST_GZIP, from: rig.input, 1000, to: rig.output, room: 2000)
    // Every word has something in it that must stay.
    sqe.comp_data_length = 11
    sqe.dw3 = 0xffff_f1ff
    (sqe.lba_l, sqe.lba_h, sqe.dw10, sqe.dw11, sqe.dw12, sqe.tag) = (1, 2, 3, 4, 5, 6)
    (sqe.ctx_dw0, sqe.ctx_dw1, sqe.ctx_dw2) = (7, 8, 9)
    (sqe.comp_head_addr_l, sqe.comp_head_addr_h, sqe.literals_addr_l, sqe.literals_addr_h) = (10, 11, 12, 13)
    let answer = rig.execute(sqe, .compress)
    var expected = sqe
    (expected.consumed, expected.produced) = (1000, answer.produced)
    expected.dw3 = 0xffff_f000
    (expected.isize, expected.checksum) = (1000, answer.checksum)
    #expect(words(answer) == words(expected))
  }

  private func words(_ sqe: hisi_zip_sqe) -> [UInt32] {
    unsafe withUnsafeBytes(of: sqe) { unsafe Array($0.assumingMemoryBound(to: UInt32.self)) }
  }

  @Test("one byte of raw deflate becomes a stored block, with or without an engine")
  func fastPath() throws {
    let rig = try EngineRig()
    for byte in [0, 1, 0x7f, 0xff] as [UInt8] {
      let answer = rig.run(.compress, .deflate, [byte], room: 6)
      #expect(answer.status == HISI_ZIP_STATUS_NEGACOMPRESS)
      #expect(same(answer.output, [1, 1, 0, 0xfe, 0xff, byte]))
      #expect(answer.consumed == 1)
      #expect(same(Reference.decompressed(answer.output, .deflate), [byte]))
    }
    // Too little room for the block: a shorter one of zlib's.
    #expect(same(Reference.decompressed(rig.run(.compress, .deflate, [9], room: 5).output, .deflate), [9]))
  }

  @Test("the fast path leaves every other request alone")
  func slowRequests() throws {
    let rig = try EngineRig()
    rig.memory.write([7, 7], at: EngineRig.inputOffset)
    func isFast(
      _ direction: ZipDirection = .compress, revision: UInt32 = HISI_QM_HW_V3, _ change: (inout hisi_zip_sqe) -> Void
    ) -> Bool {
      var sqe = EngineRig.sqe(HISI_ZIP_REQUEST_DEFLATE, from: rig.input, 1, to: rig.output, room: 100)
      change(&sqe)
      return rig.space.withAccess {
        ZipEngine.fastPath(&sqe, direction: direction, revision: revision, memory: $0)
      }
    }
    #expect(isFast { _ in })
    #expect(isFast { $0.dw9 |= 4 << HISI_ZIP_DW9_WINDOW_SHIFT })
    #expect(!isFast(.decompress) { _ in })
    #expect(!isFast(revision: HISI_QM_HW_V2) { _ in })
    #expect(!isFast { $0.input_data_length = 2 })
    #expect(!isFast { $0.input_data_length = 0 })
    #expect(!isFast { $0.dest_avail_out = 5 })
    #expect(!isFast { $0.dw7 |= HISI_ZIP_DW7_STATEFUL })
    #expect(!isFast { $0.dw9 = HISI_ZIP_REQUEST_GZIP })
    #expect(!isFast { $0.dw9 |= HISI_ZIP_BUFFER_SGL << HISI_ZIP_DW9_BUFFER_SHIFT })
    #expect(!isFast { $0.dw9 |= 5 << HISI_ZIP_DW9_WINDOW_SHIFT })
  }
}
