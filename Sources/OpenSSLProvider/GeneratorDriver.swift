// Random numbers of libcrypto's generator.
// SPDX-License-Identifier: Apache-2.0

import COpenSSL
import WarpDriveCore

/// The driver of `stdrng` that serves unless another is asked for by its driver name.
struct GeneratorDriver: RandomDriver {
  let descriptor = AlgorithmDescriptor(
    name: "stdrng", driverName: "stdrng-openssl", priority: 300, properties: .random(.init(seedSize: 0)))

  func makeTransform() throws(ProviderError) -> any RandomTransform & ~Copyable {
    try Libcrypto.open()
    return GeneratorTransform()
  }
}

/// libcrypto's private generator (CTR-DRBG of SP 800-90A unless the machine's openssl.cnf says otherwise), seeded from
/// the operating system and reseeded after a fork.
///
/// It is one for each thread and not for each handle; reseeding it serves every handle on the thread.
struct GeneratorTransform: RandomTransform, ~Copyable {
  mutating func reseed(_ seed: RawSpan) throws(ProviderError) {
    let isDone = unsafe seed.withUnsafeBytes { unsafe cossl_random_reseed($0.baseAddress, $0.count) }
    guard isDone else { throw Libcrypto.failed(to: "reseed its generator") }
  }

  mutating func generate(
    _ count: Int, additional: RawSpan, into output: inout OutputRawSpan
  ) throws(ProviderError) {
    let isDone = unsafe additional.withUnsafeBytes { additional in
      unsafe append(count, to: &output) {
        unsafe cossl_random_generate($0, count, additional.baseAddress, additional.count)
      }
    }
    guard isDone else { throw Libcrypto.failed(to: "generate random bytes") }
  }
}
