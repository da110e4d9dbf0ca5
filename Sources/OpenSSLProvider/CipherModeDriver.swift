// AES in CBC and CTR mode with kept keys.
// SPDX-License-Identifier: Apache-2.0

import COpenSSL
import WarpDriveCore

/// One of libcrypto's modes of AES.
struct CipherMode: Sendable {
  /// libcrypto's mode.
  let algorithm: cossl_cipher_algorithm
  /// What it is registered as.
  let descriptor: AlgorithmDescriptor

  private init(
    _ algorithm: cossl_cipher_algorithm, _ mode: String, blockSize: Int, identifiers: [AlgorithmAlias] = []
  ) {
    self.algorithm = algorithm
    descriptor = AlgorithmDescriptor(
      name: "\(mode)(aes)", driverName: "\(mode)-aes-openssl", priority: 300,
      properties: .cipher(
        .init(keyLengths: KeyLengths(16, 32, step: 8), ivSize: Int(COSSL_AES_BLOCK), chunkSize: Int(COSSL_AES_BLOCK))),
      aliases: [AlgorithmAlias("aes-\(mode)")]
        + AlgorithmAlias.aes { "aes-\($0)-\(mode)" } + AlgorithmAlias.aes { "aes\($0)-\(mode)" } + identifiers,
      blockSize: blockSize)
  }

  /// SP 800-38A: CBC takes whole blocks, CTR any length.
  static let all = [
    CipherMode(
      COSSL_CBC_AES, "cbc", blockSize: Int(COSSL_AES_BLOCK), identifiers: AlgorithmAlias.aes(identifier: 2)),
    CipherMode(COSSL_CTR_AES, "ctr", blockSize: 1),
  ]
}

/// The driver of one mode.
struct CipherModeDriver: CipherDriver {
  private let mode: CipherMode

  init(_ mode: CipherMode) { self.mode = mode }

  var descriptor: AlgorithmDescriptor { mode.descriptor }

  func makeTransform() throws(ProviderError) -> any CipherTransform & ~Copyable {
    guard let context = unsafe cossl_cipher_create(mode.algorithm) else {
      throw Libcrypto.missing(mode.descriptor.name)
    }
    return unsafe CipherModeTransform(context)
  }
}

/// A mode under one key.
struct CipherModeTransform: CipherTransform, ~Copyable {
  private let context: OwnedContext<cossl_cipher>

  /// Takes ownership of `context`.
  init(_ context: UnsafeMutablePointer<cossl_cipher>) {
    unsafe self.context = OwnedContext(context) { raw in
      unsafe cossl_cipher_destroy(raw.assumingMemoryBound(to: cossl_cipher.self))
    }
  }

  mutating func setKey(_ key: RawSpan) throws(ProviderError) {
    let context = unsafe context.pointer
    let isDone = unsafe key.withUnsafeBytes { unsafe cossl_cipher_set_key(context, $0.baseAddress, $0.count) }
    guard isDone else { throw Libcrypto.failed(to: "take a key") }
  }

  mutating func process(
    _ direction: CipherDirection, _ input: RawSpan, iv: inout MutableRawSpan, into output: inout OutputRawSpan
  ) throws(ProviderError) {
    let context = unsafe context.pointer
    let isDone = unsafe input.withUnsafeBytes { source in
      unsafe iv.withUnsafeMutableBytes { iv in
        unsafe append(source.count, to: &output) { out in
          unsafe Self.run(context, direction, iv, source.baseAddress, source.count, out)
        }
      }
    }
    guard isDone else { throw Libcrypto.failed(to: "\(direction) a message") }
  }

  mutating func process(
    _ direction: CipherDirection, inPlace bytes: inout MutableRawSpan, iv: inout MutableRawSpan
  ) throws(ProviderError) {
    let context = unsafe context.pointer
    let isDone = unsafe bytes.withUnsafeMutableBytes { text in
      unsafe iv.withUnsafeMutableBytes { iv in
        unsafe Self.run(context, direction, iv, text.baseAddress, text.count, text.baseAddress)
      }
    }
    guard isDone else { throw Libcrypto.failed(to: "\(direction) a message in place") }
  }

  @inline(__always)
  private static func run(
    _ context: UnsafeMutablePointer<cossl_cipher>, _ direction: CipherDirection, _ iv: UnsafeMutableRawBufferPointer,
    _ input: UnsafeRawPointer?, _ count: Int, _ output: UnsafeMutableRawPointer?
  ) -> Bool {
    // C reads and writes a whole block there.
    guard iv.count == Int(COSSL_AES_BLOCK), let start = iv.baseAddress else { return false }
    return unsafe cossl_cipher_crypt(context, direction == .encrypt, start, input, count, output)
  }
}
