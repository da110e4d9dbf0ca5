// Puts faults around a driver of any kind, and the shapes that all faulty calls share.
// SPDX-License-Identifier: Apache-2.0

public import WarpDriveCore

extension Faults {
  /// Wraps a driver: the result is like it, but goes wrong where a fault says so.
  ///
  /// - Parameters:
  ///   - driver: a driver of any kind.
  ///   - driverName: the result's driver name.
  ///   - priority: the result's priority; nil for the driver's.
  /// - Throws: `ProviderError.Code.invalidArgument` for a driver that does not implement the protocol of its kind.
  public func wrap(
    _ driver: any AlgorithmDriver, as driverName: String, priority: Int? = nil
  ) throws(ProviderError) -> any AlgorithmDriver {
    var descriptor = driver.descriptor
    descriptor.driverName = driverName
    descriptor.priority = priority ?? descriptor.priority
    // Nobody is to be compared with what is made to fail.
    descriptor.flags.remove(.reference)
    descriptor.aliases = []
    switch driver {
    case let driver as any HashDriver: return FaultyHashDriver(base: driver, descriptor: descriptor, faults: self)
    case let driver as any MACDriver: return FaultyMACDriver(base: driver, descriptor: descriptor, faults: self)
    case let driver as any CipherDriver: return FaultyCipherDriver(base: driver, descriptor: descriptor, faults: self)
    case let driver as any AEADDriver: return FaultyAEADDriver(base: driver, descriptor: descriptor, faults: self)
    case let driver as any CompressionDriver:
      return FaultyCompressionDriver(base: driver, descriptor: descriptor, faults: self)
    case let driver as any RandomDriver: return FaultyRandomDriver(base: driver, descriptor: descriptor, faults: self)
    case let driver as any KeyAgreementDriver:
      return FaultyKeyAgreementDriver(base: driver, descriptor: descriptor, faults: self)
    case let driver as any SignatureDriver:
      return FaultySignatureDriver(base: driver, descriptor: descriptor, faults: self)
    case let driver as any AsymmetricCipherDriver:
      return FaultyAsymmetricCipherDriver(base: driver, descriptor: descriptor, faults: self)
    case let driver as any KeyDerivationDriver:
      return FaultyKeyDerivationDriver(base: driver, descriptor: descriptor, faults: self)
    default:
      throw ProviderError(
        .invalidArgument, "\(descriptor.driverName) implements the protocol of no kind: there is nothing to wrap")
    }
  }

  private func error(_ code: ProviderError.Code, _ operation: Fault.Operation) -> ProviderError {
    ProviderError(code, "a fault was injected into \(operation.rawValue): this is a test")
  }

  /// A call without output that can be made wrong.
  func run<Result: ~Copyable>(
    _ operation: Fault.Operation, _ body: () throws(ProviderError) -> Result
  ) throws(ProviderError) -> Result {
    let effect = effect(on: operation)
    if case .throwing(let code) = effect { throw error(code, operation) }
    let result = try body()
    if case .throwingAfterwards(let code) = effect { throw error(code, operation) }
    return result
  }

  /// A call that returns bytes.
  func runReturning(
    _ operation: Fault.Operation, _ body: () throws(ProviderError) -> [UInt8]
  ) throws(ProviderError) -> [UInt8] {
    let effect = effect(on: operation)
    if case .throwing(let code) = effect { throw error(code, operation) }
    var result = try body()
    if case .throwingAfterwards(let code) = effect { throw error(code, operation) }
    if effect == .wrongBytes, let last = result.indices.last { result[last] ^= 1 }
    return result
  }

  /// A call that returns a verdict.
  func runJudging(
    _ operation: Fault.Operation, _ body: () throws(ProviderError) -> Bool
  ) throws(ProviderError) -> Bool {
    let effect = effect(on: operation)
    if case .throwing(let code) = effect { throw error(code, operation) }
    let result = try body()
    if case .throwingAfterwards(let code) = effect { throw error(code, operation) }
    return effect == .wrongBytes ? !result : result
  }

  /// A call that appends to an output.
  func run(
    _ operation: Fault.Operation, into output: inout OutputRawSpan,
    _ body: (inout OutputRawSpan) throws(ProviderError) -> Void
  ) throws(ProviderError) {
    let effect = effect(on: operation)
    if case .throwing(let code) = effect { throw error(code, operation) }
    let before = output.byteCount
    try body(&output)
    if case .throwingAfterwards(let code) = effect { throw error(code, operation) }
    guard effect == .wrongBytes, output.byteCount > before else { return }
    // The last byte was written by the call: the count says so.
    unsafe output.withUnsafeMutableBytes { buffer, count in unsafe buffer[count - 1] ^= 1 }
  }

  /// A call that changes bytes in place.
  func run(
    _ operation: Fault.Operation, inPlace bytes: inout MutableRawSpan,
    _ body: (inout MutableRawSpan) throws(ProviderError) -> Void
  ) throws(ProviderError) {
    let effect = effect(on: operation)
    if case .throwing(let code) = effect { throw error(code, operation) }
    try body(&bytes)
    if case .throwingAfterwards(let code) = effect { throw error(code, operation) }
    guard effect == .wrongBytes, bytes.byteCount > 0 else { return }
    unsafe bytes.withUnsafeMutableBytes { buffer in unsafe buffer[buffer.count - 1] ^= 1 }
  }

  /// A step of compression.
  func runStep(
    into output: inout OutputRawSpan,
    _ body: (inout OutputRawSpan) throws(ProviderError) -> CompressionProgress
  ) throws(ProviderError) -> CompressionProgress {
    let effect = effect(on: .step)
    switch effect {
    case .throwing(let code): throw error(code, .step)
    case .standingStill: return CompressionProgress()
    default: break
    }
    let before = output.byteCount
    let progress = try body(&output)
    if case .throwingAfterwards(let code) = effect { throw error(code, .step) }
    if effect == .wrongBytes, output.byteCount > before {
      unsafe output.withUnsafeMutableBytes { buffer, count in unsafe buffer[count - 1] ^= 1 }
    }
    return progress
  }
}
