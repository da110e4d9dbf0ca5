// The few bridges between arrays and raw spans that the standard library lacks.
// SPDX-License-Identifier: Apache-2.0

extension [UInt8] {
  /// The array's bytes as a raw span; safe for bytes, which have no padding.
  @inlinable
  public var rawSpan: RawSpan {
    @_lifetime(borrow self)
    borrowing get { unsafe span.bytes }
  }

  /// Makes an array by writing at most `capacity` bytes into a raw output span.
  ///
  /// There is no bridge from `OutputSpan` to `OutputRawSpan` in the standard library; this is the one place that makes it.
  public init<Failure: Error>(
    capacity: Int, raw body: (inout OutputRawSpan) throws(Failure) -> Void
  ) throws(Failure) {
    guard capacity > 0 else {
      // All empty arrays share one object, which the initialiser below would write to.
      var output = OutputRawSpan()
      try body(&output)
      self = []
      return
    }
    // The span covers exactly the array's uninitialised storage and ends before the closure does.
    unsafe try self.init(unsafeUninitializedCapacity: capacity) { (buffer, count) throws(Failure) in
      let raw = UnsafeMutableRawBufferPointer(buffer)
      var output = unsafe OutputRawSpan(buffer: raw, initializedCount: 0)
      do throws(Failure) {
        try body(&output)
      } catch {
        unsafe count = output.finalize(for: raw)
        throw error
      }
      unsafe count = output.finalize(for: raw)
    }
  }

  /// Copies a raw span.
  public init(copying bytes: RawSpan) {
    self.init(capacity: bytes.byteCount) { (output) in output.append(copying: bytes) }
  }
}

extension OutputRawSpan {
  /// Appends all of `bytes`; the caller has checked that they fit.
  @_lifetime(self: copy self)
  public mutating func append(copying bytes: RawSpan) {
    guard bytes.byteCount > 0 else { return }
    precondition(bytes.byteCount <= freeCapacity, "append past the end of an output span")
    // Both sides are bounds-checked above; a copy by words instead of a byte loop.
    unsafe bytes.withUnsafeBytes { source in
      unsafe withUnsafeMutableBytes { buffer, count in
        unsafe buffer.baseAddress.unsafelyUnwrapped.advanced(by: count)
          .copyMemory(from: source.baseAddress.unsafelyUnwrapped, byteCount: source.count)
        count += source.count
      }
    }
  }
}

extension [UInt8] {
  /// The array's bytes as a raw span that can be written; safe for bytes, of which every pattern is a value.
  public var mutableRawSpan: MutableRawSpan {
    @_lifetime(&self)
    mutating get {
      // The array's storage is unique after this call, and the span keeps the array borrowed exclusively.
      let (start, count) = unsafe withUnsafeMutableBytes { ($0.baseAddress, $0.count) }
      guard let start = unsafe start else { return MutableRawSpan() }
      let bytes = unsafe MutableRawSpan(_unsafeStart: start, byteCount: count)
      return unsafe _overrideLifetime(bytes, mutating: &self)
    }
  }
}
