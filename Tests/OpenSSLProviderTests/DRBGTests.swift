// The generators of SP 800-90A: NIST's vectors with known entropy, and what a handle of each does.
// SPDX-License-Identifier: Apache-2.0

import COpenSSL
import Glibc
import TestVectors
import Testing
import WarpDriveCore

@testable import OpenSSLProvider

/// fork(2), which Swift does not offer.
@_silgen_name("fork") private func cFork() -> Int32

@Suite("Generators of SP 800-90A")
struct DRBGTests {
  static let names = DRBG.all.map(\.descriptor.driverName)

  @Test("each is a driver of stdrng, found by the kernel's name; the default stays another")
  func found() throws {
    let registry = try OpenSSL.registry.get()
    let suffixes =
      ["ctr_aes128", "ctr_aes192", "ctr_aes256"]
      + ["", "hmac_"].flatMap { prefix in ["sha1", "sha256", "sha384", "sha512"].map { prefix + $0 } }
    #expect(Set(Self.names) == Set(["nopr", "pr"].flatMap { kind in suffixes.map { "drbg_\(kind)_\($0)" } }))
    for name in Self.names {
      let algorithm = try registry.algorithm(name)
      #expect(algorithm.name == "stdrng" && algorithm.driverName == name)
    }
    #expect(try registry.algorithm("stdrng").driverName == "stdrng-openssl")
    // As in the kernel, HMAC with SHA-512 and no prediction resistance is the first of them.
    let first = DRBG.all.max { $0.descriptor.priority < $1.descriptor.priority }
    #expect(first?.descriptor.driverName == "drbg_nopr_hmac_sha512")
    #expect(Set(DRBG.all.map(\.descriptor.priority)) == Set(200..<222))
  }

  @Test("NIST's vectors, with their entropy", arguments: names)
  func vectors(name: String) throws {
    let driver = DRBGDriver(try #require(DRBG.all.first { $0.descriptor.driverName == name }))
    let vectors = try Vectors.generators().filter { $0.driver == name }
    try #require(vectors.count >= 4)
    for vector in vectors {
      var generator = try driver.makeTestTransform(
        entropy: vector.entropy.rawSpan, nonce: vector.nonce.rawSpan, personalization: vector.personalization.rawSpan)
      if !vector.reseedEntropy.isEmpty {
        try generator.feed(vector.reseedEntropy.rawSpan)
        try generator.reseed(vector.reseedAdditional.rawSpan)
      }
      var outputs: [[UInt8]] = []
      for request in vector.requests {
        if !request.entropy.isEmpty { try generator.feed(request.entropy.rawSpan) }
        outputs.append(
          try [UInt8](capacity: vector.output.count) { (output) throws(ProviderError) in
            try generator.generate(vector.output.count, additional: request.additional.rawSpan, into: &output)
          })
      }
      #expect(outputs.last == vector.output, "\(vector.id)")
      #expect(outputs.first != vector.output, "\(vector.id)")
    }
    print("\(name): \(vectors.count) vectors")
  }

  @Test("with prediction resistance no entropy means no output", arguments: names)
  func exhausted(name: String) throws {
    let driver = DRBGDriver(try #require(DRBG.all.first { $0.descriptor.driverName == name }))
    var generator = try driver.makeTestTransform(
      entropy: OpenSSL.bytes(64).rawSpan, nonce: OpenSSL.bytes(32).rawSpan, personalization: RawSpan())
    try generator.feed(RawSpan())
    var code: ProviderError.Code?
    let output = [UInt8](capacity: 32) { output in
      code = errorCode { () throws(ProviderError) in try generator.generate(32, additional: RawSpan(), into: &output) }
    }
    let isResistant = name.hasPrefix("drbg_pr_")
    #expect(code == (isResistant ? .backendFailure : nil))
    #expect(output.count == (isResistant ? 0 : 32))
  }

  @Test("a generator in use takes no entropy for a test")
  func feedingRefused() throws {
    let isTaken = unsafe "AES-256-CTR".withCString { algorithm -> Bool? in
      var description = unsafe cossl_drbg_description(
        mechanism: COSSL_CTR_DRBG, is_resistant: false, algorithm: algorithm)
      guard let generator = unsafe cossl_drbg_create(&description) else { return nil }
      defer { unsafe cossl_drbg_destroy(generator) }
      return unsafe cossl_drbg_feed(generator, nil, 0)
    }
    #expect(isTaken == false)
  }

  @Test("outputs differ: of one handle and of two, with equal additional input, after a reseed", arguments: names)
  func outputs(name: String) throws {
    let registry = try OpenSSL.registry.get()
    var seen: Set<[UInt8]> = []
    for _ in 0..<2 {
      var random = try registry.random(name)
      #expect(random.algorithm.driverName == name)
      for _ in 0..<2 {
        seen.insert(try random.generate(32))
        seen.insert(
          try [UInt8](capacity: 32) { (output) throws(ProviderError) in
            try random.generate(32, additional: OpenSSL.bytes(100).rawSpan, into: &output)
          })
      }
      try random.reseed()
      seen.insert(try random.generate(32))
      try random.reseed(OpenSSL.bytes(1000))
      seen.insert(try random.generate(32))
      let usedFallback = random.lastUsedFallback
      #expect(!usedFallback)
    }
    #expect(seen.count == 12)
  }

  @Test("requests of any size are served whole", arguments: [0, 1, 65_536, 200_001])
  func sizes(count: Int) throws {
    for name in ["drbg_nopr_ctr_aes256", "drbg_pr_hmac_sha512", "drbg_nopr_sha256"] {
      var random = try OpenSSL.registry.get().random(name)
      let bytes = try random.generate(count)
      #expect(bytes.count == count)
      guard count > 1000 else { continue }
      #expect(Set(stride(from: 0, to: count - 16, by: 1024).map { Array(bytes[$0..<$0 + 16]) }).count > count / 1100)
    }
  }

  @Test("after a fork parent and child go on with different bytes")
  func fork() async {
    await #expect(processExitsWith: .success) {
      let registry = Registry()
      try registry.register(OpenSSLProvider())
      for name in DRBGTests.names + ["stdrng-openssl"] {
        var random = try registry.random(name)
        _ = try random.generate(32)
        var ends: [Int32] = [-1, -1]
        try #require(unsafe pipe(&ends) == 0)
        let child = cFork()
        if child == 0 {
          let bytes = (try? random.generate(32)) ?? []
          _exit(unsafe write(ends[1], bytes, bytes.count) == 32 ? 0 : 1)
        }
        try #require(child > 0)
        let here = try random.generate(32)
        var there = [UInt8](repeating: 0, count: 32)
        #expect(unsafe read(ends[0], &there, 32) == 32, "\(name)")
        var status: Int32 = -1
        #expect(unsafe waitpid(child, &status, 0) == child && status == 0)
        #expect(here != there, "\(name)")
        close(ends[0])
        close(ends[1])
      }
    }
  }
}
