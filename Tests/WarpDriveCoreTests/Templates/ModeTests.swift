// The modes of Core's templates, over block ciphers of the tests, against published vectors.
// SPDX-License-Identifier: Apache-2.0

import Testing
import WarpDriveCore

/// What the tests of templates share.
enum Toys {
  /// A registry of primitives alone; what it serves beyond them is made by templates.
  static let registry = Result { () throws(ProviderError) -> Registry in
    let registry = Registry()
    try registry.register(ToyProvider("toy", primitives))
    return registry
  }

  static var primitives: [any AlgorithmDriver] {
    [ToyBlockCipher.aes(), ToyBlockCipher.tripleDES(), ToyChaCha20(), ToyPoly1305(), ToySHA256()]
  }

  /// A key of `authenc` in the kernel's format (Linux `include/crypto/authenc.h`).
  static func authencKey(authentication: [UInt8], encryption: [UInt8]) -> [UInt8] {
    let isLittle = UInt16(1).littleEndian == 1
    let attribute: [UInt8] = isLittle ? [8, 0, 1, 0] : [0, 8, 0, 1]
    return attribute + [0, 0, 0, UInt8(encryption.count)] + authentication + encryption
  }

  static func bytes(_ text: String) -> [UInt8] { Hexadecimal.decode(text) ?? [] }
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

extension Cipher {
  /// The request, in place.
  mutating func inPlace(
    _ direction: CipherDirection, _ text: [UInt8], iv: inout [UInt8]
  ) throws(ProviderError) -> [UInt8] {
    var bytes = text
    var ivSpan = iv.mutableRawSpan
    var span = bytes.mutableRawSpan
    try process(direction, inPlace: &span, iv: &ivSpan)
    return bytes
  }
}

@Suite("Modes of the templates")
struct ModeTests {
  @Test("ciphers give the published ciphertext and plaintext, from buffer to buffer and in place")
  func ciphers() throws {
    let registry = try Toys.registry.get()
    for vector in TemplateVectors.ciphers {
      var cipher = try registry.cipher(vector.name, key: Toys.bytes(vector.key))
      #expect(cipher.algorithm.descriptor.flags.contains(.instance))
      let (plain, secret) = (Toys.bytes(vector.plaintext), Toys.bytes(vector.ciphertext))
      for direction in [CipherDirection.encrypt, .decrypt] {
        let (input, output) = direction == .encrypt ? (plain, secret) : (secret, plain)
        var iv = Toys.bytes(vector.iv)
        let result = direction == .encrypt ? try cipher.encrypt(input, iv: &iv) : try cipher.decrypt(input, iv: &iv)
        #expect(result == output, "\(vector.source) \(direction)")
        var other = Toys.bytes(vector.iv)
        #expect(try cipher.inPlace(direction, input, iv: &other) == output, "\(vector.source) \(direction) in place")
        #expect(iv == other, "\(vector.source)")
      }
    }
  }

  @Test(
    "a message in requests is the message whole, and the IV goes on",
    arguments: ["ecb(aes)", "cbc(aes)", "ctr(aes)", "cbc(des3_ede)", "ctr(des3_ede)", "ecb(des3_ede)"])
  func requests(name: String) throws {
    let registry = try Toys.registry.get()
    let size = name.contains("des3") ? 8 : 16
    var cipher = try registry.cipher(name, key: (1...24).map { UInt8($0) })
    #expect(cipher.chunkSize == size)
    #expect(cipher.ivSize == (name.hasPrefix("ecb") ? 0 : size))
    // More than a batch of blocks, and counters that carry over all bytes.
    let plain = (0..<1200).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    let start = [UInt8](repeating: 0xFF, count: cipher.ivSize)
    var iv = start
    let whole = try cipher.encrypt(plain, iv: &iv)
    for cut in [size, 5 * size, 640] {
      for direction in [CipherDirection.encrypt, .decrypt] {
        let (input, output) = direction == .encrypt ? (plain, whole) : (whole, plain)
        var running = start
        let first = try cipher.inPlace(direction, Array(input.prefix(cut)), iv: &running)
        let rest = try cipher.inPlace(direction, Array(input.dropFirst(cut)), iv: &running)
        #expect(first + rest == output, "\(direction) cut at \(cut)")
        #expect(running == iv)
      }
    }
  }

  @Test("CBC's next IV is its last block of ciphertext, and nothing leaves it as it was")
  func chaining() throws {
    var cipher = try Toys.registry.get().cipher("cbc(aes)", key: Toys.bytes(TemplateVectors.ciphers[0].key))
    var iv = [UInt8](repeating: 3, count: 16)
    #expect(try cipher.encrypt([], iv: &iv).isEmpty)
    #expect(iv == [UInt8](repeating: 3, count: 16))
    let secret = try cipher.encrypt([UInt8](repeating: 1, count: 48), iv: &iv)
    #expect(iv == Array(secret.suffix(16)))
    iv = [UInt8](repeating: 3, count: 16)
    #expect(try cipher.decrypt(secret, iv: &iv) == [UInt8](repeating: 1, count: 48))
    #expect(iv == Array(secret.suffix(16)))
  }

  @Test("ciphertext stealing comes back at every length, and its next IV is RFC 3962's", arguments: 16...65)
  func stealing(count: Int) throws {
    let registry = try Toys.registry.get()
    let plain = (0..<count).map { UInt8($0) }
    var cts = try registry.cipher("cts(cbc(aes))", key: [UInt8](repeating: 9, count: 16))
    var iv = [UInt8](repeating: 5, count: 16)
    let secret = try cts.encrypt(plain, iv: &iv)
    let next = iv
    // Of the two exchanged blocks the first is whole; one block alone is the last.
    let whole = count == 16 ? 0 : (count - 1) / 16 * 16 - 16
    #expect(next == Array(secret[whole..<whole + 16]))
    iv = [UInt8](repeating: 5, count: 16)
    #expect(try cts.decrypt(secret, iv: &iv) == plain)
    #expect(iv == next)
    var xts = try registry.cipher("xts(aes)", key: (0..<64).map { UInt8($0) })
    iv = [UInt8](repeating: 5, count: 16)
    let unit = try xts.encrypt(plain, iv: &iv)
    #expect(try xts.decrypt(unit, iv: &iv) == plain)
    #expect(iv == [UInt8](repeating: 5, count: 16), "a data unit has one tweak")
  }

  @Test("MACs give the published tags, whole and cut anywhere")
  func macs() throws {
    let registry = try Toys.registry.get()
    for vector in TemplateVectors.macs {
      var mac = try registry.mac(vector.name, key: Toys.bytes(vector.key))
      let (message, tag) = (Toys.bytes(vector.message), Toys.bytes(vector.tag))
      #expect(try mac.authenticate(message) == tag, "\(vector.source)")
      for cut in 0...message.count {
        try mac.update(Array(message.prefix(cut)))
        try mac.update(Array(message.dropFirst(cut)))
        #expect(try mac.finish() == tag, "\(vector.source) cut at \(cut)")
      }
      try mac.update([1, 2, 3])
      try mac.reset()
      for byte in message { try mac.update([byte]) }
      #expect(try mac.finish() == tag, "\(vector.source) byte by byte")
      try mac.verify(tag, of: message)
      let code = errorCode { () throws(ProviderError) in try mac.verify(tag, of: message + [0]) }
      #expect(code == .authentication)
    }
  }

  @Test("AEADs give the published messages, open them, and refuse what was changed")
  func aeads() throws {
    let registry = try Toys.registry.get()
    for vector in TemplateVectors.aeads {
      let (plain, sealed) = (Toys.bytes(vector.plaintext), Toys.bytes(vector.sealed))
      let (nonce, aad) = (Toys.bytes(vector.nonce), Toys.bytes(vector.aad))
      let key = Toys.bytes(vector.key)
      let length = sealed.count - plain.count
      // A handle for each direction, so that no nonce is used twice on one.
      var sealing = try registry.aead(vector.name, key: key, tagLength: length)
      var opening = try registry.aead(vector.name, key: key, tagLength: length)
      #expect(try sealing.seal(plain, nonce: nonce, aad: aad) == sealed, "\(vector.source)")
      #expect(try opening.open(sealed, nonce: nonce, aad: aad) == plain, "\(vector.source)")
      #expect(try Self.inPlace(registry, vector.name, key, plain, nonce, aad, length) == sealed, "\(vector.source)")
      // Every byte of short messages; long ones have their turn elsewhere.
      guard aad.count < 100 else { continue }
      for index in stride(from: 0, to: sealed.count, by: sealed.count > 40 ? 7 : 1) {
        var forged = sealed
        forged[index] ^= 0x40
        let code = errorCode { () throws(ProviderError) in try opening.open(forged, nonce: nonce, aad: aad) }
        #expect(code == .authentication, "\(vector.source) byte \(index)")
      }
      #expect(try opening.open(sealed, nonce: nonce, aad: aad) == plain, "the handle is as good as before")
    }
  }

  private static func inPlace(
    _ registry: Registry, _ name: String, _ key: [UInt8], _ plain: [UInt8], _ nonce: [UInt8], _ aad: [UInt8],
    _ length: Int
  ) throws -> [UInt8] {
    var bytes = plain
    var sealing = try registry.aead(name, key: key, tagLength: length)
    let tag = try [UInt8](capacity: length) { (output) throws(ProviderError) in
      var span = bytes.mutableRawSpan
      try sealing.seal(inPlace: &span, nonce: nonce.rawSpan, aad: aad.rawSpan, tag: &output)
    }
    let sealed = bytes + tag
    var opening = try registry.aead(name, key: key, tagLength: length)
    do {
      var span = bytes.mutableRawSpan
      try opening.open(inPlace: &span, tag: tag.rawSpan, nonce: nonce.rawSpan, aad: aad.rawSpan)
    }
    #expect(bytes == plain, "\(name) opened in place")
    return sealed
  }

  @Test(
    "a forged message leaves nothing of the plaintext, in place or behind the output",
    arguments: [
      "gcm(aes)", "ccm(aes)", "rfc4106(gcm(aes))", "rfc4309(ccm(aes))", "rfc4543(gcm(aes))",
      "rfc7539(chacha20,poly1305)", "authenc(hmac(sha256),cbc(aes))",
    ])
  func wiped(name: String) throws {
    let registry = try Toys.registry.get()
    let algorithm = try registry.algorithm(name, .aead)
    guard case .aead(let properties) = algorithm.descriptor.properties else { return }
    let key =
      name.hasPrefix("authenc")
      ? Toys.authencKey(authentication: [1, 2], encryption: [UInt8](repeating: 7, count: 16))
      : (0..<properties.keyLengths.minimum).map { UInt8($0) }
    let nonce = [UInt8](repeating: 4, count: properties.ivSize)
    let (aad, plain) = ([UInt8](repeating: 2, count: 8), [UInt8](repeating: 0xEE, count: 96))
    var aead = try registry.aead(name, key: key)
    var sealed = try aead.seal(plain, nonce: nonce, aad: aad)
    sealed[3] ^= 1
    let (text, tag) = (Array(sealed.dropLast(aead.tagLength)), Array(sealed.suffix(aead.tagLength)))
    var bytes = text
    let code = errorCode { () throws(ProviderError) in
      var span = bytes.mutableRawSpan
      try aead.open(inPlace: &span, tag: tag.rawSpan, nonce: nonce.rawSpan, aad: aad.rawSpan)
    }
    #expect(code == .authentication)
    #expect(bytes == [UInt8](repeating: 0, count: 96))

    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 100, alignment: 16)
    defer { unsafe memory.deallocate() }
    unsafe memory.initializeMemory(as: UInt8.self, repeating: 0xAA)
    var output = unsafe OutputRawSpan(buffer: memory, initializedCount: 2)
    let refusal = errorCode { () throws(ProviderError) in
      try aead.open(text.rawSpan, tag: tag.rawSpan, nonce: nonce.rawSpan, aad: aad.rawSpan, into: &output)
    }
    #expect(refusal == .authentication)
    #expect(output.byteCount == 2)
    #expect(unsafe Array(memory) == [0xAA, 0xAA] + [UInt8](repeating: 0, count: 96) + [0xAA, 0xAA])
  }

  @Test("authenc is the MAC of associated data and ciphertext, under a key of the kernel's format")
  func authenc() throws {
    let registry = try Toys.registry.get()
    let (macKey, cipherKey) = ((0..<20).map { UInt8($0) }, [UInt8](repeating: 8, count: 24))
    let key = Toys.authencKey(authentication: macKey, encryption: cipherKey)
    var aead = try registry.aead("authenc(hmac(sha256),cbc(aes))", key: key, tagLength: 16)
    var mac = try registry.mac("hmac(sha256)", key: macKey)
    var cipher = try registry.cipher("cbc(aes)", key: cipherKey)
    let (plain, nonce, aad) = (
      [UInt8](repeating: 1, count: 32), [UInt8](repeating: 6, count: 16), [3, 4, 5] as [UInt8]
    )
    var iv = nonce
    let secret = try cipher.encrypt(plain, iv: &iv)
    let tag = try mac.authenticate(aad + secret).prefix(16)
    #expect(try aead.seal(plain, nonce: nonce, aad: aad) == secret + tag)
    for count in [1, 15, 17] {
      let code = errorCode { () throws(ProviderError) in
        try aead.seal([UInt8](repeating: 0, count: count), nonce: [UInt8](repeating: 7, count: 16), aad: aad)
      }
      #expect(code == .invalidArgument, "\(count) bytes are no whole blocks")
      let other = errorCode { () throws(ProviderError) in
        try aead.open([UInt8](repeating: 0, count: count + 16), nonce: nonce, aad: aad)
      }
      #expect(other == .authentication)
    }
  }
}
