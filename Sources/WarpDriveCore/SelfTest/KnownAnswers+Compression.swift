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
    case "zstd": frames(storedFrame: zstdStored, zstdCompressed, "RFC 8878 section 3.1.1", "zstd 1.5.4 at level 19")
    case "lz4", "lz4hc":
      frames(storedFrame: lz4Stored, lz4Compressed, "LZ4 frame format 1.6.4", "lz4 1.9.4 at level 9")
    default: []
    }
  }

  /// A frame of one raw block of "hello", without a checksum, written by hand.
  private static let zstdStored = "28b52ffd200529000068656c6c6f"
  private static let zstdCompressed =
    "28b52ffd249a15020002840d11a0ede028764c13561bb3a2afa7ae7e4f8c60d48b08b9a15d17cc509dcf9d0bb30d200c974ad5f1bce419ee"
    + "8a4f6f4ffb3dce3fd62502000a05143b1f130a00b5814f"
  /// A frame of one uncompressed block of "hello", without a checksum, written by hand.
  private static let lz4Stored = "04224d186040820500008068656c6c6f00000000"
  private static let lz4Compressed =
    "04224d186440a74e000000f92f4a6f696e207573206e6f7720616e642073686172652074686520736f6674776172653b0a596f75276c6c20"
    + "626520667265652c206861636b6572732c207919002f2e0a4d0035507265652e0a00000000aa405c5a"

  private static func frames(
    storedFrame: String, _ compressed: String, _ standard: String, _ maker: String
  ) -> [KnownAnswer] {
    [
      .init(.compression(stream: storedFrame, plain: "68656c6c6f"), source: standard),
      .init(.compression(stream: compressed, plain: fixedPlain), source: "made with \(maker)"),
    ]
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
