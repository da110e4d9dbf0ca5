// The compression drivers and their transforms.
// SPDX-License-Identifier: Apache-2.0

import CZlib
import WarpDriveCore

/// One format of deflate data by zlib.
struct ZlibCompressionDriver: CompressionDriver {
  let descriptor: AlgorithmDescriptor
  private let format: DeflateFormat
  private let pools: ZlibPools

  init(_ format: DeflateFormat, _ pools: ZlibPools) {
    self.format = format
    self.pools = pools
    descriptor = format.descriptor
  }

  func makeTransform(
    _ direction: CompressionDirection, _ options: CompressionOptions
  ) throws(ProviderError) -> any CompressionTransform & ~Copyable {
    if let dictionary = options.dictionary, dictionary.count > pools.slice {
      throw ProviderError(
        .invalidArgument, "zlib takes a dictionary of at most \(pools.slice) bytes, not \(dictionary.count)")
    }
    switch direction {
    case .compress: return try ZlibCompressor(format, options, pools)
    case .decompress: return try ZlibDecompressor(format, options, pools)
    }
  }
}

/// A member being compressed: the state and the pool that it goes back to.
struct ZlibCompressor: CompressionTransform, ~Copyable {
  private let stream: DeflateStream
  private let pool: ContextPool<DeflateStream>

  init(_ format: DeflateFormat, _ options: CompressionOptions, _ pools: ZlibPools) throws(ProviderError) {
    let kind = DeflateClass(
      format, windowBits: options.windowBits ?? DeflateFormat.windowBits.upperBound, options.strategy)
    let level = Int32(options.level ?? ZlibPools.defaultLevel)
    let strategy = options.strategy.zlibNumber
    let pool = pools.deflate(kind)
    let stream: DeflateStream
    if let idle = pool.take(), idle.adopt(level: level, strategy: strategy) {
      stream = idle
    } else {
      stream = try DeflateStream(kind, level: level, strategy: strategy, slice: pools.slice)
    }
    do throws(ProviderError) {
      try stream.prepare(header: options.header, dictionary: options.dictionary)
    } catch {
      pool.giveBack(stream)
      throw error
    }
    self.stream = stream
    self.pool = pool
  }

  deinit {
    stream.release()
    pool.giveBack(stream)
  }

  mutating func step(
    _ input: RawSpan, into output: inout OutputRawSpan, _ flush: CompressionFlush
  ) throws(ProviderError) -> CompressionProgress {
    try stream.step(input, into: &output, flush)
  }

  mutating func reset() throws(ProviderError) { try stream.reset() }
}

/// A member being decompressed: the state and the pool that it goes back to.
struct ZlibDecompressor: CompressionTransform, ~Copyable {
  private let stream: InflateStream
  private let pool: ContextPool<InflateStream>

  init(_ format: DeflateFormat, _ options: CompressionOptions, _ pools: ZlibPools) throws(ProviderError) {
    let stream = if let idle = pools.inflate.take() { idle } else { try InflateStream(format, slice: pools.slice) }
    try stream.adopt(
      format, windowBits: options.windowBits ?? DeflateFormat.windowBits.upperBound, dictionary: options.dictionary)
    self.stream = stream
    pool = pools.inflate
  }

  deinit {
    stream.release()
    pool.giveBack(stream)
  }

  mutating func step(
    _ input: RawSpan, into output: inout OutputRawSpan, _ flush: CompressionFlush
  ) throws(ProviderError) -> CompressionProgress {
    try stream.step(input, into: &output, flush)
  }

  mutating func reset() throws(ProviderError) { try stream.reset() }

  mutating func header() -> GzipHeader? { stream.header }
}
