// The bytes of an array as a raw span, which the standard library has for other types only with a word of caution.
// SPDX-License-Identifier: Apache-2.0

extension [UInt8] {
  /// The array's bytes; safe for bytes, which have no padding.
  var rawSpan: RawSpan {
    @_lifetime(borrow self)
    borrowing get { unsafe span.bytes }
  }
}
