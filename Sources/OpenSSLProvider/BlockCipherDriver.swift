// Ciphers without authentication on kept keys.
// SPDX-License-Identifier: Apache-2.0

import COpenSSL
import WarpDriveCore

/// The driver of one cipher or mode.
struct BlockCipherDriver: CipherDriver {
  private let algorithm: CipherAlgorithm

  init(_ algorithm: CipherAlgorithm) { self.algorithm = algorithm }

  var descriptor: AlgorithmDescriptor { algorithm.descriptor }

  func makeTransform() throws(ProviderError) -> any CipherTransform & ~Copyable {
    guard let context = unsafe cossl_cipher_create(algorithm.base, algorithm.mode) else {
      throw Libcrypto.missing(algorithm.descriptor.name)
    }
    return unsafe BlockCipherTransform(context)
  }
}

/// A cipher under one key.
struct BlockCipherTransform: CipherTransform, ~Copyable {
  private let context: OwnedContext<cossl_cipher>

  /// Takes ownership of `context`.
  init(_ context: UnsafeMutablePointer<cossl_cipher>) {
    unsafe self.context = OwnedContext(context) { raw in
      unsafe cossl_cipher_destroy(raw.assumingMemoryBound(to: cossl_cipher.self))
    }
  }

  mutating func setKey(_ key: RawSpan) throws(ProviderError) {
    let context = unsafe context.pointer
    let status = unsafe key.withUnsafeBytes { unsafe cossl_cipher_set_key(context, $0.baseAddress, $0.count) }
    guard status == COSSL_CIPHER_DONE else { throw Self.refusal(status, "take a key") }
  }

  mutating func process(
    _ direction: CipherDirection, _ input: RawSpan, iv: inout MutableRawSpan, into output: inout OutputRawSpan
  ) throws(ProviderError) {
    let context = unsafe context.pointer
    var status = COSSL_CIPHER_FAILED
    _ = unsafe input.withUnsafeBytes { source in
      unsafe iv.withUnsafeMutableBytes { iv in
        unsafe append(source.count, to: &output) { out in
          status = unsafe Self.run(context, direction, iv, source.baseAddress, source.count, out)
          return status == COSSL_CIPHER_DONE
        }
      }
    }
    guard status == COSSL_CIPHER_DONE else { throw Self.refusal(status, "\(direction) a message") }
  }

  mutating func process(
    _ direction: CipherDirection, inPlace bytes: inout MutableRawSpan, iv: inout MutableRawSpan
  ) throws(ProviderError) {
    let context = unsafe context.pointer
    let status = unsafe bytes.withUnsafeMutableBytes { text in
      unsafe iv.withUnsafeMutableBytes { iv in
        unsafe Self.run(context, direction, iv, text.baseAddress, text.count, text.baseAddress)
      }
    }
    guard status == COSSL_CIPHER_DONE else { throw Self.refusal(status, "\(direction) a message in place") }
  }

  @inline(__always)
  private static func run(
    _ context: UnsafeMutablePointer<cossl_cipher>, _ direction: CipherDirection, _ iv: UnsafeMutableRawBufferPointer,
    _ input: UnsafeRawPointer?, _ count: Int, _ output: UnsafeMutableRawPointer?
  ) -> cossl_cipher_status {
    // C reads and writes a whole IV there.
    guard unsafe iv.count == Int(context.pointee.iv_length) else { return COSSL_CIPHER_FAILED }
    return unsafe cossl_cipher_crypt(context, direction == .encrypt, iv.baseAddress, input, count, output)
  }

  @inline(never)
  private static func refusal(_ status: cossl_cipher_status, _ what: String) -> ProviderError {
    switch status {
    case COSSL_CIPHER_WEAK_KEY:
      ProviderError(
        .invalidKey, "the key is weak, for parts of it are equal that have to differ: make another at random")
    case COSSL_CIPHER_UNAUTHENTIC:
      ProviderError(.authentication, "the wrapped key is not authentic: it was changed, or wrapped under another key")
    case COSSL_CIPHER_EXHAUSTED:
      ProviderError(
        .limitExceeded, "the block counter in the IV would run over: begin lower, or take another nonce for the rest")
    default: Libcrypto.failed(to: what)
    }
  }
}
