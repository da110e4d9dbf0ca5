// The input of a request, in chunks that zlib can read.
// SPDX-License-Identifier: Apache-2.0

import DeviceAccess

/// Chunks of a source buffer: in place where the memory is mapped, through the engine's buffer where it is remote.
///
/// Valid only within the access section and the engine call that made it.
@safe struct RequestInput {
  /// Bytes used so far.
  private(set) var consumed = 0
  private var walk: BufferWalk
  private var segment: MemorySegment?
  private var unread: UnsafeRawBufferPointer
  private let bounce: UnsafeMutableRawBufferPointer

  /// Starts at the front of a buffer; `bounce` is for remote memory.
  init(_ walk: BufferWalk, bounce: borrowing EngineBuffer) {
    self.walk = walk
    unsafe unread = UnsafeRawBufferPointer(start: nil, count: 0)
    unsafe self.bounce = bounce.bytes
  }

  /// Bytes of the chunk that are not used yet.
  var chunk: UnsafeRawBufferPointer { unsafe unread }

  /// Whether there is input behind the chunk.
  var hasMore: Bool { walk.left > 0 }

  /// Bytes that are not used yet, in the chunk and behind it.
  var left: Int { unsafe unread.count + walk.left }

  /// Goes on to the next chunk where this one is used up and there is one.
  mutating func refill(from memory: borrowing MemoryAccess) throws(ZipFailure) {
    guard unsafe unread.isEmpty, walk.left > 0 else { return }
    let segment = try walk.next(for: .read, in: memory)
    self.segment = segment
    if let base = unsafe segment.base {
      unsafe unread = UnsafeRawBufferPointer(start: base, count: segment.count)
    } else {
      let buffer = unsafe UnsafeMutableRawBufferPointer(rebasing: bounce[..<segment.count])
      try Self.check { () throws(TranslationFault) in try unsafe segment.readRemotely(into: buffer, in: memory) }
      unsafe unread = UnsafeRawBufferPointer(buffer)
    }
  }

  /// Drops bytes of the chunk that were used.
  ///
  /// - Throws: a fault where what was read may be no data of the request's.
  mutating func use(_ count: Int) throws(ZipFailure) {
    consumed += count
    unsafe unread = UnsafeRawBufferPointer(rebasing: unread[count...])
    if let segment { try Self.check { () throws(TranslationFault) in try segment.check(.read) } }
  }

  private static func check(_ body: () throws(TranslationFault) -> Void) throws(ZipFailure) {
    do throws(TranslationFault) { try body() } catch { throw .fault(error) }
  }
}
