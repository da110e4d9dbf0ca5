// What the tests of this folder share: a registry of libcrypto's drivers, and bytes to work on.
// SPDX-License-Identifier: Apache-2.0

import OpenSSLProvider
import WarpDriveCore

/// The one registry of this folder's tests; its self-tests run once.
enum OpenSSL {
  static let registry = Result { () throws(ProviderError) -> Registry in
    let registry = Registry()
    try registry.register(OpenSSLProvider())
    return registry
  }

  /// The names of libcrypto's hashes, as the kernel has them.
  static let hashes = [
    "md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha512-224", "sha512-256", "sha3-224", "sha3-256",
    "sha3-384", "sha3-512", "shake128", "shake256", "sm3", "blake2b-512", "blake2s-256", "rmd160",
  ]
  /// Those whose state libcrypto's headers give.
  static let exportable = [
    "md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha512-224", "sha512-256", "rmd160",
  ]
  /// Those that HMAC goes over.
  static let hmacs = hashes.filter { !$0.hasPrefix("shake") }

  /// The hashes that key derivations go over.
  private static let derivationHashes = hashes.filter { $0.hasPrefix("sha") && !$0.hasPrefix("shake") }
  /// Those that HKDF's parts go over by themselves.
  static let hkdfPartHashes = ["sha1", "sha256", "sha384", "sha512"]
  /// The names of the key derivations.
  static let derivations: [String] = {
    var names = ["scrypt", "kbkdf-kmac128", "kbkdf-kmac256"]
    for hash in derivationHashes {
      names += ["hkdf(\(hash))", "kbkdf-counter(hmac(\(hash)))", "kbkdf-feedback(hmac(\(hash)))"]
      if !hash.hasPrefix("sha512-") { names.append("pbkdf2(hmac(\(hash)))") }
    }
    for hash in hkdfPartHashes { names += ["hkdf-extract(\(hash))", "hkdf-expand(\(hash))"] }
    names += ["kbkdf-counter(cmac(aes))", "kbkdf-feedback(cmac(aes))"]
    for hash in ["md5-sha1", "sha256", "sha384", "sha512"] { names.append("tls1-prf(\(hash))") }
    return names
  }()

  /// The driver name of a derivation: its name with a hyphen for each parenthesis, and the provider's.
  static func driverName(_ derivation: String) -> String {
    String(derivation.replacing(")", with: "").map { $0 == "(" ? "-" : $0 }) + "-openssl"
  }

  /// The block ciphers, which are algorithms by themselves.
  static let ciphers = ["aes", "camellia", "aria", "sm4", "des3_ede"]
  /// The modes over them; libcrypto has no CTR of triple DES.
  static let modes = ciphers.flatMap { cipher in ["ecb", "cbc", "ctr", "cfb", "ofb"].map { "\($0)(\(cipher))" } }
    .filter { $0 != "ctr(des3_ede)" }
  /// The modes whose messages are one request.
  static let wholeMessages = ["xts(aes)", "cts(cbc(aes))", "cts(cbc(camellia))", "rfc3686(ctr(aes))", "kw(aes)"]
  /// The MACs over a block cipher.
  static let cipherMACs = ["cmac(aes)", "cmac(des3_ede)", "cmac(camellia)", "gmac(aes)"]
  /// The MACs of their own.
  static let primitiveMACs = [
    "poly1305", "siphash", "kmac128", "kmac256", "kmacxof128", "kmacxof256", "blake2bmac", "blake2smac",
  ]

  /// `count` bytes, none like the one before.
  static func bytes(_ count: Int, from first: Int = 1) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: first + $0 &* 167) }
  }
}

/// The code of the error that `body` throws; nil where it throws none.
func errorCode<Success: ~Copyable>(_ body: () throws(ProviderError) -> Success) -> ProviderError.Code? {
  do throws(ProviderError) {
    _ = try body()
    return nil
  } catch {
    return error.code
  }
}
