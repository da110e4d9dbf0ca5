// Compression formats of plugins that are written in Swift.
// SPDX-License-Identifier: Apache-2.0

public import CWarpDrivePlugin

/// What a compression format of a plugin can do (`struct wdprov_compression`).
public struct CompressionTraits: Sendable {
  /// The levels it takes.
  public var levels: ClosedRange<Int32>
  /// The level where none is asked for.
  public var defaultLevel: Int32
  /// Whether parts that were compressed apart may follow one another as members.
  public var hasMembers: Bool
  /// The first bytes of a member, at most 8, where members may follow one another.
  public var memberMagic: [UInt8]
  /// The most bytes that `n` bytes compress to at any level: `n + (n >> boundShift) + boundConstant`.
  public var boundShift: UInt32
  /// The constant part of the bound, in bytes.
  public var boundConstant: UInt32

  /// Describes a format.
  public init(
    levels: ClosedRange<Int32>, defaultLevel: Int32, hasMembers: Bool = false, memberMagic: [UInt8] = [],
    boundShift: UInt32, boundConstant: UInt32
  ) {
    self.levels = levels
    self.defaultLevel = defaultLevel
    self.hasMembers = hasMembers
    self.memberMagic = memberMagic
    self.boundShift = boundShift
    self.boundConstant = boundConstant
  }
}

/// How far a step came, in bytes.
public struct StepProgress: Sendable {
  /// Bytes of the input that were used.
  public var consumed: Int
  /// Bytes of the output that were written.
  public var produced: Int
  /// Whether the member is complete.
  public var finished: Bool

  /// Makes a record of progress.
  public init(consumed: Int, produced: Int, finished: Bool) {
    self.consumed = consumed
    self.produced = produced
    self.finished = finished
  }
}

/// A compression format: the state of one member in one direction, used by one thread at a time.
public protocol CompressionImplementation {
  /// What it can do.
  static var traits: CompressionTraits { get }

  /// A state, ready for the first byte of a member.
  init(direction: wdprov_direction, level: Int32) throws(PluginError)
  /// Uses what it can of `input` and writes what fits into `output`.
  ///
  /// Decompressing, it stops behind the end of the member. A full output and input that ends early are no errors: no
  /// progress says both. After an error the state is replaced by a fresh one.
  mutating func step(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer, _ flush: wdprov_flush
  ) throws(PluginError) -> StepProgress
}

/// A state behind the ABI's pointer.
private class CompressionState {
  let host: PluginHost
  init(_ host: PluginHost) { self.host = host }
  func step(_ step: UnsafeMutablePointer<wdprov_step>) throws(PluginError) {}
  func reset() throws(PluginError) {}
}

private final class TypedCompressionState<Implementation: CompressionImplementation>: CompressionState {
  private let direction: wdprov_direction
  private let level: Int32
  private var implementation: Implementation

  init(_ host: PluginHost, _ direction: wdprov_direction, _ level: Int32) throws(PluginError) {
    self.direction = direction
    self.level = level
    implementation = try Implementation(direction: direction, level: level)
    super.init(host)
  }

  override func step(_ step: UnsafeMutablePointer<wdprov_step>) throws(PluginError) {
    let input = unsafe UnsafeRawBufferPointer(start: step.pointee.input, count: step.pointee.input_size)
    let output = unsafe UnsafeMutableRawBufferPointer(start: step.pointee.output, count: step.pointee.output_size)
    let flush = unsafe wdprov_flush(rawValue: UInt32(bitPattern: step.pointee.flush))
    let progress = try unsafe implementation.step(input, into: output, flush)
    unsafe step.pointee.consumed = progress.consumed
    unsafe step.pointee.produced = progress.produced
    unsafe step.pointee.finished = progress.finished ? 1 : 0
  }

  override func reset() throws(PluginError) { implementation = try Implementation(direction: direction, level: level) }
}

/// Makes the states of one format; what the driver's context points to.
private final class CompressionFactory {
  let host: PluginHost
  let make: (PluginHost, wdprov_direction, Int32) throws(PluginError) -> CompressionState

  init(
    _ host: PluginHost, _ make: @escaping (PluginHost, wdprov_direction, Int32) throws(PluginError) -> CompressionState
  ) {
    self.host = host
    self.make = make
  }
}

extension Plugin {
  /// Adds a compression format that works piece by piece.
  public func add<Implementation: CompressionImplementation>(_ implementation: Implementation.Type, _ driver: Driver) {
    let factory = CompressionFactory(host) { (host, direction, level) throws(PluginError) in
      try TypedCompressionState<Implementation>(host, direction, level)
    }
    let traits = Implementation.traits
    var table = unsafe wdprov_compression()
    unsafe table.abi_version = WDPROV_ABI_VERSION
    unsafe table.size = UInt32(MemoryLayout<wdprov_compression>.size)
    unsafe table.minimum_level = traits.levels.lowerBound
    unsafe table.maximum_level = traits.levels.upperBound
    unsafe table.default_level = traits.defaultLevel
    // WDPROV_COMPRESSION_STREAMING
    unsafe table.capabilities = 1
    unsafe table.joining = (traits.hasMembers ? WDPROV_JOINING_MEMBERS : WDPROV_JOINING_NONE).rawValue
    unsafe table.bound_shift = traits.boundShift
    unsafe table.bound_constant = traits.boundConstant
    if !traits.memberMagic.isEmpty {
      let magic = UnsafeMutablePointer<UInt8>.allocate(capacity: traits.memberMagic.count)
      unsafe magic.initialize(from: traits.memberMagic, count: traits.memberMagic.count)
      unsafe table.member_magic = UnsafeRawPointer(magic)
      unsafe table.member_magic_size = traits.memberMagic.count
    }
    unsafe table.create = { context, options, state in
      guard let context = unsafe context, let options = unsafe options, let state = unsafe state else {
        return -WDPROV_ERROR_INVALID
      }
      let factory = unsafe Unmanaged<CompressionFactory>.fromOpaque(context).takeUnretainedValue()
      let direction = unsafe wdprov_direction(rawValue: UInt32(bitPattern: options.pointee.direction))
      let level = unsafe options.pointee.level
      return factory.host.status { () throws(PluginError) in
        unsafe state.pointee = Unmanaged.passRetained(try factory.make(factory.host, direction, level)).toOpaque()
      }
    }
    unsafe table.destroy = { state in
      if let state = unsafe state { unsafe Unmanaged<CompressionState>.fromOpaque(state).release() }
    }
    unsafe table.step = { state, step in
      guard let state = unsafe State.of(state, CompressionState.self), let step = unsafe step else {
        return -WDPROV_ERROR_INVALID
      }
      return state.host.status { () throws(PluginError) in try unsafe state.step(step) }
    }
    unsafe table.reset = { state in
      guard let state = unsafe State.of(state, CompressionState.self) else { return -WDPROV_ERROR_INVALID }
      return state.host.status { () throws(PluginError) in try state.reset() }
    }
    let pointer = unsafe Lasting.value(table)
    unsafe add(driver) { driver in
      unsafe driver.compression = pointer
      unsafe driver.context = Unmanaged.passRetained(factory).toOpaque()
    }
  }
}
