// What single AEADs have: CCM's bound on the text, SIV's components, IPsec's salts, authenc's key.
// SPDX-License-Identifier: Apache-2.0

import Testing
import WarpDriveCore

@testable import OpenSSLProvider

@Suite("Single AEADs of libcrypto")
struct AEADModeTests {
  private let registry = OpenSSL.registry

  @Test("CCM's text is shorter the longer the nonce is", arguments: ["ccm(aes)", "ccm(aria)"])
  func textBound(name: String) throws {
    var aead = try registry.get().aead(name, key: OpenSSL.bytes(16), allowingNonceReuse: true)
    let nonce = OpenSSL.bytes(13)
    let longest = OpenSSL.bytes(65_535)
    let sealed = try aead.seal(longest, nonce: nonce)
    #expect(try aead.open(sealed, nonce: nonce) == longest)
    let tooLong = OpenSSL.bytes(65_536)
    var thrown: ProviderError?
    do throws(ProviderError) { _ = try aead.seal(tooLong, nonce: nonce) } catch { thrown = error }
    #expect(thrown?.code == .invalidArgument)
    #expect(thrown?.message.contains("at most 65535 bytes") == true)
    let opening = errorCode { () throws(ProviderError) in
      try aead.open(tooLong, tag: OpenSSL.bytes(16), nonce: nonce)
    }
    #expect(opening == .invalidArgument)
    var bytes = tooLong
    let inPlace = errorCode { () throws(ProviderError) in try aead.sealInPlace(&bytes, nonce, []) }
    #expect(inPlace == .invalidArgument)
    #expect(bytes == tooLong)
    #expect(try aead.seal(tooLong, nonce: OpenSSL.bytes(12)).count == 65_552, "a byte less, and it fits")
  }

  @Test("the bound is that of the length's field", arguments: [(7, Int.max), (8, (1 << 56) - 1), (12, (1 << 24) - 1)])
  func bounds(nonce: Int, longest: Int) throws {
    guard case .aead(let properties) = try registry.get().algorithm("ccm(aes)").descriptor.properties else {
      Issue.record("ccm(aes) is no AEAD")
      return
    }
    #expect(properties.longestText(underNonceOf: nonce) == longest)
  }

  @Test("SIV is that of Wycheproof, with nonce and without text")
  func siv() throws {
    // aead_aes_siv_cmac_test.json, tcId 4 and 14: a nonce, and associated data of one block and of 63 bytes.
    let cases = [
      (
        "cb5575f5c7c45c91cf320b139fb594237560d0a3e6f865a67d4f633f2c08f016", "1a6518f02ede1da6809266d9",
        "89cce9fb47441d07e0245a66fe8b778b", "623b7850c321e2cf0c6fbcc8dfd1aff2",
        "fd36ffae57f6c269b710560cda8cbf49417fbdd7ceb644b75fc380a1839b6de0"
      ),
      (
        "ec23c7ca157af267fa3bb7bf8da082f07519e12270343dc3561874d0fbd3b34b", "cee161cc77d6f601b436f768",
        "6ff015cb65f7359f0ec7a7da41877f1e375dc87f22ff11125772c3254f1ddb748dab20aec199490010d811085d1366bc4fd72d0b6899e4ec"
          + "0a96b46d7debcf", "", "0e063f0b0f1b3beae83d8a332a42f3a4"
      ),
    ]
    for (key, nonce, aad, plaintext, sealed) in cases {
      func bytes(_ text: String) throws -> [UInt8] { try #require(Hexadecimal.decode(text)) }
      var aead = try registry.get().aead("siv(aes)", key: bytes(key))
      #expect(try aead.seal(bytes(plaintext), nonce: bytes(nonce), aad: bytes(aad)) == bytes(sealed))
      #expect(try aead.open(bytes(sealed), nonce: bytes(nonce), aad: bytes(aad)) == bytes(plaintext))
    }
  }

  @Test("SIV tells an empty nonce, an empty text and associated data apart")
  func sivComponents() throws {
    var aead = try registry.get().aead("siv(aes)", key: OpenSSL.bytes(48))
    var seen: Set<[UInt8]> = []
    for (nonce, aad, text) in [
      ([], [], []), ([1], [], []), ([], [1], []), ([], [], [1]), ([1], [1], []), ([], [0], []), ([0], [], []),
    ] as [([UInt8], [UInt8], [UInt8])] {
      seen.insert(Array(try aead.seal(text, nonce: nonce, aad: aad).suffix(16)))
    }
    #expect(seen.count == 7)
  }

  @Test(
    "IPsec's forms are GCM and CCM with the salt before the nonce",
    arguments: [("rfc4106(gcm(aes))", "gcm(aes)", 4), ("rfc4309(ccm(aes))", "ccm(aes)", 3)])
  func packets(name: String, base: String, saltLength: Int) throws {
    for keyLength in [16, 24, 32] {
      let (key, salt) = (OpenSSL.bytes(keyLength), OpenSSL.bytes(saltLength, from: 99))
      for tagLength in [8, 12, 16] {
        var packet = try registry.get().aead(
          name, key: key + salt, tagLength: tagLength, allowingNonceReuse: true)
        var whole = try registry.get().aead(base, key: key, tagLength: tagLength, allowingNonceReuse: true)
        for aad in [OpenSSL.bytes(8), OpenSSL.bytes(12)] {
          let (text, nonce) = (OpenSSL.bytes(61), OpenSSL.bytes(8, from: 3))
          let sealed = try packet.seal(text, nonce: nonce, aad: aad)
          #expect(try sealed == whole.seal(text, nonce: salt + nonce, aad: aad))
        }
      }
    }
  }

  @Test("RFC 4543 is GMAC over associated data, nonce and text, and passes the text through")
  func gmac() throws {
    let (key, salt) = (OpenSSL.bytes(32), OpenSSL.bytes(4, from: 99))
    var packet = try registry.get().aead("rfc4543(gcm(aes))", key: key + salt, allowingNonceReuse: true)
    var whole = try registry.get().aead("gcm(aes)", key: key, allowingNonceReuse: true)
    for count in [0, 1, 16, 52, 1000] {
      let (text, nonce, aad) = (OpenSSL.bytes(count), OpenSSL.bytes(8, from: 3), OpenSSL.bytes(12))
      let tag = try whole.seal([], nonce: salt + nonce, aad: aad + nonce + text)
      #expect(try packet.seal(text, nonce: nonce, aad: aad) == text + tag)
      #expect(try packet.open(text + tag, nonce: nonce, aad: aad) == text)
    }
  }

  @Test(
    "associated data of a packet has 8 or 12 bytes",
    arguments: ["rfc4106(gcm(aes))", "rfc4309(ccm(aes))", "rfc4543(gcm(aes))"])
  func packetAAD(name: String) throws {
    let item = try #require(AEADCase.all.first { $0.name == name })
    var aead = try item.handle()
    let tag = [UInt8](repeating: 0, count: 16)
    for length in 0...24 {
      let aad = OpenSSL.bytes(length)
      let sealing = errorCode { () throws(ProviderError) in try aead.seal([1], nonce: item.nonce, aad: aad) }
      let opening = errorCode { () throws(ProviderError) in
        try aead.open([1], tag: tag, nonce: item.nonce, aad: aad)
      }
      let isAllowed = length == 8 || length == 12
      #expect(sealing == (isAllowed ? nil : .invalidArgument), "\(length) bytes")
      #expect(opening == (isAllowed ? .authentication : .invalidArgument), "\(length) bytes")
    }
  }

  @Test(
    "authenc is CBC and then HMAC over associated data and ciphertext",
    arguments: ["sha1", "sha256", "sha384", "sha512"])
  func authenc(hash: String) throws {
    let registry = try registry.get()
    for (authentication, encryption) in [
      (OpenSSL.bytes(32), OpenSSL.bytes(16)), ([], OpenSSL.bytes(24)), (OpenSSL.bytes(200), OpenSSL.bytes(32)),
    ] {
      let key = AEADKeyForm.authencKey(authentication: authentication, encryption: encryption)
      var aead = try registry.aead("authenc(hmac(\(hash)),cbc(aes))", key: key, allowingNonceReuse: true)
      var cipher = try registry.cipher("cbc(aes)", key: encryption)
      var mac = try registry.mac("hmac(\(hash))", key: authentication)
      for count in [0, 16, 160] {
        for aad in [[], OpenSSL.bytes(24)] {
          let text = OpenSSL.bytes(count)
          var iv = OpenSSL.bytes(16, from: 8)
          let sealed = try aead.seal(text, nonce: iv, aad: aad)
          let ciphertext = try cipher.encrypt(text, iv: &iv)
          #expect(try sealed == ciphertext + mac.authenticate(aad + ciphertext))
        }
      }
    }
  }

  @Test("a text for authenc is a multiple of the block; a sealed one that is not was never sealed")
  func blocks() throws {
    let item = try #require(AEADCase.all.first { $0.block == 16 })
    var aead = try item.handle()
    for count in [1, 15, 17] {
      let text = OpenSSL.bytes(count)
      #expect(errorCode { () throws(ProviderError) in try aead.seal(text, nonce: item.nonce) } == .invalidArgument)
      let tag = OpenSSL.bytes(aead.tagLength)
      let opening = errorCode { () throws(ProviderError) in try aead.open(text, tag: tag, nonce: item.nonce) }
      #expect(opening == .authentication)
      var bytes = text
      let inPlace = errorCode { () throws(ProviderError) in
        var span = bytes.mutableRawSpan
        try aead.open(inPlace: &span, tag: tag.rawSpan, nonce: item.nonce.rawSpan, aad: RawSpan())
      }
      #expect(inPlace == .authentication)
      #expect(bytes == [UInt8](repeating: 0, count: count), "wiped as any forgery")
    }
  }

  @Test("a key for authenc that is not of the kernel's form is refused by code")
  func authencKeys() throws {
    let key = AEADKeyForm.authencKey(authentication: OpenSSL.bytes(20), encryption: OpenSSL.bytes(16))
    func code(_ change: (inout [UInt8]) -> Void) -> ProviderError.Code? {
      var other = key
      change(&other)
      return errorCode { () throws(ProviderError) in
        try registry.get().aead("authenc(hmac(sha1),cbc(aes))", key: other)
      }
    }
    #expect(code { _ in } == nil)
    // The attribute's length and type, in either byte of each.
    for index in 0..<4 { #expect(code { $0[index] ^= 1 } == .invalidKey, "byte \(index)") }
    #expect(code { $0[7] = 37 } == .invalidKey, "more to encrypt with than there is")
    #expect(code { $0[4] = 0x80 } == .invalidKey)
    for length in [0, 1, 15, 17, 20, 33] as [UInt8] {
      #expect(code { $0[7] = length } == .invalidKeyLength, "\(length) bytes to encrypt with")
    }
    #expect(code { $0[7] = 24 } == nil, "another split of the same bytes")
    #expect(code { $0.removeSubrange(8...) } == .invalidKeyLength)
    #expect(code { $0 = [] } == .invalidKeyLength)
  }

  @Test("the header of authenc's key is the kernel's")
  func keyHeader() {
    let key = AEADKeyForm.authencKey(authentication: [1, 2], encryption: OpenSSL.bytes(16))
    #if _endian(big)
      #expect(key.prefix(4) == [0, 8, 0, 1])
    #else
      #expect(key.prefix(4) == [8, 0, 1, 0])
    #endif
    #expect(key[4..<10] == [0, 0, 0, 16, 1, 2])
    #expect(key.count == 26)
  }

  @Test("what libcrypto does not have yet is not listed: SM4 in GCM and CCM before 3.2")
  func sm4() {
    let names = AEADAlgorithm.all.map(\.descriptor.name)
    #expect(names.contains("gcm(sm4)") == names.contains("ccm(sm4)"))
    let isThere = (try? OpenSSL.registry.get().aead("gcm-sm4-openssl", key: OpenSSL.bytes(16))) != nil
    #expect(isThere == names.contains("gcm(sm4)"))
  }
}
