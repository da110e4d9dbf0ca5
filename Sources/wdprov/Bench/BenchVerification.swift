// Checks a driver on the very data it is to be measured with: a fast wrong answer is worth nothing.
// SPDX-License-Identifier: Apache-2.0

import WarpDrive

/// What has to hold before a driver is measured.
struct BenchVerification {
  private let registry: Registry
  private let algorithm: Algorithm
  private let level: Int?
  private let sample: [UInt8]

  init(_ algorithm: Algorithm, _ data: BenchData, level: Int?, in registry: Registry) {
    self.registry = registry
    self.algorithm = algorithm
    self.level = level
    // Not a multiple of any block, and enough to leave every window.
    sample = Array(data.bytes.prefix(100_003))
  }

  /// Runs the self-test, and the inverse or another driver of the name on the sample.
  ///
  /// - Throws: what failed; for compression also how small the sample became is returned.
  func run() throws(ProviderError) {
    try registry.ensureTested(algorithm)
    let driver = algorithm.driverName
    switch algorithm.kind {
    case .compression:
      var handle = try registry.compression(driver, CompressionOptions(level: level))
      try expect(handle.decompress(handle.compress(sample)))
    case .hash:
      guard let other else { return }
      var first = try registry.hash(driver)
      var second = try registry.hash(other.driverName)
      guard try first.digest(sample) == second.digest(sample) else { throw difference(from: other) }
    case .mac:
      guard let other else { return }
      let key = BenchSubject.key(algorithm)
      let options = BenchSubject.options(algorithm)
      var first = try registry.mac(driver, key: key, options)
      var second = try registry.mac(other.driverName, key: key, options)
      guard try first.authenticate(sample) == second.authenticate(sample) else { throw difference(from: other) }
    case .cipher:
      var handle = try registry.cipher(driver, key: BenchSubject.key(algorithm))
      let unit = BenchSubject.unit(algorithm)
      let whole = Array(sample.prefix(sample.count / unit * unit))
      let start = [UInt8](repeating: 0, count: handle.ivSize)
      var end = start
      let text = try handle.encrypt(whole, iv: &end)
      var back = BenchSubject.generatesIV(algorithm) ? end : start
      guard try handle.decrypt(text, iv: &back) == whole else { throw wrong }
    case .aead:
      var handle = try registry.aead(driver, key: BenchSubject.key(algorithm))
      let nonce = BenchSubject.nonce(algorithm)
      let aad = BenchSubject.aad(algorithm)
      let whole = Array(sample.prefix(sample.count / algorithm.descriptor.blockSize * algorithm.descriptor.blockSize))
      guard try handle.open(handle.seal(whole, nonce: nonce, aad: aad), nonce: nonce, aad: aad) == whole else {
        throw wrong
      }
    case .random, .keyAgreement, .signature, .asymmetricCipher, .keyDerivation: return
    }
  }

  /// Another driver of the same name that works.
  private var other: Algorithm? {
    registry.algorithms.first {
      $0.name == algorithm.name && $0.kind == algorithm.kind && $0 !== algorithm
        && (try? registry.ensureTested($0)) != nil
    }
  }

  private func expect(_ plain: [UInt8]) throws(ProviderError) {
    guard plain == sample else { throw wrong }
  }

  private var wrong: ProviderError {
    ProviderError(
      .backendFailure, "the data does not come back as it was: not measured", driver: algorithm.driverName)
  }

  private func difference(from other: Algorithm) -> ProviderError {
    ProviderError(
      .backendFailure, "the answer differs from that of \(other.driverName): not measured", driver: algorithm.driverName
    )
  }
}
