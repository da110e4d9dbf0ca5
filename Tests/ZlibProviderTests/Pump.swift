// Runs a stream piece by piece, however the pieces are cut.
// SPDX-License-Identifier: Apache-2.0

import Testing
import WarpDriveCore

/// How a buffer is cut into pieces.
enum Chunking: CustomTestStringConvertible, Sendable {
  /// Not at all.
  case whole
  /// One byte each.
  case bytes
  /// One byte each for so many pieces, then pieces of 4,093: debug builds have no time for more.
  case firstBytes(Int)
  /// Of random lengths from 0 on, mostly short, some around 32 KiB.
  case random(seed: UInt64)

  var testDescription: String {
    switch self {
    case .whole: "whole"
    case .bytes: "byte by byte"
    case .firstBytes(let count): "byte by byte for \(count) bytes, then by 4,093"
    case .random(let seed): "at random, seed \(seed)"
    }
  }

  /// The length of piece after piece.
  struct Lengths {
    private let chunking: Chunking
    private var random: SplitMix64
    private var pieces = 0

    init(_ chunking: Chunking, salt: UInt64) {
      self.chunking = chunking
      random = if case .random(let seed) = chunking { SplitMix64(seed: seed &+ salt) } else { SplitMix64(seed: salt) }
    }

    mutating func next() -> Int {
      pieces += 1
      switch chunking {
      case .whole: return 1 << 20
      case .bytes: return 1
      case .firstBytes(let count): return pieces <= count ? 1 : 4093
      case .random:
        switch random.next() % 8 {
        case 0: return 0
        case 1...4: return Int(random.next() % 16)
        case 5, 6: return Int(random.next() % 1024)
        default: return Int(random.next() % 40_000)
        }
      }
    }
  }
}

/// What became of a stream.
struct Outcome: Equatable {
  var bytes: [UInt8] = []
  var trailing = 0
  var error: ProviderError.Code?
}

extension CompressionStream {
  /// Gives `input` in pieces and takes the output in pieces, until the stream ends well or with an error.
  mutating func pump(_ input: [UInt8], _ inputs: Chunking, _ outputs: Chunking) -> Outcome {
    var inputs = Chunking.Lengths(inputs, salt: 1)
    var outputs = Chunking.Lengths(outputs, salt: 2)
    var outcome = Outcome()
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
    defer { unsafe buffer.deallocate() }
    var offset = 0
    var end = min(input.count, inputs.next())
    while outcome.error == nil {
      let room = min(outputs.next(), buffer.count)
      let flush: CompressionFlush = end == input.count ? .finish : .none
      let target = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[..<room])
      var output = unsafe OutputRawSpan(buffer: target, initializedCount: 0)
      var progress = CompressionProgress()
      do throws(ProviderError) {
        progress = try step(input.rawSpan.extracting(offset..<end), into: &output, flush: flush)
      } catch {
        outcome.error = error.code
      }
      let produced = unsafe output.finalize(for: target)
      unsafe outcome.bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: target[..<produced]))
      offset += progress.consumed
      if progress.finished {
        if end == input.count { break }
        // Behind the end everything is counted at once and nothing is used.
        offset = end
      }
      // More input once this piece is used and the output was not what held it up.
      if offset == end, produced < room || room == 0 { end = min(input.count, offset + inputs.next()) }
    }
    outcome.trailing = trailing
    return outcome
  }
}

/// A generator that gives the same numbers in every run (Steele, Lea and Flood, OOPSLA 2014).
struct SplitMix64: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  /// `count` random bytes.
  mutating func bytes(_ count: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + 8)
    while bytes.count < count {
      let word = next()
      for shift in stride(from: UInt64(0), to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: word >> shift)) }
    }
    return Array(bytes.prefix(count))
  }
}
