// Contexts of zlib that no handle uses, kept for the next one: making one costs more than compressing a small message.
// SPDX-License-Identifier: Apache-2.0

import WarpDriveCore

/// A bounded stock of contexts of one class.
///
/// Its lock is taken where a handle is made or ends, never for a request.
final class ContextPool<Context: AnyObject & Sendable>: Sendable {
  private let idle = Guarded<[Context]>([])
  private let limit: Int

  /// A pool that keeps `limit` contexts at most.
  init(limit: Int) { self.limit = limit }

  /// The context that was given back last, whose memory is the likeliest to be in the cache; nil if none is left.
  func take() -> Context? { idle.withLock { $0.popLast() } }

  /// Keeps `context`, which nobody uses any more, or lets it end when there are enough.
  func giveBack(_ context: Context) {
    idle.withLock { idle in
      if idle.count < limit { idle.append(context) }
    }
  }

  /// Contexts in the pool.
  var count: Int { idle.withLock { $0.count } }
}

/// The pools of a provider, and what all its contexts have in common.
final class ZlibPools: Sendable {
  /// The level where none is asked for: what zlib's own default stands for.
  static let defaultLevel = 6
  /// The most bytes that zlib can be given of a buffer in one call: `avail_in` and `avail_out` are 32 bits wide.
  static let largestSlice = Int(UInt32.max)

  /// For decompression: inflateReset2 makes a context fit for any format and window.
  let inflate: ContextPool<InflateStream>
  /// For compression, by what deflateParams cannot change.
  private let deflate: [ContextPool<DeflateStream>]
  /// The most bytes of a buffer for one call.
  let slice: Int

  init(idleContexts limit: Int, slice: Int) {
    inflate = ContextPool(limit: limit)
    deflate = (0..<DeflateClass.count).map { _ in ContextPool(limit: limit) }
    self.slice = slice
  }

  /// The contexts that compress as `kind`.
  func deflate(_ kind: DeflateClass) -> ContextPool<DeflateStream> { deflate[kind.index] }

  /// Contexts in all pools.
  var idleContexts: Int { deflate.reduce(inflate.count) { $0 + $1.count } }
}
