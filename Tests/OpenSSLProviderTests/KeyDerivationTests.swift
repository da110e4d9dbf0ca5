// Key derivations: published vectors, what they refuse, and how their parts fit together.
// SPDX-License-Identifier: Apache-2.0

import OpenSSLProvider
import TestVectors
import Testing
import WarpDriveCore

@Suite("Key derivations")
struct KeyDerivationTests {
  /// One algorithm of each function, with a secret and parameters that it takes.
  private static let samples: [(name: String, secret: [UInt8], parameters: KeyDerivationParameters)] = [
    ("hkdf(sha256)", bytes(22), .init(salt: bytes(13), info: bytes(10))),
    ("hkdf-extract(sha512)", bytes(22), .init(salt: bytes(13))),
    ("hkdf-expand(sha256)", bytes(32), .init(info: bytes(10))),
    ("pbkdf2(hmac(sha384))", bytes(8), .init(salt: bytes(16), iterations: 2)),
    ("scrypt", bytes(8), .init(salt: bytes(16), memoryCost: 4, parallelism: 1, blockSize: 1)),
    ("kbkdf-counter(hmac(sha3-256))", bytes(32), .init(info: bytes(5), label: bytes(7))),
    ("kbkdf-counter(cmac(aes))", bytes(24), .init(info: bytes(5), label: bytes(7))),
    ("kbkdf-feedback(hmac(sha256))", bytes(32), .init(salt: bytes(32), info: bytes(5), label: bytes(7))),
    ("kbkdf-feedback(cmac(aes))", bytes(16), .init(salt: bytes(16), info: bytes(5), label: bytes(7))),
    ("kbkdf-kmac128", bytes(16), .init(info: bytes(5), label: bytes(7))),
    ("tls1-prf(sha384)", bytes(48), .init(info: bytes(64), label: bytes(13))),
  ]

  private static func bytes(_ count: Int) -> [UInt8] { OpenSSL.bytes(count) }

  private static func count(_ name: String) -> Int { name.hasPrefix("hkdf-extract") ? 64 : 40 }

  @Test("published vectors, by file; what must be refused is, with nothing derived")
  func vectors() throws {
    let registry = try OpenSSL.registry.get()
    var counts: [String: Int] = [:]
    for vector in try Vectors.derivations() {
      var derivation = try registry.keyDerivation(vector.algorithm)
      #expect(derivation.algorithm.driverName.hasSuffix("-openssl"))
      var key: [UInt8]?
      let code = errorCode { () throws(ProviderError) in
        key = try derivation.derive(vector.output.count, from: vector.secret, vector.parameters)
      }
      let isValid = vector.result == .valid
      #expect(code == (isValid ? nil : .invalidArgument), "\(vector.id) \(vector.comment)")
      if key != (isValid ? vector.output : nil) { Issue.record("\(vector.id) \(vector.comment)") }
      counts[vector.id.split(separator: ":").first.map(String.init) ?? "", default: 0] += 1
    }
    for (source, count) in counts.sorted(by: { $0.key < $1.key }) { print("\(source): \(count) vectors") }
    // What NotApplicable.tsv says was taken is what was run.
    for row in try Vectors.notApplicable() where row.outcome == .taken && row.reason == "derivations" {
      #expect(counts[row.source] == row.count, "\(row.source)")
    }
  }

  @Test("a parameter that an algorithm does not have is refused, by its name, and nothing is derived")
  func foreignParameters() throws {
    let registry = try OpenSSL.registry.get()
    let changes:
      [(field: String, apply: (inout KeyDerivationParameters) -> Void, isOwn: (KeyDerivationParameters) -> Bool)]
    changes = [
      ("salt", { $0.salt = [1] }, { !$0.salt.isEmpty }), ("info", { $0.info = [1] }, { !$0.info.isEmpty }),
      ("label", { $0.label = [1] }, { !$0.label.isEmpty }),
      ("iterations", { $0.iterations = 1 }, { $0.iterations != 0 }),
      ("memory cost", { $0.memoryCost = 1 }, { $0.memoryCost != 0 }),
      ("parallelism", { $0.parallelism = 1 }, { $0.parallelism != 0 }),
      ("block size", { $0.blockSize = 1 }, { $0.blockSize != 0 }),
    ]
    var refused = 0
    for sample in Self.samples {
      var derivation = try registry.keyDerivation(sample.name)
      for change in changes where !change.isOwn(sample.parameters) {
        var parameters = sample.parameters
        change.apply(&parameters)
        var output: [UInt8] = [9]
        do throws(ProviderError) {
          output = try derivation.derive(Self.count(sample.name), from: sample.secret, parameters)
          Issue.record("\(sample.name) took a \(change.field)")
        } catch {
          #expect(error.code == .invalidArgument, "\(sample.name) with a \(change.field)")
          #expect(error.message.contains("has no \(change.field)"), "\(error.message)")
          refused += 1
        }
        #expect(output == [9])
      }
      // The handle goes on.
      let key = try derivation.derive(Self.count(sample.name), from: sample.secret, sample.parameters)
      #expect(key.count == Self.count(sample.name))
    }
    // 11 algorithms of 7 fields each, less those that they have.
    #expect(refused == 11 * 7 - 24)
  }

  @Test(
    "no bytes, and more than the standard allows, are refused",
    arguments: [
      ("hkdf(sha1)", 255 * 20), ("hkdf(sha512)", 255 * 64), ("hkdf-expand(sha256)", 255 * 32),
      ("hkdf-extract(sha256)", 32), ("pbkdf2(hmac(sha256))", 32 * (1 << 32 - 1)), ("scrypt", 32 * (1 << 32 - 1)),
      ("kbkdf-counter(hmac(sha256))", 1 << 29 - 1), ("kbkdf-feedback(cmac(aes))", 1 << 29 - 1),
    ])
  func counts(name: String, most: Int) throws {
    var derivation = try OpenSSL.registry.get().keyDerivation(name)
    for count in [Int.min, -1, 0, most + 1, Int.max] {
      let code = errorCode { () throws(ProviderError) in try derivation.derive(count, from: Self.bytes(16)) }
      #expect(code == .invalidArgument, "\(count)")
    }
    guard most < 1 << 20 else { return }
    #expect(try derivation.derive(most, from: Self.bytes(32)).count == most)
  }

  @Test("an output without room is refused untouched, with the number of bytes it needs")
  func room() throws {
    let registry = try OpenSSL.registry.get()
    for sample in Self.samples {
      let count = Self.count(sample.name)
      var derivation = try registry.keyDerivation(sample.name)
      var thrown: ProviderError?
      let written = [UInt8](capacity: count - 1) { output in
        do throws(ProviderError) {
          try derivation.derive(count, from: sample.secret.rawSpan, sample.parameters, into: &output)
        } catch { thrown = error }
      }
      #expect(thrown?.code == .outputTooSmall && thrown?.required == count, "\(sample.name)")
      #expect(written.isEmpty)
    }
  }

  @Test("HKDF is its two parts; a missing salt is a digest of zeros (RFC 5869 section 2.2)")
  func parts() throws {
    let registry = try OpenSSL.registry.get()
    for hash in OpenSSL.hkdfPartHashes {
      var whole = try registry.keyDerivation("hkdf(\(hash))")
      var extract = try registry.keyDerivation("hkdf-extract(\(hash))")
      var expand = try registry.keyDerivation("hkdf-expand(\(hash))")
      let size = try registry.hash(hash).digestSize
      // Information longer than libcrypto 3.0's own HKDF takes.
      let info = Self.bytes(5000)
      for salt in [Self.bytes(13), [], Self.bytes(300)] {
        let key = try extract.derive(size, from: Self.bytes(50), .init(salt: salt))
        let output = try whole.derive(3 * size + 1, from: Self.bytes(50), .init(salt: salt, info: info))
        #expect(try expand.derive(3 * size + 1, from: key, .init(info: info)) == output, "\(hash)")
        // Fewer bytes are the first ones.
        let fewer = try whole.derive(size - 1, from: Self.bytes(50), .init(salt: salt, info: info))
        #expect(fewer[...] == output.prefix(size - 1))
      }
      let none = try extract.derive(size, from: Self.bytes(50))
      #expect(try extract.derive(size, from: Self.bytes(50), .init(salt: [UInt8](repeating: 0, count: size))) == none)
      // An empty secret is a message like any other.
      #expect(try extract.derive(size, from: []) != none)
    }
  }

  @Test("the counter mode of SP 800-108 is HMAC of counter, label, zero, context and length")
  func counterMode() throws {
    let registry = try OpenSSL.registry.get()
    let (key, label, context) = (Self.bytes(32), Self.bytes(7), Self.bytes(5))
    var mac = try registry.mac("hmac(sha256)", key: key)
    var expected: [UInt8] = []
    for counter: UInt8 in 1...3 {
      // 80 bytes are 640 bits.
      expected += try mac.authenticate([0, 0, 0, counter] + label + [0] + context + [0, 0, 2, 128])
    }
    var derivation = try registry.keyDerivation("kbkdf-counter(hmac(sha256))")
    let derived = try derivation.derive(80, from: key, .init(info: context, label: label))
    #expect(derived[...] == expected.prefix(80))
    // Without a label the caller's layout counts.
    #expect(try derivation.derive(80, from: key, .init(info: label + [0] + context + [0, 0, 2, 128])) == derived)
  }

  @Test("the feedback mode of SP 800-108 takes the block before, at first the IV or nothing")
  func feedbackMode() throws {
    let registry = try OpenSSL.registry.get()
    let (key, label, context) = (Self.bytes(24), Self.bytes(7), Self.bytes(5))
    let fixedInput = label + [0] + context + [0, 0, 2, 128]
    var mac = try registry.mac("hmac(sha256)", key: key)
    var derivation = try registry.keyDerivation("kbkdf-feedback(hmac(sha256))")
    for iv in [[], Self.bytes(32)] {
      var (block, expected): ([UInt8], [UInt8]) = (iv, [])
      for counter: UInt8 in 1...3 {
        block = try mac.authenticate(block + [0, 0, 0, counter] + fixedInput)
        expected += block
      }
      let derived = try derivation.derive(80, from: key, .init(salt: iv, info: context, label: label))
      #expect(derived[...] == expected.prefix(80))
      #expect(try derivation.derive(80, from: key, .init(salt: iv, info: fixedInput)) == derived)
    }
  }

  @Test("defaults are the documented ones")
  func defaults() throws {
    let registry = try OpenSSL.registry.get()
    var pbkdf2 = try registry.keyDerivation("pbkdf2(hmac(sha512))")
    let salt = Self.bytes(16)
    let byDefault = try pbkdf2.derive(32, from: Self.bytes(8), .init(salt: salt))
    #expect(try pbkdf2.derive(32, from: Self.bytes(8), .init(salt: salt, iterations: 210_000)) == byDefault)
    var scrypt = try registry.keyDerivation("scrypt")
    // The memory cost is the caller's here: 128 MiB twice is much for a test.
    let fewer = try scrypt.derive(32, from: Self.bytes(8), .init(salt: salt, memoryCost: 10))
    let all = KeyDerivationParameters(salt: salt, memoryCost: 10, parallelism: 1, blockSize: 8)
    #expect(try scrypt.derive(32, from: Self.bytes(8), all) == fewer)
  }

  /// Memory cost, block size and parallelism that are too much, or nothing at all.
  static let hostile: [[Int]] = [
    [-1, 8, 1], [63, 8, 1], [Int.max, 8, 1], [21, 8, 1], [40, 8, 1], [16, 1, 1], [20, 9, 1], [10, -1, 1],
    [10, Int.max, 1], [10, 1_073_741_824, 1], [10, 8, -1], [10, 8, Int.max], [10, 8, 2_097_152], [14, 8, 4096],
    [1, 8_388_608, 1], [17, 8, 129], [62, 536_870_912, 536_870_912], [31, 8, 536_870_912],
  ]

  @Test("scrypt's numbers are bounded before any memory is taken", arguments: hostile)
  func hostileScrypt(numbers: [Int]) throws {
    let (cost, blockSize, parallelism) = (numbers[0], numbers[1], numbers[2])
    var scrypt = try OpenSSL.registry.get().keyDerivation("scrypt")
    let parameters = KeyDerivationParameters(
      salt: Self.bytes(16), memoryCost: cost, parallelism: parallelism, blockSize: blockSize)
    do throws(ProviderError) {
      _ = try scrypt.derive(32, from: Self.bytes(8), parameters)
      Issue.record("taken")
    } catch {
      #expect(error.code == .invalidArgument)
      #expect(error.message.contains("takes"), "\(error.message)")
    }
  }

  @Test("the limit of scrypt's memory is in the refusal")
  func scryptLimit() throws {
    var scrypt = try OpenSSL.registry.get().keyDerivation("scrypt")
    do throws(ProviderError) {
      _ = try scrypt.derive(32, from: Self.bytes(8), .init(memoryCost: 21))
      Issue.record("taken")
    } catch { #expect(error.message.contains("1073741824 bytes")) }
  }

  /// A request that is out of range, and how it fails.
  struct Refusal: CustomTestStringConvertible, Sendable {
    let name: String
    /// Bytes of the secret.
    let secret: Int
    let parameters: KeyDerivationParameters
    let code: ProviderError.Code
    var testDescription: String { "\(name), \(secret) bytes of secret: \(code)" }

    init(_ name: String, _ secret: Int, _ parameters: KeyDerivationParameters, _ code: ProviderError.Code) {
      self.name = name
      self.secret = secret
      self.parameters = parameters
      self.code = code
    }
  }

  private static let labelled = KeyDerivationParameters(label: [1])

  static let refusals: [Refusal] = [
    Refusal("pbkdf2(hmac(sha256))", 8, .init(iterations: -1), .invalidArgument),
    Refusal("pbkdf2(hmac(sha256))", 8, .init(iterations: 1 << 31), .invalidArgument),
    Refusal("kbkdf-counter(hmac(sha256))", 0, labelled, .invalidKeyLength),
    Refusal("kbkdf-counter(cmac(aes))", 15, labelled, .invalidKeyLength),
    Refusal("kbkdf-counter(cmac(aes))", 0, labelled, .invalidKeyLength),
    Refusal("kbkdf-feedback(cmac(aes))", 33, labelled, .invalidKeyLength),
    Refusal("kbkdf-feedback(cmac(aes))", 16, .init(salt: [1], label: [1]), .invalidArgument),
    Refusal("kbkdf-feedback(hmac(sha256))", 16, .init(salt: bytes(31), label: [1]), .invalidArgument),
    Refusal("kbkdf-kmac256", 3, labelled, .invalidKeyLength),
    Refusal("kbkdf-kmac256", 513, labelled, .invalidKeyLength),
    Refusal("kbkdf-kmac256", 32, .init(label: bytes(513)), .invalidArgument),
    Refusal("tls1-prf(sha256)", 48, .init(), .invalidArgument),
    Refusal("tls1-prf(sha256)", 48, .init(info: bytes(1024), label: [1]), .invalidArgument),
  ]

  @Test("numbers, keys, IVs and seeds out of range are refused", arguments: refusals)
  func outOfRange(refusal: Refusal) throws {
    var derivation = try OpenSSL.registry.get().keyDerivation(refusal.name)
    var key: [UInt8]?
    let thrown = errorCode { () throws(ProviderError) in
      key = try derivation.derive(32, from: Self.bytes(refusal.secret), refusal.parameters)
    }
    #expect(thrown == refusal.code)
    #expect(key == nil)
  }

  @Test(
    "a derivation is found by its usual names and by its object identifier",
    arguments: [
      ("hkdf-sha256", "hkdf(sha256)"), ("HKDF-SHA-512", "hkdf(sha512)"), ("hkdf(SHA2-384)", "hkdf(sha384)"),
      ("1.2.840.113549.1.9.16.3.28", "hkdf(sha256)"), ("pbkdf2-sha256", "pbkdf2(hmac(sha256))"),
      ("PBKDF2-HMAC-SHA-1", "pbkdf2(hmac(sha1))"), ("id-scrypt", "scrypt"), ("1.3.6.1.4.1.11591.4.11", "scrypt"),
      ("tls1-prf-md5-sha1", "tls1-prf(md5-sha1)"),
    ])
  func found(alias: String, name: String) throws {
    #expect(try OpenSSL.registry.get().algorithm(alias).name == name)
  }
}

extension DerivationVector {
  /// The parameters that the registry takes.
  var parameters: KeyDerivationParameters {
    KeyDerivationParameters(
      salt: salt, info: info, label: label, iterations: iterations, memoryCost: memoryCost, parallelism: parallelism,
      blockSize: blockSize)
  }
}
