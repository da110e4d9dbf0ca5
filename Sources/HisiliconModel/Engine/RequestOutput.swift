// The output of a request, in chunks that zlib can write to.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import DeviceAccess

/// Chunks of a destination buffer: in place where the memory is mapped, through the engine's buffer where it is remote.
///
/// Valid only within the access section and the engine call that made it.
@safe struct RequestOutput {
  /// Bytes written so far; those in the engine's buffer too.
  private(set) var produced = 0
  /// What is in the way of the next chunk.
  private(set) var obstacle: ZipFailure?
  private var walk: BufferWalk
  private var segment: MemorySegment?
  private var room: UnsafeMutableRawBufferPointer
  private let bounce: UnsafeMutableRawBufferPointer
  // Bytes in the engine's buffer that belong to the front of the segment.
  private var waiting = 0

  /// Starts at the front of a buffer; `bounce` is for remote memory.
  init(_ walk: BufferWalk, bounce: borrowing EngineBuffer) {
    self.walk = walk
    unsafe room = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    unsafe self.bounce = bounce.bytes
  }

  /// The chunk's unused part.
  var chunk: UnsafeMutableRawBufferPointer { unsafe room }

  /// Whether there is room behind the chunk.
  var hasMore: Bool { walk.left > 0 }

  /// The room in the chunk and behind it, in bytes.
  var left: Int { unsafe room.count + walk.left }

  /// Goes on to the next chunk where this one is full and there is one.
  ///
  /// Whether more room is needed shows only when there is something to put there: until then an error is kept, as
  /// ``obstacle``.
  mutating func refill(from memory: borrowing MemoryAccess) {
    guard unsafe room.isEmpty, walk.left > 0, obstacle == nil else { return }
    do throws(ZipFailure) {
      try deliver(to: memory)
      let segment = try walk.next(for: .write, in: memory)
      self.segment = segment
      if let base = unsafe segment.base {
        unsafe room = UnsafeMutableRawBufferPointer(start: base, count: segment.count)
      } else {
        unsafe room = UnsafeMutableRawBufferPointer(rebasing: bounce[..<segment.count])
      }
    } catch {
      obstacle = error
    }
  }

  /// Why output that does not fit any more does not.
  var failure: ZipFailure { obstacle ?? .status(HISI_ZIP_STATUS_OUTPUT_FULL) }

  /// Counts bytes that were written to the front of the chunk.
  ///
  /// - Throws: a fault where they went nowhere.
  mutating func use(_ count: Int) throws(ZipFailure) {
    produced += count
    unsafe room = UnsafeMutableRawBufferPointer(rebasing: room[count...])
    guard let segment else { return }
    if unsafe segment.base == nil { waiting += count }
    do throws(TranslationFault) { try segment.check(.write) } catch { throw .fault(error) }
  }

  /// Writes bytes, all of them.
  ///
  /// - Throws: `HISI_ZIP_STATUS_OUTPUT_FULL` after the last byte that fits, `HISI_ZIP_STATUS_BAD_SGL`, a fault.
  mutating func put(_ bytes: UnsafeRawBufferPointer, to memory: borrowing MemoryAccess) throws(ZipFailure) {
    var done = 0
    while done < bytes.count {
      refill(from: memory)
      let count = unsafe min(bytes.count - done, room.count)
      guard count > 0 else { throw failure }
      unsafe room.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[done..<done + count]))
      try use(count)
      done += count
    }
  }

  /// Writes what follows the body: the low `count` bytes of a value, lowest first.
  mutating func put(trailer: UInt64, _ count: Int, to memory: borrowing MemoryAccess) throws(ZipFailure) {
    try unsafe withUnsafeBytes(of: trailer.littleEndian) { (bytes) throws(ZipFailure) in
      try unsafe put(UnsafeRawBufferPointer(rebasing: bytes[..<count]), to: memory)
    }
  }

  /// Sends what is in the engine's buffer; call it at the end.
  mutating func deliver(to memory: borrowing MemoryAccess) throws(ZipFailure) {
    guard waiting > 0, let segment else { return }
    let bytes = unsafe UnsafeRawBufferPointer(rebasing: bounce[..<waiting])
    waiting = 0
    do throws(TranslationFault) {
      try unsafe segment.writeRemotely(from: bytes, in: memory)
    } catch {
      throw .fault(error)
    }
  }
}
