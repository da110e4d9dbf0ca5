// What a MAC must do with keys and tags: take what it states, refuse the rest, and tell every wrong tag.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import WarpDriveCore

extension MACChecks {
  static func outputLimits(_ trial: inout Trial) throws {
    var handle = try trial.makeMAC(trial.makeKey())
    let size = handle.tagSize
    var output = try TestMemory(capacity: size)
    let message = trial.random.bytes(trial.unit + 5)
    let expected = try handle.authenticate(message)
    for room in [0, size - 1] {
      for placement in Placement.edges {
        trial.begin(["call": "authenticate", "room": room, "output": placement])
        let refused = try output.capture(room, placement, for: trial) { (span) throws(ProviderError) in
          try handle.authenticate(message.rawSpan, into: &span)
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
  }

  static func keyLengths(_ trial: inout Trial) throws {
    guard let lengths = trial.algorithm.descriptor.properties.keyLengths else { return }
    let message = trial.random.bytes(trial.unit + 1)
    for length in lengths.sample(&trial.random) {
      let key = trial.random.bytes(length)
      trial.begin(["key length": length])
      let tag = try trial.tag(of: message, under: key)
      for index in trial.sampleIndices(of: length) {
        var other = key
        // All bits of a byte: some keys have bits that do not count (Poly1305's clamped ones, the parity of DES).
        other[index] ^= 0xFF
        trial.begin(["key length": length, "changed key byte": index])
        try trial.expect(
          trial.tag(of: message, under: other), differsFrom: tag, "the tag does not depend on a byte of the key")
      }
    }
    for length in lengths.refused {
      trial.begin(["key length": length])
      let key = trial.random.bytes(length)
      let error = errorOf { () throws(ProviderError) in
        _ = try trial.registry.mac(trial.driver, key: key, trial.macOptions, matching: trial.constraints)
      }
      try trial.expect(error, is: .invalidKeyLength, when: "a key of \(length) bytes")
    }
    try trial.requireAgreementOnKeyLengths()
  }

  static func tagLengths(_ trial: inout Trial) throws {
    var handle = try trial.makeMAC(trial.makeKey())
    let message = trial.random.bytes(100)
    let tag = try handle.authenticate(message)
    for length in 0...tag.count + 1 {
      trial.begin(["tag length": length])
      let cut = Array((tag + [0]).prefix(length))
      let error = errorOf { () throws(ProviderError) in try handle.verify(cut, of: message) }
      // RFC 2104 section 5: not less than half of the tag, and not less than what can be guessed.
      if length <= tag.count, length * 2 >= tag.count, length >= 4 {
        if let error { throw trial.failure("a tag cut to \(length) bytes does not verify", error: error) }
      } else {
        try trial.expect(error, is: .invalidTagLength, when: "a tag of \(length) bytes")
      }
    }
  }

  static func corruption(_ trial: inout Trial) throws {
    var handle = try trial.makeMAC(trial.makeKey())
    let message = trial.random.bytes(trial.unit + 9)
    let tag = try handle.authenticate(message)
    for bit in 0..<tag.count * 8 {
      trial.begin(["flipped bit of the tag": bit])
      var forged = tag
      forged[bit / 8] ^= 1 << (bit % 8)
      let error = errorOf { () throws(ProviderError) in try handle.verify(forged, of: message) }
      try trial.expect(error, is: .authentication, when: "a forged tag")
    }
    for _ in 0..<trial.effort.cases(30) {
      let bit = trial.random.number(in: 0...message.count * 8 - 1)
      trial.begin(["flipped bit of the message": bit])
      var other = message
      other[bit / 8] ^= 1 << (bit % 8)
      let error = errorOf { () throws(ProviderError) in try handle.verify(tag, of: other) }
      try trial.expect(error, is: .authentication, when: "a changed message")
    }
    trial.begin(["after": "wrong tags"])
    try handle.verify(tag, of: message)
  }

  static func reuse(_ trial: inout Trial) throws {
    let key = trial.makeKey()
    var handle = try trial.makeMAC(key)
    var fresh = try trial.makeMAC(key)
    for length in trial.lengths(3, largest: 500) {
      let message = trial.random.bytes(length)
      let other = trial.random.bytes(trial.random.number(in: 1...200))
      let expected = try fresh.authenticate(message)
      trial.begin(["length": length, "after": "a wrong tag"])
      _ = errorOf { () throws(ProviderError) in
        try handle.verify([UInt8](repeating: 0, count: handle.tagSize), of: other)
      }
      try trial.expect(handle.authenticate(message), equals: expected, "the tag is wrong")
      trial.begin(["length": length, "after": "an abandoned message and reset"])
      try handle.update(other)
      try handle.reset()
      try handle.update(message)
      try trial.expect(handle.finish(), equals: expected, "the tag is wrong")
      trial.begin(["length": length, "after": "a one-shot that dropped a message"])
      try handle.update(other)
      try trial.expect(handle.authenticate(message), equals: expected, "the tag is wrong")
      try handle.update(message)
      try trial.expect(handle.finish(), equals: expected, "the message that was dropped is still in the state")
      trial.begin(["length": length, "after": "finish, without reset"])
      try handle.update(message)
      try trial.expect(handle.finish(), equals: expected, "the finished message is still in the state")
    }
    try trial.refuseFallback(handle.lastUsedFallback, handle.lastDriverName)
  }

  static func transform(_ trial: inout Trial) throws {
    guard let driver = trial.ownDriver() as? any MACDriver else { throw trial.noTransform }
    guard case .mac(let properties) = driver.descriptor.properties else { return }
    var transform = try driver.makeTransform()
    var output = try TestMemory(capacity: properties.tagSize + 64)
    // Keys follow one another in one transform, the short after the long.
    for length in trial.lengths(4, largest: 400) {
      let key = trial.makeKey()
      let message = trial.random.bytes(length)
      let expected = try trial.tag(of: message, under: key)
      try transform.setKey(key.rawSpan)
      if !trial.macOptions.iv.isEmpty { try transform.setIV(trial.macOptions.iv.rawSpan) }
      for room in [properties.tagSize, properties.tagSize + 64] {
        trial.begin(["call": "authenticate", "key length": key.count, "length": length, "room": room])
        let oneShot = try output.capture(room, .upperEdge, for: trial) { (span) throws(ProviderError) in
          try transform.authenticate(message.rawSpan, into: &span)
        }
        try trial.expectWritten(oneShot, expected, "the transform's tag differs from the handle's")
        trial.begin(["call": "finish", "key length": key.count, "length": length, "room": room])
        try transform.update(message.rawSpan)
        let streamed = try output.capture(room, .upperEdge, for: trial) { (span) throws(ProviderError) in
          try transform.finish(into: &span)
        }
        try trial.expectWritten(streamed, expected, "the transform is not ready for another message after its tag")
      }
      // A new key ends the message in progress.
      try transform.update(message.rawSpan)
    }
  }
}

extension Trial {
  /// The tag of `message` under `key`, by a handle of its own.
  fileprivate func tag(of message: [UInt8], under key: [UInt8]) throws -> [UInt8] {
    var handle = try makeMAC(key)
    return try handle.authenticate(message)
  }

  /// Some indices below `count`: the first, the last and a few between.
  mutating func sampleIndices(of count: Int) -> [Int] {
    guard count > 4 else { return Array(0..<count) }
    return Set([0, count - 1, random.number(in: 0...count - 1), random.number(in: 0...count - 1)]).sorted()
  }

  /// Fails the case where the algorithm's reference refuses a key length that this driver takes.
  ///
  /// A driver may take fewer lengths than the reference, never more: what it did with them would not be the algorithm.
  mutating func requireAgreementOnKeyLengths() throws {
    guard let own = algorithm.descriptor.properties.keyLengths,
      let reference = others().first(where: { $0.descriptor.flags.contains(.reference) }),
      let wanted = reference.descriptor.properties.keyLengths
    else { return }
    for length in Set([own.minimum, own.maximum, own.minimum + own.step, own.maximum - own.step])
    where own.contains(length) {
      begin(["key length": length, "reference": reference.driverName])
      try require(wanted.contains(length), "it takes a key length that the reference does not have")
    }
  }
}
