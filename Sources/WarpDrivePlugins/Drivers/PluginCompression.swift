// Compression formats of plugins.
// SPDX-License-Identifier: Apache-2.0

import CWarpDrivePlugin
import WarpDriveCore

/// A plugin's compression format.
@safe struct PluginCompressionDriver: CompressionDriver {
  /// Levels and window sizes beyond these are accidents.
  private static let levels: ClosedRange<Int32> = -1_000_000...1_000_000
  private static let windows: ClosedRange<UInt32> = 1...62
  private static let longestMagic = 8

  let descriptor: AlgorithmDescriptor
  let knownAnswers: [KnownAnswer]
  private let compressing: PluginOperations<DirectedCompression>
  private let decompressing: PluginOperations<DirectedCompression>

  init(_ driver: PluginDriver) throws(ProviderError) {
    let name = driver.descriptor.driverName
    var table = unsafe wdprov_compression()
    try unsafe ABIReader.read(driver.table.compression, into: &table, "the compression of \(name)")
    try unsafe ABIReader.require(
      table.create != nil && table.destroy != nil && table.step != nil && table.reset != nil,
      "one of create, destroy, step, reset of \(name)")
    let properties = try unsafe Self.properties(table, name)
    descriptor = driver.described(.compression(properties))
    knownAnswers = driver.knownAnswers
    unsafe compressing = unsafe PluginOperations(
      DirectedCompression(functions: table, direction: .compress), of: driver, .compression)
    unsafe decompressing = unsafe PluginOperations(
      DirectedCompression(functions: table, direction: .decompress), of: driver, .compression)
  }

  func makeTransform(
    _ direction: CompressionDirection, _ options: CompressionOptions
  ) throws(ProviderError) -> any CompressionTransform & ~Copyable {
    guard case .compression(let properties) = descriptor.properties else {
      throw ProviderError(.invalidState, "\(descriptor.driverName) is no compression")
    }
    return unsafe try PluginCompressionTransform(
      direction == .compress ? compressing : decompressing, options, properties)
  }

  private static func properties(
    _ table: wdprov_compression, _ name: String
  ) throws(ProviderError) -> CompressionProperties {
    guard unsafe levels.contains(table.minimum_level), unsafe levels.contains(table.maximum_level),
      unsafe table.minimum_level <= table.default_level, unsafe table.default_level <= table.maximum_level
    else {
      throw ABIReader.refusal(
        unsafe "\(name) has levels from \(table.minimum_level) to \(table.maximum_level), default \(table.default_level)"
      )
    }
    var windowBits: ClosedRange<Int>?
    if unsafe table.maximum_window_bits > 0 {
      guard unsafe windows.contains(table.minimum_window_bits), unsafe windows.contains(table.maximum_window_bits),
        unsafe table.minimum_window_bits <= table.maximum_window_bits
      else { throw ABIReader.refusal("\(name) has a range of window sizes that is none") }
      windowBits = unsafe Int(table.minimum_window_bits)...Int(table.maximum_window_bits)
    }
    guard unsafe table.bound_shift < 64, let joining = unsafe CompressionJoining(number: table.joining) else {
      throw ABIReader.refusal("\(name) has a bound or a way of joining parts that there is not")
    }
    let magicSize = unsafe table.member_magic_size
    guard (0...longestMagic).contains(magicSize), unsafe magicSize == 0 || table.member_magic != nil else {
      throw ABIReader.refusal("\(name) has a member magic of \(magicSize) bytes")
    }
    let magic = unsafe UnsafeRawBufferPointer(start: table.member_magic, count: magicSize)
    let strategies = CompressionStrategy.allCases.filter {
      unsafe table.strategies >> UInt32(bitPattern: $0.number) & 1 != 0
    }
    return unsafe CompressionProperties(
      levels: Int(table.minimum_level)...Int(table.maximum_level), defaultLevel: Int(table.default_level),
      windowBits: windowBits, strategies: Set(strategies), dictionaries: table.capabilities & 2 != 0,
      headers: table.capabilities & 4 != 0, streaming: table.capabilities & 1 != 0,
      isDelimited: table.capabilities & 8 == 0, joining: joining,
      memberMagic: unsafe [UInt8](magic),
      bound: OutputBound(shift: Int(table.bound_shift), constant: Int(table.bound_constant)))
  }
}

/// A plugin's functions, and the direction in which they are used.
@unsafe struct DirectedCompression {
  let functions: wdprov_compression
  let direction: CompressionDirection
}

/// The state of one member.
///
/// It finds its direction behind its functions: so it has three words, and a handle holds it without a box of its own,
/// which would be looked at in each request.
@safe struct PluginCompressionTransform: CompressionTransform, ~Copyable {
  private let operations: PluginOperations<DirectedCompression>
  private let state: OwnedContext<UInt8>

  init(
    _ operations: PluginOperations<DirectedCompression>, _ options: CompressionOptions,
    _ properties: CompressionProperties
  ) throws(ProviderError) {
    unsafe self.operations = unsafe operations
    let table = unsafe operations.table
    let made = try unsafe OptionsTable.withTable(
      table.pointee.direction, options, properties
    ) { (shown) throws(ProviderError) in
      try unsafe operations.created { unsafe table.pointee.functions.create($0, shown, $1) }
    }
    state = unsafe operations.own(made, table.pointee.functions.destroy)
  }

  mutating func step(
    _ input: RawSpan, into output: inout OutputRawSpan, _ flush: CompressionFlush
  ) throws(ProviderError) -> CompressionProgress {
    let (table, state) = unsafe (operations.table, state.pointer)
    var step = unsafe wdprov_step()
    unsafe step.abi_version = WDPROV_ABI_VERSION
    unsafe step.size = unsafe UInt32(MemoryLayout<wdprov_step>.size)
    unsafe step.flush = flush.number
    if flush != .finish, unsafe table.pointee.functions.capabilities & UInt32(1) == 0 {
      throw ProviderError(
        .unsupported,
        unsafe "\(operations.driverName) takes whole messages alone: compress in blocks with pcrypt, or name no driver")
    }
    var isWithin = true
    let result = unsafe input.withUnsafeBytes { source in
      unsafe output.withUnsafeMutableBytes { buffer, initialized in
        let room = buffer.count - initialized
        unsafe step.input = source.baseAddress
        unsafe step.input_size = source.count
        unsafe step.output = buffer.baseAddress.map { unsafe $0 + initialized }
        unsafe step.output_size = room
        let result = unsafe table.pointee.functions.step(state, &step)
        // Sizes come as signed numbers: an absurd one is negative.
        isWithin = unsafe (0...source.count).contains(step.consumed) && (0...room).contains(step.produced)
        // Of a step that failed nothing counts.
        if isWithin, result == 0 { unsafe initialized += step.produced }
        return result
      }
    }
    guard isWithin else {
      throw unsafe operations.misconduct(
        unsafe "says that it used \(step.consumed) bytes of \(input.byteCount) and wrote \(step.produced), more than there were"
      )
    }
    unsafe try operations.check(result, flush == .finish ? "finish a stream" : "go on with a stream")
    if unsafe step.finished != 0, unsafe flush != .finish || step.consumed < input.byteCount,
      unsafe table.pointee.direction == .compress
    {
      throw unsafe operations.misconduct("ended a stream whose input did not end")
    }
    return unsafe CompressionProgress(consumed: step.consumed, produced: step.produced, finished: step.finished != 0)
  }

  mutating func reset() throws(ProviderError) {
    // Before the check, and not in it: so nothing is retained for the call.
    let (table, state) = unsafe (operations.table, state.pointer)
    let result = unsafe table.pointee.functions.reset(state)
    unsafe try operations.check(result, "begin another stream")
  }

  mutating func header() -> GzipHeader? {
    guard let read = unsafe operations.table.pointee.functions.read_header else { return nil }
    var header = unsafe wdprov_gzip_header()
    unsafe header.abi_version = WDPROV_ABI_VERSION
    unsafe header.size = unsafe UInt32(MemoryLayout<wdprov_gzip_header>.size)
    guard unsafe read(state.pointer, &header) == 0 else { return nil }
    return unsafe GzipHeader(header)
  }
}
