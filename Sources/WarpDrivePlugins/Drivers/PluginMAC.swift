// MACs of plugins, as drivers of the registry.
// SPDX-License-Identifier: Apache-2.0

import CWarpDrivePlugin
import WarpDriveCore

/// A plugin's MAC.
struct PluginMACDriver: MACDriver {
  let descriptor: AlgorithmDescriptor
  let knownAnswers: [KnownAnswer]
  private let operations: PluginOperations<wdprov_mac>

  init(_ driver: PluginDriver) throws(ProviderError) {
    let name = driver.descriptor.driverName
    var table = wdprov_mac()
    try unsafe ABIReader.read(driver.table.mac, into: &table, "the MAC of \(name)")
    try unsafe ABIReader.require(
      table.create != nil && table.destroy != nil && table.set_key != nil && table.update != nil && table.finish != nil
        && table.reset != nil, "one of create, destroy, set_key, update, finish, reset of \(name)")
    guard (1...4096).contains(table.tag_size) else {
      throw ABIReader.refusal("\(name) has tags of \(table.tag_size) bytes")
    }
    descriptor = driver.described(
      .mac(MACProperties(tagSize: Int(table.tag_size), keyLengths: try KeyLengths(table.key_lengths, name))))
    knownAnswers = driver.knownAnswers
    operations = PluginOperations(table, of: driver, .authenticated)
  }

  func makeTransform() throws(ProviderError) -> any MACTransform & ~Copyable { try PluginMACTransform(operations) }
}

/// The state of one message under a key.
@safe struct PluginMACTransform: MACTransform, ~Copyable {
  private let operations: PluginOperations<wdprov_mac>
  private let state: OwnedContext<UInt8>

  init(_ operations: PluginOperations<wdprov_mac>) throws(ProviderError) {
    self.operations = operations
    let table = unsafe operations.table
    state = try unsafe operations.makeState(table.pointee.destroy) { unsafe table.pointee.create($0, $1) }
  }

  mutating func setKey(_ key: RawSpan) throws(ProviderError) {
    let (table, state) = unsafe (operations.table, state.pointer)
    let result = unsafe key.withUnsafeBytes { unsafe table.pointee.set_key(state, $0.baseAddress, $0.count) }
    try operations.check(result, "set a key")
  }

  mutating func update(_ bytes: RawSpan) throws(ProviderError) {
    let (table, state) = unsafe (operations.table, state.pointer)
    let result = unsafe bytes.withUnsafeBytes { unsafe table.pointee.update(state, $0.baseAddress, $0.count) }
    try operations.check(result, "authenticate more of a message")
  }

  mutating func finish(into output: inout OutputRawSpan) throws(ProviderError) {
    let (table, state) = unsafe (operations.table, state.pointer)
    let count = unsafe Int(table.pointee.tag_size)
    let result = unsafe output.write(count) { unsafe table.pointee.finish(state, $0) }
    try operations.check(result, "finish a tag")
  }

  mutating func authenticate(_ bytes: RawSpan, into output: inout OutputRawSpan) throws(ProviderError) {
    let (table, state) = unsafe (operations.table, state.pointer)
    guard let authenticate = unsafe table.pointee.authenticate else {
      try reset()
      try update(bytes)
      try finish(into: &output)
      return
    }
    let count = unsafe Int(table.pointee.tag_size)
    let result = unsafe bytes.withUnsafeBytes { source in
      unsafe output.write(count) { unsafe authenticate(state, source.baseAddress, source.count, $0) }
    }
    try operations.check(result, "authenticate a message")
  }

  mutating func reset() throws(ProviderError) {
    // Before the check, and not in it: so nothing is retained for the call.
    let (table, state) = unsafe (operations.table, state.pointer)
    let result = unsafe table.pointee.reset(state)
    try operations.check(result, "begin a message")
  }
}
