// What a key derivation refuses: parameters that it does not have, and numbers out of range.
// SPDX-License-Identifier: Apache-2.0

import WarpDriveCore

/// The parameters of one request, being checked.
struct KeyDerivationCheck {
  /// The fields of ``WarpDriveCore/KeyDerivationParameters``.
  enum Field: String, CaseIterable {
    case salt, info, label, iterations
    case memoryCost = "memory cost"
    case parallelism
    case blockSize = "block size"
  }

  /// The memory in bytes that scrypt's large table may take: N of 2^20 with r of 8, RFC 7914's largest example.
  static let scryptMemory = 1 << 30
  /// The most N * r * p: 16 times that example, about a minute's work.
  static let scryptWork = 1 << 27
  /// The most bytes of label and seed: libcrypto 3.0 has a buffer of that size (TLS1_PRF_MAXBUF).
  static let tlsSeed = 1024

  private let parameters: KeyDerivationParameters
  private let secretSize: Int
  private let descriptor: AlgorithmDescriptor

  init(_ parameters: KeyDerivationParameters, _ secretSize: Int, _ descriptor: AlgorithmDescriptor) {
    self.parameters = parameters
    self.secretSize = secretSize
    self.descriptor = descriptor
  }

  /// Refuses every field that is given and is not one of `fields`.
  func allow(_ fields: Set<Field>) throws(ProviderError) {
    for field in Field.allCases where !fields.contains(field) && isGiven(field) {
      throw refusal("has no \(field.rawValue): leave it out")
    }
  }

  /// The iterations that PBKDF2 makes.
  func iterations(default iterations: Int) throws(ProviderError) -> Int {
    // RFC 8018 appendix A.2 has no bound; libcrypto counts in a C int in places.
    try number(parameters.iterations, default: iterations, 1...Int(Int32.max), "iterations")
  }

  /// scrypt's numbers: the defaults are OWASP's Password Storage Cheat Sheet's as of January 2023 (N 2^17, r 8, p 1).
  func scrypt() throws(ProviderError) -> (exponent: Int, blockSize: Int, parallelism: Int) {
    let exponent = try number(parameters.memoryCost, default: 17, 1...62, "a memory cost")
    // RFC 7914 section 2: r * p is less than 2^30.
    let blockSize = try number(parameters.blockSize, default: 8, 1...(1 << 30 - 1), "a block size")
    let parallelism = try number(parameters.parallelism, default: 1, 1...(1 << 30 - 1), "a parallelism")
    // Section 2: N is less than 2^(128 * r / 8). No product here overflows: each factor is below 2^30, or checked before.
    guard exponent < 16 * blockSize else {
      throw refusal("takes a memory cost below \(16 * blockSize) with a block size of \(blockSize)")
    }
    let (blocks, work) = (exponent < 31 ? 1 << exponent : Int(UInt32.max), Self.scryptWork)
    guard blocks <= Self.scryptMemory / 128 / blockSize, parallelism <= Self.scryptMemory / 128 / blockSize else {
      throw refusal(
        "takes 128 * r * N and 128 * r * p up to \(Self.scryptMemory) bytes of memory (N is 2 to the memory cost, r the"
          + " block size, p the parallelism): lower one of them")
    }
    guard blocks * blockSize <= work / parallelism else {
      throw refusal("takes N * r * p up to \(work): lower the memory cost, the block size or the parallelism")
    }
    return (exponent, blockSize, parallelism)
  }

  /// What the modes of SP 800-108 take.
  func keyBased(_ mode: KeyDerivationAlgorithm.Mode, _ digest: Digest?) throws(ProviderError) {
    try allow(mode == .counter ? [.label, .info] : [.salt, .label, .info])
    let size = digest?.size ?? 16
    guard parameters.salt.isEmpty || parameters.salt.count == size else {
      throw refusal("takes an IV, in the field salt, of \(size) bytes or none")
    }
    if digest == nil {
      guard [16, 24, 32].contains(secretSize) else {
        throw ProviderError(
          .invalidKeyLength, "\(descriptor.name) takes keys of 16, 24 or 32 bytes, not of \(secretSize)",
          driver: descriptor.driverName)
      }
    } else if secretSize == 0 {
      throw ProviderError(
        .invalidKeyLength, "\(descriptor.name) takes keys of 1 byte or more", driver: descriptor.driverName)
    }
  }

  /// What the derivation with KMAC takes; the bounds are libcrypto's (KMAC_MIN_KEY, KMAC_MAX_KEY, KMAC_MAX_CUSTOM).
  func kmac() throws(ProviderError) {
    try allow([.label, .info])
    guard (4...512).contains(secretSize) else {
      throw ProviderError(
        .invalidKeyLength, "\(descriptor.name) takes keys of 4 to 512 bytes, not of \(secretSize)",
        driver: descriptor.driverName)
    }
    guard parameters.label.count <= 512 else { throw refusal("takes a label of up to 512 bytes") }
  }

  /// What the function of TLS takes.
  func tls() throws(ProviderError) {
    try allow([.label, .info])
    guard (1...Self.tlsSeed).contains(parameters.label.count + parameters.info.count) else {
      throw refusal("takes 1 to \(Self.tlsSeed) bytes of label and seed (the field info) together")
    }
  }

  private func isGiven(_ field: Field) -> Bool {
    switch field {
    case .salt: !parameters.salt.isEmpty
    case .info: !parameters.info.isEmpty
    case .label: !parameters.label.isEmpty
    case .iterations: parameters.iterations != 0
    case .memoryCost: parameters.memoryCost != 0
    case .parallelism: parameters.parallelism != 0
    case .blockSize: parameters.blockSize != 0
    }
  }

  private func number(
    _ value: Int, default standard: Int, _ range: ClosedRange<Int>, _ what: String
  ) throws(ProviderError) -> Int {
    guard value != 0 else { return standard }
    guard range.contains(value) else {
      throw refusal("takes \(what) from \(range.lowerBound) to \(range.upperBound), or 0 for \(standard)")
    }
    return value
  }

  private func refusal(_ why: String) -> ProviderError {
    ProviderError(.invalidArgument, "\(descriptor.name) \(why)", driver: descriptor.driverName)
  }
}
