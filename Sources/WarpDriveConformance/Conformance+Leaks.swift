// Looks for memory and threads that a driver leaves behind.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
public import WarpDriveCore

extension Conformance {
  /// Rounds before the memory is measured: pools fill up, and libraries make what they keep for ever.
  private static let warmUpRounds = 16
  /// Rounds between two measurements.
  private static let measuredRounds = 32
  /// How many measurements may show growth for other reasons: all of them are a leak.
  private static let measurements = 3

  /// The check that ``checkResources(_:)`` runs.
  public static func resources(_ kind: AlgorithmKind) -> Check {
    Check("resources", kind, "repeated use leaves neither memory nor threads behind") { trial in
      let uses = [knownAnswers(kind), failures(kind)].compactMap { $0 }
      func use(_ rounds: Int) throws {
        for _ in 0..<rounds {
          for check in uses { try check.run(&trial) }
        }
      }
      try use(warmUpRounds)
      let threads = CurrentProcess.threadCount
      var growth: [Int] = []
      for _ in 0..<measurements {
        let before = CurrentProcess.allocatedBytes
        try use(measuredRounds)
        growth.append(CurrentProcess.allocatedBytes - before)
      }
      // What grows each time by at least a small block for each round was not freed.
      if let least = growth.min(), least >= 16 * measuredRounds {
        throw trial.failure("each of \(measuredRounds) rounds leaves about \(least / measuredRounds) bytes behind")
      }
      let more = CurrentProcess.threadCount - threads
      if more > 0 { throw trial.failure("\(more) thread(s) are left behind") }
    }
  }

  /// Checks that a driver leaves nothing behind.
  ///
  /// To be called where nothing else runs in the process, since it watches the whole process's memory and threads.
  public func checkResources(_ algorithm: Algorithm) -> CheckResult {
    run(Self.resources(algorithm.kind), on: algorithm, seed: seed)
  }

  /// The check of the kind in which requests fail, whose ways out are where memory is forgotten most.
  private static func failures(_ kind: AlgorithmKind) -> Check? {
    guard kind == .compression else { return nil }
    return Check("failures", kind, "corrupt input") { trial in
      let options = CompressionOptions(outputLimit: 1 << 20)
      var handle = try trial.registry.compression(trial.driver, options, matching: trial.constraints)
      trial.begin([:])
      var stream = try handle.compress([UInt8](repeating: 0x61, count: 4096))
      // In the middle, so that a state has begun; what it says does not matter here.
      stream[stream.count / 2] ^= 0xFF
      _ = try? handle.decompress(stream)
      _ = try? handle.decompress(Array(stream.prefix(stream.count / 2)))
    }
  }
}
