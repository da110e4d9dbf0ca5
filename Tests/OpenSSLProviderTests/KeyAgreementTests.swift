// Key agreement on libcrypto: forms of keys, fresh pairs, and public keys that must be refused.
// SPDX-License-Identifier: Apache-2.0

import OpenSSLProvider
import TestPrograms
import TestVectors
import Testing
import WarpDriveCore

@Suite("Key agreement of libcrypto")
struct KeyAgreementTests {
  /// Agrees with `peer` and returns the error's code; nothing may be left in the output then.
  private func code(_ handle: inout KeyAgreement, _ peer: [UInt8]) -> ProviderError.Code? {
    var code: ProviderError.Code?
    let output = [UInt8](capacity: handle.maximumSecretSize) { output in
      do throws(ProviderError) {
        try handle.sharedSecret(peer.rawSpan, into: &output)
      } catch {
        code = error.code
      }
    }
    if code != nil { #expect(output.isEmpty) }
    return code
  }

  @Test(
    "two fresh pairs agree, and the private key that is given away is the same one", arguments: PublicKeys.agreements)
  func fresh(name: String) throws {
    let registry = try OpenSSL.registry.get()
    var one = try registry.keyAgreement(name)
    var other = try registry.keyAgreement(name)
    try one.generateKeyPair()
    try other.generateKeyPair()
    let secret = try one.sharedSecret(other.publicKey())
    #expect(try other.sharedSecret(one.publicKey()) == secret)
    var copy = try registry.keyAgreement(name)
    let key = try one.privateKey()
    try copy.setPrivateKey(key.rawSpan)
    #expect(try copy.publicKey() == one.publicKey())
    #expect(try copy.sharedSecret(other.publicKey()) == secret)
    #expect(secret.count <= one.maximumSecretSize)
  }

  @Test("a peer's point is taken with SEC 1's 04 and without it, and in no other form", arguments: [0, 1, 2])
  func points(index: Int) throws {
    let registry = try OpenSSL.registry.get()
    var own = try registry.keyAgreement(PublicKeys.curves[index])
    var other = try registry.keyAgreement(PublicKeys.curves[index])
    try own.generateKeyPair()
    try other.generateKeyPair()
    let point = try other.publicKey()
    let size = own.maximumSecretSize
    #expect(point.count == 2 * size)
    let secret = try own.sharedSecret(point)
    #expect(try own.sharedSecret([4] + point) == secret)
    let x = Array(point.prefix(size))
    for prefix: UInt8 in [2, 3] { #expect(code(&own, [prefix] + x) == .invalidKey) }
    for prefix: UInt8 in [0, 5, 6, 7] { #expect(code(&own, [prefix] + point) == .invalidKey) }
    for bit in [0, 7, 8 * size, 16 * size - 1] {
      var wrong = point
      wrong[bit / 8] ^= 1 << (bit % 8)
      #expect(code(&own, wrong) == .invalidKey, "bit \(bit)")
    }
    for length in [0, 1, size, 2 * size - 1, 2 * size + 2, 500] {
      #expect(code(&own, Array((point + point + point + point).prefix(length))) == .invalidKey, "\(length) bytes")
    }
    #expect(code(&own, [UInt8](repeating: 0, count: 2 * size)) == .invalidKey)
    #expect(code(&own, [UInt8](repeating: 255, count: 2 * size)) == .invalidKey)
    #expect(try own.sharedSecret(point) == secret)
  }

  /// SP 800-186 3.2.1: the orders of the groups, of which a private number is less.
  @Test(
    "a private number is 1 to the order - 1",
    arguments: [
      ("ecdh-nist-p256", "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"),
      (
        "ecdh-nist-p384",
        "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973"
      ),
    ])
  func privateNumbers(name: String, order: String) throws {
    var handle = try OpenSSL.registry.get().keyAgreement(name)
    let order = try #require(Hexadecimal.decode(order))
    let zero = [UInt8](repeating: 0, count: order.count)
    var largest = order
    largest[largest.count - 1] -= 1
    func code(_ key: [UInt8]) -> ProviderError.Code? {
      errorCode { () throws(ProviderError) in try handle.setPrivateKey(key.rawSpan) }
    }
    #expect(code(largest) == nil)
    #expect(code(order) == .invalidKey)
    #expect(code(zero) == .invalidKey)
    #expect(code(zero.map { _ in 255 }) == .invalidKey)
    #expect(code([]) == .invalidKey)
    #expect(code(Array(largest.dropLast())) == .invalidKey)
    #expect(code([0] + largest) == .invalidKey)
    // The order - 1 is the inverse of 1: its point has the x of the base point, and so has the secret of both.
    var one = zero
    one[one.count - 1] = 1
    let mirrored = try handle.publicKey()
    #expect(code(one) == nil)
    #expect(try handle.publicKey().prefix(order.count) == mirrored.prefix(order.count))
    #expect(try handle.sharedSecret(mirrored) == Array(mirrored.prefix(order.count)))
  }

  /// RFC 7748 6.1 and cr.yp.to/ecdh.html: the points of X25519 whose order divides 8, also as p and more.
  @Test(
    "points of low order are refused: the secret would be all zeros",
    arguments: [
      ("curve25519", "0000000000000000000000000000000000000000000000000000000000000000"),
      ("curve25519", "0100000000000000000000000000000000000000000000000000000000000000"),
      ("curve25519", "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
      ("curve25519", "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
      ("curve25519", "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
      ("curve25519", "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
      ("curve25519", "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
      ("x448", String(repeating: "00", count: 56)),
      ("x448", "01" + String(repeating: "00", count: 55)),
      ("x448", "fe" + String(repeating: "ff", count: 27) + "fe" + String(repeating: "ff", count: 27)),
      ("x448", String(repeating: "ff", count: 28) + "fe" + String(repeating: "ff", count: 27)),
      ("x448", String(repeating: "00", count: 28) + String(repeating: "ff", count: 28)),
    ])
  func lowOrder(name: String, peer: String) throws {
    var handle = try OpenSSL.registry.get().keyAgreement(name)
    try handle.generateKeyPair()
    #expect(code(&handle, try #require(Hexadecimal.decode(peer))) == .invalidKey)
  }

  @Test("keys of RFC 7748 have one length", arguments: [("curve25519", 32), ("x448", 56)])
  func lengths(name: String, size: Int) throws {
    var handle = try OpenSSL.registry.get().keyAgreement(name)
    for length in [0, 1, size - 1, size + 1, 2 * size] {
      let key = OpenSSL.bytes(length)
      let refusal = errorCode { () throws(ProviderError) in try handle.setPrivateKey(key.rawSpan) }
      #expect(refusal == .invalidKey)
    }
    try handle.generateKeyPair()
    for length in [0, 1, size - 1, size + 1, 2 * size] {
      #expect(code(&handle, OpenSSL.bytes(length)) == .invalidKey, "\(length) bytes")
    }
    #expect(try handle.publicKey().count == size)
  }

  @Test("values outside of a field's large subgroup are refused", arguments: PublicKeys.fields)
  func fieldValues(name: String) throws {
    let registry = try OpenSSL.registry.get()
    var handle = try registry.keyAgreement(name)
    try handle.generateKeyPair()
    let size = handle.maximumSecretSize
    let prime = try Self.prime(of: size)
    #expect(prime.count == size)
    let zero = [UInt8](repeating: 0, count: size)
    var one = zero
    one[size - 1] = 1
    var last = prime
    last[size - 1] -= 1
    for value in [zero, one, last, prime, zero.map { _ in 255 }] {
      #expect(code(&handle, value) == .invalidKey)
    }
    var valid = last
    valid[size - 1] -= 1
    #expect(code(&handle, valid) == nil)
    for length in [0, 1, size - 1, size + 1] {
      #expect(code(&handle, [UInt8](repeating: 2, count: length)) == .invalidKey, "\(length) bytes")
    }
    for key in [[], [0], [1], zero, prime, [UInt8](repeating: 1, count: size + 1)] {
      let refusal = errorCode { () throws(ProviderError) in try handle.setPrivateKey(key.rawSpan) }
      #expect(refusal == .invalidKey)
    }
  }

  /// The prime of RFC 7919 of `size` bytes, as a published key in PKCS#8 has it.
  private static func prime(of size: Int) throws -> [UInt8] {
    let vector = try #require(try Vectors.keyPairs().first { $0.algorithm == "ffdhe\(size * 8)(dh)" })
    let head: [UInt8] = [0x02, 0x82, UInt8((size + 1) >> 8), UInt8((size + 1) & 0xFF), 0x00]
    let key = vector.privateKey
    let start = try #require(key.indices.first { key[$0...].starts(with: head) }) + head.count
    return Array(key[start..<start + size])
  }

  @Test("dh takes a group with its key, checks it, and makes fresh keys in it")
  func groups() throws {
    let registry = try OpenSSL.registry.get()
    let size = 256
    let prime = try Self.prime(of: size)
    func key(_ p: [UInt8], _ g: [UInt8], _ x: [UInt8]) -> [UInt8] {
      let identifier = DER.element(6, [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x03, 0x01])
      let group = DER.sequence(DER.integer(p), DER.integer(g))
      return DER.sequence(DER.integer([]), DER.sequence(identifier, group), DER.element(4, DER.integer(x)))
    }
    func code(_ key: [UInt8], _ options: PublicKeyOptions = .init()) throws -> ProviderError.Code? {
      var handle = try registry.keyAgreement("dh", options)
      return errorCode { () throws(ProviderError) in try handle.setPrivateKey(key.rawSpan) }
    }
    #expect(try code(key(prime, [2], [5])) == nil)
    #expect(try code(key(prime, [2], [1])) == .invalidKey)
    #expect(try code(key(prime, [1], [5])) == .invalidKey)
    #expect(try code(key(prime, [2], prime)) == .invalidKey)
    var composite = prime
    composite[100] ^= 0x10
    #expect(try code(key(composite, [2], [5])) == .invalidKey)
    composite[255] ^= 1
    #expect(try code(key(composite, [2], [5])) == .invalidKey)
    // 23 = 2 * 11 + 1 is a safe prime, which nobody asked for.
    #expect(try code(key([23], [5], [7])) == .invalidKey)
    #expect(try code(key([23], [5], [7]), PublicKeyOptions(minimumModulusBits: 5)) == nil)
    #expect(try code(key([25], [5], [7]), PublicKeyOptions(minimumModulusBits: 5)) == .invalidKey)
    var small = try registry.keyAgreement("dh", PublicKeyOptions(minimumModulusBits: 5))
    let smallKey = key([23], [5], [7])
    try small.setPrivateKey(smallKey.rawSpan)
    // 5^7 mod 23 and 8^7 mod 23.
    #expect(try small.publicKey() == [17])
    #expect(try small.sharedSecret([8]) == [12])
    // The key that it gives away brings the group along.
    let secret = try small.privateKey()
    let copied = [UInt8](copying: secret.rawSpan)
    #expect(copied == smallKey)
    // A key of another group is none of a named one.
    var named = try registry.keyAgreement("ffdhe3072(dh)")
    let other = key(prime, [2], [5])
    let refusal = errorCode { () throws(ProviderError) in try named.setPrivateKey(other.rawSpan) }
    #expect(refusal == .invalidKey)
  }

  @Test(
    "eight threads with a handle each come to the secrets of one",
    arguments: ["ecdh-nist-p256", "curve25519", "ffdhe2048(dh)"])
  func threads(name: String) throws {
    let registry = try OpenSSL.registry.get()
    var own = try registry.keyAgreement(name)
    try own.generateKeyPair()
    let key = try own.publicKey()
    let secret = try own.privateKey()
    let privateKey = [UInt8](copying: secret.rawSpan)
    let agreed = Count()
    try ThreadGroup(count: 8) { _ in
      guard var mine = try? registry.keyAgreement(name), var theirs = try? registry.keyAgreement(name),
        (try? theirs.setPrivateKey(privateKey.rawSpan)) != nil
      else { return }
      for _ in 0..<5 {
        guard (try? mine.generateKeyPair()) != nil, let peer = try? mine.publicKey(),
          let one = try? mine.sharedSecret(key), let other = try? theirs.sharedSecret(peer), one == other
        else { return }
        agreed.increment()
      }
    }.join()
    #expect(agreed.value == 40)
  }
}
