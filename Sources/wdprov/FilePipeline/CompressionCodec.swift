// The compressing side of file transfers: the stream's options, the gzip header, the suffix.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import WarpDrive

/// Compresses files.
struct CompressionCodec: FileCodec {
  private let registry: Registry
  private let algorithm: Algorithm
  /// The name that streams are asked for by: the algorithm's, or that of a driver that was named.
  private let name: String
  private let properties: CompressionProperties
  private let level: Int?
  private let threads: Int
  /// Whether name and time of a file go into the header, where the format has one.
  private let storesName: Bool
  /// Whether long input is cut into blocks.
  private let cutsInput: Bool

  /// Chooses how files are compressed.
  ///
  /// - Parameter threads: threads for one file; 0 for one a processor, where the driver and its format allow it.
  init(
    registry: Registry, algorithm: Algorithm, name: String, level: Int?, threads: Int, storesName: Bool
  ) throws(CommandFailure) {
    guard case .compression(let properties) = algorithm.descriptor.properties else {
      throw CommandFailure(.usage, "\(algorithm.driverName) does not compress")
    }
    self.registry = registry
    self.algorithm = algorithm
    self.name = name
    self.properties = properties
    self.level = level
    self.threads = threads == 0 ? Processor.onlineCount : threads
    self.storesName = storesName
    // An accelerator has its own ways to do several things at once, and an instance is already what was asked for.
    let isPlain = algorithm.spawns.isEmpty && algorithm.descriptor.flags.isDisjoint(with: [.hardware, .emulated])
    let isAsked = threads > 1 && algorithm.spawns.isEmpty
    cutsInput = isAsked || (isPlain && properties.joining != .none && (self.threads > 1 || !properties.streaming))
    // What cannot be cut is refused at once, and not first at a long file.
    guard isAsked, properties.joining == .none else { return }
    do throws(ProviderError) { _ = try registry.algorithm(parallelName, .compression) } catch {
      throw CommandFailure(error)
    }
  }

  /// By its name a better base would replace this one later; by its driver's name it stays what was asked for.
  private var parallelName: String { "pcrypt(\(algorithm.driverName))" }

  /// The instance that takes long input and its level: over the driver that was measured fastest for blocks of its size,
  /// unless a driver was named.
  private func parallel(_ options: CompressionOptions) -> (name: String, level: Int?) {
    guard name != algorithm.driverName, let report = try? registry.measurement(of: name, .compress, options),
      let best = report.estimates(bytes: properties.joining.blockSize).first, best.givesRatio, !best.isDevice
    else {
      // For the next long file: who names a driver has none measured.
      try? registry.startMeasurement(of: name, .compress, options)
      return (parallelName, level)
    }
    return ("pcrypt(\(best.driver))", best.level)
  }

  var direction: CompressionDirection { .compress }

  /// Of what tells no size, as much is read as shows whether it is short.
  func headSize(for file: borrowing InputFile) -> Int {
    cutsInput && properties.streaming && file.knownSize == nil ? StreamPump.inputSize : 0
  }

  /// Whether `file` is worth more than one thread, or needs more than one step of a driver that takes all at once.
  private func cuts(_ file: borrowing InputFile, _ head: [UInt8]) -> Bool {
    guard cutsInput, properties.streaming else { return cutsInput }
    if let size = file.knownSize { return size > UInt64(properties.joining.blockSize) }
    return head.count == StreamPump.inputSize
  }

  func stream(for file: borrowing InputFile, beginning head: [UInt8]) throws(CommandFailure) -> CompressionStream {
    var options = CompressionOptions(
      level: level, threads: threads, sizeHint: file.knownSize.map { Int(clamping: $0) })
    var asked = name
    if cuts(file, head) { (asked, options.level) = parallel(options) }
    do throws(ProviderError) {
      // Of members the template writes the headers itself, where its base does not.
      let writesHeaders = asked != name && algorithm.name == FileFormat.gzip.algorithm
      if storesName, let path = file.path, properties.headers || writesHeaders {
        options.header = GzipHeader(
          name: HeaderName.encode(path), modificationTime: Self.headerTime(file.status.modificationTime))
      }
      return try registry.compressor(asked, options)
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
