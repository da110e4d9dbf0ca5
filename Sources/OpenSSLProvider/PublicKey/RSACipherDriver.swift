// Public-key encryption with RSA: without padding as the kernel's akcipher, and with OAEP.
// SPDX-License-Identifier: Apache-2.0

import COpenSSL
import WarpDriveCore

/// One way to encrypt with RSA.
///
/// PKCS #1 v1.5 encryption is left out on purpose: whoever decrypts it tells an attacker whether the padding was right
/// (Bleichenbacher, CRYPTO '98).
struct RSACipher: Sendable {
  /// OAEP's hash; nil for no padding.
  let digest: Digest?
  /// What it is registered as.
  let descriptor: AlgorithmDescriptor

  private init(_ hash: String?) {
    digest = Digest.all.first { $0.name == hash }
    descriptor = AlgorithmDescriptor(
      name: hash.map { "oaep(rsa,\($0))" } ?? "rsa", driverName: hash.map { "oaep-rsa-\($0)-openssl" } ?? "rsa-openssl",
      priority: hash == nil ? 200 : 300, properties: .asymmetricCipher(PublicKeyProperties()),
      // rsaEncryption, RFC 8017 A.1.
      aliases: hash == nil ? ["1.2.840.113549.1.1.1"] : [])
  }

  /// Without padding, and OAEP with each hash.
  static let all = [RSACipher(nil)] + ["sha1", "sha224", "sha256", "sha384", "sha512"].map { RSACipher($0) }
}

/// The driver of one way to encrypt.
struct RSACipherDriver: AsymmetricCipherDriver {
  private let cipher: RSACipher

  init(_ cipher: RSACipher) { self.cipher = cipher }

  var descriptor: AlgorithmDescriptor { cipher.descriptor }

  func makeTransform() throws(ProviderError) -> any AsymmetricCipherTransform & ~Copyable {
    try makeTransform(.init())
  }

  func makeTransform(
    _ options: PublicKeyOptions
  ) throws(ProviderError) -> any AsymmetricCipherTransform & ~Copyable {
    guard
      let context = unsafe cossl_rsa_cipher_create(cipher.digest != nil, cipher.digest?.algorithm ?? COSSL_SHA256)
    else { throw Libcrypto.missing(cipher.descriptor.name) }
    return unsafe RSACipherTransform(context, cipher, options)
  }
}

/// RSA encryption with its key.
///
/// Without padding (RFC 8017 5.1) a message is a number below the modulus, and decrypting answers with as many bytes as
/// the modulus has, zeros first. OAEP (7.1) has MGF1 of the same hash and an empty label.
struct RSACipherTransform: AsymmetricCipherTransform, ~Copyable {
  private let context: OwnedContext<cossl_rsa_cipher>
  private let cipher: RSACipher
  private let keys: KeyImport

  /// Takes ownership of `context`.
  init(_ context: UnsafeMutablePointer<cossl_rsa_cipher>, _ cipher: RSACipher, _ options: PublicKeyOptions) {
    unsafe self.context = OwnedContext(context) { raw in
      unsafe cossl_rsa_cipher_destroy(raw.assumingMemoryBound(to: cossl_rsa_cipher.self))
    }
    self.cipher = cipher
    keys = KeyImport(.rsa, options)
  }

  mutating func setPrivateKey(_ key: RawSpan) throws(ProviderError) { try own(keys.privateKey(key)) }

  mutating func setPublicKey(_ key: RawSpan) throws(ProviderError) { try own(keys.publicKey(key)) }

  mutating func generateKeyPair() throws(ProviderError) {
    try own(NativeKey.generate(.rsa, bits: keys.options.checkedRSABits()))
  }

  private func own(_ key: consuming NativeKey) throws(ProviderError) {
    let context = unsafe context.pointer
    guard unsafe key.give(to: { unsafe cossl_rsa_cipher_set_key(context, $0) }) else {
      throw Libcrypto.failure(.invalidKey, "libcrypto takes the key for no use with \(cipher.descriptor.name)")
    }
  }

  mutating func publicKey() throws(ProviderError) -> [UInt8] {
    try unsafe NativeKey.publicInfo(cossl_rsa_cipher_key(context.pointer))
  }

  mutating func privateKey() throws(ProviderError) -> SecretBytes {
    try unsafe NativeKey.privateInfo(cossl_rsa_cipher_key(context.pointer))
  }

  /// Bytes of the modulus.
  private var size: Int {
    guard let key = unsafe cossl_rsa_cipher_key(context.pointer) else { return 0 }
    return unsafe (Int(key.pointee.bits) + 7) / 8
  }

  mutating func encrypt(_ plaintext: RawSpan) throws(ProviderError) -> [UInt8] {
    let (context, size) = unsafe (context.pointer, size)
    // RFC 8017 7.1.1: two hashes and two bytes are padding.
    let room = cipher.digest.map { size - 2 * $0.size - 2 } ?? size
    guard plaintext.byteCount <= room else { throw Self.tooLong(plaintext.byteCount, room) }
    var isDone = false
    let ciphertext = [UInt8](capacity: size) { output in
      isDone = unsafe plaintext.withUnsafeBytes { source in
        unsafe append(size, to: &output) { out in
          unsafe out.map { unsafe cossl_rsa_cipher_encrypt(context, source.baseAddress, source.count, $0, size) }
            ?? false
        }
      }
    }
    if isDone { return ciphertext }
    guard cipher.digest == nil, plaintext.byteCount == size else { throw Libcrypto.failed(to: "encrypt a message") }
    throw Libcrypto.failure(
      .invalidArgument, "the message is a number as large as the modulus or larger: it is too long for this key")
  }

  mutating func decrypt(_ ciphertext: RawSpan) throws(ProviderError) -> [UInt8] {
    let (context, size) = unsafe (context.pointer, size)
    var count = 0
    var isDone = false
    let plaintext = [UInt8](capacity: size) { output in
      isDone = unsafe ciphertext.withUnsafeBytes { source in
        unsafe output.withUnsafeMutableBytes { buffer, initialized in
          guard let out = buffer.baseAddress else { return false }
          let isDone = unsafe cossl_rsa_cipher_decrypt(context, source.baseAddress, source.count, out, size, &count)
          initialized = count
          return isDone
        }
      }
    }
    // One error for whatever is wrong: which check failed would help to decrypt (Manger, CRYPTO 2001).
    guard isDone else { throw ProviderError(.corruptInput, "the message cannot be decrypted with this key") }
    return plaintext
  }

  private static func tooLong(_ count: Int, _ room: Int) -> ProviderError {
    ProviderError(
      .invalidArgument,
      room < 0
        ? "the key is too short for this hash: take a longer key"
        : "a message of \(count) bytes is too long for this key, which takes \(room): encrypt a key for a cipher instead"
    )
  }
}
