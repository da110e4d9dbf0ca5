// Modes whose messages are one request, weak keys, and ChaCha20's counter.
// SPDX-License-Identifier: Apache-2.0

import OpenSSLProvider
import Testing
import WarpDriveCore

@Suite("Whole messages, weak keys and full counters")
struct WholeMessageTests {
  private static let modes = ["xts(aes)", "cts(cbc(aes))", "cts(cbc(camellia))", "rfc3686(ctr(aes))"]

  private static func handle(_ mode: String) throws -> Cipher {
    let registry = try OpenSSL.registry.get()
    let lengths = try #require(try registry.algorithm(mode, .cipher).descriptor.properties.keyLengths)
    return try registry.cipher(mode, key: OpenSSL.bytes(lengths.maximum))
  }

  @Test("messages of every length from the shortest come back", arguments: modes)
  func everyLength(mode: String) throws {
    var cipher = try Self.handle(mode)
    #expect(cipher.chunkSize == CipherProperties.wholeMessage)
    let start = OpenSSL.bytes(cipher.ivSize)
    for length in cipher.minimumLength...100 {
      let text = OpenSSL.bytes(length)
      var iv = start
      let sealed = try cipher.encrypt(text, iv: &iv)
      let end = iv
      iv = start
      #expect(try cipher.decrypt(sealed, iv: &iv) == text, "\(length) bytes")
      #expect(iv == end, "\(length) bytes")
    }
  }

  @Test("segments are gathered into one request, wherever they are cut", arguments: modes)
  func segments(mode: String) throws {
    var cipher = try Self.handle(mode)
    let text = OpenSSL.bytes(77)
    var iv = OpenSSL.bytes(cipher.ivSize)
    let expected = try cipher.encrypt(text, iv: &iv)
    for sizes in [[77], [1, 76], [5, 0, 11, 61], [76, 1]] {
      var rest = text[...]
      var list = ScatterList(
        copying: sizes.map { size in
          defer { rest = rest.dropFirst(size) }
          return Array(rest.prefix(size))
        })
      var running = OpenSSL.bytes(cipher.ivSize)
      try cipher.process(.encrypt, &list, iv: &running)
      #expect(running == iv)
      var joined: [UInt8] = []
      for index in 0..<list.segmentCount {
        let segment = list.bytes(at: index)
        for offset in 0..<segment.byteCount {
          joined.append(unsafe segment.unsafeLoad(fromByteOffset: offset, as: UInt8.self))
        }
      }
      #expect(joined == expected, "\(sizes)")
    }
  }

  @Test("CTS of one block is CBC; of whole blocks, CBC with the last two exchanged (CS3)")
  func stealing() throws {
    let key = OpenSSL.bytes(16)
    var cts = try OpenSSL.registry.get().cipher("cts(cbc(aes))", key: key)
    var cbc = try OpenSSL.registry.get().cipher("cbc(aes)", key: key)
    for blocks in 1...4 {
      let text = OpenSSL.bytes(16 * blocks)
      var (stealing, chaining) = (OpenSSL.bytes(16), OpenSSL.bytes(16))
      let stolen = try cts.encrypt(text, iv: &stealing)
      var chained = try cbc.encrypt(text, iv: &chaining)
      #expect(stealing == chaining, "RFC 3962 section 5: the IV of the message that follows")
      if blocks > 1 {
        chained = chained.dropLast(32) + chained.suffix(16) + chained.suffix(32).prefix(16)
      }
      #expect(stolen == chained)
    }
  }

  @Test("XTS keeps its tweak, and every bit of it counts")
  func tweak() throws {
    var cipher = try Self.handle("xts(aes)")
    let text = OpenSSL.bytes(40)
    var iv = OpenSSL.bytes(16)
    let sealed = try cipher.encrypt(text, iv: &iv)
    #expect(iv == OpenSSL.bytes(16))
    for bit in 0..<128 {
      var other = iv
      other[bit / 8] ^= 1 << (bit % 8)
      #expect(try cipher.encrypt(text, iv: &other) != sealed, "bit \(bit)")
    }
  }

  @Test("key wrap: every changed bit is found out, with no output", arguments: [16, 24, 40, 256])
  func wrapping(length: Int) throws {
    var cipher = try OpenSSL.registry.get().cipher("kw(aes)", key: OpenSSL.bytes(32))
    let text = OpenSSL.bytes(length)
    var check: [UInt8] = [9, 9, 9, 9, 9, 9, 9, 9]
    let wrapped = try cipher.encrypt(text, iv: &check)
    var again = [UInt8](repeating: 0, count: 8)
    #expect(try cipher.encrypt(text, iv: &again) == wrapped)
    #expect(again == check, "the IV that is given does not count")
    var iv = check
    #expect(try cipher.decrypt(wrapped, iv: &iv) == text)
    for bit in 0..<(8 * (8 + length)) {
      var forged = check + wrapped
      forged[bit / 8] ^= 1 << (bit % 8)
      var iv = Array(forged.prefix(8))
      let body = Array(forged.dropFirst(8))
      let code = errorCode { () throws(ProviderError) in try cipher.decrypt(body, iv: &iv) }
      #expect(code == .authentication, "bit \(bit)")
    }
    var wrong = check
    wrong[0] ^= 1
    var bytes = wrapped
    let code = errorCode { () throws(ProviderError) in
      var span = bytes.mutableRawSpan
      var ivSpan = wrong.mutableRawSpan
      try cipher.process(.decrypt, inPlace: &span, iv: &ivSpan)
    }
    #expect(code == .authentication)
    #expect(bytes == [UInt8](repeating: 0, count: length), "what was not authentic is wiped")
  }

  @Test("triple DES with two equal keys is refused, parity bits or not; the third may be the first")
  func weakTripleDES() throws {
    let registry = try OpenSSL.registry.get()
    let (one, two) = (OpenSSL.bytes(8), OpenSSL.bytes(8, from: 99))
    let parity = one.map { $0 ^ 1 }
    let names = ["des3_ede", "ecb(des3_ede)", "cbc(des3_ede)", "cfb(des3_ede)", "ofb(des3_ede)"]
    for key in [one + one + two, one + two + two, one + one + one, one + parity + two, two + one + parity] {
      for name in names {
        let code = errorCode { () throws(ProviderError) in try registry.cipher(name, key: key) }
        #expect(code == .invalidKey, "\(name)")
      }
      #expect(errorCode { () throws(ProviderError) in try registry.mac("cmac(des3_ede)", key: key) } == .invalidKey)
    }
    for name in names {
      #expect(errorCode { () throws(ProviderError) in try registry.cipher(name, key: one + two + one) } == nil)
    }
    #expect(errorCode { () throws(ProviderError) in try registry.mac("cmac(des3_ede)", key: one + two + one) } == nil)
  }

  @Test("XTS with two equal keys is refused", arguments: [16, 32])
  func weakXTS(length: Int) throws {
    let registry = try OpenSSL.registry.get()
    let half = OpenSSL.bytes(length)
    #expect(errorCode { () throws(ProviderError) in try registry.cipher("xts(aes)", key: half + half) } == .invalidKey)
    var other = half
    other[length - 1] ^= 1
    #expect(errorCode { () throws(ProviderError) in try registry.cipher("xts(aes)", key: half + other) } == nil)
  }

  @Test("a request that would run over the counter of ChaCha20 is refused, with the IV as before")
  func counter() throws {
    var cipher = try OpenSSL.registry.get().cipher("chacha20", key: OpenSSL.bytes(32))
    let nonce = OpenSSL.bytes(12)
    for (count, code) in [
      (0, nil), (1, nil), (128, nil), (129, ProviderError.Code.limitExceeded), (1000, .limitExceeded),
    ] {
      // Two blocks are left.
      let start: [UInt8] = [0xFE, 0xFF, 0xFF, 0xFF] + nonce
      var iv = start
      #expect(errorCode { () throws(ProviderError) in try cipher.encrypt(OpenSSL.bytes(count), iv: &iv) } == code)
      if code != nil { #expect(iv == start) }
    }
    var iv: [UInt8] = [0xFF, 0, 0, 0] + nonce
    _ = try cipher.encrypt(OpenSSL.bytes(65), iv: &iv)
    #expect(iv == [1, 1, 0, 0] + nonce, "little-endian, a block begun counting as used")
  }
}
