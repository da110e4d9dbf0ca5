// The bytes that benchmarks work on: a file's, or text-like ones that are the same in every run.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import WarpDrive

/// The plain data, from which requests take pieces of their size.
struct BenchData: Sendable {
  // Larger than the caches next to a core, so that each request does not find its data there.
  private static let leastBytes = 1 << 22
  private static let fileLimit = 1 << 30

  let bytes: [UInt8]

  /// Reads `file`, or generates data; at least `largest` bytes, by repetition where the file is shorter.
  init(file: String?, largest: Int) throws(CommandFailure) {
    var bytes: [UInt8]
    if let file {
      do throws(SystemError) {
        bytes = try FileDescriptor.contents(of: file, limit: Self.fileLimit)
      } catch {
        throw CommandFailure(reading: file, error)
      }
      guard !bytes.isEmpty else { throw CommandFailure(.usage, "\(file): is empty, there is nothing to measure") }
    } else {
      bytes = Self.text(max(Self.leastBytes, largest))
    }
    while bytes.count < largest { bytes += bytes.prefix(largest - bytes.count) }
    self.bytes = bytes
  }

  /// Lines of words with numbers among them, which deflate packs to about a third, as it does source text and logs.
  private static func text(_ count: Int) -> [UInt8] {
    let words = [
      "the", "queue", "of", "a", "device", "holds", "requests", "and", "completions", "in", "order", "driver", "reads",
      "one", "after", "other", "until", "none", "is", "left", "interrupt", "memory", "page", "address", "for", "each",
      "process", "kernel", "maps", "buffer", "with", "length", "offset", "status", "error", "return", "0x", "if",
      "else",
    ].map { Array($0.utf8) }
    var state: UInt64 = 0x9E37_79B9_7F4A_7C15
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + 64)
    while bytes.count < count {
      // Marsaglia's xorshift64: the same bytes on every machine.
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      let choice = Int(truncatingIfNeeded: state >> 33)
      bytes += words[choice % words.count]
      if choice >> 8 & 7 == 0 { bytes += String(state & 0xFFFFF, radix: 16).utf8 }
      bytes.append(choice >> 12 & 15 == 0 ? UInt8(ascii: "\n") : UInt8(ascii: " "))
    }
    bytes.removeLast(bytes.count - count)
    return bytes
  }
}

/// The data in pieces of one size.
///
/// They come from all over the data, wherever one stops: a driver that does more of them in its time must not see other
/// data than the slower one that it is compared with.
struct BenchPieces: Sendable {
  let bytes: [UInt8]
  private let size: Int
  /// How many different ones there are.
  let count: Int
  /// From each to the next in time: near the golden section of them, so that neighbours are far apart, and without a
  /// divisor in common with their number, so that each has its turn.
  private let step: Int

  init(_ data: BenchData, size: Int) {
    bytes = data.bytes
    self.size = size
    count = max(1, data.bytes.count / max(size, 1))
    var step = max(1, Int(Double(count) * 0.618))
    while Self.greatestCommonDivisor(step, count) != 1 { step += 1 }
    self.step = step
  }

  /// Where piece `index` is; after the last comes the first again.
  func range(for index: Int) -> Range<Int> {
    let offset = index % count * step % count * size
    return offset..<offset + size
  }

  private static func greatestCommonDivisor(_ first: Int, _ second: Int) -> Int {
    var (larger, smaller) = (first, second)
    while smaller != 0 { (larger, smaller) = (smaller, larger % smaller) }
    return larger
  }
}
