// The loop of every program that streams: input of any size through a CompressionStream, in constant memory.
// SPDX-License-Identifier: Apache-2.0

import WarpDrive

/// Moves everything that `read` gives through `stream`, and hands what comes out to `write`.
///
/// - Parameters:
///   - read: the next piece of input, of any size; an empty one at the end.
///   - write: takes the next piece of output.
func pump(
  _ stream: inout CompressionStream, from read: () throws -> [UInt8], to write: ([UInt8]) throws -> Void
) throws {
  let room = 1 << 16
  var isAtEnd = false
  while !isAtEnd {
    let piece = try read()
    isAtEnd = piece.isEmpty
    var used = 0
    while true {
      var progress = CompressionProgress()
      let output = try [UInt8](capacity: room) { (output) throws(ProviderError) in
        progress = try stream.step(
          piece.rawSpan.extracting(droppingFirst: used), into: &output, flush: isAtEnd ? .finish : .none)
      }
      if !output.isEmpty { try write(output) }
      used += progress.consumed
      // Whatever follows the data is counted in stream.trailing, and belongs to nobody.
      if progress.finished { return }
      // A full output may mean that more is to come; else this piece is used up.
      if output.count < room, !isAtEnd { break }
    }
  }
}
