// Every AEAD of libcrypto's: round trips, forgeries, what is left in memory after one, lengths, and in place.
// SPDX-License-Identifier: Apache-2.0

import Testing
import WarpDriveCore

@testable import OpenSSLProvider

@Suite("AEADs of libcrypto")
struct AEADTests {
  @Test("every registered AEAD is among the cases")
  func complete() {
    let cases = Set(AEADCase.all.map(\.name))
    let registered = AEADAlgorithm.all.map(\.descriptor.name).filter { !$0.hasSuffix("(sm4)") }
    #expect(cases == Set(registered))
  }

  @Test("what was sealed opens, empty parts included", arguments: AEADCase.all)
  func roundTrips(_ item: AEADCase) throws {
    for tagLength in item.tagLengths {
      var aead = try item.handle(tagLength: tagLength)
      for count in [0, 1, 15, 16, 17, 31, 32, 33, 64, 1000, 70_000] {
        for aad in item.aad.count == 20 ? [[], item.aad] : [Array(item.aad.prefix(8)), item.aad] {
          let plaintext = item.text(count)
          let sealed = try aead.seal(plaintext, nonce: item.nonce, aad: aad)
          #expect(sealed.count == plaintext.count + tagLength)
          #expect(try aead.open(sealed, nonce: item.nonce, aad: aad) == plaintext, "\(count) bytes, tag \(tagLength)")
        }
      }
    }
  }

  @Test("a flipped bit anywhere is noticed", arguments: AEADCase.all)
  func forgeries(_ item: AEADCase) throws {
    var aead = try item.handle()
    let sealed = try aead.seal(item.text(48), nonce: item.nonce, aad: item.aad)
    func opening(_ sealed: [UInt8], _ nonce: [UInt8], _ aad: [UInt8]) -> ProviderError.Code? {
      errorCode { () throws(ProviderError) in try aead.open(sealed, nonce: nonce, aad: aad) }
    }
    for index in sealed.indices {
      var forged = sealed
      forged[index] ^= 0x10
      #expect(opening(forged, item.nonce, item.aad) == .authentication, "byte \(index)")
    }
    var (nonce, aad) = (item.nonce, item.aad)
    nonce[nonce.count - 1] ^= 1
    aad[0] ^= 1
    // The IV of CBC is authenticated where the caller has it in the associated data, as IPsec does.
    if !item.name.hasPrefix("authenc") { #expect(opening(sealed, nonce, item.aad) == .authentication) }
    #expect(opening(sealed, item.nonce, aad) == .authentication)
    if aad.count == 20 { #expect(opening(sealed, item.nonce, []) == .authentication) }
    #expect(opening(Array(sealed.prefix(15)), item.nonce, item.aad) == .authentication)
    #expect(opening(Array(sealed.dropFirst()), item.nonce, item.aad) == .authentication)
    #expect(opening(sealed, item.nonce, item.aad) == nil, "the handle is as good as before")
  }

  @Test("every wrong value of every byte of the shortest tag is refused", arguments: AEADCase.all)
  func wrongTags(_ item: AEADCase) throws {
    let tagLength = try #require(item.tagLengths.last)
    var aead = try item.handle(tagLength: tagLength)
    let sealed = try aead.seal(item.text(16), nonce: item.nonce, aad: item.aad)
    var accepted = 0
    for index in sealed.count - tagLength..<sealed.count {
      for difference in UInt8(1)...255 {
        var forged = sealed
        forged[index] ^= difference
        let code = errorCode { () throws(ProviderError) in
          try aead.open(forged, nonce: item.nonce, aad: item.aad)
        }
        if code != .authentication { accepted += 1 }
      }
    }
    #expect(accepted == 0)
    #expect(try aead.open(sealed, nonce: item.nonce, aad: item.aad) == item.text(16))
  }

  @Test("a forged message leaves no plaintext in the output", arguments: AEADCase.all)
  func wiped(_ item: AEADCase) throws {
    var transform = try item.driver().makeTransform()
    try transform.setKey(item.key.rawSpan)
    let tagLength = item.tagLengths[0]
    let (nonce, aad, plaintext) = (item.nonce, item.aad, item.text(96))
    var sealed = try [UInt8](capacity: 96 + tagLength) { (output) throws(ProviderError) in
      try transform.seal(
        plaintext.rawSpan, nonce: nonce.rawSpan, aad: aad.rawSpan, tagLength: tagLength, into: &output)
    }
    sealed[95 + tagLength] ^= 1
    let (text, tag) = (Array(sealed.prefix(96)), Array(sealed.suffix(tagLength)))

    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 106, alignment: 16)
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
    #expect(left == before + [UInt8](repeating: 0, count: 96) + after)

    var inPlace = text
    code = nil
    do throws(ProviderError) {
      var span = inPlace.mutableRawSpan
      try transform.open(inPlace: &span, tag: tag.rawSpan, nonce: nonce.rawSpan, aad: aad.rawSpan)
    } catch {
      code = error.code
    }
    #expect(code == .authentication)
    #expect(inPlace == [UInt8](repeating: 0, count: 96))
  }

  @Test("in place is as out of place", arguments: AEADCase.all)
  func inPlace(_ item: AEADCase) throws {
    var aead = try item.handle()
    for count in [0, 16, 75, 100] {
      let plaintext = item.text(count)
      let sealed = try aead.seal(plaintext, nonce: item.nonce, aad: item.aad)
      var bytes = plaintext
      let tag = try aead.sealInPlace(&bytes, item.nonce, item.aad)
      #expect(bytes + tag == sealed, "\(count) bytes")
      var span = bytes.mutableRawSpan
      try aead.open(inPlace: &span, tag: tag.rawSpan, nonce: item.nonce.rawSpan, aad: item.aad.rawSpan)
      #expect(bytes == plaintext, "\(count) bytes")
    }
  }

  @Test("a key after another makes the transform as good as new", arguments: AEADCase.all)
  func newKey(_ item: AEADCase) throws {
    var transform = try item.driver().makeTransform()
    var other = item.key
    other[other.count - 1] ^= 1
    for key in [item.key, other, item.key] {
      try transform.setKey(key.rawSpan)
      var aead = try OpenSSL.registry.get().aead(item.name, key: key)
      let expected = try aead.seal(item.text(40), nonce: item.nonce, aad: item.aad)
      let sealed = try [UInt8](capacity: expected.count) { (output) throws(ProviderError) in
        try transform.seal(
          item.text(40).rawSpan, nonce: item.nonce.rawSpan, aad: item.aad.rawSpan, tagLength: item.tagLengths[0],
          into: &output)
      }
      #expect(sealed == expected)
    }
  }

  @Test("without a key nothing is sealed or opened", arguments: AEADCase.all)
  func noKey(_ item: AEADCase) throws {
    var transform = try item.driver().makeTransform()
    let tag = [UInt8](repeating: 0, count: item.tagLengths[0])
    var sealing: ProviderError.Code?
    var opening: ProviderError.Code?
    let output = try [UInt8](capacity: 200) { (output) throws(ProviderError) in
      do throws(ProviderError) {
        try transform.seal(
          item.text(16).rawSpan, nonce: item.nonce.rawSpan, aad: item.aad.rawSpan, tagLength: tag.count, into: &output)
      } catch { sealing = error.code }
      do throws(ProviderError) {
        try transform.open(
          item.text(16).rawSpan, tag: tag.rawSpan, nonce: item.nonce.rawSpan, aad: item.aad.rawSpan, into: &output)
      } catch { opening = error.code }
    }
    #expect(sealing == .backendFailure)
    #expect(opening == .backendFailure)
    #expect(output.isEmpty)
  }

  @Test("tags are of the lengths that the standards have, and of no others", arguments: AEADCase.all)
  func tagLengths(_ item: AEADCase) throws {
    for length in 0...70 {
      let code = errorCode { () throws(ProviderError) in
        try OpenSSL.registry.get().aead(item.name, key: item.key, tagLength: length)
      }
      #expect(code == (item.tagLengths.contains(length) ? nil : .invalidTagLength), "\(length) bytes")
    }
    var aead = try item.handle()
    #expect(aead.tagLength == item.tagLengths[0], "the longest is the default")
    let given = [UInt8](repeating: 0, count: item.tagLengths[0] - 1)
    let code = errorCode { () throws(ProviderError) in
      try aead.open(item.text(16), tag: given, nonce: item.nonce, aad: item.aad)
    }
    #expect(code == .invalidTagLength)
  }

  @Test(
    "a shorter tag is the first bytes of the longest, where the standard cuts it",
    arguments: AEADCase.all.filter { !$0.name.contains("ccm") && !$0.name.contains("ocb") })
  func shortTags(_ item: AEADCase) throws {
    var whole = try item.handle()
    let longest = try whole.seal(item.text(33), nonce: item.nonce, aad: item.aad)
    for length in item.tagLengths {
      var short = try item.handle(tagLength: length)
      let sealed = try short.seal(item.text(33), nonce: item.nonce, aad: item.aad)
      #expect(sealed == Array(longest.dropLast(item.tagLengths[0] - length)))
    }
  }

  @Test("keys are of the lengths that the standards have, and of no others")
  func keyLengths() throws {
    let aes: Set = [16, 24, 32]
    let lengths: [String: Set<Int>] = [
      "gcm(aes)": aes, "gcm(aria)": aes, "ccm(aes)": aes, "ccm(aria)": aes, "ocb(aes)": aes, "siv(aes)": [32, 48, 64],
      "rfc7539(chacha20,poly1305)": [32], "rfc4106(gcm(aes))": [20, 28, 36], "rfc4309(ccm(aes))": [19, 27, 35],
      "rfc4543(gcm(aes))": [20, 28, 36],
    ]
    for (name, allowed) in lengths {
      for length in 0...66 {
        let code = errorCode { () throws(ProviderError) in
          try OpenSSL.registry.get().aead(name, key: OpenSSL.bytes(length))
        }
        #expect(code == (allowed.contains(length) ? nil : .invalidKeyLength), "\(name) with \(length)")
      }
    }
  }

  @Test("nonces are of the lengths that the standards have, and of no others", arguments: AEADCase.all)
  func nonceLengths(_ item: AEADCase) throws {
    let ranges = ["gcm": 1...128, "ccm": 7...13, "ocb": 1...15, "siv": 0...128, "aut": 16...16]
    let allowed =
      ranges[String(item.name.prefix(3))] ?? (item.name.hasPrefix("rfc7539") ? 12...12 : 8...8)
    var aead = try item.handle()
    for length in 0...130 {
      let nonce = OpenSSL.bytes(length)
      let code = errorCode { () throws(ProviderError) in try aead.seal(item.text(16), nonce: nonce, aad: item.aad) }
      #expect(code == (allowed.contains(length) ? nil : .invalidIVLength), "\(length) bytes")
    }
  }

  @Test(
    "a handle takes nonces of any length in turn under one key",
    arguments: [
      ("gcm(aes)", [12, 1, 16, 12, 128, 8, 12, 127]), ("ccm(aes)", [12, 7, 13, 12, 11, 7]),
      ("ocb(aes)", [12, 1, 15, 12, 8]), ("siv(aes)", [0, 16, 1, 128, 0, 12]),
    ])
  func nonces(name: String, lengths: [Int]) throws {
    let registry = try OpenSSL.registry.get()
    var aead = try registry.aead(name, key: OpenSSL.bytes(32))
    let plaintext = OpenSSL.bytes(50)
    var seen: Set<[UInt8]> = []
    for length in lengths {
      let nonce = OpenSSL.bytes(length, from: length)
      let sealed = try aead.seal(plaintext, nonce: nonce)
      var fresh = try registry.aead(name, key: OpenSSL.bytes(32))
      #expect(try fresh.seal(plaintext, nonce: nonce) == sealed, "a handle that had other lengths before")
      #expect(try aead.open(sealed, nonce: nonce) == plaintext)
      seen.insert(sealed)
    }
    #expect(seen.count == Set(lengths).count)
  }
}

extension AEAD {
  /// Replaces `bytes` by its ciphertext; returns the tag.
  mutating func sealInPlace(
    _ bytes: inout [UInt8], _ nonce: [UInt8], _ aad: [UInt8]
  ) throws(ProviderError) -> [UInt8] {
    var span = bytes.mutableRawSpan
    return try [UInt8](capacity: tagLength) { (tag) throws(ProviderError) in
      try seal(inPlace: &span, nonce: nonce.rawSpan, aad: aad.rawSpan, tag: &tag)
    }
  }
}
