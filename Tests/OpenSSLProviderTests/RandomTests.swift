// libcrypto's random generator as the registry's.
// SPDX-License-Identifier: Apache-2.0

import OpenSSLProvider
import Testing
import WarpDriveCore

@Suite("Random numbers of libcrypto")
struct RandomTests {
  @Test("outputs differ, also with equal additional input and after a reseed")
  func outputs() throws {
    var random = try OpenSSL.registry.get().random()
    #expect(random.algorithm.driverName == "stdrng-openssl")
    #expect(random.seedSize == 0)
    var seen = Set([try random.generate(32)])
    seen.insert(try random.generate(32))
    for _ in 0..<2 {
      seen.insert(
        try [UInt8](capacity: 32) { (output) throws(ProviderError) in
          try random.generate(32, additional: OpenSSL.bytes(100).rawSpan, into: &output)
        })
    }
    try random.reseed()
    seen.insert(try random.generate(32))
    try random.reseed(OpenSSL.bytes(1000))
    seen.insert(try random.generate(32))
    #expect(seen.count == 6)
  }

  @Test("requests beyond the generator's own limit of 64 KiB are served whole", arguments: [0, 1, 65_536, 200_001])
  func sizes(count: Int) throws {
    var random = try OpenSSL.registry.get().random()
    let bytes = try random.generate(count)
    #expect(bytes.count == count)
    guard count > 1000 else { return }
    // Of so many bytes each value comes about equally often; 1/256 of them has a standard deviation of 6 % at most here.
    let most = try #require(Dictionary(grouping: bytes) { $0 }.values.map(\.count).max())
    #expect(most < count / 128)
    #expect(Set(stride(from: 0, to: count - 16, by: 16_384).map { Array(bytes[$0..<$0 + 16]) }).count > 3)
  }
}
