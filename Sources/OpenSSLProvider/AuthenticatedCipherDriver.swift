// AES-GCM and ChaCha20-Poly1305 with kept keys.
// SPDX-License-Identifier: Apache-2.0

import COpenSSL
import WarpDriveCore

/// One of libcrypto's authenticated ciphers.
struct AEADAlgorithm: Sendable {
  /// libcrypto's cipher.
  let algorithm: cossl_aead_algorithm
  /// What it is registered as.
  let descriptor: AlgorithmDescriptor

  static let all = [
    AEADAlgorithm(
      algorithm: COSSL_GCM_AES,
      descriptor: AlgorithmDescriptor(
        name: "gcm(aes)", driverName: "gcm-aes-openssl", priority: 300,
        // SP 800-38D section 5.2: any nonce, 12 bytes recommended, of which libcrypto takes up to 128; tags of 16 to 12
        // bytes, and 8 or 4 for the uses of its appendix C, as the kernel allows (crypto_gcm_check_authsize).
        properties: .aead(
          .init(
            keyLengths: KeyLengths(16, 32, step: 8), ivSize: 12, tagLengths: [16, 15, 14, 13, 12, 8, 4],
            nonceLengths: 1...128)),
        aliases: ["aes-gcm"]
          + AlgorithmAlias.aes { "aes-\($0)-gcm" } + AlgorithmAlias.aes { "aes\($0)-gcm" }
          + AlgorithmAlias.aes { "id-aes\($0)-gcm" } + AlgorithmAlias.aes(identifier: 6),
        // SP 800-38D section 5.2.1.1: 2^39 - 256 bits of plaintext.
        maximumRequest: (1 << 36) - 32)),
    AEADAlgorithm(
      algorithm: COSSL_CHACHA20_POLY1305,
      descriptor: AlgorithmDescriptor(
        name: "rfc7539(chacha20,poly1305)", driverName: "rfc7539-chacha20-poly1305-openssl", priority: 300,
        // RFC 8439 section 2.8, which has no other lengths.
        properties: .aead(.init(keyLengths: KeyLengths(32, 32), ivSize: 12, tagLengths: [16])),
        aliases: [
          // The last is RFC 8103's.
          "chacha20-poly1305", "chacha20poly1305", "rfc8439(chacha20,poly1305)", "1.2.840.113549.1.9.16.3.18",
        ],
        // RFC 8439 section 2.8: a counter of 32 bits for blocks of 64 bytes, from 1.
        maximumRequest: (1 << 38) - 64)),
  ]
}

/// The driver of one authenticated cipher.
struct AuthenticatedCipherDriver: AEADDriver {
  private let algorithm: AEADAlgorithm

  init(_ algorithm: AEADAlgorithm) { self.algorithm = algorithm }

  var descriptor: AlgorithmDescriptor { algorithm.descriptor }

  func makeTransform() throws(ProviderError) -> any AEADTransform & ~Copyable {
    guard let context = unsafe cossl_aead_create(algorithm.algorithm) else {
      throw Libcrypto.missing(algorithm.descriptor.name)
    }
    return unsafe AuthenticatedCipherTransform(context)
  }
}

/// An authenticated cipher under one key.
struct AuthenticatedCipherTransform: AEADTransform, ~Copyable {
  private let context: OwnedContext<cossl_aead>

  /// Takes ownership of `context`.
  init(_ context: UnsafeMutablePointer<cossl_aead>) {
    unsafe self.context = OwnedContext(context) { raw in
      unsafe cossl_aead_destroy(raw.assumingMemoryBound(to: cossl_aead.self))
    }
  }

  mutating func setKey(_ key: RawSpan) throws(ProviderError) {
    let context = unsafe context.pointer
    let isDone = unsafe key.withUnsafeBytes { unsafe cossl_aead_set_key(context, $0.baseAddress, $0.count) }
    guard isDone else { throw Libcrypto.failed(to: "take a key") }
  }

  mutating func seal(
    _ plaintext: RawSpan, nonce: RawSpan, aad: RawSpan, tagLength: Int, into output: inout OutputRawSpan
  ) throws(ProviderError) {
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

  @inline(never)
  private static func refusal(_ status: cossl_open_status) -> ProviderError {
    guard status == COSSL_UNAUTHENTIC else { return Libcrypto.failed(to: "open a message") }
    return Libcrypto.failure(
      .authentication, "the message is not authentic: its tag belongs to another key, nonce, associated data or text")
  }
}

extension AlgorithmAlias {
  /// An alias for each key length of AES, by the length in bits.
  static func aes(_ name: (_ bits: Int) -> String) -> [AlgorithmAlias] {
    [128, 192, 256].map { AlgorithmAlias(name($0), keyLength: $0 / 8) }
  }

  /// The object identifiers of a mode of AES: NIST's arc has 20 numbers a key length (csrc.nist.gov, CSOR).
  static func aes(identifier mode: Int) -> [AlgorithmAlias] {
    aes { "2.16.840.1.101.3.4.1.\(mode + ($0 - 128) / 64 * 20)" }
  }
}
