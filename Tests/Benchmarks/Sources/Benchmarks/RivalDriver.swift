// A second driver of deflate, so that there is something to choose where no plugin is installed: libdeflate, whole messages.
// SPDX-License-Identifier: Apache-2.0

import CBaseline
import WarpDrive

/// libdeflate as a provider, of the benchmarks alone.
struct RivalProvider: Provider {
  let name = "rival"
  let version = "libdeflate.so.0"
  let drivers: [any AlgorithmDriver] = [RivalDriver()]

  /// Nil where the library is not installed.
  init?() { guard baseline_rival_open() else { return nil } }
}

struct RivalDriver: CompressionDriver {
  let descriptor = AlgorithmDescriptor(
    name: "deflate", driverName: "deflate-rival", priority: 250,
    properties: .compression(
      CompressionProperties(
        levels: 1...12, defaultLevel: 6, streaming: false, joining: .blocks, bound: .init(shift: 8, constant: 64))))

  func makeTransform(
    _ direction: CompressionDirection, _ options: CompressionOptions
  ) throws(ProviderError) -> any CompressionTransform & ~Copyable {
    guard let context = RivalContext(direction, level: options.level ?? 6) else {
      throw ProviderError(.resourceExhausted, "libdeflate has no memory")
    }
    return RivalTransform(context)
  }
}

/// A context of libdeflate.
@safe final class RivalContext: @unchecked Sendable {
  let direction: CompressionDirection
  let context: UnsafeMutableRawPointer

  init?(_ direction: CompressionDirection, level: Int) {
    let made =
      unsafe direction == .compress
      ? baseline_rival_compressor(Int32(level)) : baseline_rival_decompressor()
    guard let made = unsafe made else { return nil }
    self.direction = direction
    unsafe context = made
  }

  deinit {
    if direction == .compress {
      unsafe baseline_rival_free_compressor(context)
    } else {
      unsafe baseline_rival_free_decompressor(context)
    }
  }
}

struct RivalTransform: CompressionTransform, ~Copyable {
  private let context: RivalContext

  init(_ context: RivalContext) { self.context = context }

  mutating func step(
    _ input: RawSpan, into output: inout OutputRawSpan, _ flush: CompressionFlush
  ) throws(ProviderError) -> CompressionProgress {
    var used = 0
    var written = 0
    var code: Int32 = 0
    unsafe input.withUnsafeBytes { source in
      unsafe output.withUnsafeMutableBytes { buffer, count in
        let target = unsafe buffer.baseAddress?.advanced(by: count)
        let room = buffer.count - count
        if context.direction == .compress {
          used = source.count
          unsafe written = baseline_rival_compress(context.context, source.baseAddress, source.count, target, room)
          code = written == 0 ? 3 : 0
        } else {
          unsafe code = baseline_rival_decompress(
            context.context, source.baseAddress, source.count, target, room, &used, &written)
        }
        if code == 0 { count += written }
      }
    }
    guard code != 3 else { return CompressionProgress() }
    guard code == 0 else { throw ProviderError(.corruptInput, "libdeflate refuses the data") }
    return CompressionProgress(consumed: used, produced: written, finished: true)
  }

  mutating func reset() throws(ProviderError) {}
}
