// What an executable asks the dynamic loader for (System V gABI, chapters 4 and 5).
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// A 64-bit little-endian ELF file.
struct ELFImage {
  private struct Segment {
    let kind: Int
    let fileOffset: Int
    let address: Int
    let size: Int
  }

  private let bytes: Data
  private var segments: [Segment] = []

  init(_ file: URL) throws {
    bytes = try Data(contentsOf: file, options: .alwaysMapped)
    try #require(bytes.prefix(6) == Data([0x7F, 0x45, 0x4C, 0x46, 2, 1]), "ELF, class 64, little-endian")
    // e_phoff, e_phentsize, e_phnum.
    let (table, entrySize, count) = (integer(8, at: 32), integer(2, at: 54), integer(2, at: 56))
    for index in 0..<count {
      // p_type, p_offset, p_vaddr, p_filesz.
      let entry = table + index * entrySize
      segments.append(
        Segment(
          kind: integer(4, at: entry), fileOffset: integer(8, at: entry + 8), address: integer(8, at: entry + 16),
          size: integer(8, at: entry + 32)))
    }
  }

  /// The names of its `DT_NEEDED` entries.
  func neededLibraries() throws -> [String] {
    // PT_DYNAMIC is 2.
    let dynamic = try #require(segments.first { $0.kind == 2 }, "a dynamic executable")
    var strings: Int?
    var names: [Int] = []
    for entry in stride(from: dynamic.fileOffset, to: dynamic.fileOffset + dynamic.size, by: 16) {
      switch integer(8, at: entry) {
      case 1: names.append(integer(8, at: entry + 8))  // DT_NEEDED
      case 5: strings = fileOffset(of: integer(8, at: entry + 8))  // DT_STRTAB
      default: break
      }
    }
    let table = try #require(strings, "a string table")
    return names.map { String(decoding: bytes[(table + $0)...].prefix { $0 != 0 }, as: UTF8.self) }
  }

  private func fileOffset(of address: Int) -> Int? {
    // PT_LOAD is 1.
    let segment = segments.first { $0.kind == 1 && $0.address <= address && address < $0.address + $0.size }
    return segment.map { address - $0.address + $0.fileOffset }
  }

  private func integer(_ size: Int, at offset: Int) -> Int {
    var value = 0
    for byte in bytes[offset..<offset + size].reversed() { value = value << 8 | Int(byte) }
    return value
  }
}
