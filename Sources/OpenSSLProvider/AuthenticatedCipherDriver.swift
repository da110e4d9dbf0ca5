// The driver and the transform of libcrypto's authenticated ciphers, with kept keys.
// SPDX-License-Identifier: Apache-2.0

import COpenSSL
import WarpDriveCore

/// The driver of one authenticated cipher.
struct AuthenticatedCipherDriver: AEADDriver {
  private let algorithm: AEADAlgorithm

  init(_ algorithm: AEADAlgorithm) { self.algorithm = algorithm }

  var descriptor: AlgorithmDescriptor { algorithm.descriptor }

  func makeTransform() throws(ProviderError) -> any AEADTransform & ~Copyable {
    guard let context = unsafe cossl_aead_create(algorithm.algorithm) else {
      throw Libcrypto.missing(algorithm.descriptor.name)
    }
    return unsafe AuthenticatedCipherTransform(context, longestAAD: algorithm.longestAAD)
  }
}

/// An authenticated cipher under one key: the context and the longest associated data.
@safe struct AuthenticatedCipherTransform: AEADTransform, ~Copyable {
  private let context: OwnedContext<cossl_aead>
  private let longestAAD: Int

  /// Takes ownership of `context`.
  init(_ context: UnsafeMutablePointer<cossl_aead>, longestAAD: Int) {
    self.longestAAD = longestAAD
    unsafe self.context = OwnedContext(context) { raw in
      unsafe cossl_aead_destroy(raw.assumingMemoryBound(to: cossl_aead.self))
    }
  }

  mutating func setKey(_ key: RawSpan) throws(ProviderError) {
    let context = unsafe context.pointer
    let status = unsafe key.withUnsafeBytes { unsafe cossl_aead_set_key(context, $0.baseAddress, $0.count) }
    guard status == COSSL_KEY_TAKEN else { throw Self.refusal(status) }
  }

  mutating func seal(
    _ plaintext: RawSpan, nonce: RawSpan, aad: RawSpan, tagLength: Int, into output: inout OutputRawSpan
  ) throws(ProviderError) {
    try checkAAD(aad)
    let context = unsafe context.pointer
    let count = plaintext.byteCount
    let isDone = unsafe withParameters(nonce, aad) { parameters in
      unsafe plaintext.withUnsafeBytes { source in
        unsafe append(count + tagLength, to: &output) { out in
          guard let out = unsafe out else { return false }
          return unsafe cossl_aead_seal(context, parameters, source.baseAddress, count, out, out + count, tagLength)
        }
      }
    }
    guard isDone else { throw Libcrypto.failed(to: "seal a message") }
  }

  mutating func open(
    _ ciphertext: RawSpan, tag: RawSpan, nonce: RawSpan, aad: RawSpan, into output: inout OutputRawSpan
  ) throws(ProviderError) {
    try checkAAD(aad)
    let context = unsafe context.pointer
    var status = COSSL_OPEN_FAILED
    _ = unsafe withParameters(nonce, aad) { parameters in
      unsafe ciphertext.withUnsafeBytes { source in
        unsafe tag.withUnsafeBytes { tag in
          unsafe append(source.count, to: &output) { out in
            guard let tagStart = tag.baseAddress else { return false }
            status = unsafe cossl_aead_open(
              context, parameters, source.baseAddress, source.count, out, tagStart, tag.count)
            return status == COSSL_OPENED
          }
        }
      }
    }
    guard status == COSSL_OPENED else { throw Self.refusal(status) }
  }

  mutating func seal(
    inPlace bytes: inout MutableRawSpan, nonce: RawSpan, aad: RawSpan, tagLength: Int, tag: inout OutputRawSpan
  ) throws(ProviderError) {
    try checkAAD(aad)
    let context = unsafe context.pointer
    let isDone = unsafe withParameters(nonce, aad) { parameters in
      unsafe bytes.withUnsafeMutableBytes { text in
        unsafe append(tagLength, to: &tag) { out in
          guard let out = unsafe out else { return false }
          return unsafe cossl_aead_seal(
            context, parameters, text.baseAddress, text.count, text.baseAddress, out, tagLength)
        }
      }
    }
    guard isDone else { throw Libcrypto.failed(to: "seal a message in place") }
  }

  mutating func open(
    inPlace bytes: inout MutableRawSpan, tag: RawSpan, nonce: RawSpan, aad: RawSpan
  ) throws(ProviderError) {
    try checkAAD(aad)
    let context = unsafe context.pointer
    let status = unsafe withParameters(nonce, aad) { parameters in
      unsafe bytes.withUnsafeMutableBytes { text in
        unsafe tag.withUnsafeBytes { tag in
          guard let tagStart = tag.baseAddress else { return COSSL_OPEN_FAILED }
          return unsafe cossl_aead_open(
            context, parameters, text.baseAddress, text.count, text.baseAddress, tagStart, tag.count)
        }
      }
    }
    guard status == COSSL_OPENED else { throw Self.refusal(status) }
  }

  /// Runs `body` with what a message has besides its text, as C takes it; the pointers last for the call.
  @inline(__always)
  private func withParameters<Result>(
    _ nonce: RawSpan, _ aad: RawSpan, _ body: (UnsafePointer<cossl_aead_parameters>) -> Result
  ) -> Result {
    unsafe nonce.withUnsafeBytes { nonce in
      unsafe aad.withUnsafeBytes { aad in
        var parameters = unsafe cossl_aead_parameters(
          nonce: nonce.baseAddress, nonce_length: nonce.count, associated: aad.baseAddress, associated_length: aad.count
        )
        return unsafe body(&parameters)
      }
    }
  }

  @inline(__always)
  private func checkAAD(_ aad: RawSpan) throws(ProviderError) {
    if aad.byteCount > longestAAD { throw tooLong(aad.byteCount) }
  }

  @inline(never)
  private func tooLong(_ count: Int) -> ProviderError {
    ProviderError(
      .invalidArgument,
      "libcrypto takes associated data of at most \(longestAAD) bytes here, not \(count): authenticate its hash instead"
    )
  }

  @inline(never)
  private static func refusal(_ status: cossl_key_status) -> ProviderError {
    switch status {
    case COSSL_KEY_MALFORMED:
      ProviderError(
        .invalidKey,
        "an authenc key begins with the 8 bytes that the kernel wants (rtattr of length 8 and type 1, then the length "
          + "of the encryption key): make it with AEADKeyForm.authencKey")
    case COSSL_KEY_LENGTH:
      ProviderError(.invalidKeyLength, "the AES key in this key has 16, 24 or 32 bytes: its header says another length")
    default: Libcrypto.failed(to: "take a key")
    }
  }

  @inline(never)
  private static func refusal(_ status: cossl_open_status) -> ProviderError {
    guard status == COSSL_UNAUTHENTIC else { return Libcrypto.failed(to: "open a message") }
    return Libcrypto.failure(
      .authentication, "the message is not authentic: its tag belongs to another key, nonce, associated data or text")
  }
}
