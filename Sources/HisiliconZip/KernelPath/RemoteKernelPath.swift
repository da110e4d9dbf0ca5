// The kernel path of another process: a message for each request, as a system call would be.
// SPDX-License-Identifier: Apache-2.0

import HisiliconQueue
public import WarpDriveCore

/// What a host is asked for.
public struct RemoteZipRequest: Sendable {
  /// Which way.
  public let direction: CompressionDirection
  /// The algorithm, as the registry names it: `gzip`, `zlib-deflate`, `deflate`.
  public let algorithm: String
  /// The level; nil for the default.
  public let level: Int?
  /// The window as a power of two; nil for the default.
  public let windowBits: Int?
  /// The most bytes of the answer.
  public let room: Int
}

/// What a host answers.
public struct RemoteZipAnswer: Sendable {
  /// The output.
  public let bytes: [UInt8]
  /// Bytes of the input that belong to the stream.
  public let consumed: Int

  /// Makes an answer.
  public init(bytes: [UInt8], consumed: Int) {
    self.bytes = bytes
    self.consumed = consumed
  }
}

/// Asks a host, which answers a request at a time; calls may come from any thread.
///
/// - Throws: the host's error; `outputTooSmall` where the room does not suffice.
public typealias KernelPathClient =
  @Sendable (RemoteZipRequest, RawSpan) throws(ProviderError) -> RemoteZipAnswer

/// The kernel path's drivers in a process that does not own the device: `hisi-gzip-acomp` and its likes.
///
/// Whole messages go to the host; what comes in pieces is gone on with in software, as a system call would take whole
/// messages too.
public struct RemoteKernelPathProvider: Provider {
  /// `hisi_zip`: a process has one kernel path.
  public let name = "hisi_zip"
  /// The host's version is not known before it is asked.
  public let version = ""
  /// The host's run directory.
  public let source: String
  /// The drivers.
  public let drivers: [any AlgorithmDriver]
  private let findObstacle: @Sendable () -> String?

  /// Makes the provider; nothing is connected yet.
  ///
  /// - Parameters:
  ///   - source: where the host is, for people.
  ///   - isEmulated: whether its device is a model.
  ///   - messageLimit: the most bytes of a message, in and out.
  ///   - software: answers what comes in pieces.
  ///   - obstacle: why the host's device answers nothing at present; asked for people, and opens nothing.
  ///   - client: asks the host.
  public init(
    source: String, isEmulated: Bool, messageLimit: Int = 1 << 26, software: ZipSoftware,
    obstacle: @escaping @Sendable () -> String? = { nil }, client: @escaping KernelPathClient
  ) {
    self.source = source
    findObstacle = obstacle
    let priority = isEmulated ? HisiliconZipProvider.modelPriority : HisiliconZipProvider.hardwarePriority
    drivers = [ZipFormat.deflate, .zlib, .gzip].map {
      RemoteZipDriver(
        $0, priority: priority, isEmulated: isEmulated, messageLimit: messageLimit, software: software, client: client)
    }
  }

  /// Why the host's device answers nothing at present.
  public var obstacle: String? { findObstacle() }
}

/// A driver that asks a host.
private struct RemoteZipDriver: CompressionDriver {
  let descriptor: AlgorithmDescriptor
  private let format: ZipFormat
  private let messageLimit: Int
  private let software: ZipSoftware
  private let client: KernelPathClient

  init(
    _ format: ZipFormat, priority: Int, isEmulated: Bool, messageLimit: Int, software: ZipSoftware,
    client: @escaping KernelPathClient
  ) {
    var properties = ZipCompressionDriver.properties(format)
    properties.streaming = false
    properties.headers = false
    descriptor = AlgorithmDescriptor(
      name: format.algorithm, driverName: "hisi-\(format.name)-acomp", priority: priority,
      properties: .compression(properties), flags: [.asynchronous, .needsFallback, isEmulated ? .emulated : .hardware])
    self.format = format
    self.messageLimit = messageLimit
    self.software = software
    self.client = client
  }

  func makeTransform(
    _ direction: CompressionDirection, _ options: CompressionOptions
  ) throws(ProviderError) -> any CompressionTransform & ~Copyable {
    RemoteZipTransform(
      RemoteZipState(direction, format, options, messageLimit: messageLimit, software: software, client: client))
  }
}

private struct RemoteZipTransform: CompressionTransform, ~Copyable {
  private let state: RemoteZipState

  init(_ state: RemoteZipState) { self.state = state }

  mutating func step(
    _ input: RawSpan, into output: inout OutputRawSpan, _ flush: CompressionFlush
  ) throws(ProviderError) -> CompressionProgress {
    try state.step(input, &output, flush)
  }

  mutating func reset() throws(ProviderError) { state.reset() }
  mutating func header() -> GzipHeader? { state.successor?.header }
  var standIn: String? { state.successor?.driverName }
}

/// `@unchecked Sendable`: one transform has it, which is used by one thread at a time.
private final class RemoteZipState: @unchecked Sendable {
  /// As many bytes as begin a further member: they may come before the rest does.
  private static let magicCount = 2

  private let direction: CompressionDirection
  private let format: ZipFormat
  private let options: CompressionOptions
  private let messageLimit: Int
  private let software: ZipSoftware
  private let client: KernelPathClient
  private(set) var successor: ZipSuccessor?
  /// What was used and waits for the rest.
  private var held: [UInt8] = []
  private var answer: [UInt8]?
  private var handedOut = 0

  init(
    _ direction: CompressionDirection, _ format: ZipFormat, _ options: CompressionOptions, messageLimit: Int,
    software: ZipSoftware, client: @escaping KernelPathClient
  ) {
    self.direction = direction
    self.format = format
    self.options = options
    self.messageLimit = messageLimit
    self.software = software
    self.client = client
  }

  func reset() {
    successor = nil
    held = []
    answer = nil
    handedOut = 0
  }

  func step(
    _ input: RawSpan, _ output: inout OutputRawSpan, _ flush: CompressionFlush
  ) throws(ProviderError) -> CompressionProgress {
    if let successor { return try successor.step(input, &output, flush) }
    if let answer { return hand(answer, &output, consumed: 0) }
    let total = held.count + input.byteCount
    if flush == .finish, total <= messageLimit {
      do throws(ProviderError) {
        if let progress = try ask(input, &output) { return progress }
      } catch {
        // What came before is used, and its caller has it no more: software goes on with it.
        guard error.code.isDriverFault, !held.isEmpty else { throw error }
      }
    }
    if flush == .none, direction == .compress ? total <= messageLimit : total <= Self.magicCount {
      held += [UInt8](copying: input)
      return CompressionProgress(consumed: input.byteCount)
    }
    let successor = try goOn()
    self.successor = successor
    return try successor.step(input, &output, flush)
  }

  /// Asks the host; nil where it has no answer that fits into a message, or sees no end of the stream.
  private func ask(_ input: RawSpan, _ output: inout OutputRawSpan) throws(ProviderError) -> CompressionProgress? {
    let message = held + [UInt8](copying: input)
    var room = max(output.freeCapacity, 1 << 16)
    if direction == .compress { room = max(room, ZipStream.roomForOutput(of: message.count)) }
    while true {
      room = min(room, messageLimit)
      let request = RemoteZipRequest(
        direction: direction, algorithm: format.algorithm, level: options.level, windowBits: options.windowBits,
        room: room)
      do throws(ProviderError) {
        let answer = try client(request, message.rawSpan)
        guard answer.consumed >= held.count, answer.consumed <= message.count, answer.bytes.count <= room else {
          throw ProviderError(.backendFailure, "the host answers with more than it was asked for: restart it")
        }
        self.answer = answer.bytes
        return hand(answer.bytes, &output, consumed: answer.consumed - held.count)
      } catch {
        // Where the stream has no end, or no sound one, software says what comes before that.
        if direction == .decompress, error.code == .truncatedInput || error.code == .corruptInput { return nil }
        guard error.code == .outputTooSmall || error.code == .limitExceeded else { throw error }
        guard room < messageLimit else { return nil }
        room *= 4
      }
    }
  }

  private func hand(
    _ answer: [UInt8], _ output: inout OutputRawSpan, consumed: Int
  ) -> CompressionProgress {
    let count = min(answer.count - handedOut, output.freeCapacity)
    output.append(copying: answer.rawSpan.extracting(handedOut..<handedOut + count))
    handedOut += count
    return CompressionProgress(consumed: consumed, produced: count, finished: handedOut == answer.count)
  }

  /// Does in software what was held and what comes.
  private func goOn() throws(ProviderError) -> ZipSuccessor {
    defer { held = [] }
    guard let driver = software.driver(format) else {
      throw ProviderError(.unsupported, "the host takes whole messages of at most \(messageLimit) bytes")
    }
    return try ZipSuccessor(beginning: held, direction, options, driver)
  }
}
