// AEADs of plugins, as drivers of the registry.
// SPDX-License-Identifier: Apache-2.0

import CWarpDrivePlugin
import LinuxSystem
import WarpDriveCore

/// A plugin's AEAD.
@safe struct PluginAEADDriver: AEADDriver {
  private static let mostTagSizes: UInt32 = 32
  private static let longestNonce: UInt32 = 4096

  let descriptor: AlgorithmDescriptor
  let knownAnswers: [KnownAnswer]
  private let operations: PluginOperations<wdprov_aead>

  init(_ driver: PluginDriver) throws(ProviderError) {
    let name = driver.descriptor.driverName
    var table = unsafe wdprov_aead()
    try unsafe ABIReader.read(driver.table.aead, into: &table, "the AEAD of \(name)")
    try unsafe ABIReader.require(
      table.create != nil && table.destroy != nil && table.set_key != nil && table.seal != nil && table.open != nil,
      "one of create, destroy, set_key, seal, open of \(name)")
    descriptor = driver.described(.aead(try unsafe Self.properties(table, name)))
    knownAnswers = driver.knownAnswers
    unsafe operations = unsafe PluginOperations(table, of: driver, .authenticated)
  }

  func makeTransform() throws(ProviderError) -> any AEADTransform & ~Copyable {
    unsafe try PluginAEADTransform(operations)
  }

  private static func properties(_ table: wdprov_aead, _ name: String) throws(ProviderError) -> AEADProperties {
    let (least, most) =
      unsafe table.maximum_nonce_size == 0
      ? (table.nonce_size, table.nonce_size) : (table.minimum_nonce_size, table.maximum_nonce_size)
    guard unsafe least <= table.nonce_size, unsafe table.nonce_size <= most, most <= longestNonce else {
      throw ABIReader.refusal(unsafe "\(name) has nonces of \(least) to \(most) bytes, usually \(table.nonce_size)")
    }
    guard let sizes = unsafe table.tag_sizes, unsafe (1...mostTagSizes).contains(table.tag_size_count) else {
      throw ABIReader.refusal(unsafe "\(name) has \(table.tag_size_count) lengths of tags: 1 to \(mostTagSizes)")
    }
    let tagLengths = unsafe (0..<Int(table.tag_size_count)).map { unsafe Int(sizes[$0]) }
    guard tagLengths.allSatisfy({ (1...4096).contains($0) }) else {
      throw ABIReader.refusal("\(name) has a tag length that is none")
    }
    return unsafe AEADProperties(
      keyLengths: try KeyLengths(table.key_lengths, name), ivSize: Int(table.nonce_size), tagLengths: tagLengths,
      nonceLengths: Int(least)...Int(most))
  }
}

/// An AEAD's state under a key.
@safe struct PluginAEADTransform: AEADTransform, ~Copyable {
  private let operations: PluginOperations<wdprov_aead>
  private let state: OwnedContext<UInt8>

  init(_ operations: PluginOperations<wdprov_aead>) throws(ProviderError) {
    unsafe self.operations = unsafe operations
    let table = unsafe operations.table
    state = try unsafe operations.makeState(table.pointee.destroy) { unsafe table.pointee.create($0, $1) }
  }

  mutating func setKey(_ key: RawSpan) throws(ProviderError) {
    let (table, state) = unsafe (operations.table, state.pointer)
    let result = unsafe key.withUnsafeBytes { unsafe table.pointee.set_key(state, $0.baseAddress, $0.count) }
    unsafe try operations.check(result, "set a key")
  }

  mutating func seal(
    _ plaintext: RawSpan, nonce: RawSpan, aad: RawSpan, tagLength: Int, into output: inout OutputRawSpan
  ) throws(ProviderError) {
    let count = plaintext.byteCount
    let result = unsafe plaintext.withUnsafeBytes { source in
      unsafe output.write(count + tagLength) { target in
        let tag = unsafe target.map { unsafe $0 + count }
        return unsafe run(\.seal, source.baseAddress, target, count, nonce, aad, tag, tagLength)
      }
    }
    unsafe try operations.check(result, "seal")
  }

  mutating func open(
    _ ciphertext: RawSpan, tag: RawSpan, nonce: RawSpan, aad: RawSpan, into output: inout OutputRawSpan
  ) throws(ProviderError) {
    let count = ciphertext.byteCount
    let result = unsafe ciphertext.withUnsafeBytes { source in
      unsafe tag.withUnsafeBytes { tag in
        unsafe output.write(count) { target in
          let result = unsafe run(
            \.open, source.baseAddress, target, count, nonce, aad, UnsafeMutableRawPointer(mutating: tag.baseAddress),
            tag.count)
          // Whatever the plugin left there: nothing of a message that is not authentic is released.
          if result != 0 { unsafe SecureMemory.zero(UnsafeMutableRawBufferPointer(start: target, count: count)) }
          return result
        }
      }
    }
    unsafe try operations.check(result, "open")
  }

  mutating func seal(
    inPlace bytes: inout MutableRawSpan, nonce: RawSpan, aad: RawSpan, tagLength: Int, tag: inout OutputRawSpan
  ) throws(ProviderError) {
    let result = unsafe bytes.withUnsafeMutableBytes { buffer in
      unsafe tag.write(tagLength) {
        unsafe run(\.seal, buffer.baseAddress, buffer.baseAddress, buffer.count, nonce, aad, $0, tagLength)
      }
    }
    unsafe try operations.check(result, "seal in place")
  }

  mutating func open(
    inPlace bytes: inout MutableRawSpan, tag: RawSpan, nonce: RawSpan, aad: RawSpan
  ) throws(ProviderError) {
    let result = unsafe bytes.withUnsafeMutableBytes { buffer in
      unsafe tag.withUnsafeBytes { tag in
        let result = unsafe run(
          \.open, buffer.baseAddress, buffer.baseAddress, buffer.count, nonce, aad,
          UnsafeMutableRawPointer(mutating: tag.baseAddress), tag.count)
        if result != 0 { unsafe SecureMemory.zero(buffer) }
        return result
      }
    }
    unsafe try operations.check(result, "open in place")
  }

  private typealias Function =
    @convention(c) (
      UnsafeMutableRawPointer?, UnsafePointer<wdprov_aead_request>?
    ) -> Int32

  private func run(
    _ function: KeyPath<wdprov_aead, Function?>, _ input: UnsafeRawPointer?, _ output: UnsafeMutableRawPointer?,
    _ count: Int, _ nonce: RawSpan, _ aad: RawSpan, _ tag: UnsafeMutableRawPointer?, _ tagLength: Int
  ) -> Int32 {
    unsafe nonce.withUnsafeBytes { nonce in
      unsafe aad.withUnsafeBytes { aad in
        var request = unsafe wdprov_aead_request()
        unsafe request.abi_version = WDPROV_ABI_VERSION
        unsafe request.size = unsafe UInt32(MemoryLayout<wdprov_aead_request>.size)
        unsafe request.nonce = nonce.baseAddress
        unsafe request.nonce_size = nonce.count
        unsafe request.associated = aad.baseAddress
        unsafe request.associated_size = aad.count
        unsafe request.input = input
        unsafe request.output = output
        unsafe request.count = count
        unsafe request.tag = tag
        unsafe request.tag_size = tagLength
        guard let function = unsafe operations.table.pointee[keyPath: function] else {
          return -WDPROV_ERROR_UNSUPPORTED
        }
        return unsafe function(state.pointer, &request)
      }
    }
  }
}
