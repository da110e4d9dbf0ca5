// MACs that are none over a hash: nonces, one-time keys, options, and messages in pieces.
// SPDX-License-Identifier: Apache-2.0

import OpenSSLProvider
import Testing
import WarpDriveCore

@Suite("CMAC, GMAC, Poly1305, SipHash, KMAC and keyed BLAKE2 of libcrypto")
struct KeyedMACTests {
  private static let names = OpenSSL.cipherMACs + OpenSSL.primitiveMACs

  private static func properties(_ name: String) throws -> MACProperties {
    let algorithm = try OpenSSL.registry.get().algorithm(name, .mac)
    guard case .mac(let properties) = algorithm.descriptor.properties else {
      throw ProviderError(.unsupported, "\(name) is no MAC")
    }
    return properties
  }

  /// A handle that tests what does not depend on a fresh nonce.
  private static func handle(_ name: String) throws -> MAC {
    let properties = try properties(name)
    return try OpenSSL.registry.get().mac(
      name, key: OpenSSL.bytes(min(properties.keyLengths.maximum, 32)),
      .init(iv: OpenSSL.bytes(properties.ivSize), allowsReuse: true))
  }

  @Test("HMAC is there over every hash whose digest has a length of its own")
  func everyHMAC() throws {
    let registry = try OpenSSL.registry.get()
    for algorithm in registry.algorithms where algorithm.kind == .hash {
      guard case .hash(let properties) = algorithm.descriptor.properties, !properties.isExtendable else { continue }
      #expect(try registry.algorithm("hmac(\(algorithm.name))", .mac).driverName == "hmac-\(algorithm.name)-openssl")
    }
  }

  @Test("a message in pieces has the tag of the whole, at every length around the blocks", arguments: names)
  func pieces(name: String) throws {
    var mac = try Self.handle(name)
    for length in [0, 1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 495, 496, 497, 511, 512, 513, 528, 1100, 2000] {
      let message = OpenSSL.bytes(length)
      let tag = try mac.authenticate(message)
      #expect(tag.count == mac.tagSize)
      for size in [1, 3, 8, 16, 17, 500, 512, 1024] {
        var rest = message[...]
        while !rest.isEmpty {
          try mac.update(Array(rest.prefix(size)))
          rest = rest.dropFirst(size)
        }
        #expect(try mac.finish() == tag, "\(length) bytes in pieces of \(size)")
      }
      // What an abandoned message leaves behind does not count.
      try mac.update(OpenSSL.bytes(100))
      try mac.reset()
      #expect(try mac.authenticate(message) == tag)
      try mac.update(OpenSSL.bytes(37))
      #expect(try mac.authenticate(message) == tag)
    }
  }

  @Test("keys follow one another in one handle", arguments: names)
  func rekeying(name: String) throws {
    let properties = try Self.properties(name)
    var mac = try Self.handle(name)
    let first = try mac.authenticate([1, 2, 3])
    let old = OpenSSL.bytes(min(properties.keyLengths.maximum, 32))
    try mac.setKey(OpenSSL.bytes(old.count, from: 50).rawSpan)
    #expect(try mac.authenticate([1, 2, 3]) != first)
    try mac.update([9])
    try mac.setKey(old.rawSpan)
    #expect(try mac.authenticate([1, 2, 3]) == first)
    let code = errorCode { () throws(ProviderError) in
      try mac.setKey(OpenSSL.bytes(properties.keyLengths.maximum + 1).rawSpan)
    }
    #expect(code == .invalidKeyLength)
    #expect(try mac.authenticate([1, 2, 3]) == first, "the old key stays")
  }

  @Test("wrong lengths of keys, nonces and tags, and options that there are not, are refused by code", arguments: names)
  func refusals(name: String) throws {
    let registry = try OpenSSL.registry.get()
    let properties = try Self.properties(name)
    for length in 0...70 where !properties.keyLengths.contains(length) {
      let code = errorCode { () throws(ProviderError) in try registry.mac(name, key: OpenSSL.bytes(length)) }
      #expect(code == .invalidKeyLength, "a key of \(length)")
    }
    let key = OpenSSL.bytes(properties.keyLengths.minimum)
    func code(_ options: MACOptions) -> ProviderError.Code? {
      errorCode { () throws(ProviderError) in try registry.mac(name, key: key, options) }
    }
    for size in 0...70 {
      #expect(code(.init(tagSize: size)) == (properties.tagLengths.contains(size) ? nil : .invalidTagLength), "\(size)")
    }
    for length in [1, 12, 128, 129] {
      let isTaken = properties.ivSize > 0 && properties.ivLengths.contains(length)
      #expect(code(.init(iv: OpenSSL.bytes(length))) == (isTaken ? nil : .invalidIVLength), "a nonce of \(length)")
    }
    for (most, options) in [
      (properties.maximumCustomization, { MACOptions(customization: OpenSSL.bytes($0)) }),
      (properties.maximumSalt, { MACOptions(salt: OpenSSL.bytes($0)) }),
    ] {
      #expect(code(options(most)) == nil)
      #expect(code(options(most + 1)) == .invalidArgument)
    }
  }

  @Test("GMAC needs a nonce for each message")
  func nonces() throws {
    let registry = try OpenSSL.registry.get()
    let key = OpenSSL.bytes(16)
    var mac = try registry.mac("gmac(aes)", key: key)
    #expect(errorCode { () throws(ProviderError) in try mac.authenticate([1]) } == .invalidIVLength)
    #expect(errorCode { () throws(ProviderError) in try mac.update([1]) } == .invalidIVLength)
    let nonces = [
      OpenSSL.bytes(12), OpenSSL.bytes(12, from: 5), OpenSSL.bytes(1), OpenSSL.bytes(128), OpenSSL.bytes(12),
    ]
    for nonce in nonces {
      try mac.setIV(nonce)
      let tag = try mac.authenticate([1, 2])
      // GMAC is GCM with nothing to encrypt.
      var aead = try registry.aead("gcm(aes)", key: key)
      #expect(try aead.seal([], nonce: nonce, aad: [1, 2]) == tag)
      #expect(errorCode { () throws(ProviderError) in try mac.authenticate([1, 2]) } == .invalidState)
      #expect(errorCode { () throws(ProviderError) in try mac.update([1]) } == .invalidState)
      #expect(errorCode { () throws(ProviderError) in try mac.finish() } == .invalidState)
      #expect(errorCode { () throws(ProviderError) in try mac.setIV(nonce) } == .invalidState, "the same again")
      // Verifying shows no tag.
      for _ in 0..<2 { try mac.verify(tag, of: [1, 2]) }
      #expect(errorCode { () throws(ProviderError) in try mac.verify(tag, of: [2, 1]) } == .authentication)
      #expect(errorCode { () throws(ProviderError) in try mac.authenticate([2, 1]) } == .invalidState)
    }
    try mac.setIV(OpenSSL.bytes(12, from: 9))
    try mac.update([1])
    #expect(
      errorCode { () throws(ProviderError) in try mac.setIV(OpenSSL.bytes(12)) } == .invalidState, "amid a message")
    _ = try mac.finish()
    try mac.setKey(OpenSSL.bytes(32).rawSpan)
    #expect(errorCode { () throws(ProviderError) in try mac.authenticate([1]) } == nil, "another key")
    #expect(errorCode { () throws(ProviderError) in try mac.setIV([]) } == .invalidIVLength)
  }

  @Test("a key of Poly1305 serves one message")
  func oneTimeKeys() throws {
    var mac = try OpenSSL.registry.get().mac("poly1305", key: OpenSSL.bytes(32))
    let tag = try mac.authenticate([1, 2, 3])
    #expect(errorCode { () throws(ProviderError) in try mac.authenticate([1, 2, 3]) } == .invalidState)
    #expect(errorCode { () throws(ProviderError) in try mac.update([1]) } == .invalidState)
    #expect(errorCode { () throws(ProviderError) in try mac.finish() } == .invalidState)
    #expect(errorCode { () throws(ProviderError) in try mac.verify(tag, of: [1, 2, 3]) } == .invalidState)
    try mac.setKey(OpenSSL.bytes(32).rawSpan)
    try mac.verify(tag, of: [1, 2, 3])
    try mac.setKey(OpenSSL.bytes(32).rawSpan)
    let code = errorCode { () throws(ProviderError) in try mac.verify(tag, of: [1, 2, 4]) }
    #expect(code == .authentication)
  }

  @Test("the length of a tag changes the whole of KMAC's, and only cuts that of its extendable form")
  func tagLengths() throws {
    let registry = try OpenSSL.registry.get()
    for bits in [128, 256] {
      for (name, isPrefix) in [("kmac\(bits)", false), ("kmacxof\(bits)", true)] {
        var short = try registry.mac(name, key: OpenSSL.bytes(16), .init(tagSize: 20))
        var long = try registry.mac(name, key: OpenSSL.bytes(16), .init(tagSize: 300))
        let (head, whole) = try (short.authenticate([7]), long.authenticate([7]))
        #expect((head.count, whole.count) == (20, 300))
        #expect((Array(whole.prefix(20)) == head) == isPrefix, "\(name)")
      }
    }
    for name in ["siphash", "blake2bmac", "blake2smac"] {
      var short = try registry.mac(name, key: OpenSSL.bytes(16), .init(tagSize: 8))
      var long = try registry.mac(name, key: OpenSSL.bytes(16), .init(tagSize: 16))
      let (head, whole) = try (short.authenticate([7]), long.authenticate([7]))
      #expect(head.count == 8 && whole.count == 16 && Array(whole.prefix(8)) != head, "\(name)")
    }
  }

  @Test("customization and salt change the tag", arguments: ["kmac128", "kmac256", "blake2bmac", "blake2smac"])
  func customization(name: String) throws {
    let registry = try OpenSSL.registry.get()
    let key = OpenSSL.bytes(16)
    var plain = try registry.mac(name, key: key)
    var customized = try registry.mac(name, key: key, .init(customization: [1]))
    var tags: Set = [try plain.authenticate([7]), try customized.authenticate([7])]
    if try Self.properties(name).maximumSalt > 0 {
      var salted = try registry.mac(name, key: key, .init(salt: [1]))
      tags.insert(try salted.authenticate([7]))
      #expect(tags.count == 3)
    }
    #expect(tags.count >= 2)
  }
}
