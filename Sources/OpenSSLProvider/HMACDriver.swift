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
    return unsafe KeyedMACTransform(context, tagSize: digest.size)
  }
}
