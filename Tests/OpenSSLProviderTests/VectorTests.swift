// The published vectors of Tests/Vectors, through the registry's handles.
// SPDX-License-Identifier: Apache-2.0

import OpenSSLProvider
import TestVectors
import Testing
import WarpDriveCore

@Suite("Published vectors on libcrypto")
struct VectorTests {
  /// Places to cut a message: nowhere, early, at no multiple of a block, and at the end.
  private static func cuts(_ count: Int) -> Set<Int> { [0, min(1, count), count / 3, count] }

  @Test("hashes, whole and in two parts", arguments: OpenSSL.hashes)
  func hashes(algorithm: String) throws {
    var hash = try OpenSSL.registry.get().hash("\(algorithm)-openssl")
    let vectors = try Vectors.hashes().filter { $0.algorithm == algorithm }
    try #require(!vectors.isEmpty)
    for vector in vectors {
      #expect(try hash.digest(vector.input, count: vector.digest.count) == vector.digest, "\(vector.id)")
      for cut in Self.cuts(vector.input.count) {
        try hash.update(Array(vector.input.prefix(cut)))
        try hash.update(Array(vector.input.dropFirst(cut)))
        #expect(try hash.finish(count: vector.digest.count) == vector.digest, "\(vector.id) cut at \(cut)")
      }
    }
  }

  @Test("MACs, whole and in two parts; forged tags are refused")
  func macs() throws {
    let registry = try OpenSSL.registry.get()
    for vector in try Vectors.macs() {
      let options = MACOptions(
        tagSize: vector.size, iv: vector.iv, customization: vector.customization, salt: vector.salt, allowsReuse: true)
      guard vector.result != .refused else {
        let code = errorCode { () throws(ProviderError) in
          try registry.mac(vector.algorithm, key: vector.key, options)
        }
        #expect(code != nil && code != .backendFailure, "\(vector.id): \(code?.description ?? "taken")")
        continue
      }
      var mac = try registry.mac(vector.algorithm, key: vector.key, options)
      #expect(mac.algorithm.driverName.hasSuffix("-openssl"))
      let code = errorCode { () throws(ProviderError) in
        // One of BLAKE2's has a tag of a byte, which proves nothing: it is computed, and not to be verified.
        guard vector.tag.count < 4 else { return try mac.verify(vector.tag, of: vector.input) }
        #expect(try mac.authenticate(vector.input) == vector.tag, "\(vector.id)")
      }
      #expect(code == (vector.result == .valid ? nil : .authentication), "\(vector.id) \(vector.comment)")
      let whole = try mac.authenticate(vector.input)
      for cut in Self.cuts(vector.input.count) {
        try mac.update(Array(vector.input.prefix(cut)))
        try mac.update(Array(vector.input.dropFirst(cut)))
        #expect(try mac.finish() == whole, "\(vector.id) cut at \(cut)")
      }
    }
  }

  @Test("ciphers, and the IV with which the message goes on")
  func ciphers() throws {
    let registry = try OpenSSL.registry.get()
    for vector in try Vectors.ciphers() {
      guard vector.result == .valid else {
        try Self.refuse(vector, registry)
        continue
      }
      var cipher = try registry.cipher(vector.algorithm, key: vector.key)
      #expect(cipher.algorithm.driverName.hasSuffix("-openssl"))
      if vector.operations.contains(.encrypt) {
        var iv = vector.iv
        #expect(try cipher.encrypt(vector.plaintext, iv: &iv) == vector.ciphertext, "\(vector.id)")
        if let next = vector.nextIV { #expect(iv == next, "\(vector.id)") }
      }
      if vector.operations.contains(.decrypt) {
        var iv = vector.iv
        #expect(try cipher.decrypt(vector.ciphertext, iv: &iv) == vector.plaintext, "\(vector.id)")
        if let next = vector.nextIV { #expect(iv == next, "\(vector.id)") }
      }
    }
  }

  /// A key that was not wrapped is found out; keys and lengths that there are not are refused.
  private static func refuse(_ vector: CipherVector, _ registry: Registry) throws {
    let isDecrypting = !vector.operations.contains(.encrypt)
    let code = errorCode { () throws(ProviderError) in
      var cipher = try registry.cipher(vector.algorithm, key: vector.key)
      var iv = vector.iv
      return isDecrypting
        ? try cipher.decrypt(vector.ciphertext, iv: &iv) : try cipher.encrypt(vector.plaintext, iv: &iv)
    }
    let expected: Set<ProviderError.Code?> =
      vector.result == .invalid ? [.authentication] : [.invalidKey, .invalidArgument]
    #expect(expected.contains(code), "\(vector.id): \(code?.description ?? "taken")")
  }

  @Test("rfc3686 is CTR of the nonce in the key, the IV and a counter that begins at 1")
  func counters() throws {
    let registry = try OpenSSL.registry.get()
    var count = 0
    for vector in try Vectors.ciphers() where vector.algorithm == "ctr(aes)" && vector.iv.suffix(4) == [0, 0, 0, 1] {
      var cipher = try registry.cipher("rfc3686(ctr(aes))", key: vector.key + vector.iv.prefix(4))
      var iv = Array(vector.iv[4..<12])
      #expect(try cipher.encrypt(vector.plaintext, iv: &iv) == vector.ciphertext, "\(vector.id)")
      #expect(iv == Array(vector.iv[4..<12]))
      count += 1
    }
    // The nine of RFC 3686 section 6, one of them under another spelling of its name too.
    #expect(count == 10)
  }

  @Test("the tables have the vectors that the list of sources says, and no other")
  func counts() throws {
    let sources = try Vectors.notApplicable()
    let tables: [(name: String, ids: [String])] = try [
      ("ciphers", Vectors.ciphers().map(\.id)), ("macs", Vectors.macs().map(\.id)),
    ]
    for table in tables {
      let counts = Dictionary(grouping: table.ids) { String($0[..<($0.lastIndex(of: ":") ?? $0.endIndex)]) }
        .mapValues(\.count)
      let taken = sources.filter { $0.outcome == .taken && $0.reason == table.name }
      for source in taken {
        print("\(source.source): \(source.count) of \(source.total) in \(table.name)")
        #expect(counts[source.source] == source.count, "\(source.source)")
      }
      #expect(taken.map(\.count).reduce(0, +) == table.ids.count)
    }
    for source in Set(sources.map(\.source)) {
      let parts = sources.filter { $0.source == source }
      #expect(parts.map(\.count).reduce(0, +) == parts.first?.total, "\(source)")
      #expect(parts.allSatisfy { !$0.reason.isEmpty })
    }
  }
}
