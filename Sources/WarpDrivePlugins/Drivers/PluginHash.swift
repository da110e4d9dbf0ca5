// Hashes of plugins, as drivers of the registry.
// SPDX-License-Identifier: Apache-2.0

import CWarpDrivePlugin
import WarpDriveCore

/// A plugin's hash.
struct PluginHashDriver: HashDriver {
  /// The longest digest, in bytes.
  private static let longestDigest: UInt32 = 1 << 16

  let descriptor: AlgorithmDescriptor
  let knownAnswers: [KnownAnswer]
  private let operations: PluginOperations<wdprov_hash>

  init(_ driver: PluginDriver) throws(ProviderError) {
    let name = driver.descriptor.driverName
    var table = wdprov_hash()
    try unsafe ABIReader.read(driver.table.hash, into: &table, "the hash of \(name)")
    try unsafe ABIReader.require(
      table.create != nil && table.destroy != nil && table.update != nil && table.finish != nil && table.reset != nil,
      "one of create, destroy, update, finish, reset of \(name)")
    let isExportable = driver.descriptor.flags.contains(.exportable)
    try unsafe ABIReader.require(
      !isExportable || (table.export_state != nil && table.import_state != nil),
      "export_state or import_state of \(name), which has the flag exportable,")
    guard table.digest_size > 0, table.digest_size <= Self.longestDigest else {
      throw ABIReader.refusal("\(name) has digests of \(table.digest_size) bytes")
    }
    descriptor = driver.described(
      .hash(
        HashProperties(
          digestSize: Int(table.digest_size), isExtendable: table.capabilities & 1 != 0,
          isChecksum: table.capabilities & 2 != 0)))
    knownAnswers = driver.knownAnswers
    operations = PluginOperations(table, of: driver, .other)
  }

  func makeTransform() throws(ProviderError) -> any HashTransform & ~Copyable {
    try PluginHashTransform(operations)
  }
}

/// The state of one message.
@safe struct PluginHashTransform: HashTransform, ~Copyable {
  private let operations: PluginOperations<wdprov_hash>
  private let state: OwnedContext<UInt8>

  init(_ operations: PluginOperations<wdprov_hash>) throws(ProviderError) {
    self.operations = operations
    let table = unsafe operations.table
    state = try unsafe operations.makeState(table.pointee.destroy) { unsafe table.pointee.create($0, $1) }
  }

  private init(_ operations: PluginOperations<wdprov_hash>, owning state: consuming OwnedContext<UInt8>) {
    self.operations = operations
    self.state = state
  }

  mutating func update(_ bytes: RawSpan) throws(ProviderError) {
    let (table, state) = unsafe (operations.table, state.pointer)
    let result = unsafe bytes.withUnsafeBytes { unsafe table.pointee.update(state, $0.baseAddress, $0.count) }
    try operations.check(result, "hash more of a message")
  }

  mutating func finish(_ count: Int, into output: inout OutputRawSpan) throws(ProviderError) {
    let (table, state) = unsafe (operations.table, state.pointer)
    let result = unsafe output.write(count) { unsafe table.pointee.finish(state, $0, count) }
    try operations.check(result, "finish a digest")
  }

  @inline(__always)
  mutating func digest(_ bytes: RawSpan, _ count: Int, into output: inout OutputRawSpan) throws(ProviderError) {
    let (table, state) = unsafe (operations.table, state.pointer)
    guard let digest = unsafe table.pointee.digest else {
      try reset()
      try update(bytes)
      try finish(count, into: &output)
      return
    }
    let result = unsafe bytes.withUnsafeBytes { source in
      unsafe output.write(count) { unsafe digest(state, source.baseAddress, source.count, $0, count) }
    }
    try operations.check(result, "hash a message")
  }

  mutating func reset() throws(ProviderError) {
    // Before the check, and not in it: so nothing is retained for the call.
    let (table, state) = unsafe (operations.table, state.pointer)
    let result = unsafe table.pointee.reset(state)
    try operations.check(result, "begin a message")
  }

  mutating func clone() throws(ProviderError) -> any HashTransform & ~Copyable {
    let (table, state) = unsafe (operations.table, state.pointer)
    guard let clone = unsafe table.pointee.clone else {
      throw ProviderError(.unsupported, "\(operations.driverName) cannot copy the state of a message")
    }
    let copy = try unsafe operations.makeState(table.pointee.destroy) { _, copy in unsafe clone(state, copy) }
    return PluginHashTransform(operations, owning: copy)
  }

  mutating func exportState() throws(ProviderError) -> [UInt8] {
    guard let export = unsafe operations.table.pointee.export_state else { throw notExportable }
    let state = unsafe state.pointer
    return try unsafe operations.variable("export a state") { unsafe export(state, $0, $1) }
  }

  mutating func importState(_ bytes: RawSpan) throws(ProviderError) {
    guard let take = unsafe operations.table.pointee.import_state else { throw notExportable }
    let state = unsafe state.pointer
    let result = unsafe bytes.withUnsafeBytes { unsafe take(state, $0.baseAddress, $0.count) }
    try operations.check(result, "import a state")
  }

  private var notExportable: ProviderError {
    ProviderError(.unsupported, "\(operations.driverName) keeps the state of a message to itself")
  }
}

extension PluginOperations {
  /// The most bytes of an output whose length the plugin chooses.
  private static var longestOutput: Int { 1 << 20 }

  /// Bytes whose number the plugin chooses: asked with a usual room, and again with the one that it names.
  func variable(
    _ operation: StaticString, _ body: (UnsafeMutableRawPointer?, UnsafeMutablePointer<Int>) -> Int32
  ) throws(ProviderError) -> [UInt8] {
    var room = 4096
    for _ in 0..<2 {
      var count = room
      var result: Int32 = 0
      let bytes = [UInt8](capacity: room) { (output: inout OutputRawSpan) in
        unsafe output.withUnsafeMutableBytes { buffer, initialized in
          result = unsafe body(buffer.baseAddress, &count)
          if result == 0, count >= 0, count <= room { initialized = count }
        }
      }
      if result == -WDPROV_ERROR_OUTPUT_TOO_SMALL {
        guard count > room, count <= Self.longestOutput else {
          throw misconduct("wants room for \(UInt(bitPattern: count)) bytes where it had \(room)")
        }
        room = count
        continue
      }
      try check(result, operation)
      guard bytes.count == count else { throw misconduct("says that it wrote \(count) bytes where \(room) fit") }
      return bytes
    }
    throw misconduct("wants more room each time it is asked")
  }
}
