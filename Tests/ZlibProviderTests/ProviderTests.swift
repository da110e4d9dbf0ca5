// What the provider says of itself.
// SPDX-License-Identifier: Apache-2.0

import Testing
import WarpDriveCore
import ZlibProvider

@Suite("The provider")
struct ProviderTests {
  @Test("has five drivers of priority 100, all of which pass their self-tests")
  func drivers() throws {
    let provider = ZlibProvider()
    #expect(provider.name == "zlib")
    #expect(provider.version.hasPrefix("1."))
    try provider.checkAvailability()
    let registry = try registry(provider)
    registry.testAll()
    let expected = ["deflate-zlib", "zlib-deflate-zlib", "gzip-zlib", "crc32-zlib", "adler32-zlib"]
    #expect(Set(registry.algorithms.map(\.driverName)) == Set(expected))
    for algorithm in registry.algorithms {
      #expect(algorithm.descriptor.priority == 100)
      #expect(algorithm.selfTest.word == "passed", "\(algorithm.driverName)")
      #expect(algorithm.descriptor.flags == (algorithm.kind == .compression ? .reference : .exportable))
    }
  }

  @Test(
    "is found by name, driver name and alias",
    arguments: [
      ("deflate", "deflate-zlib"), ("zlib-deflate", "zlib-deflate-zlib"), ("zlib", "zlib-deflate-zlib"),
      ("gzip", "gzip-zlib"), ("gz", "gzip-zlib"), ("gzip-zlib", "gzip-zlib"),
    ])
  func names(name: String, driver: String) throws {
    #expect(try registry().compression(name).algorithm.driverName == driver)
  }

  @Test("says what its formats can do")
  func capabilities() throws {
    for algorithm in try registry().algorithms {
      guard case .compression(let properties) = algorithm.descriptor.properties else { continue }
      #expect(properties.levels == 0...9 && properties.defaultLevel == 6)
      #expect(properties.windowBits == 9...15)
      #expect(properties.strategies == [.filtered, .huffmanOnly, .runLength, .fixed])
      #expect(properties.dictionaries == (algorithm.name != "gzip"))
      #expect(properties.headers == (algorithm.name == "gzip"))
      #expect(properties.memberMagic == (algorithm.name == "gzip" ? [0x1f, 0x8b] : []))
      let joining: [String: CompressionJoining] = ["gzip": .members, "deflate": .blocks, "zlib-deflate": .none]
      #expect(properties.joining == joining[algorithm.name])
    }
  }
}
