// The kernel path for other processes: a request of the control socket is one message through the host's own queues.
// SPDX-License-Identifier: Apache-2.0

import DeviceAccess
import HisiliconZip
import HostControl
import LinuxSystem
import WarpDrive
import WarpDriveQueue

/// Compresses and decompresses for the clients of a control socket.
final class KernelPathService: Sendable {
  private struct State {
    var inFlight = 0
    var isEnding = false
  }

  private let drivers: [String: any CompressionDriver]
  private let state = Guarded(State())
  private let isIdle = Gate()

  /// Uses a device, whose owner ends it.
  init(_ device: ZipDevice) {
    let provider = HisiliconZipProvider(
      isEmulated: device.function.capabilities.contains(.emulated)
    ) { () throws(QueueError) in device }
    var drivers: [String: any CompressionDriver] = [:]
    for case let driver as any CompressionDriver in provider.drivers { drivers[driver.descriptor.name] = driver }
    self.drivers = drivers
  }

  /// Takes no further request, and waits for those that it has taken; false where they take longer.
  func drain(within nanoseconds: UInt64) -> Bool {
    let isIdle = state.withLock { state in
      state.isEnding = true
      return state.inFlight == 0
    }
    return isIdle || self.isIdle.wait(nanoseconds: nanoseconds)
  }

  /// Answers `compress` and `decompress`: members `alg`, `room`, and for compression `level` and `window`.
  ///
  /// - Returns: the output, with how many bytes of the input belong to it.
  /// - Throws: `outputTooSmall` where the room does not suffice, `corruptInput` and `truncatedInput` for such data; `busy`,
  ///   `timedOut`, `resetting` and `deviceLost` where the device cannot now.
  func perform(_ direction: CompressionDirection, _ request: ControlRequest) throws(ControlFailure) -> ControlReply {
    let name = try request.value.requiredText("alg")
    guard let driver = drivers[name] else {
      throw ControlFailure(
        .notFound, "the device has no '\(name)': there are \(drivers.keys.sorted().joined(separator: ", "))")
    }
    guard let room = try request.value.number("room", most: ControlProtocol.payloadLimit) else {
      throw ControlFailure(.invalidArgument, "'room' is the most bytes of the answer")
    }
    let options = try options(request.value, driver)
    let mayBegin = state.withLock { state in
      if !state.isEnding { state.inFlight += 1 }
      return !state.isEnding
    }
    guard mayBegin else { throw ControlFailure(.deviceLost, "the host is ending") }
    defer {
      let isLast = state.withLock { state in
        state.inFlight -= 1
        return state.isEnding && state.inFlight == 0
      }
      if isLast { isIdle.open() }
    }
    do throws(ProviderError) {
      let (output, consumed) = try Self.run(driver, direction, options, request.payload, room: room)
      return ControlReply(
        [("consumed", .integer(consumed)), ("produced", .integer(output.count))], payload: output)
    } catch {
      throw ControlFailure(error)
    }
  }

  private func options(
    _ request: JSONValue, _ driver: any CompressionDriver
  ) throws(ControlFailure) -> CompressionOptions {
    var options = CompressionOptions(allMembers: false)
    options.level = try request.number("level", most: Int(UInt8.max))
    options.windowBits = try request.number("window", most: Int(UInt8.max))
    guard case .compression(let properties) = driver.descriptor.properties else { return options }
    if let level = options.level, !properties.levels.contains(level) {
      let range = "\(properties.levels.lowerBound) to \(properties.levels.upperBound)"
      throw ControlFailure(.invalidArgument, "'level' is a number from \(range)")
    }
    if let bits = options.windowBits, let range = properties.windowBits, !range.contains(bits) {
      throw ControlFailure(.invalidArgument, "'window' is a number from \(range.lowerBound) to \(range.upperBound)")
    }
    return options
  }

  private static func run(
    _ driver: any CompressionDriver, _ direction: CompressionDirection, _ options: CompressionOptions,
    _ input: [UInt8], room: Int
  ) throws(ProviderError) -> (output: [UInt8], consumed: Int) {
    var transform = try driver.makeTransform(direction, options)
    var consumed = 0
    let output = try [UInt8](capacity: room) { (output) throws(ProviderError) in
      while true {
        let rest = input.rawSpan.extracting(consumed..<input.count)
        let progress = try transform.step(rest, into: &output, .finish)
        consumed += progress.consumed
        if progress.finished { return }
        guard progress.consumed == 0, progress.produced == 0 else { continue }
        if output.freeCapacity == 0 {
          throw ProviderError(.outputTooSmall, "the output has more than the \(room) bytes that there is room for")
        }
        throw ProviderError(.truncatedInput, "the data end before their end")
      }
    }
    return (output, consumed)
  }
}

extension ControlFailure {
  /// What a driver reported.
  init(_ error: ProviderError) {
    let code: Code =
      switch error.code {
      case .corruptInput, .dictionaryNeeded: .corruptInput
      case .truncatedInput: .truncatedInput
      case .outputTooSmall: .outputTooSmall
      case .limitExceeded: .limitExceeded
      case .invalidArgument: .invalidArgument
      case .unsupported: .unsupported
      case .busy: .busy
      case .timedOut: .timedOut
      case .deviceLost: .deviceLost
      case .resourceExhausted: .resourceExhausted
      default: .backendFailure
      }
    self.init(code, error.message)
  }

  /// What a queue or its device reported.
  init(_ error: QueueError) {
    let code: Code =
      switch error.code {
      case .notFound: .notFound
      case .denied: .denied
      case .busy, .again: .busy
      case .exists: .exists
      case .deviceLost: .deviceLost
      case .invalid: .invalidArgument
      case .unsupported: .unsupported
      case .timedOut: .timedOut
      case .resetting: .resetting
      case .version: .version
      case .resourceExhausted: .resourceExhausted
      case .failed: .backendFailure
      }
    self.init(code, error.message)
  }
}
