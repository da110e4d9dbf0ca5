// What hides the length of an encrypted file's plaintext: a byte and zeros behind it.
// SPDX-License-Identifier: Apache-2.0

/// Padding to a multiple of a power of two: the byte 80 and as many zeros as it takes, at least the byte itself.
///
/// Padding method 2 of ISO/IEC 9797-1, that of ISO/IEC 7816-4. A chunk is a multiple of the unit, so that all of it lies in the
/// last chunk.
struct FilePadding: Sendable {
  /// Bytes of which the padded plaintext is a multiple; a power of two.
  let unit: Int

  private static let marker: UInt8 = 0x80

  /// Bytes to be added behind `count` others.
  func count(behind count: Int) -> Int { unit - count % unit }

  /// `count` bytes of padding.
  static func bytes(_ count: Int) -> [UInt8] { [marker] + [UInt8](repeating: 0, count: count - 1) }

  /// Takes the padding off the last `count` bytes of `output`, the plaintext of the last chunk.
  ///
  /// - Throws: ``ProviderError/Code/corruptInput`` where there is none that is right: whoever made the file has its key. The
  ///   bytes are taken off then.
  func remove(from output: inout OutputRawSpan, last count: Int) throws(ProviderError) {
    let excess = padding(of: output.bytes.extracting(last: count))
    output.removeLast(excess ?? count)
    guard excess != nil else {
      throw ProviderError(.corruptInput, "the last chunk does not end with the padding that the header announces")
    }
  }

  /// Bytes of padding at the end of `text`; nil where it does not end as it has to.
  private func padding(of text: RawSpan) -> Int? {
    guard text.byteCount > 0, text.byteCount.isMultiple(of: unit) else { return nil }
    let first = text.byteCount - unit
    var last = text.byteCount - 1
    while last > first, Self.byte(last, of: text) == 0 { last -= 1 }
    return Self.byte(last, of: text) == Self.marker ? text.byteCount - last : nil
  }

  private static func byte(_ offset: Int, of text: RawSpan) -> UInt8 {
    // Within the span; every pattern of bits is a byte.
    unsafe text.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
  }
}
