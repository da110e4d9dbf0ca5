// What every key derivation must do: the same key from the same parameters, another from others.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import WarpDriveCore

/// The checks of the key derivation kind; the parameters are those of the algorithm's known answers.
enum KeyDerivationChecks {
  static let all: [Check] = [
    Check("determinism", .keyDerivation, "equal parameters give equal keys, other secrets other keys", determinism),
    Check("lengths", .keyDerivation, "as many bytes come as are asked for; none, and too many, are refused", lengths),
    Check("guard-pages", .keyDerivation, "no byte outside a buffer is read or written", guardPages),
    Check("output-limits", .keyDerivation, "an output that is too small is refused untouched", outputLimits),
    Check("reuse-after-error", .keyDerivation, "a handle works after refused requests", reuse),
    Check("concurrency", .keyDerivation, "handles on several threads do not disturb each other", concurrency),
  ]

  private static func determinism(_ trial: inout Trial) throws {
    let (secret, parameters) = try trial.derivationParameters()
    let count = trial.outputCount(32)
    var handle = try trial.makeKeyDerivation()
    trial.begin(["secret length": secret.count])
    let key = try handle.derive(count, from: secret, parameters)
    try trial.expect(handle.derive(count, from: secret, parameters), equals: key, "the key is another the second time")
    for index in trial.sampleIndices(of: secret.count) {
      trial.begin(["changed byte of the secret": index])
      var other = secret
      other[index] ^= 0xFF
      try trial.expect(
        handle.derive(count, from: other, parameters), differsFrom: key,
        "the key does not depend on a byte of the secret")
    }
    if !parameters.salt.isEmpty {
      trial.begin(["changed byte of the salt": 0])
      var other = parameters
      other.salt[0] ^= 1
      try trial.expect(
        handle.derive(count, from: secret, other), differsFrom: key, "the key does not depend on the salt")
    }
    try trial.refuseFallback(handle.lastUsedFallback, handle.lastDriverName)
  }

  private static func lengths(_ trial: inout Trial) throws {
    guard case .keyDerivation(let properties) = trial.algorithm.descriptor.properties else { return }
    let (secret, parameters) = try trial.derivationParameters()
    var handle = try trial.makeKeyDerivation()
    for count in trial.outputCounts([1, 16, 20, 32, 33, 64, 100]) {
      trial.begin(["count": count])
      try trial.expect(handle.derive(count, from: secret, parameters).count, is: count, "the key has another length")
    }
    for count in [-1, 0] + (properties.maximumOutput.map { [$0 + 1] } ?? []) {
      trial.begin(["count": count])
      let error = errorOf { () throws(ProviderError) in _ = try handle.derive(count, from: secret, parameters) }
      try trial.expect(error, is: .invalidArgument, when: "a key of \(count) bytes")
    }
  }

  private static func guardPages(_ trial: inout Trial) throws {
    let (secret, parameters) = try trial.derivationParameters()
    var handle = try trial.makeKeyDerivation()
    var input = try TestMemory(capacity: secret.count)
    var output = try TestMemory(capacity: 100)
    for placement in Placement.edges + [.offset(1), .offset(7)] {
      for count in trial.outputCounts([16, 33]) {
        trial.begin(["count": count, "secret": placement, "output": placement])
        let expected = try handle.derive(count, from: secret, parameters)
        input.place(secret, placement)
        let written = try output.capture(count, placement, for: trial) { (span) throws(ProviderError) in
          try handle.derive(count, from: input.pages.bytes.extracting(input.range), parameters, into: &span)
        }
        try trial.expectWritten(written, expected, "the key depends on where the buffers lie")
      }
    }
  }

  private static func outputLimits(_ trial: inout Trial) throws {
    let (secret, parameters) = try trial.derivationParameters()
    var handle = try trial.makeKeyDerivation()
    let count = trial.outputCount(32)
    var output = try TestMemory(capacity: count)
    for room in [0, count - 1] {
      trial.begin(["count": count, "room": room])
      let refused = try output.capture(room, .upperEdge, for: trial) { (span) throws(ProviderError) in
        try handle.derive(count, from: secret.rawSpan, parameters, into: &span)
      }
      try trial.expectRefused(refused, required: count)
    }
  }

  private static func reuse(_ trial: inout Trial) throws {
    let (secret, parameters) = try trial.derivationParameters()
    let count = trial.outputCount(24)
    var handle = try trial.makeKeyDerivation()
    let key = try handle.derive(count, from: secret, parameters)
    trial.begin(["after": "a refused length"])
    _ = errorOf { () throws(ProviderError) in _ = try handle.derive(0, from: secret, parameters) }
    try trial.expect(handle.derive(count, from: secret, parameters), equals: key, "the key is another")
    trial.begin(["after": "another secret"])
    _ = try handle.derive(count, from: trial.otherSecret(secret, 1), parameters)
    try trial.expect(handle.derive(count, from: secret, parameters), equals: key, "the key is another")
  }

  private static func concurrency(_ trial: inout Trial) throws {
    let (secret, parameters) = try trial.derivationParameters()
    trial.begin(["threads": 4])
    let count = trial.outputCount(24)
    let shared = trial
    let keys = try ParallelRun.outcomes(of: 4) { thread in
      var handle = try shared.makeKeyDerivation()
      return try handle.derive(count, from: shared.otherSecret(secret, thread), parameters)
    }
    var alone = try trial.makeKeyDerivation()
    for (thread, key) in keys.enumerated() {
      try trial.expect(
        key, equals: alone.derive(count, from: trial.otherSecret(secret, thread), parameters),
        "a thread derived another key")
    }
  }
}

extension Trial {
  /// `count`, or the nearest number of bytes that the algorithm gives.
  fileprivate func outputCount(_ count: Int) -> Int {
    guard case .keyDerivation(let properties) = algorithm.descriptor.properties,
      let most = properties.maximumOutput
    else { return count }
    return properties.hasFixedOutput ? most : min(count, most)
  }

  /// Those of `counts` that the algorithm gives, or the nearest.
  fileprivate func outputCounts(_ counts: [Int]) -> [Int] { Set(counts.map(outputCount)).sorted() }

  /// A secret for each number from 0 to 255, of the same length: some algorithms have lengths of keys.
  fileprivate func otherSecret(_ secret: [UInt8], _ number: Int) -> [UInt8] {
    guard let first = secret.first else { return [UInt8(number)] }
    return [first ^ UInt8(number)] + secret.dropFirst()
  }

  /// A handle of the driver under test.
  func makeKeyDerivation() throws -> KeyDerivation {
    let handle = try registry.keyDerivation(driver, matching: constraints)
    try requireOwn(handle.algorithm)
    return handle
  }

  /// A secret and parameters that the algorithm takes: those of its first known answer.
  fileprivate func derivationParameters() throws -> (secret: [UInt8], parameters: KeyDerivationParameters) {
    for answer in KnownAnswers.answers(for: algorithm.name) + (ownDriver()?.knownAnswers ?? []) {
      guard case .keyDerivation(let secret, let parameters, _) = try Vector(answer).problem else { continue }
      return (secret, parameters)
    }
    throw notApplicable("no known answer says which parameters the algorithm takes")
  }
}
