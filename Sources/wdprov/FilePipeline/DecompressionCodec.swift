// The decompressing side of file transfers: telling the format, limits, the name, and bytes behind the end.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import WarpDrive

/// Decompresses files.
struct DecompressionCodec: FileCodec {
  let registry: Registry
  /// The algorithm that the user named; nil where the file tells.
  var algorithm: Algorithm?
  /// The name that its streams are asked for by: the algorithm's, or that of a driver that was named.
  var name: String?
  var outputLimit: UInt64?
  var ratioLimit: Double?
  /// Whether only the first member is wanted.
  var isSingle = false
  /// Whether bytes behind the end make the file corrupt.
  var isStrict = false
  /// Threads for one file.
  var threads = 1
  /// Whether name and time come from the header.
  let restoresName: Bool

  var direction: CompressionDirection { .decompress }
  // A header longer than this has more extra fields than anybody reads a name behind.
  func headSize(for file: borrowing InputFile) -> Int { restoresName ? 1 << 14 : FileFormat.magicSize }

  private func options(_ size: UInt64?) -> CompressionOptions {
    CompressionOptions(
      allMembers: !isSingle, outputLimit: outputLimit, ratioLimit: ratioLimit,
      sizeHint: size.map { Int(clamping: $0) })
  }

  func stream(for file: borrowing InputFile, beginning head: [UInt8]) throws(CommandFailure) -> CompressionStream {
    do throws(ProviderError) {
      if let name { return try registry.decompressor(name, options(file.knownSize)) }
    } catch {
      throw CommandFailure(error, about: file.name)
    }
    let format = try Self.format(of: file.path, head, file.name)
    do throws(ProviderError) {
      return try registry.decompressor(format.algorithm, options(file.knownSize))
    } catch {
      guard error.code == .notFound else { throw CommandFailure(error, about: file.name) }
      throw CommandFailure(
        .unavailable,
        "\(file.name): is in \(format.algorithm) format, and no driver here reads that: it needs a plugin"
      )
    }
  }

  func memberDecoder(for stream: borrowing CompressionStream, beginning head: [UInt8]) -> MemberDecoder? {
    // A ratio is judged all along a member, which is done in one place.
    guard threads > 1, !isSingle, ratioLimit == nil,
      case .compression(let properties) = stream.algorithm.descriptor.properties,
      let format = MemberFormat(magic: properties.memberMagic), format.index(in: head.rawSpan) != nil
    else { return nil }
    // Whole messages may be another driver's strength than streams are, unless the user named one.
    let name = algorithm?.driverName ?? stream.algorithm.name
    return MemberDecoder(registry, name, format, threads: threads)
  }

  /// The format of a file: raw deflate by its suffix, since nothing in it tells; any other by its first bytes.
  private static func format(of path: String?, _ head: [UInt8], _ name: String) throws(CommandFailure) -> FileFormat {
    guard !head.isEmpty else { throw CommandFailure(.corruptInput, "\(name): is empty, which no compressed file is") }
    if let path, FileFormat.deflate.plainName(of: path) != nil { return .deflate }
    guard let format = FileFormat.detect(head) else {
      throw CommandFailure(
        .corruptInput, "\(name): is not in gzip, zlib, zstd or lz4 format (-a deflate reads raw deflate)")
    }
    return format
  }

  func replacement(of path: String, beginning head: [UInt8]) throws(CommandFailure) -> Replacement {
    guard let (_, plain) = FileFormat.named(path) else {
      throw CommandFailure(.usage, "\(path): has no known suffix (-o names the output, -c writes to standard output)")
    }
    var replacement = Replacement(path: plain, modification: nil)
    guard restoresName, let header = header(of: path, head) else { return replacement }
    if let name = header.name.flatMap(HeaderName.decode) {
      let folder = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { path[...$0] } ?? ""
      replacement.path = folder + name
    }
    if header.modificationTime != 0 {
      replacement.modification = FileTime(seconds: Int64(header.modificationTime))
    }
    return replacement
  }

  /// The header of a file's first member, by a stream of its own that has room for no output.
  private func header(of path: String, _ head: [UInt8]) -> GzipHeader? {
    guard let name = algorithm?.driverName ?? (try? Self.format(of: path, head, path))?.algorithm,
      var stream = try? registry.decompressor(name)
    else { return nil }
    _ = try? [UInt8](capacity: 0) { (output) throws(ProviderError) in
      _ = try stream.step(head.rawSpan, into: &output)
    }
    return stream.header()
  }

  func judge(trailing: UInt64, of name: String) throws(CommandFailure) {
    let what = isSingle ? "follow the first member" : "follow the data"
    if isStrict { throw CommandFailure(.corruptInput, "\(name): \(trailing) bytes \(what)") }
    Diagnostics.say("\(name): \(trailing) bytes \(what) and were ignored")
  }
}
