// Known answers of the compression formats, by algorithm name.
// SPDX-License-Identifier: Apache-2.0

extension KnownAnswers {
  /// A stored block of "hello" (RFC 1951 section 3.2.4), written by hand.
  private static let stored = "010500faff68656c6c6f"
  /// A block with fixed Huffman codes and matches (RFC 1951 section 3.2.6), made with CPython's zlib at level 9.
  private static let fixed =
    "f3cacfcc53282d56c8cb2f5748cc4b5128ce482c4a5528c9485528ce4f2b290772acb922f34bd5737214925215d28a52"
    + "537514321293b3538b8a75142a5124f4b8bca8691800"
  private static let fixedPlain =
    "4a6f696e207573206e6f7720616e642073686172652074686520736f6674776172653b0a596f75276c6c206265206672"
    + "65652c206861636b6572732c20796f75276c6c20626520667265652e0a4a6f696e207573206e6f7720616e6420736861"
    + "72652074686520736f6674776172653b0a596f75276c6c20626520667265652c206861636b6572732c20796f75276c6c"
    + "20626520667265652e0a"

  /// The answers for the format `name`; empty for one that is not here.
  static func compressions(_ name: String) -> [KnownAnswer] {
    switch name {
    case "deflate": streams("", stored: "", fixed: "", "RFC 1951")
    case "zlib-deflate": streams("789c", stored: "062c0215", fixed: "2d3e34bd", "RFC 1950")
    case "gzip":
      // Flags, time and extra flags 0, operating system 255; CRC-32 and length follow (RFC 1952 section 2.3).
      streams("1f8b08000000000000ff", stored: "86a6103605000000", fixed: "25b294369a000000", "RFC 1952")
    default: []
    }
  }

  private static func streams(
    _ header: String, stored storedTrailer: String, fixed fixedTrailer: String, _ source: String
  ) -> [KnownAnswer] {
    [
      .init(
        .compression(stream: header + stored + storedTrailer, plain: "68656c6c6f"), source: source),
      .init(.compression(stream: header + fixed + fixedTrailer, plain: fixedPlain), source: source),
    ]
  }
}
