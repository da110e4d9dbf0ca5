// What every MAC must do with a message: the same tag however it is cut and wherever it lies.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import WarpDriveCore

/// The checks of the MAC kind.
enum MACChecks {
  static let all: [Check] = [
    Check("empty-input", .mac, "the empty message has one tag under a key, however it is given", emptyInput),
    Check("chunking", .mac, "a message given in pieces has the tag of the whole", chunking),
    Check("misaligned", .mac, "key, input and output may begin at any address", misaligned),
    Check("guard-pages", .mac, "no byte outside key and input is read and none outside the output written", guardPages),
    Check("scatter-list", .mac, "a message in segments has the tag of the whole", scatterList),
    Check(
      "output-limits", .mac, "an output that is too small is refused untouched, and the message can be finished",
      outputLimits),
    Check(
      "key-lengths", .mac, "every stated key length is taken and every byte counts; others are refused",
      keyLengths),
    Check("tag-lengths", .mac, "tags are verified whole or cut to half at most; other lengths are refused", tagLengths),
    Check("corruption", .mac, "a tag with any one bit wrong, and a changed message, do not verify", corruption),
    Check("reuse-after-error", .mac, "a handle works after errors, resets and abandoned messages", reuse),
    Check("concurrency", .mac, "handles on several threads do not disturb each other", concurrency),
    Check("large-input", .mac, "long messages have the same tag in one piece and in many", largeInput),
    Check("cross-check", .mac, "other drivers of the name compute the same tags", crossCheck),
    Check(
      "transform-contract", .mac, "the driver's transform keeps to its protocol without the registry", transform),
  ]

  private static func emptyInput(_ trial: inout Trial) throws {
    let key = trial.makeKey()
    var handle = try trial.makeMAC(key)
    trial.begin(["call": "authenticate"])
    let tag = try handle.authenticate([])
    try trial.expect(tag.count, is: handle.tagSize, "the tag has the wrong length")
    trial.begin(["call": "finish alone"])
    try trial.expect(handle.finish(), equals: tag, "the tag of nothing differs")
    trial.begin(["call": "empty updates"])
    for _ in 0..<3 { try handle.update([UInt8]()) }
    try trial.expect(handle.finish(), equals: tag, "the tag after empty updates differs")
    try trial.expect(handle.authenticate([0]), differsFrom: tag, "one zero byte has the tag of nothing")
    try trial.refuseFallback(handle.lastUsedFallback, handle.lastDriverName)
  }

  private static func chunking(_ trial: inout Trial) throws {
    let key = trial.makeKey()
    var whole = try trial.makeMAC(key)
    var pieces = try trial.makeMAC(key)
    for length in trial.lengths(30, largest: 3000) {
      let message = trial.random.bytes(length)
      let sizes = trial.random.split(length, largest: trial.random.pick([7, trial.unit, 3 * trial.unit, 4096]))
      trial.begin(["length": length, "pieces": sizes])
      let expected = try whole.authenticate(message)
      var start = 0
      for size in sizes {
        try pieces.update(message.rawSpan.extracting(start..<start + size))
        start += size
      }
      try trial.expect(pieces.finish(), equals: expected, "the tag of the pieces is not that of the whole")
    }
    try trial.refuseFallback(pieces.lastUsedFallback, pieces.lastDriverName)
  }

  private static func misaligned(_ trial: inout Trial) throws {
    let key = trial.makeKey()
    var reference = try trial.makeMAC(key)
    var keyMemory = try TestMemory(capacity: key.count)
    var input = try TestMemory(capacity: 3000)
    var output = try TestMemory(capacity: reference.tagSize)
    for offset in 0..<16 {
      let message = trial.random.bytes(trial.random.number(in: 1...3000))
      let keyOffset = trial.random.number(in: 0...15)
      trial.begin([
        "length": message.count, "input offset": offset, "key offset": keyOffset, "output offset": 15 - offset,
      ])
      keyMemory.place(key, .offset(keyOffset))
      input.place(message, .offset(offset))
      var handle = try trial.registry.mac(
        trial.driver, key: keyMemory.pages.bytes.extracting(keyMemory.range), trial.macOptions,
        matching: trial.constraints)
      let tag = try output.capture(handle.tagSize, .offset(15 - offset), for: trial) { (span) throws(ProviderError) in
        try handle.authenticate(input.pages.bytes.extracting(input.range), into: &span)
      }
      try trial.expectWritten(tag, reference.authenticate(message), "the tag depends on the address")
    }
  }

  private static func guardPages(_ trial: inout Trial) throws {
    let key = trial.makeKey()
    var reference = try trial.makeMAC(key)
    var keyMemory = try TestMemory(capacity: key.count)
    var input = try TestMemory(capacity: 4096)
    var output = try TestMemory(capacity: reference.tagSize)
    for length in trial.lengths(4, largest: 4096) {
      for (edge, outputEdge) in [
        (Placement.upperEdge, Placement.upperEdge), (.lowerEdge, .lowerEdge), (.upperEdge, .lowerEdge),
      ] {
        let message = trial.random.bytes(length)
        trial.begin(["length": length, "key and input": edge, "output": outputEdge])
        let expected = try reference.authenticate(message)
        keyMemory.place(key, edge)
        input.place(message, edge)
        var handle = try trial.registry.mac(
          trial.driver, key: keyMemory.pages.bytes.extracting(keyMemory.range), trial.macOptions,
          matching: trial.constraints)
        let oneShot = try output.capture(handle.tagSize, outputEdge, for: trial) { (span) throws(ProviderError) in
          try handle.authenticate(input.pages.bytes.extracting(input.range), into: &span)
        }
        try trial.expectWritten(oneShot, expected, "the tag beside a guard page differs")
        let streamed = try output.capture(handle.tagSize, outputEdge, for: trial) { (span) throws(ProviderError) in
          try handle.update(input.pages.bytes.extracting(input.range))
          try handle.finish(into: &span)
        }
        try trial.expectWritten(streamed, expected, "the streamed tag beside a guard page differs")
      }
    }
  }

  private static func scatterList(_ trial: inout Trial) throws {
    var handle = try trial.makeMAC(trial.makeKey())
    for length in trial.lengths(3, largest: 1000) {
      let message = trial.random.bytes(length)
      let expected = try handle.authenticate(message)
      for shape in ScatterList.shapes(of: length, multipleOf: 1, &trial.random) {
        trial.begin(["length": length, "segments": shape])
        try trial.expect(
          handle.authenticate(ScatterList(cutting: message, into: shape)), equals: expected,
          "the tag of the segments is not that of the whole")
      }
    }
    try trial.refuseFallback(handle.lastUsedFallback, handle.lastDriverName)
  }

  private static func concurrency(_ trial: inout Trial) throws {
    let threads = 4
    let rounds = trial.effort.cases(16)
    let key = trial.makeKey()
    let message = trial.random.bytes(2000)
    var alone = try trial.makeMAC(key)
    trial.begin(["threads": threads, "messages": rounds])
    let shared = trial
    let tags = try ParallelRun.outcomes(of: threads) { thread in
      var handle = try shared.makeMAC(key)
      var tags: [[UInt8]] = []
      for round in 0..<rounds {
        let end = (thread * 97 + round * 131) % message.count
        if round.isMultiple(of: 2) {
          tags.append(try handle.authenticate(Array(message[..<end])))
        } else {
          try handle.update(message.rawSpan.extracting(0..<end / 2))
          try handle.update(message.rawSpan.extracting(end / 2..<end))
          tags.append(try handle.finish())
        }
      }
      return tags
    }
    for (thread, list) in tags.enumerated() {
      for (round, tag) in list.enumerated() {
        let end = (thread * 97 + round * 131) % message.count
        try trial.expect(
          tag, equals: alone.authenticate(Array(message[..<end])),
          "thread \(thread) has another tag than a thread alone")
      }
    }
  }

  private static func largeInput(_ trial: inout Trial) throws {
    var handle = try trial.makeMAC(trial.makeKey())
    for length in [(1 << 16) + 1, trial.effort.size(1 << 19) + 3] {
      let message = trial.random.bytes(length)
      trial.begin(["length": length])
      let expected = try handle.authenticate(message)
      let piece = trial.random.number(in: 4000...70_000)
      for start in stride(from: 0, to: length, by: piece) {
        try handle.update(message.rawSpan.extracting(start..<min(start + piece, length)))
      }
      try trial.expect(
        handle.finish(), equals: expected, "the tag of pieces of \(piece) bytes is not that of the whole")
    }
  }

  private static func crossCheck(_ trial: inout Trial) throws {
    let others = trial.others()
    guard !others.isEmpty else { throw trial.notApplicable("it is the only usable driver of \(trial.algorithm.name)") }
    for other in others {
      for length in trial.lengths(15, largest: 3000) {
        let key = trial.makeKey()
        let message = trial.random.bytes(length)
        trial.begin(["length": length, "key length": key.count, "other driver": other.driverName])
        var handle = try trial.makeMAC(key)
        var reference = try trial.registry.mac(other.driverName, key: key, trial.macOptions)
        try trial.expect(
          handle.authenticate(message), equals: reference.authenticate(message), "the drivers' tags differ")
        try trial.refuseFallback(reference.lastUsedFallback, reference.lastDriverName)
      }
    }
  }
}

extension Trial {
  /// A handle of the driver under test; its nonce, where it needs one, is the trial's.
  func makeMAC(_ key: [UInt8]) throws -> MAC { try makeMAC(key, macOptions) }

  /// What a handle is told so that one key and nonce serve any number of messages, which all checks have many of.
  var macOptions: MACOptions {
    guard case .mac(let properties) = algorithm.descriptor.properties, properties.ivSize > 0 else {
      return MACOptions(allowsReuse: true)
    }
    return MACOptions(iv: (0..<properties.ivSize).map { UInt8(truncatingIfNeeded: 17 + 91 * $0) }, allowsReuse: true)
  }

  /// A handle of the driver under test with options.
  func makeMAC(_ key: [UInt8], _ options: MACOptions) throws -> MAC {
    let handle = try registry.mac(driver, key: key, options, matching: constraints)
    try requireOwn(handle.algorithm)
    try refuseFallback(handle.lastUsedFallback, handle.lastDriverName)
    return handle
  }

  /// A random key of a length that the driver states, at most 256 bytes where it has a choice.
  mutating func makeKey() -> [UInt8] {
    guard let lengths = algorithm.descriptor.properties.keyLengths else { return [] }
    return makeKey(of: random.pick(lengths.sample(upTo: 256, &random)))
  }
}

extension KeyLengths {
  /// Some of the lengths: the shortest, the longest, those around 64 and 128 bytes, and a few at random.
  func sample(upTo limit: Int = .max, _ random: inout RandomSource) -> [Int] {
    let last = (min(maximum, max(limit, minimum)) - minimum) / step
    var indices: Set<Int> = [0, last]
    for boundary in [16, 32, 63, 64, 65, 127, 128, 129, 136, 144] where boundary >= minimum {
      indices.insert(min((boundary - minimum) / step, last))
    }
    for _ in 0..<3 { indices.insert(random.number(in: 0...last)) }
    return indices.sorted().map { minimum + $0 * step }
  }

  /// Lengths that are not taken: just outside, between two steps, none at all.
  var refused: [Int] {
    [0, minimum - 1, minimum + 1, maximum - 1, maximum + 1, 2 * maximum].filter {
      $0 >= 0 && $0 <= 1 << 21 && !contains($0)
    }
  }
}
