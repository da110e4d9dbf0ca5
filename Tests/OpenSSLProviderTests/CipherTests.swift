// AES-CBC and AES-CTR: the running IV, requests in pieces, in place, and wrong lengths.
// SPDX-License-Identifier: Apache-2.0

import OpenSSLProvider
import Testing
import WarpDriveCore

@Suite("Ciphers of libcrypto")
struct CipherTests {
  private static let modes = ["cbc(aes)", "ctr(aes)"]

  @Test("a message in requests is the message whole, and comes back", arguments: modes, [16, 24, 32])
  func requests(mode: String, keyLength: Int) throws {
    var cipher = try OpenSSL.registry.get().cipher(mode, key: OpenSSL.bytes(keyLength))
    let plaintext = OpenSSL.bytes(160)
    let start = OpenSSL.bytes(16, from: 77)
    var iv = start
    let ciphertext = try cipher.encrypt(plaintext, iv: &iv)
    let end = iv
    for pieces in [[16, 144], [32, 16, 112], [80, 80]] {
      for direction in [CipherDirection.encrypt, .decrypt] {
        let (input, output) = direction == .encrypt ? (plaintext, ciphertext) : (ciphertext, plaintext)
        var iv = start
        var rest = input[...]
        var result: [UInt8] = []
        for size in pieces {
          let piece = Array(rest.prefix(size))
          rest = rest.dropFirst(size)
          result += try direction == .encrypt ? cipher.encrypt(piece, iv: &iv) : cipher.decrypt(piece, iv: &iv)
        }
        #expect(result == output)
        #expect(iv == end, "the IV that continues the message")
      }
    }
  }

  @Test("CBC's next IV is the last block of ciphertext")
  func chain() throws {
    var cipher = try OpenSSL.registry.get().cipher("cbc(aes)", key: OpenSSL.bytes(16))
    var iv = OpenSSL.bytes(16)
    let ciphertext = try cipher.encrypt(OpenSSL.bytes(48), iv: &iv)
    #expect(iv == Array(ciphertext.suffix(16)))
    iv = OpenSSL.bytes(16)
    _ = try cipher.decrypt(ciphertext, iv: &iv)
    #expect(iv == Array(ciphertext.suffix(16)))
  }

  @Test(
    "CTR's next IV is the counter after the blocks used, a block begun counting as used",
    arguments: [(0, 0), (1, 1), (15, 1), (16, 1), (17, 2), (64, 4), (65, 5)])
  func counter(length: Int, blocks: Int) throws {
    var cipher = try OpenSSL.registry.get().cipher("ctr(aes)", key: OpenSSL.bytes(32))
    // A counter that carries over all its bytes, and one that overflows 128 bits.
    var carrying: [UInt8] = [0, 0, 0, 7] + [UInt8](repeating: 0xFF, count: 12)
    _ = try cipher.encrypt(OpenSSL.bytes(length), iv: &carrying)
    let carried: [UInt8] = [0, 0, 0, 8] + [UInt8](repeating: 0, count: 11) + [UInt8(max(blocks, 1) - 1)]
    #expect(carrying == (blocks == 0 ? [0, 0, 0, 7] + [UInt8](repeating: 0xFF, count: 12) : carried))
    var wrapping = [UInt8](repeating: 0xFF, count: 16)
    _ = try cipher.encrypt(OpenSSL.bytes(length), iv: &wrapping)
    let wrapped = [UInt8](repeating: 0, count: 15) + [UInt8(max(blocks, 1) - 1)]
    #expect(wrapping == (blocks == 0 ? [UInt8](repeating: 0xFF, count: 16) : wrapped))
  }

  @Test("CTR wraps at 128 bits as one counter", arguments: [1, 2, 3, 9])
  func wrap(before: Int) throws {
    var cipher = try OpenSSL.registry.get().cipher("ctr(aes)", key: OpenSSL.bytes(16))
    var iv = [UInt8](repeating: 0xFF, count: 15) + [UInt8(256 - before)]
    let plaintext = OpenSSL.bytes(160)
    let whole = try cipher.encrypt(plaintext, iv: &iv)
    var after = [UInt8](repeating: 0, count: 16)
    let tail = try cipher.encrypt(Array(plaintext.dropFirst(16 * before)), iv: &after)
    #expect(Array(whole.dropFirst(16 * before)) == tail)
    #expect(iv == after)
  }

  @Test("in place is as out of place", arguments: modes)
  func inPlace(mode: String) throws {
    var cipher = try OpenSSL.registry.get().cipher(mode, key: OpenSSL.bytes(24))
    let plaintext = OpenSSL.bytes(96)
    var iv = OpenSSL.bytes(16)
    let expected = try cipher.encrypt(plaintext, iv: &iv)
    var bytes = plaintext
    var running = OpenSSL.bytes(16)
    try Self.run(&cipher, .encrypt, &bytes, &running)
    #expect(bytes == expected)
    #expect(running == iv)
    running = OpenSSL.bytes(16)
    try Self.run(&cipher, .decrypt, &bytes, &running)
    #expect(bytes == plaintext)
    #expect(running == iv)
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
    for mode in Self.modes {
      for length in [0, 15, 17, 23, 31, 33] {
        let code = errorCode { () throws(ProviderError) in try registry.cipher(mode, key: OpenSSL.bytes(length)) }
        #expect(code == .invalidKeyLength, "\(mode) with a key of \(length)")
      }
      var cipher = try registry.cipher(mode, key: OpenSSL.bytes(16))
      for length in [0, 12, 15, 17] {
        var iv = OpenSSL.bytes(length)
        let code = errorCode { () throws(ProviderError) in try cipher.encrypt(OpenSSL.bytes(16), iv: &iv) }
        #expect(code == .invalidIVLength, "\(mode) with an IV of \(length)")
      }
    }
    var cbc = try registry.cipher("cbc(aes)", key: OpenSSL.bytes(16))
    for length in [1, 15, 17, 31] {
      var iv = OpenSSL.bytes(16)
      let code = errorCode { () throws(ProviderError) in try cbc.decrypt(OpenSSL.bytes(length), iv: &iv) }
      #expect(code == .invalidArgument, "CBC of \(length) bytes")
      #expect(iv == OpenSSL.bytes(16))
    }
    var iv = OpenSSL.bytes(16)
    #expect(try cbc.encrypt([], iv: &iv).isEmpty)
    #expect(iv == OpenSSL.bytes(16))
  }
}
