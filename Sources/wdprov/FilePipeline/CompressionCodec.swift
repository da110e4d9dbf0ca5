// The compressing side of file transfers: the stream's options, the gzip header, the suffix.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import WarpDrive

/// Compresses files.
struct CompressionCodec: FileCodec {
  let registry: Registry
  let algorithm: Algorithm
  let level: Int?
  /// Threads for one stream; nil for one for each processor.
  let threads: Int?
  /// Whether name and time of a file go into the header, where the format has one.
  let storesName: Bool

  var direction: CompressionDirection { .compress }
  var headSize: Int { 0 }

  func stream(for file: borrowing InputFile, beginning head: [UInt8]) throws(CommandFailure) -> CompressionStream {
    var options = CompressionOptions(level: level, threads: threads)
    if storesName, let path = file.path, case .compression(let properties) = algorithm.descriptor.properties,
      properties.headers
    {
      options.header = GzipHeader(
        name: HeaderName.encode(path), modificationTime: Self.headerTime(file.status.modificationTime))
    }
    do throws(ProviderError) {
      return try registry.compressor(algorithm.driverName, options)
    } catch {
      throw CommandFailure(error)
    }
  }

  func replacement(of path: String, beginning head: [UInt8]) throws(CommandFailure) -> Replacement {
    let format = FileFormat(algorithm: algorithm.name)
    if let format, format.plainName(of: path) != nil {
      throw CommandFailure(.usage, "\(path): has a suffix of \(format.algorithm) files already; left as it is")
    }
    return Replacement(path: path + (format?.suffixes.first?.suffix ?? "." + algorithm.name), modification: nil)
  }

  func judge(trailing: UInt64, of name: String) {}

  /// The header's 32 bits of seconds since 1970; 0, "no time", for one that they cannot tell.
  private static func headerTime(_ time: FileTime) -> UInt32 { UInt32(exactly: time.seconds) ?? 0 }
}

/// The file name in a gzip header.
///
/// RFC 1952 says ISO 8859-1, and the library's header fields are that; gzip(1) writes the name's bytes as they are,
/// which are UTF-8 today, and takes them back so. Here each byte is one character of the field.
enum HeaderName {
  /// The field for the file at `path`: the last part of the path; nil for a path without one.
  static func encode(_ path: String) -> String? {
    guard let name = path.utf8.split(separator: UInt8(ascii: "/")).last else { return nil }
    var field = ""
    for byte in name { field.unicodeScalars.append(Unicode.Scalar(byte)) }
    return field
  }

  /// The name in a field, without any directory in it; nil where nothing is left that could name a file.
  static func decode(_ field: String) -> String? {
    let bytes = field.unicodeScalars.compactMap { UInt8(exactly: $0.value) }
    guard let last = bytes.split(separator: UInt8(ascii: "/")).last, !last.contains(0),
      let name = String(validating: last, as: UTF8.self), name != ".", name != ".."
    else { return nil }
    return name
  }
}
