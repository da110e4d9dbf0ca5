// Hashes on kept contexts of libcrypto.
// SPDX-License-Identifier: Apache-2.0

import COpenSSL
import WarpDriveCore

/// The driver of one hash.
struct DigestDriver: HashDriver {
  let descriptor: AlgorithmDescriptor
  private let digest: Digest

  init(_ digest: Digest) {
    self.digest = digest
    descriptor = AlgorithmDescriptor(
      name: digest.name, driverName: "\(digest.name)-openssl", priority: 200,
      properties: .hash(.init(digestSize: digest.size, isExtendable: digest.isExtendable)),
      flags: cossl_digest_state_length(digest.algorithm) > 0 ? .exportable : [],
      aliases: (digest.aliases + [digest.identifier]).map { AlgorithmAlias($0) }, blockSize: digest.blockSize)
  }

  func makeTransform() throws(ProviderError) -> any HashTransform & ~Copyable {
    guard let context = unsafe cossl_digest_create(digest.algorithm) else { throw digest.missing }
    return unsafe DigestTransform(context)
  }
}

/// The state of one message: the context, and whether it has begun one.
///
/// A message is begun by its first bytes and not by the end of the one before, so that a one-shot pays for one beginning.
@safe struct DigestTransform: HashTransform, ~Copyable {
  private let context: OwnedContext<cossl_digest>
  private var isBegun = false

  /// Takes ownership of `context`.
  init(_ context: UnsafeMutablePointer<cossl_digest>) {
    unsafe self.context = OwnedContext(context) { raw in
      unsafe cossl_digest_destroy(raw.assumingMemoryBound(to: cossl_digest.self))
    }
  }

  mutating func update(_ bytes: RawSpan) throws(ProviderError) {
    try begin()
    let context = unsafe context.pointer
    let isDone = unsafe bytes.withUnsafeBytes { unsafe cossl_digest_update(context, $0.baseAddress, $0.count) }
    guard isDone else { throw Libcrypto.failed(to: "hash more of a message") }
  }

  mutating func finish(_ count: Int, into output: inout OutputRawSpan) throws(ProviderError) {
    try begin()
    isBegun = false
    let context = unsafe context.pointer
    let isDone = unsafe append(count, to: &output) { unsafe cossl_digest_final(context, $0, count) }
    guard isDone else { throw Libcrypto.failed(to: "finish a digest") }
  }

  // Inlined into its entry of the witness table, which would call it.
  @inline(__always)
  mutating func digest(_ bytes: RawSpan, _ count: Int, into output: inout OutputRawSpan) throws(ProviderError) {
    isBegun = false
    let context = unsafe context.pointer
    let isDone = unsafe bytes.withUnsafeBytes { source in
      unsafe append(count, to: &output) {
        unsafe cossl_digest_hash(context, source.baseAddress, source.count, $0, count)
      }
    }
    guard isDone else { throw Libcrypto.failed(to: "hash a message") }
  }

  mutating func reset() throws(ProviderError) { isBegun = false }

  mutating func clone() throws(ProviderError) -> any HashTransform & ~Copyable {
    guard let copy = unsafe cossl_digest_clone(context.pointer) else {
      throw Libcrypto.failure(.resourceExhausted, "libcrypto has no memory for a copy of a hash state")
    }
    var clone = unsafe DigestTransform(copy)
    clone.isBegun = isBegun
    return clone
  }

  mutating func exportState() throws(ProviderError) -> [UInt8] {
    try begin()
    let context = unsafe context.pointer
    let size = unsafe cossl_digest_state_length(context.pointee.operations.pointee.algorithm)
    guard size > 0 else {
      throw ProviderError(
        .unsupported,
        "libcrypto keeps the state of this hash to itself: only MD5, SHA-1, SHA-2 and RIPEMD-160 are exportable")
    }
    return [UInt8](capacity: size) { output in
      _ = unsafe append(size, to: &output) { pointer in
        unsafe pointer.map { unsafe cossl_digest_export(context, $0, size) } ?? false
      }
    }
  }

  mutating func importState(_ state: RawSpan) throws(ProviderError) {
    let context = unsafe context.pointer
    let status = unsafe state.withUnsafeBytes { bytes in
      unsafe bytes.baseAddress.map { unsafe cossl_digest_import(context, $0, bytes.count) } ?? COSSL_STATE_LENGTH
    }
    switch status {
    case COSSL_STATE_VALID: isBegun = true
    case COSSL_STATE_UNSUPPORTED:
      throw ProviderError(
        .unsupported, "libcrypto takes no state of this hash: only MD5, SHA-1, SHA-2 and RIPEMD-160 are exportable")
    case COSSL_STATE_LENGTH:
      throw ProviderError(
        .invalidArgument, "\(state.byteCount) bytes are not the state of this hash: its length differs")
    case COSSL_STATE_FORMAT:
      throw ProviderError(.invalidArgument, "these bytes are no hash state, or one of a later version of WarpDrive")
    case COSSL_STATE_ALGORITHM:
      throw ProviderError(.invalidArgument, "this is the state of another hash: import it where it was exported")
    default:
      throw ProviderError(.invalidArgument, "the hash state contradicts itself: it is damaged, export it again")
    }
  }

  private mutating func begin() throws(ProviderError) {
    guard !isBegun else { return }
    guard unsafe cossl_digest_init(context.pointer) else { throw Libcrypto.failed(to: "begin a message") }
    isBegun = true
  }
}
