// What every hash must do: the same digest however the message is cut and wherever it lies.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import WarpDriveCore

/// The checks of the hash kind.
enum HashChecks {
  static let all: [Check] = [
    Check("empty-input", .hash, "the empty message has one digest, however it is given", emptyInput),
    Check("chunking", .hash, "a message given in pieces has the digest of the whole", chunking),
    Check("misaligned", .hash, "input and output may begin at any address", misaligned),
    Check("guard-pages", .hash, "no byte outside the input is read and none outside the output written", guardPages),
    Check("scatter-list", .hash, "a message in segments has the digest of the whole", scatterList),
    Check(
      "output-limits", .hash, "an output that is too small is refused untouched, and the message can be finished",
      outputLimits),
    Check(
      "extendable-output", .hash, "outputs of other lengths are prefixes of one another, or refused", extendableOutput),
    Check("clone", .hash, "a copy of the state and its original go on independently", clone),
    Check(
      "state-export", .hash, "an exported state is taken up anywhere in the message, and nothing else is", stateExport),
    Check("reuse-after-error", .hash, "a handle works after errors, resets and abandoned messages", reuse),
    Check("concurrency", .hash, "handles on several threads do not disturb each other", concurrency),
    Check("large-input", .hash, "long messages have the same digest in one piece and in many", largeInput),
    Check("cross-check", .hash, "other drivers of the name compute the same digests", crossCheck),
    Check(
      "transform-contract", .hash, "the driver's transform keeps to its protocol without the registry", transform
    ),
  ]

  private static func emptyInput(_ trial: inout Trial) throws {
    var handle = try trial.makeHash()
    trial.begin(["call": "digest"])
    let digest = try handle.digest([])
    try trial.expect(digest.count, is: handle.digestSize, "the digest has the wrong length")
    trial.begin(["call": "finish alone"])
    try trial.expect(handle.finish(), equals: digest, "the digest of nothing differs")
    trial.begin(["call": "empty updates"])
    for _ in 0..<3 { try handle.update([UInt8]()) }
    try trial.expect(handle.finish(), equals: digest, "the digest after empty updates differs")
    trial.begin(["call": "after another message"])
    try trial.expect(handle.digest([0]), differsFrom: digest, "one zero byte has the digest of nothing")
    try trial.expect(handle.digest([]), equals: digest, "the digest of nothing changed")
    try trial.refuseFallback(handle.lastUsedFallback, handle.lastDriverName)
  }

  private static func chunking(_ trial: inout Trial) throws {
    var whole = try trial.makeHash()
    var pieces = try trial.makeHash()
    for length in trial.lengths(40, largest: 4096) {
      let message = trial.random.bytes(length)
      let largest = trial.random.pick([1, 7, trial.unit, 3 * trial.unit, 4096])
      let sizes = length > 256 && largest == 1 ? [1, length - 2, 1] : trial.random.split(length, largest: largest)
      trial.begin(["length": length, "pieces": sizes])
      let expected = try whole.digest(message)
      var start = 0
      for size in sizes {
        try pieces.update(message.rawSpan.extracting(start..<start + size))
        start += size
      }
      try trial.expect(pieces.finish(), equals: expected, "the digest of the pieces is not that of the whole")
    }
    try trial.refuseFallback(pieces.lastUsedFallback, pieces.lastDriverName)
  }

  private static func misaligned(_ trial: inout Trial) throws {
    var handle = try trial.makeHash()
    var input = try TestMemory(capacity: 4096)
    var output = try TestMemory(capacity: handle.digestSize)
    for offset in 0..<16 {
      for length in [1, trial.unit + 1, trial.random.number(in: 0...3000)] {
        let message = trial.random.bytes(length)
        let outputOffset = trial.random.number(in: 0...15)
        trial.begin(["length": length, "input offset": offset, "output offset": outputOffset])
        let expected = try handle.digest(message)
        input.place(message, .offset(offset))
        let digest = try output.capture(handle.digestSize, .offset(outputOffset), for: trial) {
          (span) throws(ProviderError) in
          try handle.digest(input.pages.bytes.extracting(input.range), into: &span)
        }
        try trial.expectWritten(digest, expected, "the digest depends on the address")
      }
    }
  }

  private static func guardPages(_ trial: inout Trial) throws {
    var handle = try trial.makeHash()
    var input = try TestMemory(capacity: 8192)
    var output = try TestMemory(capacity: handle.digestSize)
    for length in trial.lengths(8, largest: 8192) {
      for (edge, outputEdge) in [
        (Placement.upperEdge, Placement.upperEdge), (.lowerEdge, .lowerEdge), (.upperEdge, .lowerEdge),
      ] {
        let message = trial.random.bytes(length)
        trial.begin(["length": length, "input": edge, "output": outputEdge])
        let expected = try handle.digest(message)
        input.place(message, edge)
        let oneShot = try output.capture(handle.digestSize, outputEdge, for: trial) { (span) throws(ProviderError) in
          try handle.digest(input.pages.bytes.extracting(input.range), into: &span)
        }
        try trial.expectWritten(oneShot, expected, "the digest beside a guard page differs")
        let streamed = try output.capture(handle.digestSize, outputEdge, for: trial) { (span) throws(ProviderError) in
          try handle.update(input.pages.bytes.extracting(input.range))
          try handle.finish(into: &span)
        }
        try trial.expectWritten(streamed, expected, "the streamed digest beside a guard page differs")
      }
    }
  }

  private static func scatterList(_ trial: inout Trial) throws {
    var handle = try trial.makeHash()
    for length in trial.lengths(6, largest: 2000) {
      let message = trial.random.bytes(length)
      let expected = try handle.digest(message)
      for shape in ScatterList.shapes(of: length, multipleOf: 1, &trial.random) {
        trial.begin(["length": length, "segments": shape])
        try trial.expect(
          handle.digest(ScatterList(cutting: message, into: shape)), equals: expected,
          "the digest of the segments is not that of the whole")
      }
    }
    trial.begin(["segments": 0])
    try trial.expect(
      handle.digest(ScatterList()), equals: handle.digest([]), "an empty list has not the digest of nothing")
    try trial.refuseFallback(handle.lastUsedFallback, handle.lastDriverName)
  }

  private static func concurrency(_ trial: inout Trial) throws {
    let count = 4
    let rounds = trial.effort.cases(24)
    var expected: [[UInt8]] = []
    var messages: [[UInt8]] = []
    var alone = try trial.makeHash()
    for _ in 0..<8 {
      messages.append(trial.random.bytes(trial.random.number(in: 0...3000)))
      expected.append(try alone.digest(messages[messages.count - 1]))
    }
    trial.begin(["threads": count, "messages": rounds])
    let shared = trial
    let work = messages
    let digests = try ParallelRun.outcomes(of: count) { thread in
      var handle = try shared.makeHash()
      var digests: [[UInt8]] = []
      for round in 0..<rounds {
        let message = work[(thread + round) % work.count]
        if round.isMultiple(of: 2) {
          digests.append(try handle.digest(message))
        } else {
          for piece in stride(from: 0, to: message.count, by: 97) {
            try handle.update(message.rawSpan.extracting(piece..<min(piece + 97, message.count)))
          }
          digests.append(try handle.finish())
        }
      }
      return digests
    }
    for (thread, list) in digests.enumerated() {
      for (round, digest) in list.enumerated() {
        try trial.expect(
          digest, equals: expected[(thread + round) % expected.count],
          "thread \(thread) has another digest than a thread alone")
      }
    }
    try moveBetweenThreads(&trial, messages[0] + [1], alone.digest(messages[0] + [1]))
  }

  /// A message that is begun here and finished on another thread.
  private static func moveBetweenThreads(_ trial: inout Trial, _ message: [UInt8], _ expected: [UInt8]) throws {
    trial.begin(["length": message.count, "threads": "begun on one, finished on another"])
    var handle = try trial.makeHash()
    let half = message.count / 2
    try handle.update(Array(message[..<half]))
    // The box lets the handle cross into the thread's closure, which is its only user from here on.
    let box = Guarded<Hash?>(handle)
    let courier = Courier(box)
    let rest = Array(message[half...])
    let digest = try ParallelRun.outcomes(of: 1) { _ in
      guard var moved = courier.box.withLock({ $0.take() }) else { return [UInt8]() }
      try moved.update(rest)
      return try moved.finish()
    }
    try trial.expect(digest.first ?? [], equals: expected, "the digest changed with the thread")
  }

  private final class Courier: Sendable {
    let box: Guarded<Hash?>
    init(_ box: consuming Guarded<Hash?>) { self.box = box }
  }

  private static func largeInput(_ trial: inout Trial) throws {
    var handle = try trial.makeHash()
    for length in [1 << 16, (1 << 16) + 1, trial.effort.size(1 << 20) + 3] {
      let message = trial.random.bytes(length)
      trial.begin(["length": length])
      let expected = try handle.digest(message)
      let piece = trial.random.number(in: 4000...70_000)
      for start in stride(from: 0, to: length, by: piece) {
        try handle.update(message.rawSpan.extracting(start..<min(start + piece, length)))
      }
      try trial.expect(
        handle.finish(), equals: expected, "the digest of pieces of \(piece) bytes is not that of the whole")
    }
    guard trial.effort == .soak else { return }
    // Past 2^32 bits, where a length counter of 32 bits turns over, and past 2^32 bytes.
    for length in [(1 << 29) + 17, (1 << 32) + 17] {
      trial.begin(["length": length])
      let block = trial.random.bytes(1 << 20)
      var digests: [[UInt8]] = []
      for piece in [1 << 20, (1 << 20) - 4096] {
        var rest = length
        var start = 0
        while rest > 0 {
          // Pieces follow on in the block, which repeats, so that both runs see the same message.
          let count = min(piece, rest, block.count - start)
          try handle.update(block.rawSpan.extracting(start..<start + count))
          start = (start + count) % block.count
          rest -= count
        }
        digests.append(try handle.finish())
      }
      try trial.expect(digests[1], equals: digests[0], "the digest depends on the pieces")
    }
  }

  private static func crossCheck(_ trial: inout Trial) throws {
    let others = trial.others()
    guard !others.isEmpty else { throw trial.notApplicable("it is the only usable driver of \(trial.algorithm.name)") }
    var handle = try trial.makeHash()
    for other in others {
      var reference = try trial.registry.hash(other.driverName)
      for length in trial.lengths(30, largest: 5000) {
        let message = trial.random.bytes(length)
        trial.begin(["length": length, "other driver": other.driverName])
        try trial.expect(handle.digest(message), equals: reference.digest(message), "the drivers' digests differ")
      }
      try trial.refuseFallback(reference.lastUsedFallback, reference.lastDriverName)
    }
    try trial.refuseFallback(handle.lastUsedFallback, handle.lastDriverName)
  }
}

extension Trial {
  /// A handle of the driver under test.
  func makeHash() throws -> Hash {
    let handle = try registry.hash(driver, matching: constraints)
    try requireOwn(handle.algorithm)
    try refuseFallback(handle.lastUsedFallback, handle.lastDriverName)
    return handle
  }

  /// The other usable drivers of the algorithm, the reference first.
  func others() -> [Algorithm] {
    registry.algorithms.filter { other in
      other.name == algorithm.name && other !== algorithm && other.kind == algorithm.kind
        && !other.descriptor.flags.contains(.internalOnly) && (try? registry.ensureTested(other)) != nil
    }.sorted { $0.descriptor.flags.contains(.reference) && !$1.descriptor.flags.contains(.reference) }
  }

  /// Fails the case unless a request succeeded and wrote exactly `expected`.
  func expectWritten(_ captured: Captured, _ expected: [UInt8], _ message: @autoclosure () -> String) throws {
    if let error = captured.error { throw failure("an error where there should be none", error: error) }
    try expect(captured.bytes, equals: expected, message())
  }
}
