// Collects what follows a stream's body, which may come in several requests.
// SPDX-License-Identifier: Apache-2.0

/// Bytes of a trailer that have been read.
struct TrailerReader {
  /// The bytes so far, the first one lowest.
  private(set) var value: UInt64 = 0
  private var count = 0

  /// Reads until there are `total` bytes, which is 8 at most, or the input ends.
  ///
  /// - Returns: whether there are.
  mutating func read(
    _ total: Int, _ input: inout RequestInput, _ memory: borrowing MemoryAccess
  ) throws(ZipFailure) -> Bool {
    while count < total {
      try input.refill(from: memory)
      guard let byte = unsafe input.chunk.first else { return false }
      value |= UInt64(byte) << UInt64(8 * count)
      count += 1
      try input.use(1)
    }
    return true
  }
}
