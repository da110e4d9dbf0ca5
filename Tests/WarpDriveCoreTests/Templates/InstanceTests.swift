// Instances of the templates: names, priorities, what they refuse, and when they go.
// SPDX-License-Identifier: Apache-2.0

import Testing
import WarpDriveCore

@Suite("Instances of the templates")
struct InstanceTests {
  /// A registry of its own for each test, with the toys.
  private static func registry() throws -> Registry {
    let registry = Registry()
    try registry.register(ToyProvider("toy", Toys.primitives))
    return registry
  }

  @Test(
    "names, driver names and priorities are the kernel's",
    arguments: [
      ("ecb(aes)", "ecb(aes-toy)", 200), ("cbc(aes)", "cbc(aes-toy)", 200), ("ctr(aes)", "ctr(aes-toy)", 200),
      ("xts(aes)", "xts(aes-toy)", 200), ("cts(cbc(aes))", "cts(cbc(aes-toy))", 200),
      ("cmac(aes)", "cmac(aes-toy)", 200), ("gcm(aes)", "gcm(aes-toy)", 200), ("ccm(aes)", "ccm(aes-toy)", 200),
      ("rfc3686(ctr(aes))", "rfc3686(ctr(aes-toy))", 200), ("rfc4106(gcm(aes))", "rfc4106(gcm(aes-toy))", 200),
      ("rfc4309(ccm(aes))", "rfc4309(ccm(aes-toy))", 200), ("rfc4543(gcm(aes))", "rfc4543(gcm(aes-toy))", 200),
      ("rfc7539(chacha20,poly1305)", "rfc7539(chacha20-toy,poly1305-toy)", 205),
      ("authenc(hmac(sha256),cbc(aes))", "authenc(hmac(sha256-toy),cbc(aes-toy))", 2150),
      ("cryptd(gcm(aes))", "cryptd(gcm(aes-toy))", 250), ("cryptd(sha256)", "cryptd(sha256-toy)", 200),
      ("cryptd(cmac(aes))", "cryptd(cmac(aes-toy))", 250), ("cryptd(cbc(aes))", "cryptd(cbc(aes-toy))", 250),
    ])
  func names(name: String, driver: String, priority: Int) throws {
    let registry = try Self.registry()
    let byDriver = try registry.algorithm(driver)
    #expect(byDriver.name == name)
    #expect(byDriver.driverName == driver)
    #expect(byDriver.descriptor.priority == priority)
    #expect(byDriver.descriptor.flags.contains(.instance))
    #expect(try registry.algorithm(name) === byDriver, "asked for by the algorithm's name")
    #expect([.passed, .none].contains(byDriver.selfTest))
  }

  @Test("an instance whose name has known answers computed them before it was handed out")
  func tested() throws {
    let registry = try Self.registry()
    for name in [
      "ecb(aes)", "cbc(aes)", "ctr(aes)", "xts(aes)", "cts(cbc(aes))", "cmac(aes)", "gcm(aes)", "ccm(aes)",
      "rfc3686(ctr(aes))", "rfc4106(gcm(aes))", "rfc4309(ccm(aes))", "rfc4543(gcm(aes))",
      "rfc7539(chacha20,poly1305)", "authenc(hmac(sha256),cbc(aes))",
    ] {
      #expect(try registry.algorithm(name).selfTest == .passed, "\(name)")
    }
  }

  @Test("a native driver serves the name, and the instance only its own driver name")
  func native() throws {
    let registry = try Self.registry()
    let instance = try registry.algorithm("cbc(aes-toy)")
    try registry.register(ToyProvider("native", [Forwarding(instance, driver: "cbc-aes-native")]))
    #expect(try registry.algorithm("cbc(aes)").driverName == "cbc-aes-native")
    #expect(try registry.algorithm("cbc(aes-toy)") === instance)
    #expect(try registry.algorithm("cbc(aes)").driverName == "cbc-aes-native", "also once the instance was asked for")
    try registry.unregister(provider: "native")
    #expect(try registry.algorithm("cbc(aes)") === instance)
  }

  @Test("templates follow a native part where there is one, and go with it")
  func nesting() throws {
    let registry = try Self.registry()
    let gcm = try registry.algorithm("gcm(aes-toy)")
    try registry.register(ToyProvider("native", [ForwardingAEAD(gcm, driver: "gcm-aes-native")]))
    let over = try registry.algorithm("rfc4106(gcm(aes))")
    #expect(over.driverName == "rfc4106(gcm-aes-native)")
    #expect(over.descriptor.priority == 300)
    var handle = try registry.aead("rfc4106(gcm(aes))", key: [UInt8](repeating: 1, count: 20))
    let sealed = try handle.seal([1, 2], nonce: [UInt8](repeating: 0, count: 8), aad: [UInt8](repeating: 0, count: 8))
    try registry.unregister(provider: "native")
    #expect(over.state == .dead)
    #expect(try registry.algorithm("rfc4106(gcm(aes))").driverName == "rfc4106(gcm(aes-toy))")
    let opened = try handle.open(
      sealed, nonce: [UInt8](repeating: 0, count: 8), aad: [UInt8](repeating: 0, count: 8))
    #expect(opened == [1, 2], "handles in use go on")
    try registry.unregister(provider: "toy")
    #expect(registry.algorithms.isEmpty, "every instance went with the primitives")
  }

  @Test(
    "templates refuse what does not fit",
    arguments: [
      "cbc(cbc(aes))", "ctr(chacha20)", "gcm(des3_ede)", "ccm(des3_ede)", "xts(des3_ede)", "cts(aes)", "cts(ctr(aes))",
      "rfc3686(cbc(aes))", "rfc3686(ctr(des3_ede))", "rfc4106(ccm(aes))", "rfc4309(gcm(aes))", "rfc4543(ccm(aes))",
      "rfc7539(ctr(aes),poly1305)", "authenc(cmac(aes),cbc(aes))", "authenc(hmac(sha256),xts(aes))", "cmac(cbc(aes))",
      "gcm(ecb(aes))",
    ])
  func refusals(name: String) throws {
    let registry = try Self.registry()
    let error = #expect(throws: ProviderError.self) { try registry.algorithm(name) }
    #expect(error?.code == .invalidArgument, "\(error.debugDescription)")
  }

  @Test("kinds that do not fit are not found, and numbers of arguments are refused")
  func kinds() throws {
    let registry = try Self.registry()
    for (name, code) in [
      ("cbc(sha256)", ProviderError.Code.notFound), ("cmac(nothing)", .notFound),
      ("authenc(sha256,cbc(aes))", .notFound),
      ("gcm(aes,aes)", .invalidName), ("rfc7539(chacha20)", .invalidName),
    ] {
      let error = #expect(throws: ProviderError.self) { try registry.algorithm(name) }
      #expect(error?.code == code, "\(error.debugDescription)")
    }
  }

  @Test("cryptd is for those who do not ask for synchronous drivers, and not for compression")
  func cryptd() throws {
    let registry = try Self.registry()
    let queued = try registry.algorithm("cryptd(ctr(aes))")
    #expect(queued.descriptor.flags.contains(.asynchronous))
    let code = errorCode { () throws(ProviderError) in
      try registry.algorithm("cryptd(ctr(aes))", .cipher, matching: .synchronous)
    }
    #expect(code == .notFound)
    #expect(try registry.algorithm("ctr(aes)", .cipher, matching: .synchronous).driverName == "ctr(aes-toy)")
    try registry.register(ToyProvider("zip", [ToyCompression(driver: "toyzip-a")]))
    let refusal = errorCode { () throws(ProviderError) in try registry.algorithm("cryptd(toyzip)") }
    #expect(refusal == .invalidArgument)
    var cipher = try registry.cipher("cryptd(ctr(aes))", key: [UInt8](repeating: 1, count: 16))
    var plain = try registry.cipher("ctr(aes)", key: [UInt8](repeating: 1, count: 16))
    var (first, second) = ([UInt8](repeating: 2, count: 16), [UInt8](repeating: 2, count: 16))
    #expect(try cipher.encrypt([1, 2, 3], iv: &first) == plain.encrypt([1, 2, 3], iv: &second))
    var hash = try registry.hash("cryptd(sha256)")
    var base = try registry.hash("sha256")
    #expect(try hash.digest([1, 2, 3]) == base.digest([1, 2, 3]))
  }

  @Test("wrong lengths of keys, nonces, tags and messages are refused by code")
  func lengths() throws {
    let registry = try Self.registry()
    func key(_ name: String, _ count: Int) -> ProviderError.Code? {
      errorCode { () throws(ProviderError) in
        let kind = try registry.algorithm(name).kind
        let key = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        if kind == .cipher { _ = try registry.cipher(name, key: key) }
        if kind == .aead { _ = try registry.aead(name, key: key) }
        if kind == .mac { _ = try registry.mac(name, key: key) }
      }
    }
    for (name, right, wrong) in [
      ("cbc(aes)", [16, 24, 32], [0, 15, 17, 33]), ("xts(aes)", [32, 64], [16, 31, 33, 48, 65]),
      ("rfc3686(ctr(aes))", [20, 28, 36], [16, 19, 37]), ("gcm(aes)", [16, 24, 32], [8, 20]),
      ("rfc4106(gcm(aes))", [20, 28, 36], [16, 19]), ("rfc4309(ccm(aes))", [19, 27, 35], [16, 20]),
      ("rfc4543(gcm(aes))", [20, 28, 36], [16, 21]), ("rfc7539(chacha20,poly1305)", [32], [16, 31, 33]),
      ("cmac(aes)", [16, 24, 32], [0, 17]), ("cmac(des3_ede)", [24], [16, 23]),
    ] {
      for count in right { #expect(key(name, count) == nil, "\(name) with a key of \(count)") }
      for count in wrong { #expect(key(name, count) == .invalidKeyLength, "\(name) with a key of \(count)") }
    }
    #expect(
      errorCode { () throws(ProviderError) in
        try registry.cipher("xts(aes)", key: [UInt8](repeating: 1, count: 32))
      } == .invalidKey, "two equal halves")
    func tags(_ name: String, _ count: Int, _ key: [UInt8]) -> [Int] {
      (0...33).filter { length in
        errorCode { () throws(ProviderError) in try registry.aead(name, key: key, tagLength: length) } == nil
      }
    }
    let blob = Toys.authencKey(authentication: [1], encryption: [UInt8](repeating: 0, count: 16))
    for (name, keyLength, allowed) in [
      ("gcm(aes)", 16, [4, 8, 12, 13, 14, 15, 16]), ("ccm(aes)", 16, [4, 6, 8, 10, 12, 14, 16]),
      ("rfc4106(gcm(aes))", 20, [8, 12, 16]), ("rfc4309(ccm(aes))", 19, [8, 12, 16]),
      ("rfc4543(gcm(aes))", 20, [16]), ("rfc7539(chacha20,poly1305)", 32, [16]),
      ("authenc(hmac(sha256),cbc(aes))", 0, [16, 32]),
    ] {
      let key = keyLength == 0 ? blob : [UInt8](repeating: 3, count: keyLength)
      #expect(tags(name, keyLength, key) == allowed, "\(name)")
    }
  }

  @Test("keys of authenc that are not of its format, or hold the wrong keys, are refused")
  func authencKeys() throws {
    let registry = try Self.registry()
    func code(_ key: [UInt8]) -> ProviderError.Code? {
      errorCode { () throws(ProviderError) in try registry.aead("authenc(hmac(sha256),cbc(aes))", key: key) }
    }
    let right = Toys.authencKey(authentication: [1, 2, 3], encryption: [UInt8](repeating: 4, count: 16))
    #expect(code(right) == nil)
    for index in [0, 1, 2, 3, 4] {
      var wrong = right
      wrong[index] ^= 0x80
      #expect(code(wrong) == .invalidKey, "byte \(index)")
    }
    #expect(
      code(Toys.authencKey(authentication: [UInt8](repeating: 1, count: 20), encryption: [1, 2])) == .invalidKeyLength
    )
    #expect(code(Array(right.prefix(7))) == .invalidKeyLength)
  }

  @Test("messages and nonces that the modes do not have are refused, and the IV is as before")
  func messages() throws {
    let registry = try Self.registry()
    for name in ["cts(cbc(aes))", "xts(aes)"] {
      var cipher = try registry.cipher(name, key: (0..<32).map { UInt8($0) })
      var iv = [UInt8](repeating: 1, count: 16)
      for count in [0, 1, 15] {
        let code = errorCode { () throws(ProviderError) in
          try cipher.encrypt([UInt8](repeating: 0, count: count), iv: &iv)
        }
        #expect(code == .invalidArgument, "\(name) of \(count) bytes")
      }
      #expect(iv == [UInt8](repeating: 1, count: 16))
    }
    var ccm = try registry.aead("ccm(aes)", key: [UInt8](repeating: 1, count: 16))
    for count in [0, 6, 14] {
      let nonce = [UInt8](repeating: 1, count: count)
      #expect(errorCode { () throws(ProviderError) in try ccm.seal([1], nonce: nonce) } == .invalidIVLength)
    }
    let (long, nonce) = ([UInt8](repeating: 0, count: 1 << 16), [UInt8](repeating: 1, count: 13))
    #expect(errorCode { () throws(ProviderError) in try ccm.seal(long, nonce: nonce) } == .invalidArgument)
    for name in ["rfc4106(gcm(aes))", "rfc4309(ccm(aes))", "rfc4543(gcm(aes))"] {
      var aead = try registry.aead(name, key: [UInt8](repeating: 1, count: name.hasPrefix("rfc4309") ? 19 : 20))
      for count in [0, 7, 9, 16, 20] {
        let code = errorCode { () throws(ProviderError) in
          try aead.seal([1], nonce: [UInt8](repeating: 1, count: 8), aad: [UInt8](repeating: 1, count: count))
        }
        #expect(code == .invalidArgument, "\(name) with \(count) bytes of associated data")
      }
    }
  }
}
