// Buffers at awkward places: beside pages that nobody may touch, at odd addresses, between bytes that must not change.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import WarpDriveCore

/// Where a buffer lies.
enum Placement: CustomStringConvertible, Sendable {
  /// At the start of the memory, after a page that may not be touched.
  case lowerEdge
  /// At the end of the memory, before a page that may not be touched.
  case upperEdge
  /// This many bytes after an address that is a multiple of 4096.
  case offset(Int)

  /// Both edges.
  static let edges = [Placement.lowerEdge, .upperEdge]

  var description: String {
    switch self {
    case .lowerEdge: "lower guard page"
    case .upperEdge: "upper guard page"
    case .offset(let bytes): "offset \(bytes)"
    }
  }
}

/// What a request wrote into a buffer of ``TestMemory``.
struct Captured {
  /// What the request says it wrote.
  let bytes: [UInt8]
  /// Everything that lies in the buffer afterwards, whether the request counts it or not.
  let memory: [UInt8]
  /// How the request failed, where it did.
  let error: ProviderError?
}

/// Memory of the kit's for the input or output of one request at a time.
struct TestMemory: ~Copyable {
  /// What lies around an output, and in it before it is written.
  static let canary: UInt8 = 0xA5
  /// The bytes on each side of an output that are looked at.
  private static let margin = 128
  // Offsets count from here, so that there is a margin before the buffer too.
  private static let base = 4096

  /// The pages; what was placed lies at ``range``.
  private(set) var pages: AnonymousMapping
  /// Where the last ``place(_:_:)`` put its bytes.
  private(set) var range = 0..<0
  private let capacity: Int

  /// Memory for buffers of up to `capacity` bytes at any placement.
  init(capacity: Int) throws(SystemError) {
    self.capacity = capacity
    pages = try AnonymousMapping(byteCount: Self.base + capacity + 2 * Self.margin, guardPages: true)
  }

  /// Puts a copy of `bytes` at `placement`.
  mutating func place(_ bytes: [UInt8], _ placement: Placement) {
    range = range(of: bytes.count, placement)
    write(bytes, at: range.lowerBound)
  }

  /// Lends a buffer of `count` bytes at `placement` as an output, and looks at everything around it afterwards.
  ///
  /// - Throws: a failure of `trial` where a byte outside the buffer was changed. What `body` throws is in the result.
  mutating func capture(
    _ count: Int, _ placement: Placement, for trial: borrowing Trial,
    _ body: (inout OutputRawSpan) throws(ProviderError) -> Void
  ) throws -> Captured {
    let range = range(of: count, placement)
    let watched = watch(range)
    var written = 0
    var failure: ProviderError?
    unsafe pages.withUnsafeMutableBytes { all in
      let buffer = unsafe UnsafeMutableRawBufferPointer(rebasing: all[range])
      var output = unsafe OutputRawSpan(buffer: buffer, initializedCount: 0)
      failure = errorOf { () throws(ProviderError) in try body(&output) }
      written = unsafe output.finalize(for: buffer)
    }
    try requireUnchanged(watched, around: range, for: trial)
    let memory = [UInt8](copying: pages.bytes.extracting(range))
    return Captured(bytes: Array(memory.prefix(written)), memory: memory, error: failure)
  }

  /// Puts `bytes` at `placement`, has them changed in place, and looks at everything around them afterwards.
  ///
  /// - Throws: a failure of `trial` where a byte outside the buffer was changed. What `body` throws is in the result.
  mutating func change(
    _ bytes: [UInt8], _ placement: Placement, for trial: borrowing Trial,
    _ body: (inout MutableRawSpan) throws(ProviderError) -> Void
  ) throws -> Captured {
    let range = range(of: bytes.count, placement)
    let watched = watch(range)
    write(bytes, at: range.lowerBound)
    var failure: ProviderError?
    unsafe pages.withUnsafeMutableBytes { all in
      var span = unsafe MutableRawSpan(_unsafeBytes: UnsafeMutableRawBufferPointer(rebasing: all[range]))
      failure = errorOf { () throws(ProviderError) in try body(&span) }
    }
    try requireUnchanged(watched, around: range, for: trial)
    let memory = [UInt8](copying: pages.bytes.extracting(range))
    return Captured(bytes: memory, memory: memory, error: failure)
  }

  /// Lends what was placed as an input of `count` bytes, however many there are.
  ///
  /// Unsafe: nothing behind what was placed may be read.
  @unsafe mutating func withInput<Result>(claiming count: Int, _ body: (RawSpan) -> Result) -> Result {
    let start = range.lowerBound
    return unsafe pages.withUnsafeMutableBytes { all in
      unsafe body(RawSpan(_unsafeStart: all.baseAddress.unsafelyUnwrapped + start, byteCount: count))
    }
  }

  private func range(of count: Int, _ placement: Placement) -> Range<Int> {
    precondition(count <= capacity, "the memory was made for buffers of at most \(capacity) bytes, not \(count)")
    return switch placement {
    case .lowerEdge: pages.range(of: count, at: .lower)
    case .upperEdge: pages.range(of: count, at: .upper)
    case .offset(let offset): Self.base + offset..<Self.base + offset + count
    }
  }

  /// Writes canaries into the buffer and its margins; returns the range of all three.
  private mutating func watch(_ range: Range<Int>) -> Range<Int> {
    let watched = max(0, range.lowerBound - Self.margin)..<min(pages.byteCount, range.upperBound + Self.margin)
    write([UInt8](repeating: Self.canary, count: watched.count), at: watched.lowerBound)
    return watched
  }

  private func requireUnchanged(_ watched: Range<Int>, around range: Range<Int>, for trial: borrowing Trial) throws {
    for (side, margin) in [
      ("before", watched.lowerBound..<range.lowerBound), ("behind", range.upperBound..<watched.upperBound),
    ] {
      let bytes = [UInt8](copying: pages.bytes.extracting(margin))
      let untouched = [UInt8](repeating: Self.canary, count: margin.count)
      try trial.expect(bytes, equals: untouched, "bytes \(side) the \(range.count) bytes of output were changed")
    }
  }

  private mutating func write(_ bytes: [UInt8], at start: Int) {
    guard !bytes.isEmpty else { return }
    unsafe pages.withUnsafeMutableBytes { all in
      unsafe bytes.withUnsafeBytes { source in
        // The ranges come from `range(of:_:)` and `watch(_:)`, which stay within the pages.
        unsafe UnsafeMutableRawBufferPointer(rebasing: all[start..<start + source.count]).copyMemory(from: source)
      }
    }
  }
}

extension Trial {
  /// The error of a request whose input claims to be longer than a driver's limit.
  ///
  /// Such an input need not exist to be refused: it is one page, and whoever looks behind that ends the process.
  func errorOfRequest(
    longerThan limit: Int, by excess: Int, _ body: (RawSpan, inout OutputRawSpan) throws(ProviderError) -> Void
  ) throws -> ProviderError? {
    var memory = try TestMemory(capacity: 4096)
    memory.place([UInt8](repeating: 0, count: 4096), .upperEdge)
    let (count, overflow) = limit.addingReportingOverflow(excess)
    guard !overflow else { throw notApplicable("the limit of \(limit) bytes cannot be passed on this machine") }
    var output = OutputRawSpan()
    return unsafe memory.withInput(claiming: count) { (input) in
      errorOf { () throws(ProviderError) in try body(input, &output) }
    }
  }
}
