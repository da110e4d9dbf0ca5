// Hostile requests by the thousand: the entry point for fuzzers, with bytes of a generator.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import Testing

@testable import HisiliconModel

@Suite("Engine: hostile requests") struct EngineFuzzTests {
  @Test("random bytes as requests and memory", arguments: 0..<4 as Range<UInt64>)
  func randomBytes(seed: UInt64) {
    var random = SeededGenerator(seed)
    for _ in 0..<50 {
      let input = (0..<Int.random(in: 0..<3000, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
      #expect(EngineProbe.run(input) == nil)
    }
  }

  @Test("requests that are nearly right", arguments: 0..<4 as Range<UInt64>)
  func nearlyRight(seed: UInt64) {
    var random = SeededGenerator(seed &+ 100)
    for _ in 0..<150 {
      // A list at 0, a second table at 512, data from 1024 on.
      var content = [UInt8](repeating: 0, count: 1024)
      for table in [0, 512] {
        var head = hisi_sgl()
        head.sum_in_sgl = UInt16.random(in: 0..<8, using: &random)
        head.next_dma = [0, 512, 0, 64, 32_768][Int.random(in: 0..<5, using: &random)]
        unsafe withUnsafeBytes(of: head) { unsafe content.replaceSubrange(table..<table + 64, with: $0) }
        for entry in 0..<8 {
          var sge = hisi_sge()
          sge.buffer = Self.address(&random)
          sge.length = UInt32.random(in: 0..<5000, using: &random)
          let place = table + 64 + 32 * entry
          unsafe withUnsafeBytes(of: sge) { unsafe content.replaceSubrange(place..<place + 32, with: $0) }
        }
      }
      let data = SampleKind.allCases.randomElement(using: &random)!.bytes(8000)
      content += Bool.random(using: &random) ? data : Reference.compressed(data, .deflate)
      let count = Int.random(in: 1...4, using: &random)
      var input = [UInt8.random(in: 0..<64, using: &random) | 8 | UInt8(count - 1) << 6]
      for index in 0..<count {
        let type = [HISI_ZIP_REQUEST_DEFLATE, HISI_ZIP_REQUEST_ZLIB, HISI_ZIP_REQUEST_GZIP].randomElement(
          using: &random)!
        let layout = UInt32.random(in: 0...1, using: &random)
        var sqe = EngineRig.sqe(
          type, from: TestBuffer(layout: layout, address: layout == 1 ? 0 : Self.address(&random)),
          Int.random(in: 0..<10_000, using: &random),
          to: TestBuffer(layout: layout, address: layout == 1 ? 512 : Self.address(&random)),
          room: Int.random(in: 0..<20_000, using: &random))
        if index == 0 || Int.random(in: 0..<3, using: &random) == 0 { sqe.dw7 |= HISI_ZIP_DW7_STREAM_NEW }
        if Bool.random(using: &random) { sqe.dw7 |= HISI_ZIP_DW7_FLUSH_FINISH }
        unsafe withUnsafeBytes(of: sqe) { unsafe input.append(contentsOf: $0) }
      }
      #expect(EngineProbe.run(input + content) == nil)
    }
  }

  private static func address(_ random: inout SeededGenerator) -> UInt64 {
    switch Int.random(in: 0..<8, using: &random) {
    case 0: UInt64.random(in: 0...UInt64.max, using: &random)
    case 1: UInt64.max - UInt64.random(in: 0..<5000, using: &random)
    case 2: UInt64.random(in: 40_000..<50_000, using: &random)
    case 3: 1024
    default: UInt64.random(in: 0..<42_000, using: &random)
    }
  }
}
