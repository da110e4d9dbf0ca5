// Reads lines of any file in bounded memory: lists of digests and batch requests.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import WarpDrive

/// The lines of a file, one after the other, without their line feeds.
struct LineReader: ~Copyable {
  /// What was found.
  enum Outcome {
    case line
    /// More bytes than a line may have; they were skipped.
    case tooLong
    case end
  }

  private static let chunkSize = 1 << 16

  private let file: InputFile
  private let limit: Int
  private var chunk: AnonymousMapping
  /// What was read; everything before ``start`` has been handed out and wiped.
  private var buffer: [UInt8] = []
  private var start = 0
  /// Where the search for a line feed goes on.
  private var searched = 0
  private var isSkipping = false
  private var isAtEnd = false

  /// Reads `file`, of which no line may have more than `limit` bytes.
  init(_ file: consuming InputFile, limit: Int) throws(CommandFailure) {
    chunk = try AnonymousMapping(buffer: Self.chunkSize)
    self.file = file
    self.limit = limit
  }

  /// Puts the next line into `line`, in the place of what was there.
  ///
  /// A last line without a line feed counts.
  mutating func next(into line: inout [UInt8]) throws(CommandFailure) -> Outcome {
    line.removeAll(keepingCapacity: line.capacity <= Self.chunkSize)
    while true {
      if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
        let outcome = take(upTo: end, into: &line)
        start = end + 1
        searched = start
        return outcome
      }
      searched = buffer.count
      if buffer.count - start > limit {
        isSkipping = true
        drop()
      }
      if isAtEnd {
        guard start < buffer.count || isSkipping else { return .end }
        let outcome = take(upTo: buffer.count, into: &line)
        drop()
        return outcome
      }
      try read()
    }
  }

  /// Moves what lies before `end` into `line`; wiped where it was, since it may have held a key.
  private mutating func take(upTo end: Int, into line: inout [UInt8]) -> Outcome {
    defer { wipe(start..<end) }
    if isSkipping || end - start > limit {
      isSkipping = false
      return .tooLong
    }
    line += buffer[start..<end]
    return .line
  }

  private mutating func drop() {
    wipe(start..<buffer.count)
    buffer.removeAll(keepingCapacity: buffer.capacity <= 2 * Self.chunkSize)
    start = 0
    searched = 0
  }

  private mutating func wipe(_ range: Range<Int>) {
    var bytes = buffer.mutableRawSpan
    // The buffer is this value's alone, and the range lies in it.
    unsafe bytes.withUnsafeMutableBytes { unsafe SecureMemory.zero(UnsafeMutableRawBufferPointer(rebasing: $0[range])) }
  }

  private mutating func read() throws(CommandFailure) {
    // Handed-out lines leave the buffer in one go, not one by one.
    if start > 0 {
      buffer.removeFirst(start)
      searched -= start
      start = 0
    }
    let count: Int
    do throws(SystemError) {
      count = try chunk.withOutput(of: Self.chunkSize, at: .lower) { (space) throws(SystemError) in
        try file.descriptor.read(into: &space)
      }
    } catch {
      throw CommandFailure(reading: file.name, error)
    }
    if count == 0 { isAtEnd = true } else { buffer += [UInt8](copying: chunk.bytes.extracting(first: count)) }
  }
}
