// The texts of a gzip header as bytes: the same limits for every driver that writes one.
// SPDX-License-Identifier: Apache-2.0

extension GzipHeader {
  /// The most bytes of an extra field (RFC 1952 section 2.3.1.1).
  package static let longestExtra = 65_535

  /// The name and the comment as a header has them, without the zero byte behind each; nil for those that there are not.
  ///
  /// - Throws: ``ProviderError/Code/invalidArgument`` for text with a zero byte or beyond ISO 8859-1, and for too long an
  ///   extra field.
  package func encoded() throws(ProviderError) -> (name: [UInt8]?, comment: [UInt8]?) {
    let texts = (try Self.latin1(name, "name"), try Self.latin1(comment, "comment"))
    if let extra, extra.count > Self.longestExtra {
      throw ProviderError(
        .invalidArgument, "the extra field of a gzip header has at most \(Self.longestExtra) bytes, not \(extra.count)")
    }
    return texts
  }

  /// The text of a field that was read: every byte is a character of ISO 8859-1.
  package static func text(_ bytes: some Sequence<UInt8>) -> String {
    var scalars = String.UnicodeScalarView()
    for byte in bytes { scalars.append(Unicode.Scalar(byte)) }
    return String(scalars)
  }

  private static func latin1(_ text: String?, _ field: String) throws(ProviderError) -> [UInt8]? {
    guard let text else { return nil }
    var bytes: [UInt8] = []
    for scalar in text.unicodeScalars {
      guard let byte = UInt8(exactly: scalar.value), byte != 0 else {
        throw ProviderError(
          .invalidArgument,
          "the \(field) in a gzip header consists of ISO 8859-1 characters other than zero: leave out U+"
            + String(scalar.value, radix: 16, uppercase: true))
      }
      bytes.append(byte)
    }
    return bytes
  }
}
