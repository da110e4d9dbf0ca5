// HMAC on kept keys: two chaining states are made from the key once, and each message begins from copies of them.
// SPDX-License-Identifier: Apache-2.0

import COpenSSL
import WarpDriveCore

/// The driver of `hmac(H)` for one hash.
struct HMACDriver: MACDriver {
  let descriptor: AlgorithmDescriptor
  private let digest: Digest

  init(_ digest: Digest) {
    self.digest = digest
    let name = digest.name
    // As libcrypto and RFC 8018 spell them: HMAC-SHA256, hmacWithSHA256; the registry resolves hmac(SHA-256) itself.
    var aliases = [AlgorithmAlias("hmac-\(name)"), AlgorithmAlias("hmacWith\(name)")]
    aliases += digest.aliases.map { AlgorithmAlias("hmac-\($0)") }
    if let identifier = digest.hmacIdentifier { aliases.append(AlgorithmAlias(identifier)) }
    descriptor = AlgorithmDescriptor(
      name: "hmac(\(name))", driverName: "hmac-\(name)-openssl", priority: 300,
      properties: .mac(.init(tagSize: digest.size, keyLengths: KeyLengths(0, 1 << 20))), aliases: aliases,
      blockSize: digest.blockSize)
  }

  func makeTransform() throws(ProviderError) -> any MACTransform & ~Copyable {
    guard let context = unsafe cossl_hmac_create(digest.algorithm) else { throw digest.missing }
    return unsafe HMACTransform(context, tagSize: digest.size)
  }
}

/// One message under one key: the context, the tag's size, and whether a message has begun.
@safe struct HMACTransform: MACTransform, ~Copyable {
  private let context: OwnedContext<cossl_hmac>
  private let tagSize: UInt32
  private var isBegun = false

  /// Takes ownership of `context`.
  init(_ context: UnsafeMutablePointer<cossl_hmac>, tagSize: Int) {
    unsafe self.context = OwnedContext(context) { raw in
      unsafe cossl_hmac_destroy(raw.assumingMemoryBound(to: cossl_hmac.self))
    }
    self.tagSize = UInt32(tagSize)
  }

  mutating func setKey(_ key: RawSpan) throws(ProviderError) {
    isBegun = false
    let context = unsafe context.pointer
    let isDone = unsafe key.withUnsafeBytes { unsafe cossl_hmac_set_key(context, $0.baseAddress, $0.count) }
    guard isDone else { throw Libcrypto.failed(to: "take an HMAC key") }
  }

  mutating func update(_ bytes: RawSpan) throws(ProviderError) {
    try begin()
    let context = unsafe context.pointer
    let isDone = unsafe bytes.withUnsafeBytes { unsafe cossl_hmac_update(context, $0.baseAddress, $0.count) }
    guard isDone else { throw Libcrypto.failed(to: "authenticate more of a message") }
  }

  mutating func finish(into output: inout OutputRawSpan) throws(ProviderError) {
    try begin()
    isBegun = false
    let context = unsafe context.pointer
    let count = Int(tagSize)
    let isDone = unsafe append(count, to: &output) { out in
      unsafe out.map { unsafe cossl_hmac_final(context, $0, count) } ?? false
    }
    guard isDone else { throw Libcrypto.failed(to: "finish a tag") }
  }

  mutating func authenticate(_ bytes: RawSpan, into output: inout OutputRawSpan) throws(ProviderError) {
    isBegun = false
    let context = unsafe context.pointer
    let count = Int(tagSize)
    let isDone = unsafe bytes.withUnsafeBytes { source in
      unsafe append(count, to: &output) { out in
        unsafe out.map { unsafe cossl_hmac_authenticate(context, source.baseAddress, source.count, $0, count) } ?? false
      }
    }
    guard isDone else { throw Libcrypto.failed(to: "authenticate a message") }
  }

  mutating func reset() throws(ProviderError) { isBegun = false }

  private mutating func begin() throws(ProviderError) {
    guard !isBegun else { return }
    guard unsafe cossl_hmac_init(context.pointer) else {
      throw ProviderError(.missingKey, "this HMAC has no key: set one before the first message")
    }
    isBegun = true
  }
}
