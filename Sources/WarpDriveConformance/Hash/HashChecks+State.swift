// What a hash must do with its state: copy it, hand it out, take it back, and survive what goes wrong.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import WarpDriveCore

extension HashChecks {
  static func outputLimits(_ trial: inout Trial) throws {
    var handle = try trial.makeHash()
    let size = handle.digestSize
    var output = try TestMemory(capacity: size)
    let message = trial.random.bytes(trial.unit + 5)
    let expected = try handle.digest(message)
    for room in [0, size - 1] {
      for placement in Placement.edges {
        trial.begin(["call": "digest", "room": room, "output": placement])
        let refused = try output.capture(room, placement, for: trial) { (span) throws(ProviderError) in
          try handle.digest(message.rawSpan, into: &span)
        }
        try trial.expectRefused(refused, required: size)
        trial.begin(["call": "finish", "room": room, "output": placement])
        try handle.update(message)
        let unfinished = try output.capture(room, placement, for: trial) { (span) throws(ProviderError) in
          try handle.finish(into: &span)
        }
        try trial.expectRefused(unfinished, required: size)
        let resumed = try output.capture(size, placement, for: trial) { (span) throws(ProviderError) in
          try handle.finish(into: &span)
        }
        try trial.expectWritten(resumed, expected, "the message could not be finished with more room")
      }
    }
    try trial.refuseFallback(handle.lastUsedFallback, handle.lastDriverName)
  }

  static func extendableOutput(_ trial: inout Trial) throws {
    var handle = try trial.makeHash()
    guard case .hash(let properties) = trial.algorithm.descriptor.properties else { return }
    let message = trial.random.bytes(trial.unit + 3)
    guard properties.isExtendable else {
      for count in [-1, 0, properties.digestSize - 1, properties.digestSize + 1] {
        trial.begin(["output length": count])
        let error = errorOf { () throws(ProviderError) in _ = try handle.digest(message, count: count) }
        try trial.expect(error, is: .invalidArgument, when: "a digest of \(count) bytes")
      }
      return
    }
    trial.begin(["output length": -1])
    let error = errorOf { () throws(ProviderError) in _ = try handle.digest(message, count: -1) }
    try trial.expect(error, is: .invalidArgument, when: "a digest of -1 bytes")
    let longest = try handle.digest(message, count: trial.effort.size(2000))
    // Around the rates of SHAKE128 and SHAKE256, 168 and 136 bytes (FIPS 202 section 6.2), and at random.
    for count in [0, 1, properties.digestSize, 135, 136, 137, 167, 168, 169, 337, trial.random.number(in: 1...1999)] {
      trial.begin(["output length": count])
      let expected = Array(longest.prefix(count))
      try trial.expect(
        handle.digest(message, count: count), equals: expected, "a shorter digest is no prefix of a longer one")
      try handle.update(Array(message[..<7]))
      try handle.update(Array(message[7...]))
      try trial.expect(
        handle.finish(count: count), equals: expected, "a shorter streamed digest is no prefix of a longer one")
    }
  }

  static func clone(_ trial: inout Trial) throws {
    var whole = try trial.makeHash()
    for position in trial.lengths(10, largest: 1000) {
      let head = trial.random.bytes(position)
      let left = trial.random.bytes(trial.random.number(in: 0...300))
      let right = trial.random.bytes(trial.random.number(in: 1...300))
      trial.begin(["cloned after": position, "then": left.count, "copy then": right.count])
      var original = try trial.makeHash()
      try original.update(head)
      var copy = try original.clone()
      var second = try copy.clone()
      try original.update(left)
      try copy.update(right)
      try trial.expect(original.finish(), equals: whole.digest(head + left), "the original went on with something else")
      // The original begins another message, and ends, before the copies are finished.
      try original.update(right)
      _ = consume original
      try trial.expect(copy.finish(), equals: whole.digest(head + right), "the copy went on with something else")
      try copy.reset()
      try trial.expect(second.finish(), equals: whole.digest(head), "the copy's copy went on with something else")
      try trial.expect(second.digest(right), equals: whole.digest(right), "a copy does not hash another message")
    }
  }

  static func stateExport(_ trial: inout Trial) throws {
    var handle = try trial.makeHash()
    guard trial.algorithm.descriptor.flags.contains(.exportable) else {
      trial.begin(["call": "export and import of a driver that is not flagged for it"])
      let export = errorOf { () throws(ProviderError) in _ = try handle.exportState() }
      try trial.expect(export, is: .unsupported, when: "an export of the state")
      let importing = errorOf { () throws(ProviderError) in try handle.importState([1, 2, 3]) }
      try trial.expect(importing, is: .unsupported, when: "an import of a state")
      throw trial.notApplicable("the driver is not flagged exportable; that it refuses was checked")
    }
    for position in trial.lengths(20, largest: 700) {
      let head = trial.random.bytes(position)
      let tail = trial.random.bytes(trial.random.number(in: 0...200))
      trial.begin(["exported after": position, "then": tail.count])
      let expected = try handle.digest(head + tail)
      try handle.update(head)
      let state = try handle.exportState()
      var other = try trial.makeHash()
      // What the other handle was doing is forgotten.
      try other.update(trial.random.bytes(trial.random.number(in: 0...100)))
      try other.importState(state)
      try other.update(tail)
      try trial.expect(other.finish(), equals: expected, "the imported state went on with something else")
      try handle.update(tail)
      try trial.expect(handle.finish(), equals: expected, "the export disturbed the message")
      try trial.expect(other.digest(tail), equals: handle.digest(tail), "a handle hashes wrongly after an import")
    }
    try refusesForeignStates(&trial)
  }

  /// What is no state of this driver is refused, and the message in progress goes on.
  private static func refusesForeignStates(_ trial: inout Trial) throws {
    var handle = try trial.makeHash()
    let head = trial.random.bytes(trial.unit / 2 + 1)
    try handle.update(head)
    let state = try handle.exportState()
    var wrong: [(what: String, bytes: [UInt8])] = [("no bytes", []), ("a longer state", state + [0])]
    for count in [1, state.count / 2, state.count - 1] {
      wrong.append(("a state cut to \(count) bytes", Array(state.prefix(count))))
    }
    for _ in 0..<4 { wrong.append(("random bytes", trial.random.bytes(state.count))) }
    wrong.append(("zeros", [UInt8](repeating: 0, count: state.count)))
    wrong.append(("ones", [UInt8](repeating: 0xFF, count: state.count)))
    for other in trial.registry.algorithms
    where other.kind == .hash && other.name != trial.algorithm.name && other.descriptor.flags.contains(.exportable) {
      guard var stranger = try? trial.registry.hash(other.driverName) else { continue }
      try stranger.update(head)
      wrong.append(("the state of \(other.driverName)", try stranger.exportState()))
    }
    for (what, bytes) in wrong {
      trial.begin(["imported": what, "length": bytes.count])
      let error = errorOf { () throws(ProviderError) in try handle.importState(bytes) }
      try trial.expect(error, is: .invalidArgument, when: what)
    }
    trial.begin(["imported": "only what was refused", "length": head.count])
    let digest = try handle.finish()
    try trial.expect(digest, equals: handle.digest(head), "a refused import disturbed the message")
    // A state with a flipped bit may pass for another message's state; it must not break the handle.
    for _ in 0..<trial.effort.cases(24) {
      var damaged = state
      let bit = trial.random.number(in: 0...state.count * 8 - 1)
      damaged[bit / 8] ^= 1 << (bit % 8)
      trial.begin(["flipped bit of a state": bit])
      let error = errorOf { () throws(ProviderError) in
        try handle.importState(damaged)
        try handle.update(head)
        _ = try handle.finish()
      }
      if error != nil { try trial.expect(error, is: .invalidArgument, when: "a state with a flipped bit") }
      try handle.reset()
      try trial.expect(handle.digest(head), equals: digest, "a damaged state broke the handle")
    }
  }

  static func reuse(_ trial: inout Trial) throws {
    var handle = try trial.makeHash()
    var fresh = try trial.makeHash()
    var output = try TestMemory(capacity: handle.digestSize)
    for length in trial.lengths(4, largest: 500) {
      let message = trial.random.bytes(length)
      let other = trial.random.bytes(trial.random.number(in: 1...200))
      let expected = try fresh.digest(message)
      trial.begin(["length": length, "after": "a refused output"])
      let refused = try output.capture(0, .upperEdge, for: trial) { (span) throws(ProviderError) in
        try handle.digest(other.rawSpan, into: &span)
      }
      try trial.expect(refused.error, is: .outputTooSmall, when: "an output of no bytes")
      try trial.expect(handle.digest(message), equals: expected, "the digest is wrong")
      trial.begin(["length": length, "after": "an abandoned message and reset"])
      try handle.update(other)
      try handle.reset()
      try handle.update(message)
      try trial.expect(handle.finish(), equals: expected, "the digest is wrong")
      trial.begin(["length": length, "after": "an abandoned message and one-shot"])
      try handle.update(other)
      try trial.expect(handle.digest(message), equals: expected, "the digest is wrong")
      trial.begin(["length": length, "after": "a one-shot that dropped a message"])
      try handle.update(message)
      try trial.expect(handle.finish(), equals: expected, "the message that was dropped is still in the state")
      trial.begin(["length": length, "after": "finish, without reset"])
      try handle.update(message)
      try trial.expect(handle.finish(), equals: expected, "the finished message is still in the state")
    }
    try trial.refuseFallback(handle.lastUsedFallback, handle.lastDriverName)
  }

  static func transform(_ trial: inout Trial) throws {
    guard let driver = trial.ownDriver() as? any HashDriver else { throw trial.noTransform }
    guard case .hash(let properties) = driver.descriptor.properties else { return }
    var handle = try trial.makeHash()
    var transform = try driver.makeTransform()
    var output = try TestMemory(capacity: properties.digestSize + 64)
    for length in trial.lengths(4, largest: 400) {
      let message = trial.random.bytes(length)
      let expected = try handle.digest(message)
      // More room than is asked for: the transform writes what it was asked for and no more.
      for room in [properties.digestSize, properties.digestSize + 64] {
        trial.begin(["call": "digest", "length": length, "room": room])
        let oneShot = try output.capture(room, .upperEdge, for: trial) { (span) throws(ProviderError) in
          try transform.digest(message.rawSpan, properties.digestSize, into: &span)
        }
        try trial.expectWritten(oneShot, expected, "the transform's digest differs from the handle's")
        trial.begin(["call": "finish", "length": length, "room": room])
        try transform.update(message.rawSpan)
        let streamed = try output.capture(room, .upperEdge, for: trial) { (span) throws(ProviderError) in
          try transform.finish(properties.digestSize, into: &span)
        }
        try trial.expectWritten(streamed, expected, "the transform is not ready for another message after its digest")
      }
    }
  }
}

extension Trial {
  /// Fails the case unless a request was refused for its output's size, with nothing written.
  func expectRefused(_ captured: Captured, required: Int) throws {
    let error = try expect(captured.error, is: .outputTooSmall, when: "an output that is too small")
    try require(captured.bytes.isEmpty, "\(captured.bytes.count) bytes were written to an output that was refused")
    try expect(error.required ?? -1, is: required, "the error does not say how much room is needed")
  }

  /// The driver itself, where a provider registered it; what a template made is reached through handles alone.
  func ownDriver() -> (any AlgorithmDriver)? {
    for provider in registry.providers {
      for driver in provider.drivers where driver.descriptor.driverName == self.driver { return driver }
    }
    return nil
  }

  /// The end of a check that looks at a driver's transform and cannot reach it.
  var noTransform: Interruption {
    .notApplicable("its transform is reached through handles alone: a template made it")
  }
}
