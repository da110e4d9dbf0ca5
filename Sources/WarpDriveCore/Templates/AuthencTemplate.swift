// authenc(M,C): encrypt-then-MAC from an HMAC and a cipher, as IPsec's ESP uses them.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

/// The template `authenc`; its priority is ten times the cipher's plus the MAC's.
///
/// The tag is the MAC of the associated data followed by the ciphertext. The IV is not authenticated by itself: who needs
/// that puts it into the associated data, as IPsec does.
///
/// The key has the kernel's format (`crypto_authenc_extractkeys`): an `rtattr` header of its own length 8 and type 1, each
/// 16 bits in the machine's byte order, the length of the cipher's key as 32 bits big-endian, the MAC's key, the cipher's
/// key.
struct AuthencTemplate: Template {
  let name = "authenc"
  let argumentKinds = [AlgorithmKind.mac, .cipher]

  func makeDriver(over parts: [TemplatePart]) throws(ProviderError) -> any AlgorithmDriver {
    let (authenticator, encryptor) = (parts[0].descriptor, parts[1].descriptor)
    guard case .mac(let mac) = authenticator.properties, parts[0].isMode("hmac"), mac.tagSize > 12 else {
      throw ProviderError(
        .invalidArgument,
        "authenc needs an HMAC first, as in authenc(hmac(sha256),cbc(aes)), not \(authenticator.name)")
    }
    guard case .cipher(let cipher) = encryptor.properties, parts[1].isMode("cbc", "ctr", "rfc3686") else {
      throw ProviderError(
        .invalidArgument,
        "authenc needs cbc, ctr or rfc3686 second, as in authenc(hmac(sha256),cbc(aes)), not \(encryptor.name)")
    }
    // RFC 2403 and RFC 2404 cut MD5's and SHA-1's tag to 96 bits, RFC 4868 section 2.3 the others to half. The kernel takes
    // every shorter length too.
    let cut = mac.tagSize > 20 ? mac.tagSize / 2 : 12
    let keys = AEADKeyForm.authencHeaderSize
    return AuthencDriver(
      authenticator: try parts[0].macDriver(), encryptor: try parts[1].cipherDriver(), macKeys: mac.keyLengths,
      cipherKeys: cipher.keyLengths, cipherBlock: encryptor.blockSize, tagSize: mac.tagSize,
      descriptor: .instance(
        of: name, over: parts, priority: 10 * encryptor.priority + authenticator.priority,
        .aead(
          .init(
            keyLengths: KeyLengths(
              keys + mac.keyLengths.minimum + cipher.keyLengths.minimum,
              keys + mac.keyLengths.maximum + cipher.keyLengths.maximum), ivSize: cipher.ivSize,
            tagLengths: [mac.tagSize, cut], keyForm: .authenc)), blockSize: encryptor.blockSize,
        maximumRequest: encryptor.maximumRequest))
  }
}

/// `authenc(M,C)` over one driver of each.
private struct AuthencDriver: AEADDriver {
  let authenticator: any MACDriver
  let encryptor: any CipherDriver
  let macKeys: KeyLengths
  let cipherKeys: KeyLengths
  let cipherBlock: Int
  let tagSize: Int
  let descriptor: AlgorithmDescriptor

  func makeTransform() throws(ProviderError) -> any AEADTransform & ~Copyable {
    let authenticator = try authenticator.makeTransform()
    let encryptor = try encryptor.makeTransform()
    return AuthencTransform(self, authenticator, encryptor)
  }
}

private struct AuthencTransform: InPlaceAEADTransform, ~Copyable {
  private let driver: AuthencDriver
  private var authenticator: any MACTransform & ~Copyable
  private var encryptor: any CipherTransform & ~Copyable

  init(
    _ driver: AuthencDriver, _ authenticator: consuming any MACTransform & ~Copyable,
    _ encryptor: consuming any CipherTransform & ~Copyable
  ) {
    self.driver = driver
    self.authenticator = authenticator
    self.encryptor = encryptor
  }

  mutating func setKey(_ key: RawSpan) throws(ProviderError) {
    guard let count = AEADKeyForm.encryptionKeyLength(in: key) else {
      throw ProviderError(
        .invalidKey,
        "a key of authenc begins with the kernel's header of \(AEADKeyForm.authencHeaderSize) bytes, for two keys that fit"
      )
    }
    let keys = key.extracting(droppingFirst: AEADKeyForm.authencHeaderSize)
    // HMAC takes a key of any length (RFC 2104 section 3); its bound here is one for the two together.
    guard driver.cipherKeys.contains(count), keys.byteCount - count >= driver.macKeys.minimum else {
      throw ProviderError(
        .invalidKeyLength,
        "the two keys in this one of authenc have \(keys.byteCount - count) and \(count) bytes, which its MAC and cipher "
          + "do not take")
    }
    try authenticator.setKey(keys.extracting(droppingLast: count))
    try encryptor.setKey(keys.extracting(last: count))
  }

  mutating func seal(
    _ text: inout MutableRawSpan, nonce: RawSpan, aad: RawSpan, tag: inout MutableRawSpan
  ) throws(ProviderError) {
    guard text.byteCount.isMultiple(of: driver.cipherBlock) else {
      throw ProviderError(
        .invalidArgument,
        "\(driver.descriptor.name) works in blocks of \(driver.cipherBlock) bytes; \(text.byteCount) is no multiple: pad "
          + "the message first")
    }
    try process(.encrypt, &text, nonce)
    let computed = try computeTag(text.bytes, aad)
    tag.store(computed.rawSpan.extracting(first: tag.byteCount), at: 0)
  }

  mutating func open(
    inPlace bytes: inout MutableRawSpan, tag: RawSpan, nonce: RawSpan, aad: RawSpan
  ) throws(ProviderError) {
    // Nothing is decrypted before the tag is right; no text of another length can have been sealed.
    let computed = try computeTag(bytes.bytes, aad)
    guard bytes.byteCount.isMultiple(of: driver.cipherBlock),
      SecureMemory.equal(computed.rawSpan.extracting(first: tag.byteCount), tag)
    else {
      bytes.wipe()
      throw .unauthentic
    }
    try process(.decrypt, &bytes, nonce)
  }

  private mutating func process(
    _ direction: CipherDirection, _ text: inout MutableRawSpan, _ nonce: RawSpan
  ) throws(ProviderError) {
    guard !text.isEmpty else { return }
    var iv = [UInt8](copying: nonce)
    var span = iv.mutableRawSpan
    try encryptor.process(direction, inPlace: &text, iv: &span)
  }

  private mutating func computeTag(_ ciphertext: RawSpan, _ aad: RawSpan) throws(ProviderError) -> SecretBytes {
    // A message before may have failed halfway.
    try authenticator.reset()
    try authenticator.update(aad)
    try authenticator.update(ciphertext)
    var tag = try [UInt8](capacity: driver.tagSize) { (output) throws(ProviderError) in
      try authenticator.finish(into: &output)
    }
    let secret = SecretBytes(copying: tag.rawSpan)
    unsafe tag.withUnsafeMutableBytes { unsafe SecureMemory.zero($0) }
    return secret
  }
}
