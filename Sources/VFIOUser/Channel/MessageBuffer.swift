// Memory for one message at a time, used again for the next.
// SPDX-License-Identifier: Apache-2.0

/// Bytes that grow when they must and are never given back, so that the usual message allocates nothing.
///
/// `@unchecked Sendable`: at any moment one thread uses it, and handing it over is ordered by the channel's lock.
@safe final class MessageBuffer: @unchecked Sendable {
  private var base: UnsafeMutableRawPointer
  private(set) var capacity: Int

  init(capacity: Int) {
    unsafe base = .allocate(byteCount: capacity, alignment: 16)
    self.capacity = capacity
  }

  deinit {
    unsafe base.deallocate()
  }

  /// Makes room for `count` bytes; what was there is kept.
  func reserve(_ count: Int) {
    guard count > capacity else { return }
    let grown = UnsafeMutableRawPointer.allocate(byteCount: count, alignment: 16)
    unsafe grown.copyMemory(from: base, byteCount: capacity)
    unsafe base.deallocate()
    unsafe base = grown
    capacity = count
  }

  /// Lends a range of the bytes for reading; it lies within the capacity.
  @inline(__always)
  func withBytes<Result: ~Copyable, Failure: Error>(
    _ range: Range<Int>, _ body: (RawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    precondition(range.lowerBound >= 0 && range.upperBound <= capacity, "a range lies within the buffer")
    // Checked above, and a span cannot leave the closure.
    return try body(unsafe RawSpan(_unsafeStart: base + range.lowerBound, byteCount: range.count))
  }

  /// Lends a range of the bytes for writing; it lies within the capacity.
  @inline(__always)
  func withMutableBytes<Result: ~Copyable, Failure: Error>(
    _ range: Range<Int>, _ body: (inout MutableRawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    precondition(range.lowerBound >= 0 && range.upperBound <= capacity, "a range lies within the buffer")
    var span = unsafe MutableRawSpan(_unsafeStart: base + range.lowerBound, byteCount: range.count)
    return try body(&span)
  }

  /// Lends a range of the bytes for a system call that fills it.
  @inline(__always)
  func withBuffer<Result, Failure: Error>(
    _ range: Range<Int>, _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    precondition(range.lowerBound >= 0 && range.upperBound <= capacity, "a range lies within the buffer")
    return try unsafe body(UnsafeMutableRawBufferPointer(start: base + range.lowerBound, count: range.count))
  }
}
