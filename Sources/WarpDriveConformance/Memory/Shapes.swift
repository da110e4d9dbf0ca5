// The shapes of requests: lengths around block boundaries, scatter lists, places in memory.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import WarpDriveCore

extension Trial {
  /// The unit around which lengths are interesting: the block size, 64 bytes for stream algorithms.
  var unit: Int { algorithm.descriptor.blockSize > 1 ? algorithm.descriptor.blockSize : 64 }

  /// Lengths around the boundaries of blocks, then `extra` random ones up to `largest`.
  mutating func lengths(_ extra: Int, largest: Int, multipleOf step: Int = 1) -> [Int] {
    var lengths: [Int] = []
    for boundary in [0, unit, 2 * unit, 4 * unit] {
      for length in [boundary - step, boundary, boundary + step] where length >= 0 && length <= largest {
        lengths.append(length / step * step)
      }
    }
    for _ in 0..<effort.cases(extra) { lengths.append(random.number(in: 0...largest) / step * step) }
    return lengths
  }

  /// Every offset from 0 to 15 and both edges.
  static let placements = (0..<16).map { Placement.offset($0) } + Placement.edges
}

extension ScatterList {
  /// A list of copies of consecutive pieces of `bytes`, of the given sizes.
  init(cutting bytes: [UInt8], into sizes: [Int]) {
    self.init()
    var start = 0
    for size in sizes {
      append(copying: bytes.rawSpan.extracting(start..<start + size))
      start += size
    }
  }

  /// Ways to cut `count` bytes: whole, in bytes, with empty segments first, last and between, and at random.
  static func shapes(of count: Int, multipleOf unit: Int, _ random: inout RandomSource) -> [[Int]] {
    var shapes = [[count], [0, count], [count, 0], [0, 0, count, 0]]
    let first = count / 2 / unit * unit
    shapes.append([first, 0, count - first])
    if count <= 256 { shapes.append([Int](repeating: unit, count: count / unit) + [count % unit]) }
    for largest in [unit, 4 * unit, max(unit, count)] where count > 0 {
      shapes.append(random.split(count, largest: largest, multipleOf: unit))
    }
    return shapes
  }
}
