// Memory in pieces: what a request covers when it does not lie in one buffer.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

/// A list of memory segments that form one message, in order.
///
/// The list owns what it allocates and wipes it when it ends. Memory of others enters through
/// ``withBorrowed(_:_:)``, which is unsafe and lasts for one call. Software drivers take the segments one after the
/// other; hardware takes the list as it is.
public struct ScatterList: ~Copyable, Sendable {
  @safe private struct Segment {
    let start: UnsafeMutableRawPointer?
    let count: Int
    let isOwned: Bool
    var keeper: (any AnyObject & Sendable)?
  }

  // Unique to this list, like everything its segments point to.
  private struct Table: @unchecked Sendable {
    var segments: [Segment] = []
  }
  private var table = Table()
  /// The sum of all segments, in bytes.
  public private(set) var byteCount = 0

  /// A list without segments.
  public init() {}

  /// A list of copies of `pieces`.
  public init(copying pieces: [[UInt8]]) {
    self.init()
    for piece in pieces { append(copying: piece.rawSpan) }
  }

  /// The number of segments.
  public var segmentCount: Int { table.segments.count }

  /// The bytes of segment `index`.
  public func byteCount(at index: Int) -> Int { table.segments[index].count }

  /// Adds a segment with a copy of `bytes`.
  public mutating func append(copying bytes: RawSpan) {
    let start = UnsafeMutableRawPointer.allocate(byteCount: max(bytes.byteCount, 1), alignment: 64)
    unsafe bytes.withUnsafeBytes { source in
      if let base = source.baseAddress { unsafe start.copyMemory(from: base, byteCount: source.count) }
    }
    unsafe append(start, bytes.byteCount, isOwned: true)
  }

  /// Adds a segment of `count` zero bytes.
  public mutating func append(zeros count: Int) {
    let start = UnsafeMutableRawPointer.allocate(byteCount: max(count, 1), alignment: 64)
    unsafe start.initializeMemory(as: UInt8.self, repeating: 0, count: count)
    unsafe append(start, count, isOwned: true)
  }

  private mutating func append(_ start: UnsafeMutableRawPointer?, _ count: Int, isOwned: Bool) {
    unsafe table.segments.append(Segment(start: start, count: count, isOwned: isOwned))
    byteCount += count
  }

  /// Adds a segment over memory that an object keeps, without a copy.
  ///
  /// The list holds the object until it ends; it neither zeroes nor frees the memory itself.
  ///
  /// Unsafe: the memory must stay valid and unmoved as long as `keeper` lives, and be used by nobody else as long as the
  /// list does.
  ///
  /// - Parameters:
  ///   - memory: the bytes.
  ///   - keeper: what the memory belongs to, such as a block of a device's pool.
  @unsafe public mutating func append(
    _ memory: UnsafeMutableRawBufferPointer, keptBy keeper: any AnyObject & Sendable
  ) {
    unsafe table.segments.append(
      Segment(start: memory.baseAddress, count: memory.count, isOwned: false, keeper: keeper))
    byteCount += memory.count
  }

  /// The object that the memory of segment `index` belongs to; nil for memory of the list's own and for borrowed memory.
  public func keeper(at index: Int) -> (any AnyObject & Sendable)? { table.segments[index].keeper }

  /// Runs `body` with a list over memory of the caller, without a copy.
  ///
  /// Unsafe: the buffers must stay valid, unmoved and unused by others until `body` returns.
  @unsafe public static func withBorrowed<Result: ~Copyable, Failure: Error>(
    _ buffers: [UnsafeMutableRawBufferPointer], _ body: (inout ScatterList) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    var list = ScatterList()
    for index in 0..<(unsafe buffers.count) {
      let buffer = unsafe buffers[index]
      unsafe list.append(buffer.baseAddress, buffer.count, isOwned: false)
    }
    return try body(&list)
  }

  /// The bytes of segment `index`.
  @_lifetime(borrow self)
  public func bytes(at index: Int) -> RawSpan {
    let segment = table.segments[index]
    let span = unsafe RawSpan(_unsafeStart: UnsafeRawPointer(segment.start ?? Self.nowhere), byteCount: segment.count)
    // The list keeps its segments until it ends, and the span borrows the list.
    return unsafe _overrideLifetime(span, borrowing: self)
  }

  /// The bytes of segment `index`, to be changed.
  @_lifetime(&self)
  public mutating func mutableBytes(at index: Int) -> MutableRawSpan {
    let segment = table.segments[index]
    let span = unsafe MutableRawSpan(_unsafeStart: segment.start ?? Self.nowhere, byteCount: segment.count)
    return unsafe _overrideLifetime(span, mutating: &self)
  }

  /// All bytes in one array.
  public func joined() -> [UInt8] {
    [UInt8](capacity: byteCount) { (output) in
      for index in 0..<segmentCount { output.append(copying: bytes(at: index)) }
    }
  }

  // An address for segments of no bytes, never read.
  private static var nowhere: UnsafeMutableRawPointer {
    unsafe UnsafeMutableRawPointer(bitPattern: 64).unsafelyUnwrapped
  }

  deinit {
    for segment in table.segments where segment.isOwned {
      if let start = unsafe segment.start {
        unsafe SecureMemory.zero(UnsafeMutableRawBufferPointer(start: start, count: segment.count))
        unsafe start.deallocate()
      }
    }
  }
}
