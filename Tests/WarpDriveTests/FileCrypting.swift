// Encrypts and decrypts whole files in pieces of any size, and a scrypt of a few lines for registries that have none.
// SPDX-License-Identifier: Apache-2.0

import WarpDrive

/// Whole files by the library's streams.
enum FileCrypting {
  /// What came out, and the error that ended it.
  struct Outcome {
    var bytes: [UInt8] = []
    var error: ProviderError?
  }

  /// Encrypts `plain`, given in pieces of `piece` bytes.
  static func seal(
    _ plain: [UInt8], _ registry: Registry, _ secret: FileSecret, _ options: EncryptedFileOptions = .init(),
    piece: Int = .max, room: Int? = nil
  ) throws(ProviderError) -> [UInt8] {
    var sealer = try FileSealer(registry, secret, options)
    var file = sealer.head
    var taken = 0
    while true {
      let count = min(piece, plain.count - taken)
      let isLast = taken + count == plain.count
      var progress = FileProgress()
      file += try [UInt8](capacity: room ?? sealer.outputSize) { (output) throws(ProviderError) in
        progress = try sealer.step(
          plain.rawSpan.extracting(taken..<taken + count), isLast: isLast, into: &output)
      }
      taken += progress.consumed
      if progress.finished { return file }
    }
  }

  /// Decrypts `file`, given in pieces of `piece` bytes; what came out before an error is kept.
  static func open(
    _ file: [UInt8], _ registry: Registry, _ secret: FileSecret, algorithm: String? = nil, piece: Int = .max
  ) -> Outcome {
    var outcome = Outcome()
    do throws(ProviderError) {
      let header = try EncryptedFileHeader(parsing: file.rawSpan)
      var opener = try FileOpener(registry, secret, header, algorithm: algorithm)
      var taken = EncryptedFileHeader.size
      while true {
        let count = min(piece, file.count - taken)
        var progress = FileProgress()
        var failure: ProviderError?
        outcome.bytes += [UInt8](capacity: opener.outputSize) { output in
          do throws(ProviderError) {
            progress = try opener.step(
              file.rawSpan.extracting(taken..<taken + count), isLast: taken + count == file.count, into: &output)
          } catch {
            failure = error
          }
        }
        if let failure { throw failure }
        taken += progress.consumed
        if progress.finished { return outcome }
      }
    } catch {
      outcome.error = error
      return outcome
    }
  }
}

/// scrypt (RFC 7914) over the registry's `hmac(sha256)`, for tests that must not wait for a library's.
struct SmallScrypt: KeyDerivationDriver {
  /// Where the MAC comes from; another registry than the one that this is registered in.
  let macs: Registry

  var descriptor: AlgorithmDescriptor {
    AlgorithmDescriptor(
      name: "scrypt", driverName: "scrypt-test", priority: 1000,
      properties: .keyDerivation(.init(isPasswordHash: true)))
  }
  /// Of the lowest cost, which is this driver's default.
  var knownAnswers: [KnownAnswer] {
    [
      KnownAnswer(
        .keyDerivation(
          secret: "70617373776f7264", salt: "4e61436c", info: "", iterations: 0,
          output: "aec6b7483ed26e08802b41f4032086a0e886be7ac48fcfd92ff0cef8109752f4"),
        source: "CPython 3.11's hashlib.scrypt, N = 16, r = 1, p = 1")
    ]
  }

  func derive(
    _ count: Int, from secret: RawSpan, _ parameters: KeyDerivationParameters, into output: inout OutputRawSpan
  ) throws(ProviderError) {
    let key = try derive(
      count, [UInt8](copying: secret), parameters.salt, cost: max(parameters.memoryCost, 4),
      r: max(parameters.blockSize, 1), p: max(parameters.parallelism, 1))
    output.append(copying: key.rawSpan)
  }

  /// The derived key.
  func derive(
    _ count: Int, _ secret: [UInt8], _ salt: [UInt8], cost: Int, r: Int, p: Int
  ) throws(ProviderError) -> [UInt8] {
    var blocks = try pbkdf2(secret, salt, 128 * r * p)
    for lane in 0..<p {
      var words = (0..<32 * r).map { word in
        (0..<4).reduce(UInt32(0)) { $0 | UInt32(blocks[lane * 128 * r + 4 * word + $1]) << UInt32(8 * $1) }
      }
      Self.mix(&words, cost: cost, r: r)
      for (word, value) in words.enumerated() {
        for byte in 0..<4 {
          blocks[lane * 128 * r + 4 * word + byte] = UInt8(truncatingIfNeeded: value >> UInt32(8 * byte))
        }
      }
    }
    return try pbkdf2(secret, blocks, count)
  }

  /// One iteration of PBKDF2 (RFC 8018 section 5.2).
  private func pbkdf2(_ secret: [UInt8], _ salt: [UInt8], _ count: Int) throws(ProviderError) -> [UInt8] {
    var mac = try macs.mac("hmac(sha256)", key: secret)
    var bytes: [UInt8] = []
    var number: UInt8 = 1
    var high: UInt8 = 0
    while bytes.count < count {
      bytes += try mac.authenticate(salt + [0, 0, high, number])
      number &+= 1
      if number == 0 { high += 1 }
    }
    return Array(bytes.prefix(count))
  }

  /// scryptROMix (RFC 7914 section 5).
  private static func mix(_ block: inout [UInt32], cost: Int, r: Int) {
    var memory: [[UInt32]] = []
    for _ in 0..<1 << cost {
      memory.append(block)
      block = mixed(block, r)
    }
    for _ in 0..<1 << cost {
      let place = Int(block[16 * (2 * r - 1)] & UInt32(truncatingIfNeeded: memory.count - 1))
      block = mixed(zip(block, memory[place]).map { $0 ^ $1 }, r)
    }
  }

  /// scryptBlockMix (section 4).
  private static func mixed(_ block: [UInt32], _ r: Int) -> [UInt32] {
    var last = Array(block.suffix(16))
    var (even, odd): ([UInt32], [UInt32]) = ([], [])
    for index in 0..<2 * r {
      for word in 0..<16 { last[word] ^= block[16 * index + word] }
      salsa(&last)
      if index.isMultiple(of: 2) { even += last } else { odd += last }
    }
    return even + odd
  }

  /// Salsa20/8 (section 3).
  private static func salsa(_ block: inout [UInt32]) {
    var x = block
    func quarter(_ a: Int, _ b: Int, _ c: Int, _ d: Int) {
      func turn(_ value: UInt32, _ bits: UInt32) -> UInt32 { value << bits | value >> (32 - bits) }
      x[b] ^= turn(x[a] &+ x[d], 7)
      x[c] ^= turn(x[b] &+ x[a], 9)
      x[d] ^= turn(x[c] &+ x[b], 13)
      x[a] ^= turn(x[d] &+ x[c], 18)
    }
    for _ in 0..<4 {
      quarter(0, 4, 8, 12)
      quarter(5, 9, 13, 1)
      quarter(10, 14, 2, 6)
      quarter(15, 3, 7, 11)
      quarter(0, 1, 2, 3)
      quarter(5, 6, 7, 4)
      quarter(10, 11, 8, 9)
      quarter(15, 12, 13, 14)
    }
    for index in 0..<16 { block[index] = block[index] &+ x[index] }
  }
}

/// A provider of the scrypt above.
struct ScryptProvider: Provider {
  let macs: Registry
  var name: String { "scrypt-test" }
  var version: String { "1" }
  var drivers: [any AlgorithmDriver] { [SmallScrypt(macs: macs)] }
}
