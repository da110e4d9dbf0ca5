// The reader of the .tar.xz archives of Tests/Vectors: `xz` undoes the compression, the tar format is read here.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestPrograms

/// An archive of regular files in the ustar format (POSIX.1-1988), which is what import.py writes.
struct Archive {
  /// One file of the archive.
  struct Entry {
    let name: String
    let bytes: [UInt8]
  }

  /// The files in the archive's order.
  let entries: [Entry]

  private static let block = 512

  /// Reads the archive `name` of Tests/Vectors through `xz -dc`.
  init(_ name: String) throws {
    let bytes = try Self.decompressed(name)
    var entries: [Entry] = []
    var offset = 0
    // A block of zeros, of which the name is empty, ends the archive.
    while offset + Self.block <= bytes.count, bytes[offset] != 0 {
      // Offsets of `name` (100 bytes), `size` (12, octal) and `typeflag` (1) in a ustar header.
      let path = Self.text(bytes[offset..<offset + 100])
      let start = offset + Self.block
      guard let size = Int(Self.text(bytes[offset + 124..<offset + 136]), radix: 8), start + size <= bytes.count,
        bytes[offset + 156] == UInt8(ascii: "0")
      else { throw VectorError(file: name, line: nil, message: "has no valid header at byte \(offset)") }
      entries.append(Entry(name: path, bytes: Array(bytes[start..<start + size])))
      offset = start + (size + Self.block - 1) / Self.block * Self.block
    }
    self.entries = entries
  }

  private static func text(_ field: ArraySlice<UInt8>) -> String {
    String(decoding: field.prefix { $0 != 0 && $0 != UInt8(ascii: " ") }, as: UTF8.self)
  }

  private static func decompressed(_ name: String) throws -> [UInt8] {
    let path = Vectors.folder.appending(path: name).path
    do {
      return try ChildProcess.output(of: "xz", ["--decompress", "--stdout", path])
    } catch {
      throw VectorError(
        file: name, line: nil, message: "\(error); is xz-utils installed and the file complete?")
    }
  }
}
