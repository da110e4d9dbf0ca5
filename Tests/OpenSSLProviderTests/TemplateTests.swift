// libcrypto's modes against the templates of Core over its block cipher: two implementations, one result.
// SPDX-License-Identifier: Apache-2.0

import OpenSSLProvider
import Testing
import WarpDriveCore

@Suite("Templates against libcrypto")
struct TemplateTests {
  @Test("every driver of a cipher, MAC or AEAD that a template can make agrees with it for random inputs")
  func crossChecks() throws {
    let registry = try OpenSSL.registry.get()
    registry.testAll(includingSlow: true)
    var compared: [String: String] = [:]
    for algorithm in registry.algorithms where [.cipher, .mac, .aead].contains(algorithm.kind) {
      guard algorithm.state == .live, !algorithm.descriptor.flags.contains(.instance) else { continue }
      // Any difference throws, with the seed and round that show it again.
      if let other = try registry.crossCheck(algorithm, .extended(rounds: 260, seed: 20_260)) {
        compared[algorithm.driverName] = other
      }
    }
    let templates = Set(registry.templates.map(\.name))
    func canBeMade(_ name: AlgorithmName) -> Bool {
      name.isTemplate
        ? templates.contains(name.base) && name.arguments.allSatisfy(canBeMade)
        : registry.preferred(name.description) != nil
    }
    for algorithm in registry.algorithms where [.cipher, .mac, .aead].contains(algorithm.kind) {
      guard !algorithm.descriptor.flags.contains(.instance) else { continue }
      let name = try AlgorithmName(parsing: algorithm.name)
      guard name.isTemplate, canBeMade(name) else { continue }
      #expect(compared[algorithm.driverName] != nil, "\(algorithm.driverName) has nothing to be compared with")
    }
    let primitive = "aes-openssl"
    #expect(compared["gcm-aes-openssl"] == "gcm(\(primitive))")
    #expect(compared["cbc-aes-openssl"] == "cbc(\(primitive))")
    #expect(compared["ctr-aes-openssl"] == "ctr(\(primitive))")
    #expect(compared["hmac-sha256-openssl"] == "hmac(sha256-openssl)")
    #expect(OpenSSL.hmacs.allSatisfy { compared["hmac-\($0)-openssl"] != nil })
  }

  @Test("the extended self-test takes every driver of libcrypto into service", .timeLimit(.minutes(5)))
  func extended() throws {
    let registry = Registry(configuration: .init(selfTest: .extended(rounds: 10, seed: 5)))
    try registry.register(OpenSSLProvider())
    registry.testAll(includingSlow: true)
    for algorithm in registry.algorithms { #expect(algorithm.selfTest == .passed, "\(algorithm.driverName)") }
  }

  @Test("an instance is asked for by its driver name, and never serves the algorithm's name here")
  func names() throws {
    let registry = try OpenSSL.registry.get()
    let primitive = "aes-openssl"
    for mode in ["cbc", "ctr", "gcm"] {
      let instance = try registry.algorithm("\(mode)(\(primitive))")
      #expect(instance.name == "\(mode)(aes)")
      #expect(instance.descriptor.priority == 200)
      #expect(instance.selfTest == .passed)
      #expect(try registry.algorithm("\(mode)(aes)").driverName == "\(mode)-aes-openssl")
    }
  }

  @Test("CBC and CTR of every length, in requests with a running IV, are the template's", arguments: [16, 24, 32])
  func ciphers(keyLength: Int) throws {
    let registry = try OpenSSL.registry.get()
    let primitive = "aes-openssl"
    for (mode, unit) in [("cbc", 16), ("ctr", 1)] {
      let key = OpenSSL.bytes(keyLength, from: 3)
      var native = try registry.cipher("\(mode)-aes-openssl", key: key)
      var template = try registry.cipher("\(mode)(\(primitive))", key: key)
      for count in Array(stride(from: 0, through: 257, by: unit)) + [1008, 4096, 9 * 1024] {
        let text = OpenSSL.bytes(count, from: count)
        for direction in [CipherDirection.encrypt, .decrypt] {
          var (first, second) = (OpenSSL.bytes(16, from: 0xFF), OpenSSL.bytes(16, from: 0xFF))
          let whole = try Self.run(&native, direction, text, &first)
          #expect(try Self.run(&template, direction, text, &second) == whole, "\(mode) of \(count), \(direction)")
          #expect(first == second)
          var running = OpenSSL.bytes(16, from: 0xFF)
          let cut = count / 2 / 16 * 16
          let start = try Self.run(&template, direction, Array(text.prefix(cut)), &running)
          let rest = try Self.run(&template, direction, Array(text.dropFirst(cut)), &running)
          #expect(start + rest == whole, "\(mode) of \(count), \(direction), cut at \(cut)")
          #expect(running == first)
        }
      }
    }
  }

  /// Half of the requests in place.
  private static func run(
    _ cipher: inout Cipher, _ direction: CipherDirection, _ text: [UInt8], _ iv: inout [UInt8]
  ) throws(ProviderError) -> [UInt8] {
    guard text.count.isMultiple(of: 32) else {
      return direction == .encrypt ? try cipher.encrypt(text, iv: &iv) : try cipher.decrypt(text, iv: &iv)
    }
    var bytes = text
    var ivSpan = iv.mutableRawSpan
    var span = bytes.mutableRawSpan
    try cipher.process(direction, inPlace: &span, iv: &ivSpan)
    return bytes
  }

  @Test("GCM of every length and tag is the template's, and each opens the other's", arguments: [16, 24, 32])
  func gcm(keyLength: Int) throws {
    let registry = try OpenSSL.registry.get()
    let primitive = "aes-openssl"
    let key = OpenSSL.bytes(keyLength, from: 11)
    let tagLengths = [16, 15, 14, 13, 12, 8, 4]
    for count in Array(0...257) + [1024, 4099] {
      let tagLength = tagLengths[count % tagLengths.count]
      // A handle for each message: a nonce serves once.
      var native = try registry.aead("gcm-aes-openssl", key: key, tagLength: tagLength)
      var template = try registry.aead("gcm(\(primitive))", key: key, tagLength: tagLength)
      let nonce = OpenSSL.bytes(count.isMultiple(of: 3) ? 1 + count % 128 : 12, from: count)
      let (text, aad) = (OpenSSL.bytes(count, from: count), OpenSSL.bytes(count % 40, from: 2))
      let sealed = try native.seal(text, nonce: nonce, aad: aad)
      #expect(try template.seal(text, nonce: nonce, aad: aad) == sealed, "\(count) bytes, a tag of \(tagLength)")
      #expect(try template.open(sealed, nonce: nonce, aad: aad) == text)
      #expect(try native.open(sealed, nonce: nonce, aad: aad) == text)
      var forged = sealed
      forged[count % forged.count] ^= 0x04
      for index in 0...1 {
        let code = errorCode { () throws(ProviderError) in
          index == 0
            ? try template.open(forged, nonce: nonce, aad: aad) : try native.open(forged, nonce: nonce, aad: aad)
        }
        #expect(code == .authentication, "\(count) bytes")
      }
    }
  }
}
