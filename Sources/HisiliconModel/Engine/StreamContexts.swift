// The streams of one queue that are under way.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import LinuxSystem

/// Stateful streams by the address of their context, of one queue: by address alone they would cross processes.
///
/// The hardware keeps a stream's state in the 64 KiB at that address. The model keeps it here and never touches them: it
/// would have to believe what it reads there.
final class StreamContexts: Sendable {
  /// How many streams are kept at most where nothing else is said; each has up to 270 KiB.
  static let defaultLimit = 64

  private let limit: Int
  private let streams = Guarded(Streams())

  private struct Streams {
    var byAddress: [UInt64: (stream: StreamContext, lastUse: UInt64)] = [:]
    var uses: UInt64 = 0
    var epoch: UInt64 = 0
  }

  /// Makes an empty set; beyond `limit` streams, the one that was used longest ago is forgotten.
  init(limit: Int = defaultLimit) { self.limit = max(1, limit) }

  /// How many streams there are, those that are finished included.
  var count: Int { streams.withLock { $0.byAddress.count } }

  /// Forgets every stream: the queue stops.
  func removeAll() {
    let removed = streams.withLock { streams in
      defer {
        streams.byAddress = [:]
        streams.epoch += 1
      }
      return streams.byAddress.values.map(\.stream)
    }
    // zlib's memory is given back without the lock.
    _ = consume removed
  }

  /// Takes a stream out for a request, whose use of it nobody else sees; the epoch goes back with it.
  func take(_ address: UInt64) -> (stream: StreamContext?, epoch: UInt64) {
    streams.withLock { ($0.byAddress.removeValue(forKey: address)?.stream, $0.epoch) }
  }

  /// Keeps a stream for its next request, unless everything was forgotten since `epoch`.
  func put(_ stream: StreamContext, at address: UInt64, since epoch: UInt64) {
    let removed = streams.withLock { streams -> [StreamContext] in
      guard streams.epoch == epoch else { return [] }
      var removed: [StreamContext] = []
      if let former = streams.byAddress.removeValue(forKey: address) { removed.append(former.stream) }
      while streams.byAddress.count >= limit {
        guard let oldest = streams.byAddress.min(by: { $0.value.lastUse < $1.value.lastUse }) else { break }
        streams.byAddress[oldest.key] = nil
        removed.append(oldest.value.stream)
      }
      streams.uses += 1
      streams.byAddress[address] = (stream, streams.uses)
      return removed
    }
    _ = consume removed
  }
}

/// One stream between two requests.
///
/// `@unchecked Sendable`: whoever took it out of its ``StreamContexts`` is its only user.
final class StreamContext: @unchecked Sendable {
  /// The state of zlib.
  enum State {
    /// Of a compression.
    case deflate(DeflateState)
    /// Of a decompression.
    case inflate(InflateState)
  }

  /// The container.
  let format: ZipFormat
  /// zlib's part.
  let state: State
  /// Bytes of the uncompressed side so far.
  var total: UInt64 = 0
  /// Whether a decompression has stopped where a block would begin.
  var isBetweenBlocks = true
  /// Whether a decompression has seen the last block's end.
  var isBodyComplete = false
  /// What a decompression has seen of what follows.
  var trailer = TrailerReader()
  /// Whether the stream is complete; it is kept only so that its memory serves the next one.
  var isFinished = false

  /// A stream that begins.
  ///
  /// - Throws: `HISI_ZIP_STATUS_UNSUPPORTED` where there is no memory for another stream.
  init(_ request: ZipRequest, _ direction: ZipDirection, reusing former: StreamContext?) throws(ZipFailure) {
    format = request.format
    do throws(ZipEngineError) {
      switch (direction, former?.state) {
      case (.compress, .deflate(let state)) where state.windowBits == request.windowBits:
        state.reset()
        self.state = .deflate(state)
      case (.decompress, .inflate(let state)):
        state.reset()
        self.state = .inflate(state)
      case (.compress, _): state = .deflate(try DeflateState(windowBits: request.windowBits))
      case (.decompress, _): state = .inflate(try InflateState())
      }
    } catch {
      throw .status(HISI_ZIP_STATUS_UNSUPPORTED)
    }
  }
}
