// What a handle of a generator does after fork(2), whatever its driver does by itself.
// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing
import WarpDriveCore

/// fork(2), which Swift does not offer.
@_silgen_name("fork") private func cFork() -> Int32

/// A generator that gives the number of its reseeds in each byte, and knows nothing of processes.
private struct CountingDriver: RandomDriver {
  let seedSize: Int
  var descriptor: AlgorithmDescriptor {
    AlgorithmDescriptor(
      name: "countrng", driverName: "countrng-toy", priority: 100, properties: .random(.init(seedSize: seedSize)),
      flags: .internalOnly)
  }

  func makeTransform() throws(ProviderError) -> any RandomTransform & ~Copyable { CountingTransform() }
}

private struct CountingTransform: RandomTransform, ~Copyable {
  private var reseeds: UInt8 = 0

  mutating func reseed(_ seed: RawSpan) throws(ProviderError) { reseeds += 1 }

  mutating func generate(_ count: Int, additional: RawSpan, into output: inout OutputRawSpan) throws(ProviderError) {
    for _ in 0..<count { output.append(reseeds) }
  }
}

@Suite("Generators after a fork")
struct ForkedGeneratorTests {
  @Test("the child's generator is reseeded once, the parent's is not; one that the caller seeds is left alone")
  func reseeding() async {
    await #expect(processExitsWith: .success) {
      for (seedSize, expected) in [(0, Int32(11)), (16, 0)] {
        let registry = Registry()
        try registry.register(ToyProvider("toys", [CountingDriver(seedSize: seedSize)]))
        var random = try registry.random(
          "countrng", matching: LookupConstraints(type: .internalOnly, mask: .internalOnly))
        #expect(try random.generate(1) == [0])
        let child = cFork()
        if child == 0 {
          let first = (try? random.generate(1)) ?? [90]
          let second = (try? random.generate(1)) ?? [9]
          _exit(Int32(first[0] * 10 + second[0]))
        }
        try #require(child > 0)
        #expect(try random.generate(1) == [0])
        var status: Int32 = -1
        #expect(unsafe waitpid(child, &status, 0) == child)
        #expect(status >> 8 == expected)
      }
    }
  }
}
