// A generator that is random enough for the checks, and its wrong relatives.
// SPDX-License-Identifier: Apache-2.0

import Synchronization
import WarpDriveConformance
import WarpDriveCore

/// The toy generator; with a defect, wrong in that one way.
struct ToyRandom: RandomDriver {
  let descriptor: AlgorithmDescriptor
  let defect: Defect?
  private let seeds = ToySeeds()

  init(_ defect: Defect? = nil, as driverName: String = "toyrandom-toy") {
    self.defect = defect
    descriptor = AlgorithmDescriptor(
      name: "toyrandom", driverName: driverName, priority: 100, properties: .random(RandomProperties(seedSize: 0)))
  }

  var knownAnswers: [KnownAnswer] { [KnownAnswer(.random(count: 16), source: "the toy itself")] }

  func makeTransform() throws(ProviderError) -> any RandomTransform & ~Copyable {
    ToyRandomTransform(defect: defect, state: RandomSource(seed: defect == .seedsAlike ? 1 : seeds.next()))
  }
}

/// A seed for each generator, never twice.
private final class ToySeeds: Sendable {
  private let count = Atomic<UInt64>(0)
  func next() -> UInt64 { mix(count.wrappingAdd(1, ordering: .relaxed).newValue) }
}

private struct ToyRandomTransform: RandomTransform, ~Copyable {
  let defect: Defect?
  var state: RandomSource
  private var generated = 0

  init(defect: Defect?, state: RandomSource) {
    self.defect = defect
    self.state = state
  }

  mutating func reseed(_ seed: RawSpan) throws(ProviderError) {
    var sum = ToyState()
    sum.take(seed)
    let old = defect == .repeatsSeed ? 0 : state.next()
    state = RandomSource(seed: sum.sum ^ old)
  }

  mutating func generate(
    _ count: Int, additional: RawSpan, into output: inout OutputRawSpan
  ) throws(ProviderError) {
    generated += 1
    // Right as long as a self-test looks.
    if defect == .constant, generated > 8 { state = RandomSource(seed: 9) }
    let wanted =
      defect == .fillsAllRoom ? output.freeCapacity : defect == .shortOutput && count > 20 ? count - 1 : count
    var bytes: [UInt8] = []
    bytes.reserveCapacity(wanted)
    var word: UInt64 = 0
    for index in 0..<wanted {
      if index.isMultiple(of: 8) { word = state.next() }
      bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(index % 8 * 8)))
    }
    if defect == .biased { for index in bytes.indices where bytes[index] < 16 { bytes[index] |= 0x80 } }
    if defect == .wrongWhenLong, wanted > 1 << 16 {
      for index in 1 << 16..<wanted { bytes[index] = 0 }
    }
    output.append(copying: bytes.rawSpan)
    if defect == .writesPastEnd { ToyMachine.writePastEnd(&output) }
  }
}
