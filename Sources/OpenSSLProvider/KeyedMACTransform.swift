// The state of a MAC of libcrypto, of whichever kind: one context in C with the operations of its family.
// SPDX-License-Identifier: Apache-2.0

import COpenSSL
import WarpDriveCore

/// One message under one key: the context, the tag's size, and whether a message has begun.
@safe struct KeyedMACTransform: MACTransform, ~Copyable {
  private let context: OwnedContext<cossl_mac>
  private var tagSize: UInt32
  private let isTripleDES: Bool
  private var isBegun = false

  /// Takes ownership of `context`.
  init(_ context: UnsafeMutablePointer<cossl_mac>, tagSize: Int, isTripleDES: Bool = false) {
    unsafe self.context = OwnedContext(context) { raw in
      unsafe cossl_mac_destroy(raw.assumingMemoryBound(to: cossl_mac.self))
    }
    self.tagSize = UInt32(tagSize)
    self.isTripleDES = isTripleDES
  }

  mutating func configure(_ options: MACOptions) throws(ProviderError) {
    if let size = options.tagSize { tagSize = UInt32(size) }
    let context = unsafe context.pointer
    let count = Int(tagSize)
    let isDone = unsafe options.customization.rawSpan.withUnsafeBytes { customization in
      unsafe options.salt.rawSpan.withUnsafeBytes { salt in
        var parameters = unsafe cossl_mac_parameters(
          tag_length: count, customization: customization.baseAddress, customization_length: customization.count,
          salt: salt.baseAddress, salt_length: salt.count)
        // Where there is nothing to tell, the one tag size there is was asked for.
        return unsafe context.pointee.operations.pointee.configure == nil || cossl_mac_configure(context, &parameters)
      }
    }
    guard isDone else { throw Libcrypto.failed(to: "take the options of a MAC") }
  }

  mutating func setKey(_ key: RawSpan) throws(ProviderError) {
    isBegun = false
    let context = unsafe context.pointer
    let isDone = unsafe key.withUnsafeBytes { unsafe cossl_mac_set_key(context, $0.baseAddress, $0.count) }
    guard !isDone else { return }
    let isWeak = unsafe key.withUnsafeBytes { bytes in
      unsafe isTripleDES && bytes.count == 24 && bytes.baseAddress.map { unsafe cossl_is_weak_triple_des($0) } == true
    }
    guard !isWeak else {
      throw ProviderError(
        .invalidKey, "the key is weak, for two of its three parts are equal: make another at random")
    }
    throw Libcrypto.failed(to: "take the key of a MAC")
  }

  mutating func setIV(_ iv: RawSpan) throws(ProviderError) {
    isBegun = false
    let context = unsafe context.pointer
    let isDone = unsafe iv.withUnsafeBytes { unsafe cossl_mac_set_iv(context, $0.baseAddress, $0.count) }
    guard isDone else {
      throw ProviderError(
        .invalidIVLength, "this MAC takes no nonce of \(iv.byteCount) bytes: see what it takes in info")
    }
  }

  mutating func update(_ bytes: RawSpan) throws(ProviderError) {
    try begin()
    let context = unsafe context.pointer
    let isDone = unsafe bytes.withUnsafeBytes { unsafe cossl_mac_update(context, $0.baseAddress, $0.count) }
    guard isDone else { throw Libcrypto.failed(to: "authenticate more of a message") }
  }

  mutating func finish(into output: inout OutputRawSpan) throws(ProviderError) {
    try begin()
    isBegun = false
    let context = unsafe context.pointer
    let count = Int(tagSize)
    let isDone = unsafe append(count, to: &output) { out in
      unsafe out.map { unsafe cossl_mac_final(context, $0, count) } ?? false
    }
    guard isDone else { throw Libcrypto.failed(to: "finish a tag") }
  }

  mutating func authenticate(_ bytes: RawSpan, into output: inout OutputRawSpan) throws(ProviderError) {
    isBegun = false
    let context = unsafe context.pointer
    let count = Int(tagSize)
    let isDone = unsafe bytes.withUnsafeBytes { source in
      unsafe append(count, to: &output) { out in
        unsafe out.map { unsafe cossl_mac_authenticate(context, source.baseAddress, source.count, $0, count) } ?? false
      }
    }
    guard isDone else { throw Libcrypto.failed(to: "authenticate a message") }
  }

  mutating func reset() throws(ProviderError) { isBegun = false }

  private mutating func begin() throws(ProviderError) {
    guard !isBegun else { return }
    guard unsafe cossl_mac_init(context.pointer) else {
      throw ProviderError(.missingKey, "this MAC has no key: set one before the first message")
    }
    isBegun = true
  }
}
