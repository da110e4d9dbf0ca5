// Every cipher and mode: the running IV, requests in pieces and in place, and what is refused.
// SPDX-License-Identifier: Apache-2.0

import OpenSSLProvider
import Testing
import WarpDriveCore

@Suite("Modes of libcrypto")
struct ModeTests {
  private static let ciphers = OpenSSL.ciphers
  private static let wholeMessages = OpenSSL.wholeMessages
  private static let all = OpenSSL.modes

  private static func properties(_ name: String) throws -> CipherProperties {
    let algorithm = try OpenSSL.registry.get().algorithm(name, .cipher)
    guard case .cipher(let properties) = algorithm.descriptor.properties else {
      throw ProviderError(.unsupported, "\(name) is no cipher")
    }
    return properties
  }

  private static func keys(_ name: String) throws -> [[UInt8]] {
    let lengths = try properties(name).keyLengths
    return stride(from: lengths.minimum, through: lengths.maximum, by: lengths.step).map { OpenSSL.bytes($0) }
  }

  @Test("every cipher is there at its priority, in all modes that libcrypto has")
  func table() throws {
    let registry = try OpenSSL.registry.get()
    for cipher in Self.ciphers + ["chacha20"] {
      let algorithm = try registry.algorithm(cipher, .cipher)
      #expect(algorithm.driverName == "\(cipher)-openssl")
      #expect(algorithm.descriptor.priority == 200)
    }
    for mode in Self.all + Self.wholeMessages {
      #expect(try registry.algorithm(mode, .cipher).descriptor.priority == 300, "\(mode)")
    }
    #expect(errorCode { () throws(ProviderError) in try registry.algorithm("ctr-des3_ede-openssl") } == .notFound)
  }

  @Test("a block cipher by itself is its ECB mode", arguments: ciphers)
  func primitive(cipher: String) throws {
    for key in try Self.keys(cipher) {
      var primitive = try OpenSSL.registry.get().cipher(cipher, key: key)
      var mode = try OpenSSL.registry.get().cipher("ecb(\(cipher))", key: key)
      let block = primitive.blockSize
      #expect((primitive.ivSize, block) == (0, cipher == "des3_ede" ? 8 : 16))
      let text = OpenSSL.bytes(7 * block)
      var none: [UInt8] = []
      let whole = try primitive.encrypt(text, iv: &none)
      #expect(try mode.encrypt(text, iv: &none) == whole)
      #expect(try primitive.decrypt(whole, iv: &none) == text)
      for start in stride(from: 0, to: text.count, by: block) {
        let alone = try primitive.encrypt(Array(text[start..<start + block]), iv: &none)
        #expect(alone == Array(whole[start..<start + block]))
      }
    }
  }

  @Test("a message in requests is the message whole, comes back, and leaves one IV", arguments: all + ["chacha20"])
  func requests(mode: String) throws {
    let properties = try Self.properties(mode)
    for key in try Self.keys(mode) {
      var cipher = try OpenSSL.registry.get().cipher(mode, key: key)
      let tail = cipher.blockSize == 1 ? 5 : 0
      let text = OpenSSL.bytes(10 * cipher.chunkSize + tail)
      let start = OpenSSL.bytes(properties.ivSize, from: 77)
      var end = start
      let sealed = try cipher.encrypt(text, iv: &end)
      #expect(end != start || properties.ivSize == 0)
      for pieces in [[1, 9], [2, 1, 7], [3, 3, 4]] {
        for direction in [CipherDirection.encrypt, .decrypt] {
          let (input, output) = direction == .encrypt ? (text, sealed) : (sealed, text)
          var iv = start
          var rest = input[...]
          var result: [UInt8] = []
          for (index, chunks) in pieces.enumerated() {
            let size = chunks * cipher.chunkSize + (index == pieces.count - 1 ? tail : 0)
            let piece = Array(rest.prefix(size))
            rest = rest.dropFirst(size)
            result += try direction == .encrypt ? cipher.encrypt(piece, iv: &iv) : cipher.decrypt(piece, iv: &iv)
          }
          #expect(result == output)
          #expect(iv == end, "the IV that continues the message")
        }
      }
    }
  }

  @Test("counter mode goes on with the IV that it left, and begins anew with any other", arguments: [16, 24, 32])
  func counting(keySize: Int) throws {
    let key = OpenSSL.bytes(keySize)
    var handle = try OpenSSL.registry.get().cipher("ctr(aes)", key: key)
    // The template's counter mode, which has no state but the IV.
    var template = try OpenSSL.registry.get().cipher("ctr(aes-openssl)", key: key)
    #expect(handle.algorithm.driverName == "ctr-aes-openssl" && template.algorithm.driverName == "ctr(aes-openssl)")
    // The counter runs over all 128 bits in the first message.
    let start = [UInt8](repeating: 0xFF, count: 15) + [0xFD]
    var (iv, left) = (start, [start])
    // Long and short ones, whole blocks and not, and then IVs that were left before, not by the last one.
    for (index, size) in [160, 4096, 16, 129, 160, 128, 256, 300, 144, 0, 144].enumerated() {
      if index >= 7 { iv = left[index - 5] }
      var next = iv
      let expected = try template.encrypt(OpenSSL.bytes(size), iv: &next)
      #expect(try handle.encrypt(OpenSSL.bytes(size), iv: &iv) == expected, "\(index)")
      #expect(iv == next)
      left.append(iv)
    }
  }

  @Test("the next IV: feedback takes the last whole block, of ciphertext or of key stream", arguments: ciphers)
  func nextIV(cipher: String) throws {
    let key = try #require(try Self.keys(cipher).first)
    let block = try OpenSSL.registry.get().cipher(cipher, key: key).blockSize
    let start = OpenSSL.bytes(block, from: 3)
    for mode in ["cbc", "cfb", "ofb"] {
      var handle = try OpenSSL.registry.get().cipher("\(mode)(\(cipher))", key: key)
      var iv = start
      let text = OpenSSL.bytes(3 * block)
      let sealed = try handle.encrypt(text, iv: &iv)
      let last = Array(sealed.suffix(block))
      #expect(iv == (mode == "ofb" ? zip(last, text.suffix(block)).map { $0 ^ $1 } : last), "\(mode)")
      iv = start
      #expect(try handle.encrypt([], iv: &iv).isEmpty)
      #expect(iv == start, "\(mode)")
    }
    // A block of key stream that was begun counts as used.
    var feedback = try OpenSSL.registry.get().cipher("ofb(\(cipher))", key: key)
    var (partial, whole) = (start, start)
    _ = try feedback.encrypt([1], iv: &partial)
    _ = try feedback.encrypt(OpenSSL.bytes(block), iv: &whole)
    #expect(partial == whole)
  }

  @Test("in place is as out of place", arguments: all + wholeMessages + ciphers + ["chacha20"])
  func inPlace(mode: String) throws {
    let properties = try Self.properties(mode)
    let key = try #require(try Self.keys(mode).last)
    var cipher = try OpenSSL.registry.get().cipher(mode, key: key)
    let text = OpenSSL.bytes(cipher.blockSize == 1 ? 45 : 6 * cipher.blockSize)
    let start = OpenSSL.bytes(properties.ivSize)
    var end = start
    let expected = try cipher.encrypt(text, iv: &end)
    var bytes = text
    var running = start
    try Self.run(&cipher, .encrypt, &bytes, &running)
    #expect(bytes == expected)
    #expect(running == end)
    running = properties.generatesIV ? end : start
    try Self.run(&cipher, .decrypt, &bytes, &running)
    #expect(bytes == text)
    #expect(running == end)
  }

  private static func run(
    _ cipher: inout Cipher, _ direction: CipherDirection, _ bytes: inout [UInt8], _ iv: inout [UInt8]
  ) throws(ProviderError) {
    var ivSpan = iv.mutableRawSpan
    var span = bytes.mutableRawSpan
    try cipher.process(direction, inPlace: &span, iv: &ivSpan)
  }

  @Test("wrong lengths of keys, IVs and messages are refused by code, and the IV is as before")
  func lengths() throws {
    let registry = try OpenSSL.registry.get()
    for mode in Self.all + Self.wholeMessages + Self.ciphers + ["chacha20"] {
      let properties = try Self.properties(mode)
      for length in 0...80 where !properties.keyLengths.contains(length) {
        let code = errorCode { () throws(ProviderError) in try registry.cipher(mode, key: OpenSSL.bytes(length)) }
        #expect(code == .invalidKeyLength, "\(mode) with a key of \(length)")
      }
      let key = try #require(try Self.keys(mode).first)
      var cipher = try registry.cipher(mode, key: key)
      let text = OpenSSL.bytes(4 * max(cipher.blockSize, 16))
      for length in 0...33 where length != properties.ivSize {
        var iv = OpenSSL.bytes(length)
        let code = errorCode { () throws(ProviderError) in try cipher.encrypt(text, iv: &iv) }
        #expect(code == .invalidIVLength, "\(mode) with an IV of \(length)")
      }
      for length in 0...33 where !length.isMultiple(of: cipher.blockSize) || length < properties.minimumLength {
        for direction in [CipherDirection.encrypt, .decrypt] {
          var iv = OpenSSL.bytes(properties.ivSize)
          let message = OpenSSL.bytes(length)
          let code = errorCode { () throws(ProviderError) in
            try direction == .encrypt ? cipher.encrypt(message, iv: &iv) : cipher.decrypt(message, iv: &iv)
          }
          #expect(code == .invalidArgument, "\(mode) of \(length) bytes")
          #expect(iv == OpenSSL.bytes(properties.ivSize))
        }
      }
    }
  }
}
