// The file formats: which algorithm each is, the suffixes of its files, and the first bytes that tell it.
// SPDX-License-Identifier: Apache-2.0

import WarpDrive

/// A format of compressed files.
enum FileFormat: CaseIterable {
  case gzip
  case zlib
  case deflate
  case zstd
  case lz4

  /// Bytes of the input that suffice for ``detect(_:)``: a frame's magic may stand behind an index.
  static let magicSize = MemberIndex.headSize

  /// The algorithm's name in the registry.
  var algorithm: String {
    switch self {
    case .gzip: "gzip"
    case .zlib: "zlib-deflate"
    case .deflate: "deflate"
    case .zstd: "zstd"
    case .lz4: "lz4"
    }
  }

  /// The suffix that compression adds, and others that decompression takes off, with what each becomes.
  var suffixes: [(suffix: String, plain: String)] {
    switch self {
    case .gzip: [(".gz", ""), (".tgz", ".tar")]
    // .zz is pigz's and zlib-flate's, .zlib that of file(1) and many libraries.
    case .zlib: [(".zz", ""), (".zlib", "")]
    case .deflate: [(".deflate", "")]
    case .zstd: [(".zst", ""), (".tzst", ".tar")]
    case .lz4: [(".lz4", "")]
    }
  }

  /// The format of `algorithm`, of which a template (`pcrypt(gzip)`) has the format of what it is built on.
  init?(algorithm name: String) {
    guard var parsed = try? AlgorithmName(parsing: name) else { return nil }
    while let inner = parsed.arguments.first { parsed = inner }
    guard let format = Self.allCases.first(where: { $0.algorithm == parsed.base }) else { return nil }
    self = format
  }

  /// The format that begins with `bytes`; nil where none of those that can be told does.
  ///
  /// Raw deflate cannot be told.
  static func detect(_ bytes: [UInt8]) -> FileFormat? {
    // RFC 1952 section 2.3.1.
    if bytes.starts(with: [0x1F, 0x8B]) { return .gzip }
    // RFC 8878 section 3.1.1; the skippable frames of 3.1.2, which lz4 has too, do not tell: what follows them does.
    if bytes.count > 8, bytes[0] & 0xF0 == 0x50, bytes[1...].starts(with: MemberFormat.skippableMagic) {
      let size = bytes[4..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
      return detect(Array(bytes.dropFirst(8 + size)))
    }
    if bytes.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) { return .zstd }
    // LZ4 frame format 1.6.4, and its legacy form.
    if bytes.starts(with: [0x04, 0x22, 0x4D, 0x18]) || bytes.starts(with: [0x02, 0x21, 0x4C, 0x18]) { return .lz4 }
    // RFC 1950 section 2.2: method 8, a window of at most 32 KiB, and a check value that makes a multiple of 31.
    if bytes.count >= 2, bytes[0] & 0x0F == 8, bytes[0] >> 4 <= 7, (Int(bytes[0]) << 8 | Int(bytes[1])) % 31 == 0 {
      return .zlib
    }
    return nil
  }

  /// The format whose suffix `path` has, with the path without it; nil where there is none.
  static func named(_ path: String) -> (format: FileFormat, plain: String)? {
    for format in allCases {
      if let plain = format.plainName(of: path) { return (format, plain) }
    }
    return nil
  }

  /// `path` without this format's suffix; nil where it has none, or nothing else.
  func plainName(of path: String) -> String? {
    let name = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { path[path.utf8.index(after: $0)...] } ?? path[...]
    for (suffix, plain) in suffixes where name.utf8.count > suffix.utf8.count && name.hasSuffix(suffix) {
      return path.dropLast(suffix.count) + plain
    }
    return nil
  }
}
