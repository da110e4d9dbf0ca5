// NIST's vectors of the Python package cryptography-vectors, which is not part of the project.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OpenSSLProvider
import TestVectors
import Testing
import WarpDriveCore

/// The folder of tables that Scripts/cavp.sh made of the package.
enum CAVP {
  static let folder: URL? = ProcessInfo.processInfo.environment["WDPROV_CAVP"].flatMap {
    $0.isEmpty ? nil : URL(fileURLWithPath: $0, isDirectory: true)
  }
  /// Why there may be none.
  static let hint: Comment = "WDPROV_CAVP names no folder: Scripts/cavp.sh makes one of pip's cryptography-vectors"
  private static let loaded = folder.map { folder in Result { try VectorTables(in: folder) } }

  /// Its tables.
  static func tables() throws -> VectorTables { try #require(loaded).get() }

  /// The registry, and whether it has a driver of libcrypto's for `name`.
  static func has(_ name: String) throws -> Bool {
    try OpenSSL.registry.get().algorithms.contains { $0.name == name && $0.driverName.hasSuffix("-openssl") }
  }
}

/// What came of the vectors of each source file, for people to read in the test's output.
private struct Account {
  private var passed: [String: Int] = [:]
  private var skipped: [String: Int] = [:]

  /// The vectors whose algorithm the registry has; the others are counted, with their algorithm.
  mutating func registered<Vector>(
    _ vectors: [Vector], _ name: (Vector) -> String, _ id: (Vector) -> String
  ) throws -> [Vector] {
    var known: [String: Bool] = [:]
    var kept: [Vector] = []
    for vector in vectors {
      let name = name(vector)
      let has = try known[name] ?? CAVP.has(name)
      known[name] = has
      let source = id(vector).split(separator: ":").first.map(String.init) ?? ""
      if has {
        kept.append(vector)
        passed[source, default: 0] += 1
      } else {
        skipped["\(source): \(name) is not registered", default: 0] += 1
      }
    }
    return kept
  }

  func report() {
    for (source, count) in passed.sorted(by: { $0.key < $1.key }) { print("\(source): \(count) run") }
    for (reason, count) in skipped.sorted(by: { $0.key < $1.key }) { print("\(reason): \(count) skipped") }
  }
}

@Suite(
  "NIST's CAVP vectors", .enabled(if: CAVP.folder != nil, CAVP.hint))
struct CAVPTests {
  @Test("hashes")
  func hashes() throws {
    var account = Account()
    let registry = try OpenSSL.registry.get()
    let vectors = try account.registered(CAVP.tables().hashes, \.algorithm, \.id)
    try #require(vectors.count > 4000)
    for (name, vectors) in Dictionary(grouping: vectors, by: \.algorithm) {
      var hash = try registry.hash(name)
      for vector in vectors {
        let digest = try hash.digest(vector.input, count: vector.digest.count)
        if digest != vector.digest { Issue.record("\(vector.id)") }
      }
    }
    account.report()
  }

  @Test("MACs")
  func macs() throws {
    var account = Account()
    let registry = try OpenSSL.registry.get()
    let vectors = try account.registered(CAVP.tables().macs, \.algorithm, \.id)
    try #require(vectors.count >= 45)
    for vector in vectors {
      var mac = try registry.mac(vector.algorithm, key: vector.key)
      // RFC 2202 and RFC 4231 cut one tag each, to 96 and 128 bits.
      let tag = try mac.authenticate(vector.input)
      #expect(tag.prefix(vector.tag.count) == vector.tag[...], "\(vector.id)")
    }
    account.report()
  }

  @Test("ciphers")
  func ciphers() throws {
    var account = Account()
    let registry = try OpenSSL.registry.get()
    let vectors = try account.registered(CAVP.tables().ciphers, \.algorithm, \.id)
    try #require(vectors.count > 2000)
    for vector in vectors {
      var cipher = try registry.cipher(vector.algorithm, key: vector.key)
      var iv = vector.iv
      let isEncryption = vector.operations.contains(.encrypt)
      let output =
        try isEncryption
        ? cipher.encrypt(vector.plaintext, iv: &iv) : cipher.decrypt(vector.ciphertext, iv: &iv)
      if output != (isEncryption ? vector.ciphertext : vector.plaintext) { Issue.record("\(vector.id)") }
    }
    account.report()
  }

  @Test("AEADs; forged messages are refused")
  func aeads() throws {
    var account = Account()
    let registry = try OpenSSL.registry.get()
    let vectors = try account.registered(CAVP.tables().aeads, \.algorithm, \.id)
    try #require(vectors.count >= 9450)
    for vector in vectors {
      var aead = try registry.aead(vector.algorithm, key: vector.key, tagLength: vector.tag.count)
      let sealed = vector.ciphertext + vector.tag
      if vector.operations.contains(.seal) {
        let output = try aead.seal(vector.plaintext, nonce: vector.iv, aad: vector.aad)
        if output != sealed { Issue.record("\(vector.id) sealed") }
      }
      guard vector.operations.contains(.open) else { continue }
      var plaintext: [UInt8]?
      let code = errorCode { () throws(ProviderError) in
        plaintext = try aead.open(sealed, nonce: vector.iv, aad: vector.aad)
      }
      let isForged = vector.result == .invalid
      if code != (isForged ? .authentication : nil) || (!isForged && plaintext != vector.plaintext) {
        Issue.record("\(vector.id) opened")
      }
    }
    account.report()
  }

  @Test("key derivations")
  func derivations() throws {
    var account = Account()
    let registry = try OpenSSL.registry.get()
    let vectors = try account.registered(CAVP.tables().derivations, \.algorithm, \.id)
    try #require(vectors.count >= 330)
    for vector in vectors {
      var derivation = try registry.keyDerivation(vector.algorithm)
      let key = try derivation.derive(vector.output.count, from: vector.secret, vector.parameters)
      #expect(key == vector.output, "\(vector.id)")
    }
    account.report()
  }
}
