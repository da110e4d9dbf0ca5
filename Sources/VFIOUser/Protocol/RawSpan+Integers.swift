// Integers at any offset of a message.
// SPDX-License-Identifier: Apache-2.0

extension RawSpan {
  /// The integer at an offset, which need not be aligned; the whole of it lies within the span.
  @inline(__always)
  func integer<T: FixedWidthInteger & BitwiseCopyable>(at offset: Int, as type: T.Type = T.self) -> T {
    precondition(offset >= 0 && offset <= byteCount - MemoryLayout<T>.size, "an integer lies within the message")
    // Checked above, and any bits are an integer.
    return T(littleEndian: unsafe unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: T.self))
  }

  /// The 32-bit integer at an offset.
  @inline(__always)
  func uint32(at offset: Int) -> UInt32 { integer(at: offset) }

  /// The 64-bit integer at an offset.
  @inline(__always)
  func uint64(at offset: Int) -> UInt64 { integer(at: offset) }

  /// The bytes of a range as an array; the range lies within the span.
  func array(_ range: Range<Int>) -> [UInt8] {
    unsafe extracting(range).withUnsafeBytes { unsafe [UInt8]($0) }
  }
}

extension MutableRawSpan {
  /// Stores an integer at an offset, which need not be aligned; the whole of it lies within the span.
  @inline(__always)
  mutating func store<T: FixedWidthInteger & BitwiseCopyable>(_ value: T, at offset: Int) {
    storeBytes(of: value.littleEndian, toByteOffset: offset, as: T.self)
  }

  /// Lends a part of the span; it lies within it.
  mutating func withRange<Result: ~Copyable, Failure: Error>(
    _ range: Range<Int>, _ body: (inout MutableRawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    precondition(range.lowerBound >= 0 && range.upperBound <= byteCount, "a part lies within the span")
    return try unsafe withUnsafeMutableBytes { (bytes) throws(Failure) in
      var part = unsafe MutableRawSpan(_unsafeBytes: UnsafeMutableRawBufferPointer(rebasing: bytes[range]))
      return try body(&part)
    }
  }

  /// Makes all the bytes 0.
  mutating func zero() {
    unsafe withUnsafeMutableBytes { bytes in
      _ = unsafe bytes.initializeMemory(as: UInt8.self, repeating: 0)
    }
  }

  /// Copies bytes to an offset; all of them fit.
  mutating func copy(_ bytes: RawSpan, at offset: Int) {
    precondition(offset >= 0 && bytes.byteCount <= byteCount - offset, "a copy lies within the message")
    unsafe withUnsafeMutableBytes { target in
      unsafe bytes.withUnsafeBytes { source in
        // Checked above; a span never overlaps one that may be written.
        unsafe UnsafeMutableRawBufferPointer(rebasing: target[offset...]).copyMemory(from: source)
      }
    }
  }
}
