// AES-GCM and ChaCha20-Poly1305: lengths, forgeries, what is left in memory after one, and in place.
// SPDX-License-Identifier: Apache-2.0

import Testing
import WarpDriveCore

@testable import OpenSSLProvider

@Suite("AEADs of libcrypto")
struct AEADTests {
  private static let names = ["gcm(aes)", "rfc7539(chacha20,poly1305)"]
  private let aad = OpenSSL.bytes(20, from: 5)
  private let nonce = OpenSSL.bytes(12, from: 9)

  @Test("what was sealed opens, empty parts included", arguments: names)
  func roundTrips(name: String) throws {
    var aead = try OpenSSL.registry.get().aead(name, key: OpenSSL.bytes(32))
    for count in [0, 1, 15, 16, 17, 64, 1000, 70_000] {
      for aad in [[], aad] {
        let plaintext = OpenSSL.bytes(count)
        let sealed = try aead.seal(plaintext, nonce: nonce, aad: aad)
        #expect(sealed.count == count + 16)
        #expect(try aead.open(sealed, nonce: nonce, aad: aad) == plaintext)
      }
    }
  }

  @Test("a flipped bit anywhere is noticed", arguments: names)
  func forgeries(name: String) throws {
    var aead = try OpenSSL.registry.get().aead(name, key: OpenSSL.bytes(32))
    let sealed = try aead.seal(OpenSSL.bytes(40), nonce: nonce, aad: aad)
    func opening(_ sealed: [UInt8], _ nonce: [UInt8], _ aad: [UInt8]) -> ProviderError.Code? {
      errorCode { () throws(ProviderError) in try aead.open(sealed, nonce: nonce, aad: aad) }
    }
    for index in sealed.indices {
      var forged = sealed
      forged[index] ^= 0x10
      #expect(opening(forged, nonce, aad) == .authentication, "byte \(index)")
    }
    #expect(opening(sealed, OpenSSL.bytes(12), aad) == .authentication)
    #expect(opening(sealed, nonce, []) == .authentication)
    #expect(opening(Array(sealed.prefix(15)), nonce, aad) == .authentication)
    #expect(opening(sealed, nonce, aad) == nil, "the handle is as good as before")
  }

  @Test("a forged message leaves no plaintext in the output", arguments: AEADAlgorithm.all.indices)
  func wiped(index: Int) throws {
    var transform = try AuthenticatedCipherDriver(AEADAlgorithm.all[index]).makeTransform()
    try transform.setKey(OpenSSL.bytes(32).rawSpan)
    var sealed = try [UInt8](capacity: 116) { (output) throws(ProviderError) in
      try transform.seal(
        OpenSSL.bytes(100).rawSpan, nonce: nonce.rawSpan, aad: aad.rawSpan, tagLength: 16, into: &output)
    }
    sealed[115] ^= 1
    let (text, tag) = (Array(sealed.prefix(100)), Array(sealed.suffix(16)))

    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 110, alignment: 16)
    defer { unsafe memory.deallocate() }
    unsafe memory.initializeMemory(as: UInt8.self, repeating: 0xAA)
    var output = unsafe OutputRawSpan(buffer: memory, initializedCount: 3)
    var code: ProviderError.Code?
    do throws(ProviderError) {
      try transform.open(text.rawSpan, tag: tag.rawSpan, nonce: nonce.rawSpan, aad: aad.rawSpan, into: &output)
    } catch {
      code = error.code
    }
    #expect(code == .authentication)
    #expect(output.byteCount == 3, "nothing was appended")
    let left = unsafe [UInt8](memory)
    let (before, after) = ([UInt8](repeating: 0xAA, count: 3), [UInt8](repeating: 0xAA, count: 7))
    #expect(left == before + [UInt8](repeating: 0, count: 100) + after)

    var inPlace = text
    code = nil
    do throws(ProviderError) {
      var span = inPlace.mutableRawSpan
      try transform.open(inPlace: &span, tag: tag.rawSpan, nonce: nonce.rawSpan, aad: aad.rawSpan)
    } catch {
      code = error.code
    }
    #expect(code == .authentication)
    #expect(inPlace == [UInt8](repeating: 0, count: 100))
  }

  @Test("in place is as out of place", arguments: names)
  func inPlace(name: String) throws {
    var aead = try OpenSSL.registry.get().aead(name, key: OpenSSL.bytes(32))
    let plaintext = OpenSSL.bytes(75)
    let sealed = try aead.seal(plaintext, nonce: nonce, aad: aad)
    var bytes = plaintext
    let tag = try Self.seal(&aead, &bytes, nonce, aad)
    #expect(bytes + tag == sealed)
    try Self.open(&aead, &bytes, tag, nonce, aad)
    #expect(bytes == plaintext)
  }

  private static func seal(
    _ aead: inout AEAD, _ bytes: inout [UInt8], _ nonce: [UInt8], _ aad: [UInt8]
  ) throws(ProviderError) -> [UInt8] {
    var span = bytes.mutableRawSpan
    return try [UInt8](capacity: aead.tagLength) { (tag) throws(ProviderError) in
      try aead.seal(inPlace: &span, nonce: nonce.rawSpan, aad: aad.rawSpan, tag: &tag)
    }
  }

  private static func open(
    _ aead: inout AEAD, _ bytes: inout [UInt8], _ tag: [UInt8], _ nonce: [UInt8], _ aad: [UInt8]
  ) throws(ProviderError) {
    var span = bytes.mutableRawSpan
    try aead.open(inPlace: &span, tag: tag.rawSpan, nonce: nonce.rawSpan, aad: aad.rawSpan)
  }

  @Test("GCM's shorter tags are the first bytes of the longest", arguments: [15, 14, 13, 12, 8, 4])
  func shortTags(length: Int) throws {
    let registry = try OpenSSL.registry.get()
    var whole = try registry.aead("gcm(aes)", key: OpenSSL.bytes(16))
    var short = try registry.aead("gcm(aes)", key: OpenSSL.bytes(16), tagLength: length)
    let plaintext = OpenSSL.bytes(33)
    let sealed = try short.seal(plaintext, nonce: nonce, aad: aad)
    #expect(sealed == Array(try whole.seal(plaintext, nonce: nonce, aad: aad).prefix(33 + length)))
    #expect(try short.open(sealed, nonce: nonce, aad: aad) == plaintext)
    var forged = sealed
    forged[forged.count - 1] ^= 0x80
    let code = errorCode { () throws(ProviderError) in try short.open(forged, nonce: nonce, aad: aad) }
    #expect(code == .authentication)
  }

  @Test("lengths that the standards do not have are refused by code")
  func lengths() throws {
    let registry = try OpenSSL.registry.get()
    for length in [0, 1, 3, 5, 7, 9, 11, 17] {
      let code = errorCode { () throws(ProviderError) in
        try registry.aead("gcm(aes)", key: OpenSSL.bytes(16), tagLength: length)
      }
      #expect(code == .invalidTagLength, "GCM with a tag of \(length)")
    }
    for length in [4, 8, 12, 15, 17] {
      let code = errorCode { () throws(ProviderError) in
        try registry.aead("rfc7539(chacha20,poly1305)", key: OpenSSL.bytes(32), tagLength: length)
      }
      #expect(code == .invalidTagLength, "ChaCha20-Poly1305 with a tag of \(length)")
    }
    for length in [0, 15, 17, 33] {
      let code = errorCode { () throws(ProviderError) in try registry.aead("gcm(aes)", key: OpenSSL.bytes(length)) }
      #expect(code == .invalidKeyLength, "GCM with a key of \(length)")
    }
    for length in [16, 24, 31, 33] {
      let code = errorCode { () throws(ProviderError) in
        try registry.aead("chacha20-poly1305", key: OpenSSL.bytes(length))
      }
      #expect(code == .invalidKeyLength, "ChaCha20-Poly1305 with a key of \(length)")
    }
    var chacha = try registry.aead("chacha20-poly1305", key: OpenSSL.bytes(32))
    for length in [0, 8, 11, 13, 24] {
      let code = errorCode { () throws(ProviderError) in try chacha.seal([], nonce: OpenSSL.bytes(length)) }
      #expect(code == .invalidIVLength, "ChaCha20-Poly1305 with a nonce of \(length)")
    }
    var gcm = try registry.aead("gcm(aes)", key: OpenSSL.bytes(32))
    for length in [0, 129] {
      let code = errorCode { () throws(ProviderError) in try gcm.seal([], nonce: OpenSSL.bytes(length)) }
      #expect(code == .invalidIVLength, "GCM with a nonce of \(length)")
    }
  }

  @Test("GCM takes nonces of any length in turn under one key")
  func nonces() throws {
    let registry = try OpenSSL.registry.get()
    var aead = try registry.aead("gcm(aes)", key: OpenSSL.bytes(32))
    let plaintext = OpenSSL.bytes(50)
    var seen: Set<[UInt8]> = []
    for length in [12, 1, 16, 12, 128, 8, 12, 127] {
      let nonce = OpenSSL.bytes(length, from: length)
      let sealed = try aead.seal(plaintext, nonce: nonce)
      var fresh = try registry.aead("gcm(aes)", key: OpenSSL.bytes(32))
      #expect(try fresh.seal(plaintext, nonce: nonce) == sealed, "a handle that had other lengths before")
      #expect(try aead.open(sealed, nonce: nonce) == plaintext)
      seen.insert(sealed)
    }
    #expect(seen.count == 6)
  }
}
