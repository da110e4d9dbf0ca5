// Key derivations: each checks what it is given, fills a request of C's, and has no state.
// SPDX-License-Identifier: Apache-2.0

import COpenSSL
import WarpDriveCore

/// The driver of one key derivation.
struct FunctionKeyDerivationDriver: KeyDerivationDriver {
  private let algorithm: KeyDerivationAlgorithm

  init(_ algorithm: KeyDerivationAlgorithm) { self.algorithm = algorithm }

  var descriptor: AlgorithmDescriptor { algorithm.descriptor }

  func derive(
    _ count: Int, from secret: RawSpan, _ parameters: KeyDerivationParameters, into output: inout OutputRawSpan
  ) throws(ProviderError) {
    var request = unsafe cossl_kdf_request()
    let given = KeyDerivationCheck(parameters, secret.byteCount, algorithm.descriptor)
    switch algorithm.function {
    case .hkdf(let part, let digest):
      try given.allow(
        part == COSSL_HKDF_WHOLE ? [.salt, .info] : part == COSSL_HKDF_EXTRACT ? [.salt] : [.info])
      return try hkdf(part, digest, count, secret, parameters, into: &output)
    case .pbkdf2(let digest, let iterations):
      try given.allow([.salt, .iterations])
      unsafe request.function = COSSL_PBKDF2
      unsafe request.iterations = try UInt64(given.iterations(default: iterations))
      try unsafe derive(count, secret, parameters, &request, digest.fetchName, into: &output)
    case .scrypt:
      try given.allow([.salt, .memoryCost, .parallelism, .blockSize])
      let cost = try given.scrypt()
      unsafe request.function = COSSL_SCRYPT
      unsafe request.cost = 1 << UInt64(cost.exponent)
      unsafe request.block_size = UInt32(cost.blockSize)
      unsafe request.parallelism = UInt32(cost.parallelism)
      // Ours is checked; libcrypto counts a little more than the two tables.
      unsafe request.memory_limit = UInt64(2 * KeyDerivationCheck.scryptMemory)
      try unsafe derive(count, secret, parameters, &request, nil, into: &output)
    case .keyBased(let mode, let digest):
      try given.keyBased(mode, digest)
      unsafe request.function =
        switch (mode, digest == nil) {
        case (.counter, false): COSSL_KBKDF_COUNTER_HMAC
        case (.counter, true): COSSL_KBKDF_COUNTER_CMAC
        case (.feedback, false): COSSL_KBKDF_FEEDBACK_HMAC
        case (.feedback, true): COSSL_KBKDF_FEEDBACK_CMAC
        }
      let name = digest?.fetchName ?? "AES-\(secret.byteCount * 8)-CBC"
      try unsafe derive(count, secret, parameters, &request, name, into: &output)
    case .kmac(let function):
      try given.kmac()
      unsafe request.function = function
      try unsafe derive(count, secret, parameters, &request, nil, into: &output)
    case .tls(let digest):
      try given.tls()
      unsafe request.function = COSSL_TLS1_PRF
      try unsafe derive(count, secret, parameters, &request, digest, into: &output)
    }
  }

  private func hkdf(
    _ part: cossl_hkdf_part, _ digest: Digest, _ count: Int, _ secret: RawSpan, _ parameters: KeyDerivationParameters,
    into output: inout OutputRawSpan
  ) throws(ProviderError) {
    let isDone = unsafe secret.withUnsafeBytes { secret in
      unsafe parameters.salt.withUnsafeBytes { salt in
        unsafe parameters.info.withUnsafeBytes { info in
          var request = unsafe cossl_hkdf_request(
            digest: digest.algorithm, part: part, digest_length: digest.size, secret: secret.baseAddress,
            secret_length: secret.count, salt: salt.baseAddress, salt_length: salt.count, info: info.baseAddress,
            info_length: info.count)
          return unsafe append(count, to: &output) { out in
            unsafe out.map { unsafe cossl_hkdf(&request, $0, count) } ?? false
          }
        }
      }
    }
    guard isDone else { throw failed() }
  }

  /// Completes `request` with what has bytes, and makes it.
  private func derive(
    _ count: Int, _ secret: RawSpan, _ parameters: KeyDerivationParameters, _ request: inout cossl_kdf_request,
    _ name: String?, into output: inout OutputRawSpan
  ) throws(ProviderError) {
    let isDone = unsafe secret.withUnsafeBytes { secret in
      unsafe parameters.salt.withUnsafeBytes { salt in
        unsafe parameters.label.withUnsafeBytes { label in
          unsafe parameters.info.withUnsafeBytes { info in
            unsafe (name ?? "").withCString { text in
              unsafe request.algorithm = name == nil ? nil : text
              unsafe (request.secret, request.secret_length) = (secret.baseAddress, secret.count)
              unsafe (request.salt, request.salt_length) = (salt.baseAddress, salt.count)
              unsafe (request.label, request.label_length) = (label.baseAddress, label.count)
              unsafe (request.info, request.info_length) = (info.baseAddress, info.count)
              return unsafe append(count, to: &output) { out in
                unsafe out.map { unsafe cossl_kdf(&request, $0, count) } ?? false
              }
            }
          }
        }
      }
    }
    guard isDone else { throw failed() }
  }

  private func failed() -> ProviderError {
    // Without the library nothing of it can have failed.
    do throws(ProviderError) { try Libcrypto.open() } catch { return error }
    return Libcrypto.failed(to: "derive a key")
  }
}

extension Digest {
  /// libcrypto's name of it, which is the kernel's in capitals for all that derivations go over.
  fileprivate var fetchName: String { name.uppercased() }
}
