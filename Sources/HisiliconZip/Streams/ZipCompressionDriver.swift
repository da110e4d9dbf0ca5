// One format of deflate data on the engine, whichever path leads there.
// SPDX-License-Identifier: Apache-2.0

import HisiliconQueue
import Synchronization
import WarpDriveCore
import WarpDriveQueue

/// A path to the engine.
struct ZipPath: Sendable {
  /// The suffix of its drivers' names, and their prefix.
  let driverName: @Sendable (ZipFormat) -> String
  /// The drivers' priority.
  let priority: Int
  /// Whether the device is a model.
  let isEmulated: Bool
  /// A queue for one stream's requests.
  let queue: @Sendable (ZipDirection, ZipFormat) throws(QueueError) -> any ZipExecutor
  /// What goes on where the device fails.
  let software: ZipSoftware
  /// The most nanoseconds for one request.
  let timeLimit: UInt64
  /// The requests of this process that are under way.
  let requests = RequestCount()
}

/// How many requests are under way on a path.
final class RequestCount: Sendable {
  private let count = Atomic<Int>(0)

  /// The requests at this moment.
  var inFlight: Int { count.load(ordering: .relaxed) }
  func begin() { count.wrappingAdd(1, ordering: .relaxed) }
  func end() { count.wrappingSubtract(1, ordering: .relaxed) }
}

/// A driver of one format.
struct ZipCompressionDriver: CompressionDriver {
  let descriptor: AlgorithmDescriptor
  private let format: ZipFormat
  private let path: ZipPath

  init(_ format: ZipFormat, _ path: ZipPath) {
    self.format = format
    self.path = path
    descriptor = AlgorithmDescriptor(
      name: format.algorithm, driverName: path.driverName(format), priority: path.priority,
      properties: .compression(Self.properties(format)),
      flags: [.asynchronous, .needsFallback, path.isEmulated ? .emulated : .hardware], alignment: 64)
  }

  /// The requests of this process; those of others the device does not tell.
  func load() -> DriverLoad? { DriverLoad(inFlight: path.requests.inFlight, depth: Self.queueDepth) }

  /// The entries of a queue: QM_Q_DEPTH of the series' hisi_qm.
  private static let queueDepth = 1024

  /// What is true of the engine.
  ///
  /// It has no levels, but windows of three sizes: the level chooses one where no window is asked for. With fixed codes,
  /// which hardware may be content with, a byte takes 9 bits at most; containers and flushes are in the constant.
  static func properties(_ format: ZipFormat) -> CompressionProperties {
    let joining: CompressionJoining =
      switch format {
      case .deflate: .blocks
      case .zlib: .none
      case .gzip: .members
      }
    return CompressionProperties(
      levels: 1...9, defaultLevel: 6, windowBits: ZipWindow.range, headers: format == .gzip, joining: joining,
      memberMagic: format == .gzip ? [0x1f, 0x8b] : [], bound: OutputBound(shift: 3, constant: 512))
  }

  /// The window of a level: 8 KiB for 1 to 3, 16 KiB for 4 and 5, else all 32 KiB.
  static func windowBits(level: Int) -> Int {
    switch level {
    case ...3: 13
    case 4, 5: 14
    default: 15
    }
  }

  func makeTransform(
    _ direction: CompressionDirection, _ options: CompressionOptions
  ) throws(ProviderError) -> any CompressionTransform & ~Copyable {
    var streamOptions = ZipStreamOptions(timeLimit: path.timeLimit)
    let bits =
      options.windowBits ?? (direction == .compress ? Self.windowBits(level: options.level ?? 6) : 15)
    guard let window = ZipWindow(bits: bits) else {
      throw ProviderError(.invalidArgument, "the engine has windows of 2^13 to 2^15 bytes, not 2^\(bits)")
    }
    streamOptions.window = window
    if let header = options.header { streamOptions.fields = try GzipFields(header) }
    return ZipTransform(ZipTransformState(direction, format, streamOptions, options, path), path.requests)
  }
}

/// A member being compressed or decompressed: references to its state and to what counts its path's requests.
struct ZipTransform: CompressionTransform, ~Copyable {
  private let state: ZipTransformState
  private let requests: RequestCount

  init(_ state: ZipTransformState, _ requests: RequestCount) {
    self.state = state
    self.requests = requests
  }

  mutating func step(
    _ input: RawSpan, into output: inout OutputRawSpan, _ flush: CompressionFlush
  ) throws(ProviderError) -> CompressionProgress {
    requests.begin()
    defer { requests.end() }
    return try state.step(input, &output, flush)
  }

  mutating func reset() throws(ProviderError) { state.reset() }

  mutating func header() -> GzipHeader? { state.header }

  var standIn: String? { state.standIn }
}

extension GzipFields {
  /// The fields of a header of the registry's.
  ///
  /// - Throws: as `GzipHeader.encoded`.
  init(_ header: GzipHeader) throws(ProviderError) {
    let (name, comment) = try header.encoded()
    self.init(
      name: name, comment: comment, extra: header.extra, modificationTime: header.modificationTime,
      operatingSystem: header.operatingSystem, isText: header.isText, hasChecksum: header.hasChecksum)
  }
}

extension GzipHeader {
  /// The registry's form of fields that were read.
  init(_ fields: GzipFields) {
    self.init(
      name: fields.name.map(Self.text), comment: fields.comment.map(Self.text), extra: fields.extra,
      modificationTime: fields.modificationTime, operatingSystem: fields.operatingSystem, isText: fields.isText,
      hasChecksum: fields.hasChecksum)
  }
}
