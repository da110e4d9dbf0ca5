// Encryption with RSA on libcrypto: round trips, lengths, and one error for all that is wrong.
// SPDX-License-Identifier: Apache-2.0

import OpenSSLProvider
import TestPrograms
import Testing
import WarpDriveCore

@Suite("RSA encryption of libcrypto")
struct RSACipherTests {
  private static let padded = PublicKeys.ciphers.filter { $0 != "rsa" }

  private func handle(_ name: String) throws -> AsymmetricCipher {
    let key = try PublicKeys.rsa.get().private
    var handle = try OpenSSL.registry.get().asymmetricCipher(name)
    try handle.setPrivateKey(key.rawSpan)
    return handle
  }

  @Test("OAEP takes messages up to its room, and encrypts each in another way", arguments: padded)
  func room(name: String) throws {
    var cipher = try handle(name)
    let pair = try PublicKeys.rsa.get()
    var sender = try OpenSSL.registry.get().asymmetricCipher(name)
    try sender.setPublicKey(pair.public.rawSpan)
    let bits = try #require(Int(name.dropFirst("oaep(rsa,sha".count).dropLast()))
    let room = 256 - 2 * (bits == 1 ? 20 : bits / 8) - 2
    for length in [0, 1, 16, room] {
      let message = OpenSSL.bytes(length)
      let ciphertext = try sender.encrypt(message)
      #expect(ciphertext.count == 256)
      #expect(try ciphertext != sender.encrypt(message))
      #expect(try cipher.decrypt(ciphertext) == message)
    }
    for length in [room + 1, 256, 1000] {
      let code = errorCode { () throws(ProviderError) in try sender.encrypt(OpenSSL.bytes(length)) }
      #expect(code == .invalidArgument, "\(length) bytes")
    }
    let code = errorCode { () throws(ProviderError) in try sender.decrypt([UInt8](repeating: 1, count: 256)) }
    #expect(code == .missingKey)
    #expect(try sender.publicKey() == pair.public)
  }

  @Test("whatever is wrong with a ciphertext, the error is the same to the letter", arguments: padded)
  func oneError(name: String) throws {
    var cipher = try handle(name)
    let ciphertext = try cipher.encrypt([1, 2, 3])
    var wrong = [[], [1], Array(ciphertext.dropLast()), ciphertext + [0], ciphertext.map { _ in 0 }]
    wrong += [ciphertext.map { _ in 255 }, [UInt8](repeating: 0, count: 255) + [1]]
    for byte in stride(from: 0, to: 256, by: 5) {
      var forged = ciphertext
      forged[byte] ^= 1 << (byte % 8)
      wrong.append(forged)
    }
    var errors: Set<String> = []
    for forged in wrong {
      do throws(ProviderError) {
        _ = try cipher.decrypt(forged)
        Issue.record("a wrong ciphertext was decrypted")
      } catch {
        #expect(error.code == .corruptInput)
        #expect(error.backend == nil)
        errors.insert("\(error)")
      }
    }
    #expect(errors.count == 1)
    #expect(try cipher.decrypt(ciphertext) == [1, 2, 3])
  }

  @Test("without padding a message is a number below the modulus")
  func numbers() throws {
    var cipher = try handle("rsa")
    let message = OpenSSL.bytes(100)
    let ciphertext = try cipher.encrypt(message)
    #expect(ciphertext.count == 256)
    #expect(try cipher.encrypt(message) == ciphertext)
    #expect(try cipher.decrypt(ciphertext) == [UInt8](repeating: 0, count: 156) + message)
    #expect(try cipher.encrypt([]) == [UInt8](repeating: 0, count: 256))
    #expect(try cipher.encrypt([1]) == [UInt8](repeating: 0, count: 255) + [1])
    for large in [[UInt8](repeating: 255, count: 256), [UInt8](repeating: 1, count: 257)] {
      let code = errorCode { () throws(ProviderError) in try cipher.encrypt(large) }
      #expect(code == .invalidArgument)
    }
    for wrong in [[], [1], [UInt8](repeating: 255, count: 256), [UInt8](repeating: 0, count: 257)] {
      let code = errorCode { () throws(ProviderError) in try cipher.decrypt(wrong) }
      #expect(code == .corruptInput)
    }
  }

  @Test("a fresh pair works, and comes back from what it gives away")
  func fresh() throws {
    let registry = try OpenSSL.registry.get()
    let options = PublicKeyOptions(rsaModulusBits: 2048)
    var one = try registry.asymmetricCipher("oaep(rsa,sha256)", options)
    let none = errorCode { () throws(ProviderError) in try one.publicKey() }
    #expect(none == .missingKey)
    try one.generateKeyPair()
    let key = try one.privateKey()
    var other = try registry.asymmetricCipher("oaep(rsa,sha256)")
    try other.setPrivateKey(key.rawSpan)
    #expect(try other.publicKey() == one.publicKey())
    #expect(try other.decrypt(one.encrypt([9])) == [9])
  }

  @Test("eight threads with a handle each decrypt what they encrypt", arguments: ["rsa", "oaep(rsa,sha256)"])
  func threads(name: String) throws {
    let key = try PublicKeys.rsa.get().private
    let registry = try OpenSSL.registry.get()
    let decrypted = Count()
    try ThreadGroup(count: 8) { index in
      guard var cipher = try? registry.asymmetricCipher(name), (try? cipher.setPrivateKey(key.rawSpan)) != nil else {
        return
      }
      for _ in 0..<5 {
        let message = [UInt8](repeating: UInt8(index + 1), count: 20)
        guard let ciphertext = try? cipher.encrypt(message), let plain = try? cipher.decrypt(ciphertext),
          plain.suffix(20) == message[...]
        else { return }
        decrypted.increment()
      }
    }.join()
    #expect(decrypted.value == 40)
  }

  @Test("PKCS #1 v1.5 encryption is not there")
  func noVersion15() throws {
    let registry = try OpenSSL.registry.get()
    for name in ["pkcs1pad(rsa)", "pkcs1(rsa)"] {
      let code = errorCode { () throws(ProviderError) in try registry.asymmetricCipher(name) }
      #expect(code != nil)
    }
  }
}
