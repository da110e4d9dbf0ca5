// Ciphers of plugins, as drivers of the registry.
// SPDX-License-Identifier: Apache-2.0

import CWarpDrivePlugin
import WarpDriveCore

/// A plugin's cipher.
struct PluginCipherDriver: CipherDriver {
  let descriptor: AlgorithmDescriptor
  let knownAnswers: [KnownAnswer]
  private let operations: PluginOperations<wdprov_cipher>

  init(_ driver: PluginDriver) throws(ProviderError) {
    let name = driver.descriptor.driverName
    var table = wdprov_cipher()
    try unsafe ABIReader.read(driver.table.cipher, into: &table, "the cipher of \(name)")
    try unsafe ABIReader.require(
      table.create != nil && table.destroy != nil && table.set_key != nil && table.process != nil,
      "one of create, destroy, set_key, process of \(name)")
    guard table.iv_size <= 256, (1...4096).contains(table.chunk_size) else {
      throw ABIReader.refusal("\(name) has IVs of \(table.iv_size) and chunks of \(table.chunk_size) bytes")
    }
    descriptor = driver.described(
      .cipher(
        CipherProperties(
          keyLengths: try KeyLengths(table.key_lengths, name), ivSize: Int(table.iv_size),
          chunkSize: Int(table.chunk_size))))
    knownAnswers = driver.knownAnswers
    operations = PluginOperations(table, of: driver, .other)
  }

  func makeTransform() throws(ProviderError) -> any CipherTransform & ~Copyable {
    try PluginCipherTransform(operations)
  }
}

/// A cipher's state under a key.
@safe struct PluginCipherTransform: CipherTransform, ~Copyable {
  private let operations: PluginOperations<wdprov_cipher>
  private let state: OwnedContext<UInt8>

  init(_ operations: PluginOperations<wdprov_cipher>) throws(ProviderError) {
    self.operations = operations
    let table = unsafe operations.table
    state = try unsafe operations.makeState(table.pointee.destroy) { unsafe table.pointee.create($0, $1) }
  }

  mutating func setKey(_ key: RawSpan) throws(ProviderError) {
    let (table, state) = unsafe (operations.table, state.pointer)
    let result = unsafe key.withUnsafeBytes { unsafe table.pointee.set_key(state, $0.baseAddress, $0.count) }
    try operations.check(result, "set a key")
  }

  mutating func process(
    _ direction: CipherDirection, _ input: RawSpan, iv: inout MutableRawSpan, into output: inout OutputRawSpan
  ) throws(ProviderError) {
    let count = input.byteCount
    let result = unsafe input.withUnsafeBytes { source in
      unsafe iv.withUnsafeMutableBytes { iv in
        unsafe output.write(count) { unsafe run(direction, source.baseAddress, $0, count, iv.baseAddress) }
      }
    }
    try operations.check(result, "run")
  }

  mutating func process(
    _ direction: CipherDirection, inPlace bytes: inout MutableRawSpan, iv: inout MutableRawSpan
  ) throws(ProviderError) {
    let result = unsafe bytes.withUnsafeMutableBytes { buffer in
      unsafe iv.withUnsafeMutableBytes { iv in
        unsafe run(direction, buffer.baseAddress, buffer.baseAddress, buffer.count, iv.baseAddress)
      }
    }
    try operations.check(result, "run in place")
  }

  private func run(
    _ direction: CipherDirection, _ input: UnsafeRawPointer?, _ output: UnsafeMutableRawPointer?, _ count: Int,
    _ iv: UnsafeMutableRawPointer?
  ) -> Int32 {
    var request = unsafe wdprov_cipher_request()
    unsafe request.abi_version = WDPROV_ABI_VERSION
    unsafe request.size = unsafe UInt32(MemoryLayout<wdprov_cipher_request>.size)
    unsafe request.encrypt = direction == .encrypt ? 1 : 0
    unsafe request.input = input
    unsafe request.output = output
    unsafe request.count = count
    unsafe request.iv = iv
    return unsafe operations.table.pointee.process(state.pointer, &request)
  }
}
