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
      guard vector.result != .refused else {
        let code = errorCode { () throws(ProviderError) in try registry.mac(vector.algorithm, key: vector.key) }
        #expect(code != nil, "\(vector.id)")
        continue
      }
      var mac = try registry.mac(vector.algorithm, key: vector.key)
      #expect(mac.algorithm.driverName.hasSuffix("-openssl"))
      let code = errorCode { () throws(ProviderError) in try mac.verify(vector.tag, of: vector.input) }
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
}
