// What every random number generator must do, as far as it can be seen from outside.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import WarpDriveCore

/// The checks of the random kind.
///
/// None of them says that a generator is unpredictable: that is what its standard is for.
enum RandomChecks {
  static let all: [Check] = [
    Check("lengths", .random, "as many bytes come as are asked for, none included", lengths),
    Check("repetition", .random, "no output comes twice, from one generator or from several", repetition),
    Check(
      "distribution", .random, "ones and zeros, and the values of bytes, are about as frequent as each other",
      distribution),
    Check("misaligned", .random, "the output may begin at any address", misaligned),
    Check("guard-pages", .random, "no byte outside a buffer is read or written", guardPages),
    Check("output-limits", .random, "an output that is too small is refused untouched", outputLimits),
    Check("reseed", .random, "seeds and additional input are mixed in, and the output does not repeat", reseed),
    Check("reuse-after-error", .random, "a generator works after refused requests", reuse),
    Check("concurrency", .random, "generators on several threads give different bytes", concurrency),
    Check("large-output", .random, "long outputs come whole", largeOutput),
    Check(
      "transform-contract", .random, "the driver's transform keeps to its protocol without the registry",
      transform),
  ]

  private static func lengths(_ trial: inout Trial) throws {
    var handle = try trial.makeRandom()
    for count in trial.lengths(20, largest: 5000) {
      trial.begin(["count": count])
      try trial.expect(handle.generate(count).count, is: count, "the output has another length")
    }
    trial.begin(["count": -1])
    var output = try TestMemory(capacity: 8)
    let refused = try output.capture(8, .upperEdge, for: trial) { (span) throws(ProviderError) in
      try handle.generate(-1, into: &span)
    }
    try trial.expect(refused.error, is: .invalidArgument, when: "a request for -1 bytes")
    try trial.refuseFallback(handle.lastUsedFallback, handle.lastDriverName)
  }

  private static func repetition(_ trial: inout Trial) throws {
    // 16 bytes come twice among these with a probability below 2^-100.
    var seen: Set<[UInt8]> = []
    for generator in 0..<4 {
      var handle = try trial.makeRandom()
      for request in 0..<trial.effort.cases(64) {
        trial.begin(["generator": generator, "request": request])
        let bytes = try handle.generate(16)
        try trial.require(seen.insert(bytes).inserted, "16 bytes came a second time")
      }
    }
  }

  private static func distribution(_ trial: inout Trial) throws {
    var handle = try trial.makeRandom()
    let count = 1 << 16
    trial.begin(["count": count])
    let bytes = try handle.generate(count)
    // Bounds at ten standard deviations: a sound generator fails once in 10^22 runs.
    let ones = bytes.reduce(0) { $0 + $1.nonzeroBitCount }
    let middle = count * 4
    // The standard deviation of the number of ones is half the root of the number of bits.
    try trial.require(abs(ones - middle) < 10 * 362, "\(ones) of \(count * 8) bits are ones")
    var frequency = [Int](repeating: 0, count: 256)
    for byte in bytes { frequency[Int(byte)] += 1 }
    for (value, times) in frequency.enumerated() {
      // 256 expected, the standard deviation is 16.
      try trial.require(abs(times - 256) < 10 * 16, "the value \(value) comes \(times) times in \(count) bytes")
    }
  }

  private static func misaligned(_ trial: inout Trial) throws {
    try placed(&trial, (0..<16).map { .offset($0) })
  }

  private static func guardPages(_ trial: inout Trial) throws { try placed(&trial, Placement.edges) }

  private static func placed(_ trial: inout Trial, _ placements: [Placement]) throws {
    var handle = try trial.makeRandom()
    var output = try TestMemory(capacity: 1000)
    var additional = try TestMemory(capacity: 100)
    for placement in placements {
      for count in [1, 16, 333, 1000] {
        trial.begin(["count": count, "output and additional input": placement])
        additional.place(trial.random.bytes(trial.random.number(in: 0...100)), placement)
        let written = try output.capture(count, placement, for: trial) { (span) throws(ProviderError) in
          try handle.generate(count, additional: additional.pages.bytes.extracting(additional.range), into: &span)
        }
        if let error = written.error { throw trial.failure("an error where there should be none", error: error) }
        try trial.expect(written.bytes.count, is: count, "the output has another length")
        if count >= 16 {
          try trial.require(Set(written.bytes).count > 1, "the output has one value only")
        }
      }
    }
    try trial.refuseFallback(handle.lastUsedFallback, handle.lastDriverName)
  }

  private static func outputLimits(_ trial: inout Trial) throws {
    var handle = try trial.makeRandom()
    var output = try TestMemory(capacity: 64)
    for room in [0, 1, 31] {
      trial.begin(["count": 32, "room": room])
      let refused = try output.capture(room, .upperEdge, for: trial) { (span) throws(ProviderError) in
        try handle.generate(32, into: &span)
      }
      try trial.expectRefused(refused, required: 32)
    }
    trial.begin(["count": 32, "room": 64])
    let written = try output.capture(64, .upperEdge, for: trial) { (span) throws(ProviderError) in
      try handle.generate(32, into: &span)
    }
    try trial.expect(written.bytes.count, is: 32, "the output has another length than was asked for")
  }

  private static func reseed(_ trial: inout Trial) throws {
    var handle = try trial.makeRandom()
    var seen: Set<[UInt8]> = []
    // An empty seed asks a generator that seeds itself to do so again.
    var seeds = [trial.random.bytes(max(handle.seedSize, 32)), [UInt8](repeating: 0, count: max(handle.seedSize, 32))]
    if handle.seedSize == 0 { seeds.append([]) }
    for seed in seeds + seeds {
      trial.begin(["seed length": seed.count])
      try handle.reseed(seed)
      try trial.require(seen.insert(try handle.generate(32)).inserted || handle.seedSize > 0, "the output came before")
    }
  }

  private static func reuse(_ trial: inout Trial) throws {
    var handle = try trial.makeRandom()
    var output = try TestMemory(capacity: 8)
    for _ in 0..<trial.effort.cases(8) {
      trial.begin(["after": "a refused output"])
      let refused = try output.capture(8, .upperEdge, for: trial) { (span) throws(ProviderError) in
        try handle.generate(9, into: &span)
      }
      try trial.expect(refused.error, is: .outputTooSmall, when: "an output that is too small")
      try trial.expect(handle.generate(32), differsFrom: handle.generate(32), "the output repeats itself")
    }
  }

  private static func concurrency(_ trial: inout Trial) throws {
    let requests = trial.effort.cases(100)
    trial.begin(["threads": 4, "requests": requests])
    let shared = trial
    let outputs = try ParallelRun.outcomes(of: 4) { _ in
      var handle = try shared.makeRandom()
      return try (0..<requests).map { _ in try handle.generate(16) }
    }
    let all = outputs.flatMap { $0 }
    try trial.expect(Set(all).count, is: 4 * requests, "some outputs of several threads are the same")
  }

  private static func largeOutput(_ trial: inout Trial) throws {
    var handle = try trial.makeRandom()
    // SP 800-90A table 3 limits one request of a DRBG to 2^16 bytes; a driver has to make several of a long one.
    for count in [(1 << 16) - 1, 1 << 16, (1 << 16) + 1, trial.effort.size(1 << 20)] {
      trial.begin(["count": count])
      let bytes = try handle.generate(count)
      try trial.expect(bytes.count, is: count, "the output has another length")
      try trial.expect(
        Array(bytes.suffix(64)), differsFrom: [UInt8](repeating: 0, count: 64), "the end of the output was not filled")
      try trial.expect(Array(bytes.prefix(64)), differsFrom: Array(bytes.suffix(64)), "the output repeats itself")
    }
  }

  private static func transform(_ trial: inout Trial) throws {
    guard let driver = trial.ownDriver() as? any RandomDriver else { throw trial.noTransform }
    var transform = try driver.makeTransform()
    var output = try TestMemory(capacity: 512)
    for count in [0, 1, 100, 448] {
      trial.begin(["count": count, "room": 512])
      let written = try output.capture(512, .upperEdge, for: trial) { (span) throws(ProviderError) in
        try transform.generate(count, additional: RawSpan(), into: &span)
      }
      if let error = written.error { throw trial.failure("an error where there should be none", error: error) }
      try trial.expect(written.bytes.count, is: count, "the output has another length than was asked for")
    }
  }
}

extension Trial {
  /// A handle of the driver under test.
  func makeRandom() throws -> RandomGenerator {
    let handle = try registry.random(driver, matching: constraints)
    try requireOwn(handle.algorithm)
    try refuseFallback(handle.lastUsedFallback, handle.lastDriverName)
    return handle
  }
}
