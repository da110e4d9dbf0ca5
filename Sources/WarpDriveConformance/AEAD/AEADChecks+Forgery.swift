// What an AEAD must refuse: wrong lengths, forged and cut messages, and that nothing of them stays behind.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import WarpDriveCore

extension AEADChecks {
  static func outputLimits(_ trial: inout Trial) throws {
    var handle = try trial.makeAEAD(trial.makeKey())
    let plaintext = trial.random.bytes(trial.textLength(trial.unit + 7))
    let nonce = trial.makeNonce()
    let aad = trial.makeAAD(0...0)
    let sealed = try handle.seal(plaintext, nonce: nonce, aad: aad)
    var output = try TestMemory(capacity: sealed.count)
    for placement in Placement.edges {
      for room in [0, plaintext.count, sealed.count - 1] {
        trial.begin(["call": "seal", "room": room, "output": placement])
        let refused = try output.capture(room, placement, for: trial) { (span) throws(ProviderError) in
          try handle.seal(plaintext.rawSpan, nonce: nonce.rawSpan, aad: aad.rawSpan, into: &span)
        }
        try trial.expectRefused(refused, required: sealed.count)
      }
      for room in [0, plaintext.count - 1] {
        trial.begin(["call": "open", "room": room, "output": placement])
        let refused = try output.capture(room, placement, for: trial) { (span) throws(ProviderError) in
          try handle.open(
            sealed.rawSpan.extracting(first: plaintext.count), tag: sealed.rawSpan.extracting(last: handle.tagLength),
            nonce: nonce.rawSpan, aad: aad.rawSpan, into: &span)
        }
        try trial.expectRefused(refused, required: plaintext.count)
      }
      trial.begin(["call": "seal", "room": sealed.count, "output": placement])
      let written = try output.capture(sealed.count, placement, for: trial) { (span) throws(ProviderError) in
        try handle.seal(plaintext.rawSpan, nonce: nonce.rawSpan, aad: aad.rawSpan, into: &span)
      }
      try trial.expectWritten(written, sealed, "the message is sealed to something else with more room")
    }
  }

  static func keyLengths(_ trial: inout Trial) throws {
    let lengths = trial.aeadProperties.keyLengths
    let message = trial.random.bytes(trial.textLength(100))
    let nonce = trial.makeNonce()
    let aad = trial.makeAAD(0...0)
    for length in lengths.sample(&trial.random) {
      let key = trial.makeKey(of: length)
      trial.begin(["key length": length])
      var handle = try trial.makeAEAD(key)
      let sealed = try handle.seal(message, nonce: nonce, aad: aad)
      for index in trial.sampleIndices(of: length) where index >= trial.keyHeaderSize {
        var other = key
        other[index] ^= 0xFF
        trial.begin(["key length": length, "changed key byte": index])
        var changed = try trial.makeAEAD(other)
        try trial.expect(
          changed.seal(message, nonce: nonce, aad: aad), differsFrom: sealed,
          "the message does not depend on a byte of the key")
        var opened: [UInt8]?
        let error = errorOf { () throws(ProviderError) in opened = try changed.open(sealed, nonce: nonce, aad: aad) }
        if let opened, trial.hasKeyForTextAlone {
          try trial.expect(opened, differsFrom: message, "another key opens the message")
        } else {
          try trial.expect(error, is: .authentication, when: "a message of another key")
        }
      }
    }
    for length in lengths.refused {
      trial.begin(["key length": length])
      let key = trial.random.bytes(length)
      let error = errorOf { () throws(ProviderError) in
        _ = try trial.registry.aead(trial.driver, key: key, matching: trial.constraints)
      }
      try trial.expect(error, is: .invalidKeyLength, when: "a key of \(length) bytes")
    }
    try trial.requireAgreementOnKeyLengths()
  }

  static func nonceLengths(_ trial: inout Trial) throws {
    let properties = trial.aeadProperties
    var handle = try trial.makeAEAD(trial.makeKey())
    let message = trial.random.bytes(trial.textLength(60))
    let aad = trial.makeAAD(0...0)
    let taken = properties.nonceLengths
    var lengths: Set = [taken.lowerBound, taken.upperBound, properties.ivSize]
    for _ in 0..<4 { lengths.insert(trial.random.number(in: taken)) }
    for length in lengths.sorted() where taken.contains(length) {
      let nonce = trial.random.bytes(length)
      trial.begin(["nonce length": length])
      let sealed = try handle.seal(message, nonce: nonce, aad: aad)
      try trial.expect(handle.open(sealed, nonce: nonce, aad: aad), equals: message, "opening does not undo sealing")
      for index in 0..<length {
        trial.begin(["nonce length": length, "changed nonce byte": index])
        var other = nonce
        other[index] ^= 1
        try trial.expect(
          handle.seal(message, nonce: other, aad: aad), differsFrom: sealed,
          "the message does not depend on a byte of the nonce")
      }
    }
    for length in [0, taken.lowerBound - 1, taken.upperBound + 1, 2 * taken.upperBound]
    where length >= 0 && !taken.contains(length) {
      let nonce = trial.random.bytes(length)
      trial.begin(["nonce length": length])
      var error = errorOf { () throws(ProviderError) in _ = try handle.seal(message, nonce: nonce, aad: aad) }
      try trial.expect(error, is: .invalidIVLength, when: "a nonce of \(length) bytes")
      error = errorOf { () throws(ProviderError) in
        _ = try handle.open([UInt8](repeating: 0, count: message.count + handle.tagLength), nonce: nonce, aad: aad)
      }
      try trial.expect(error, is: .invalidIVLength, when: "a nonce of \(length) bytes")
      error = errorOf { () throws(ProviderError) in
        var bytes = message
        var span = bytes.mutableRawSpan
        let tag = [UInt8](repeating: 0, count: handle.tagLength)
        try handle.open(inPlace: &span, tag: tag.rawSpan, nonce: nonce.rawSpan, aad: aad.rawSpan)
      }
      try trial.expect(error, is: .invalidIVLength, when: "a nonce of \(length) bytes in place")
    }
  }

  static func tagLengths(_ trial: inout Trial) throws {
    let lengths = trial.aeadProperties.tagLengths
    let key = trial.makeKey()
    let message = trial.random.bytes(trial.textLength(50))
    let aad = trial.makeAAD(0...0)
    let nonce = trial.makeNonce()
    for length in lengths {
      trial.begin(["tag length": length])
      var handle = try trial.makeAEAD(key, tagLength: length)
      let sealed = try handle.seal(message, nonce: nonce, aad: aad)
      try trial.expect(sealed.count, is: message.count + length, "the sealed message has the wrong length")
      try trial.expect(handle.open(sealed, nonce: nonce, aad: aad), equals: message, "opening does not undo sealing")
      for other in 0...length + 1 where other != length {
        trial.begin(["tag length": length, "given": other])
        let tag = Array((sealed.suffix(length) + [0]).prefix(other))
        let error = errorOf { () throws(ProviderError) in
          _ = try handle.open(Array(sealed.prefix(message.count)), tag: tag, nonce: nonce, aad: aad)
        }
        try trial.expect(error, is: .invalidTagLength, when: "a tag of \(other) bytes")
      }
    }
    for length in 0...(lengths.max() ?? 0) + 1 where !lengths.contains(length) {
      trial.begin(["tag length": length])
      let error = errorOf { () throws(ProviderError) in
        _ = try trial.registry.aead(trial.driver, key: key, tagLength: length, matching: trial.constraints)
      }
      try trial.expect(error, is: .invalidTagLength, when: "a tag of \(length) bytes")
    }
  }

  static func corruption(_ trial: inout Trial) throws {
    for tagLength in trial.aeadProperties.tagLengths {
      var handle = try trial.makeAEAD(trial.makeKey(), tagLength: tagLength)
      let length = trial.random.number(in: 1...80)
      let plaintext = trial.random.bytes(max(trial.algorithm.descriptor.blockSize, trial.textLength(length)))
      let aad = trial.makeAAD(1...40)
      let nonce = trial.makeNonce()
      let sealed = try handle.seal(plaintext, nonce: nonce, aad: aad)
      let parts: [(name: String, bytes: [UInt8])] = [("sealed message", sealed), ("AAD", aad), ("nonce", nonce)]
      let isTagged = [true, !aad.isEmpty, !nonce.isEmpty && !trial.hasKeyForTextAlone]
      for (index, part) in parts.enumerated() where isTagged[index] {
        // Every bit of a tag, a sample of the others.
        let tagBits = index == 0 ? (plaintext.count * 8)..<(sealed.count * 8) : 0..<0
        let others = (0..<trial.effort.cases(40)).map { _ in trial.random.number(in: 0...part.bytes.count * 8 - 1) }
        for bit in Array(tagBits) + others {
          trial.begin(["tag length": tagLength, "flipped in": part.name, "bit": bit, "length": plaintext.count])
          var forged = parts.map(\.bytes)
          forged[index][bit / 8] ^= 1 << (bit % 8)
          let error = errorOf { () throws(ProviderError) in
            _ = try handle.open(forged[0], nonce: forged[2], aad: forged[1])
          }
          try trial.expect(error, is: .authentication, when: "a forged message")
        }
      }
      trial.begin(["tag length": tagLength, "after": "forged messages"])
      try trial.expect(
        handle.open(sealed, nonce: nonce, aad: aad), equals: plaintext, "the right message is no longer opened")
    }
  }

  static func truncation(_ trial: inout Trial) throws {
    var handle = try trial.makeAEAD(trial.makeKey())
    let plaintext = trial.random.bytes(trial.textLength(trial.random.number(in: 20...60)))
    let aad = trial.makeAAD(20...20)
    let nonce = trial.makeNonce()
    let sealed = try handle.seal(plaintext, nonce: nonce, aad: aad)
    for length in 0..<sealed.count {
      trial.begin(["length": sealed.count, "cut to": length])
      let error = errorOf { () throws(ProviderError) in
        _ = try handle.open(Array(sealed.prefix(length)), nonce: nonce, aad: aad)
      }
      try trial.expect(error, is: .authentication, when: "a message that is cut")
    }
    trial.begin(["length": sealed.count, "longer by": 1])
    let error = errorOf { () throws(ProviderError) in _ = try handle.open(sealed + [0], nonce: nonce, aad: aad) }
    try trial.expect(error, is: .authentication, when: "a message that is longer")
  }

  static func wipedOutput(_ trial: inout Trial) throws {
    var handle = try trial.makeAEAD(trial.makeKey())
    var output = try TestMemory(capacity: 4096)
    let aad = trial.makeAAD(0...0)
    for length in [1, 16, 17, trial.unit, 300, 4096].map(trial.textLength) {
      // One value that is neither the canary nor zero, so that any of it left in memory can be told.
      let plaintext = [UInt8](repeating: 0x3C, count: length)
      let nonce = trial.makeNonce()
      let sealed = try handle.seal(plaintext, nonce: nonce, aad: aad)
      let ciphertext = Array(sealed.prefix(length))
      var tag = Array(sealed.suffix(handle.tagLength))
      tag[trial.random.number(in: 0...tag.count - 1)] ^= 0x80
      let forged = tag
      trial.begin(["length": length, "call": "open"])
      let opened = try output.capture(length, .upperEdge, for: trial) { (span) throws(ProviderError) in
        try handle.open(ciphertext.rawSpan, tag: forged.rawSpan, nonce: nonce.rawSpan, aad: aad.rawSpan, into: &span)
      }
      try trial.expectNothing(of: plaintext, opened)
      trial.begin(["length": length, "call": "open in place"])
      let changed = try output.change(ciphertext, .upperEdge, for: trial) { (span) throws(ProviderError) in
        try handle.open(inPlace: &span, tag: forged.rawSpan, nonce: nonce.rawSpan, aad: aad.rawSpan)
      }
      try trial.expect(changed.error, is: .authentication, when: "a forged tag")
      try trial.expect(
        changed.memory, equals: [UInt8](repeating: 0, count: length), "the buffer of a forged message was not wiped")
    }
  }

  static func requestLimit(_ trial: inout Trial) throws {
    guard let limit = trial.algorithm.descriptor.maximumRequest else {
      throw trial.notApplicable("the driver states no limit")
    }
    var handle = try trial.makeAEAD(trial.makeKey())
    let nonce = trial.makeNonce()
    let aad = trial.makeAAD(0...0)
    let tag = [UInt8](repeating: 0, count: handle.tagLength)
    trial.begin(["call": "seal", "limit": limit])
    let sealing = try trial.errorOfRequest(longerThan: limit, by: 1) { (input, output) throws(ProviderError) in
      try handle.seal(input, nonce: nonce.rawSpan, aad: aad.rawSpan, into: &output)
    }
    try trial.expect(sealing, is: .invalidArgument, when: "a message above the limit")
    trial.begin(["call": "open", "limit": limit])
    let opening = try trial.errorOfRequest(longerThan: limit, by: 1) { (input, output) throws(ProviderError) in
      try handle.open(input, tag: tag.rawSpan, nonce: nonce.rawSpan, aad: aad.rawSpan, into: &output)
    }
    try trial.expect(opening, is: .invalidArgument, when: "a message above the limit")
    guard limit <= trial.effort.size(1 << 20) else { return }
    trial.begin(["length": limit, "limit": limit])
    let message = trial.random.bytes(trial.textLength(limit))
    let sealed = try handle.seal(message, nonce: nonce, aad: aad)
    try trial.expect(
      handle.open(sealed, nonce: nonce, aad: aad), equals: message, "the longest message does not come back")
  }

  static func reuse(_ trial: inout Trial) throws {
    let key = trial.makeKey()
    var handle = try trial.makeAEAD(key)
    for _ in 0..<trial.effort.cases(10) {
      let plaintext = trial.random.bytes(trial.textLength(trial.random.number(in: 0...300)))
      let aad = trial.makeAAD(1...1)
      let otherAAD = aad.map { $0 ^ 3 }
      let nonce = trial.makeNonce()
      var fresh = try trial.makeAEAD(key)
      let sealed = try fresh.seal(plaintext, nonce: nonce, aad: aad)
      trial.begin(["length": plaintext.count, "after": "a forged message"])
      _ = errorOf { () throws(ProviderError) in _ = try handle.open(sealed, nonce: nonce, aad: otherAAD) }
      try trial.expect(
        handle.open(sealed, nonce: nonce, aad: aad), equals: plaintext, "the message is opened to something else")
      trial.begin(["length": plaintext.count, "after": "a forged message, sealing"])
      _ = errorOf { () throws(ProviderError) in _ = try handle.open(sealed, nonce: nonce, aad: otherAAD) }
      try trial.expect(
        handle.seal(plaintext, nonce: nonce, aad: aad), equals: sealed, "the message is sealed to something else")
      trial.begin(["length": plaintext.count, "after": "a refused nonce"])
      let long = [UInt8](repeating: 0, count: handle.nonceLengths.upperBound + 1)
      _ = errorOf { () throws(ProviderError) in _ = try handle.seal(plaintext, nonce: long, aad: aad) }
      try trial.expect(
        handle.seal(plaintext, nonce: nonce, aad: aad), equals: sealed, "the message is sealed to something else")
    }
  }

  static func transform(_ trial: inout Trial) throws {
    guard let driver = trial.ownDriver() as? any AEADDriver else { throw trial.noTransform }
    var transform = try driver.makeTransform()
    var output = try TestMemory(capacity: 4096)
    // Keys follow one another in one transform.
    for _ in 0..<trial.effort.cases(8) {
      let key = trial.makeKey()
      let tagLength = trial.random.pick(trial.aeadProperties.tagLengths)
      var handle = try trial.makeAEAD(key, tagLength: tagLength)
      try transform.setKey(key.rawSpan)
      let plaintext = [UInt8](repeating: 0x3C, count: trial.textLength(trial.random.number(in: 16...500)))
      let nonce = trial.makeNonce()
      let aad = trial.makeAAD(0...0)
      let sealed = try handle.seal(plaintext, nonce: nonce, aad: aad)
      let ciphertext = Array(sealed.prefix(plaintext.count))
      var tag = Array(sealed.suffix(tagLength))
      for room in [sealed.count, sealed.count + 64] {
        trial.begin([
          "call": "seal", "key length": key.count, "length": plaintext.count, "tag length": tagLength, "room": room,
        ])
        let written = try output.capture(room, .upperEdge, for: trial) { (span) throws(ProviderError) in
          try transform.seal(
            plaintext.rawSpan, nonce: nonce.rawSpan, aad: aad.rawSpan, tagLength: tagLength, into: &span)
        }
        try trial.expectWritten(written, sealed, "the transform's message differs from the handle's")
      }
      tag[0] ^= 1
      let forged = tag
      trial.begin(["call": "open", "length": plaintext.count, "tag length": tagLength])
      let opened = try output.capture(plaintext.count, .upperEdge, for: trial) { (span) throws(ProviderError) in
        try transform.open(ciphertext.rawSpan, tag: forged.rawSpan, nonce: nonce.rawSpan, aad: aad.rawSpan, into: &span)
      }
      try trial.expectNothing(of: plaintext, opened)
      trial.begin(["call": "open in place", "length": plaintext.count, "tag length": tagLength])
      let changed = try output.change(ciphertext, .upperEdge, for: trial) { (span) throws(ProviderError) in
        try transform.open(inPlace: &span, tag: forged.rawSpan, nonce: nonce.rawSpan, aad: aad.rawSpan)
      }
      try trial.expect(changed.error, is: .authentication, when: "a forged tag")
      try trial.expect(
        changed.memory, equals: [UInt8](repeating: 0, count: plaintext.count),
        "the buffer of a forged message was not wiped")
    }
  }
}

extension Trial {
  /// Fails the case unless a forged message was refused and its output is as it was, or zeros.
  fileprivate func expectNothing(of plaintext: [UInt8], _ opened: Captured) throws {
    try expect(opened.error, is: .authentication, when: "a forged tag")
    let left = opened.memory.count { $0 != 0 && $0 != TestMemory.canary }
    try require(left == 0, "\(left) of \(plaintext.count) bytes of a forged message are left in the output")
  }
}
