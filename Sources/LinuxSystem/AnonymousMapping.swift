// Pages of memory of this process's own, with pages beside them that nobody may touch.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Whole pages of zeroed memory, given back when the value goes.
///
/// With guard pages, the process dies of an access just outside, so that an overrun by one byte shows: place a buffer
/// with `range(of:at:)` at the edge that is to be watched.
///
/// `@unchecked Sendable`: the value owns its pages, and its methods follow Swift's rules of exclusive access.
@safe public struct AnonymousMapping: ~Copyable, @unchecked Sendable {
  /// The edges of the mapping.
  public enum Edge: Sendable, CaseIterable {
    /// The start, after the lower guard page.
    case lower
    /// The end, flush against the upper guard page.
    case upper
  }

  /// The size in bytes: what was asked for, rounded up to whole pages, at least one.
  public let byteCount: Int
  private let base: UnsafeMutableRawPointer
  private let guardBytes: Int

  /// Maps memory.
  ///
  /// - Parameters:
  ///   - byteCount: the least size in bytes; not negative.
  ///   - guardPages: whether a page on each side may not be touched.
  /// - Throws: `ENOMEM` when there is not enough memory or address space.
  public init(byteCount: Int, guardPages: Bool = false) throws(SystemError) {
    precondition(byteCount >= 0, "a size is not negative")
    let page = CurrentProcess.pageSize
    let guardBytes = guardPages ? page : 0
    let (padded, overflow) = max(byteCount, 1).addingReportingOverflow(page - 1)
    let size = padded / page * page
    let (total, overflowWithGuards) = size.addingReportingOverflow(2 * guardBytes)
    guard !overflow && !overflowWithGuards else { throw SystemError(errno: ENOMEM, operation: "mmap") }
    let start = try unsafe AnonymousMapping.map(total, accessible: guardBytes..<guardBytes + size)
    self.byteCount = size
    self.guardBytes = guardBytes
    unsafe base = start + guardBytes
  }

  deinit {
    // Exactly what was mapped; nothing borrowed from the value can outlive it.
    _ = unsafe munmap(base - guardBytes, byteCount + 2 * guardBytes)
  }

  /// The bytes, for reading.
  public var bytes: RawSpan {
    @_lifetime(borrow self)
    get {
      let span = unsafe RawSpan(_unsafeStart: base, byteCount: byteCount)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }

  /// The bytes, for reading and writing.
  ///
  /// Writing while the mapping is read-only ends the process (`SIGSEGV`).
  public var mutableBytes: MutableRawSpan {
    @_lifetime(&self)
    mutating get {
      let span = unsafe MutableRawSpan(_unsafeStart: base, byteCount: byteCount)
      return unsafe _overrideLifetime(span, mutating: &self)
    }
  }

  /// Where `count` bytes lie that touch an edge.
  ///
  /// - Parameter count: the number of bytes, from 0 to `byteCount`.
  public func range(of count: Int, at edge: Edge) -> Range<Int> {
    precondition(count >= 0 && count <= byteCount, "a range lies within the mapping")
    return switch edge {
    case .lower: 0..<count
    case .upper: byteCount - count..<byteCount
    }
  }

  /// Lends `count` bytes that touch an edge as an empty output.
  ///
  /// - Parameters:
  ///   - count: the capacity of the output in bytes, from 0 to `byteCount`.
  ///   - edge: the edge that it touches.
  ///   - body: fills the output.
  public mutating func withOutput<Result: ~Copyable, Failure: Error>(
    of count: Int, at edge: Edge, _ body: (inout OutputRawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try withOutput(at: range(of: count, at: edge), body)
  }

  /// Lends a range of the bytes as an empty output.
  ///
  /// - Parameters:
  ///   - range: where the output lies, within the mapping.
  ///   - body: fills the output.
  public mutating func withOutput<Result: ~Copyable, Failure: Error>(
    at range: Range<Int>, _ body: (inout OutputRawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    precondition(range.lowerBound >= 0 && range.upperBound <= byteCount, "a range lies within the mapping")
    // The buffer lies within the mapping, and the output cannot leave the closure.
    let buffer = unsafe UnsafeMutableRawBufferPointer(start: base + range.lowerBound, count: range.count)
    var output = unsafe OutputRawSpan(buffer: buffer, initializedCount: 0)
    return try body(&output)
  }

  /// Lends the bytes as a buffer for C; it must not be used after the call.
  public mutating func withUnsafeMutableBytes<Result: ~Copyable, Failure: Error>(
    _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try unsafe body(UnsafeMutableRawBufferPointer(start: base, count: byteCount))
  }

  /// Allows only reading, or reading and writing again.
  ///
  /// - Throws: `ENOMEM` when the kernel cannot split the mapping.
  public mutating func protect(readOnly: Bool) throws(SystemError) {
    let protection = readOnly ? PROT_READ : PROT_READ | PROT_WRITE
    _ = try systemCall("mprotect") { unsafe mprotect(base, byteCount, protection) }
  }

  /// Maps `total` bytes, of which a range of whole pages may be touched.
  private static func map(_ total: Int, accessible: Range<Int>) throws(SystemError) -> UnsafeMutableRawPointer {
    let start = unsafe mmap(nil, total, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let start = unsafe start, unsafe start != MAP_FAILED else {
      throw SystemError(errno: errno, operation: "mmap")
    }
    do throws(SystemError) {
      _ = try systemCall("mprotect") {
        unsafe mprotect(start + accessible.lowerBound, accessible.count, PROT_READ | PROT_WRITE)
      }
    } catch {
      _ = unsafe munmap(start, total)
      throw error
    }
    return unsafe start
  }
}
