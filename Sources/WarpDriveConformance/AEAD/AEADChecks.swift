// What every AEAD must do with a message: the same sealed message wherever it lies, and back.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import WarpDriveCore

/// The checks of the AEAD kind.
enum AEADChecks {
  static let all: [Check] = [
    Check("empty-input", .aead, "empty plaintexts and empty associated data are sealed and opened", emptyInput),
    Check("round-trip", .aead, "opening undoes sealing, for every length of key, tag and nonce", roundTrip),
    Check("in-place", .aead, "a message that is replaced gives the same bytes and tag as one that is copied", inPlace),
    Check("misaligned", .aead, "every buffer may begin at any address", misaligned),
    Check("guard-pages", .aead, "no byte outside a buffer is read or written", guardPages),
    Check("scatter-list", .aead, "a message in segments is sealed and opened as the whole", scatterList),
    Check("output-limits", .aead, "an output that is too small is refused untouched", outputLimits),
    Check(
      "key-lengths", .aead, "every stated key length is taken and every byte counts; others are refused",
      keyLengths),
    Check(
      "iv-lengths", .aead, "every stated nonce length is taken, every byte counts; others are refused", nonceLengths),
    Check("tag-lengths", .aead, "every stated tag length is sealed and opened; others are refused", tagLengths),
    Check("corruption", .aead, "one wrong bit anywhere is noticed", corruption),
    Check("truncation", .aead, "a sealed message that is cut is not opened", truncation),
    Check("wiped-output", .aead, "what was not authenticated is nowhere in memory", wipedOutput),
    Check(
      "request-limit", .aead, "a request longer than the stated limit is refused before it is looked at", requestLimit),
    Check("reuse-after-error", .aead, "a handle works after forged and refused messages", reuse),
    Check("concurrency", .aead, "handles on several threads do not disturb each other", concurrency),
    Check("large-input", .aead, "long messages and long associated data come back", largeInput),
    Check("cross-check", .aead, "other drivers of the name seal to the same bytes", crossCheck),
    Check(
      "transform-contract", .aead, "the driver's transform keeps to its protocol without the registry", transform
    ),
  ]

  private static func emptyInput(_ trial: inout Trial) throws {
    var handle = try trial.makeAEAD(trial.makeKey())
    let nonce = trial.makeNonce()
    var sealed: [[UInt8]] = []
    let unit = [UInt8](repeating: 0, count: trial.algorithm.descriptor.blockSize)
    let shortest = [UInt8](repeating: 0, count: trial.aadLength(0))
    let longer = [UInt8](repeating: 0, count: trial.aadLength(shortest.count + 1))
    for (plaintext, aad) in [([], shortest), ([], longer), (unit, shortest), (unit, longer)] {
      trial.begin(["length": plaintext.count, "AAD length": aad.count])
      let message = try handle.seal(plaintext, nonce: nonce, aad: aad)
      try trial.expect(message.count, is: plaintext.count + handle.tagLength, "the sealed message has the wrong length")
      try trial.expect(handle.open(message, nonce: nonce, aad: aad), equals: plaintext, "opening does not undo sealing")
      try trial.require(!sealed.contains(message), "different messages are sealed to the same bytes")
      sealed.append(message)
    }
  }

  private static func roundTrip(_ trial: inout Trial) throws {
    let properties = trial.aeadProperties
    for keyLength in properties.keyLengths.sample(upTo: 256, &trial.random) {
      for tagLength in properties.tagLengths {
        let key = trial.makeKey(of: keyLength)
        var handle = try trial.makeAEAD(key, tagLength: tagLength)
        for length in trial.textLengths(2, largest: 2000) {
          let plaintext = trial.random.bytes(length)
          let aad = trial.makeAAD(0...100)
          let nonce = trial.makeNonce()
          trial.begin([
            "key length": keyLength, "tag length": tagLength, "nonce length": nonce.count, "length": length,
            "AAD length": aad.count,
          ])
          let sealed = try handle.seal(plaintext, nonce: nonce, aad: aad)
          try trial.expect(sealed.count, is: length + tagLength, "the sealed message has the wrong length")
          if length >= 16, properties.isConfidential {
            try trial.expect(Array(sealed.prefix(length)), differsFrom: plaintext, "the ciphertext is the plaintext")
          }
          try trial.expect(
            handle.open(sealed, nonce: nonce, aad: aad), equals: plaintext, "opening does not undo sealing")
          let apart = try handle.open(
            Array(sealed.prefix(length)), tag: Array(sealed.suffix(tagLength)), nonce: nonce, aad: aad)
          try trial.expect(apart, equals: plaintext, "opening with the tag apart does not undo sealing")
        }
        try trial.refuseFallback(handle.lastUsedFallback, handle.lastDriverName)
      }
    }
  }

  private static func inPlace(_ trial: inout Trial) throws {
    var handle = try trial.makeAEAD(trial.makeKey())
    var memory = try TestMemory(capacity: 3000)
    var tagMemory = try TestMemory(capacity: handle.tagLength)
    for length in trial.textLengths(8, largest: 3000) {
      let plaintext = trial.random.bytes(length)
      let aad = trial.makeAAD(0...40)
      let nonce = trial.makeNonce()
      let placement = trial.random.pick(Trial.placements)
      trial.begin(["length": length, "AAD length": aad.count, "buffer": placement])
      let expected = try handle.seal(plaintext, nonce: nonce, aad: aad)
      var tag: [UInt8] = []
      var failure: (any Error)?
      let sealed = try memory.change(plaintext, placement, for: trial) { (span) throws(ProviderError) in
        do {
          tag = try tagMemory.capture(handle.tagLength, .upperEdge, for: trial) { (tag) throws(ProviderError) in
            try handle.seal(inPlace: &span, nonce: nonce.rawSpan, aad: aad.rawSpan, tag: &tag)
          }.bytes
        } catch {
          failure = error
        }
      }
      if let failure { throw failure }
      try trial.expect(sealed.bytes + tag, equals: expected, "sealing in place gives another message")
      let opened = try memory.change(sealed.bytes, placement, for: trial) { (span) throws(ProviderError) in
        try handle.open(inPlace: &span, tag: tag.rawSpan, nonce: nonce.rawSpan, aad: aad.rawSpan)
      }
      try trial.expectWritten(opened, plaintext, "opening in place does not undo sealing")
    }
  }

  private static func misaligned(_ trial: inout Trial) throws {
    for offset in 0..<16 {
      try placed(
        &trial, parameters: .offset(15 - offset), input: .offset(offset),
        output: .offset(trial.random.number(in: 0...15)))
    }
  }

  private static func guardPages(_ trial: inout Trial) throws {
    for parameters in Placement.edges {
      for input in Placement.edges {
        for output in Placement.edges { try placed(&trial, parameters: parameters, input: input, output: output) }
      }
    }
  }

  /// Seals and opens messages whose buffers lie where they are told; `parameters` is for key, nonce, AAD and tag.
  private static func placed(_ trial: inout Trial, parameters: Placement, input: Placement, output: Placement) throws {
    let key = trial.makeKey()
    var reference = try trial.makeAEAD(key)
    var keyMemory = try TestMemory(capacity: key.count)
    var nonceMemory = try TestMemory(capacity: 256)
    var aadMemory = try TestMemory(capacity: 256)
    var tagMemory = try TestMemory(capacity: reference.tagLength)
    var inputMemory = try TestMemory(capacity: 2048)
    var outputMemory = try TestMemory(capacity: 2048 + reference.tagLength)
    keyMemory.place(key, parameters)
    var handle = try trial.registry.aead(
      trial.driver, key: keyMemory.pages.bytes.extracting(keyMemory.range), allowingNonceReuse: true,
      matching: trial.constraints)
    for length in [0, 1, trial.unit, trial.random.number(in: 1...2048)].map(trial.textLength) {
      let plaintext = trial.random.bytes(length)
      let aad = trial.makeAAD(0...64)
      let nonce = trial.makeNonce()
      trial.begin([
        "length": length, "AAD length": aad.count, "key, nonce, AAD and tag": parameters, "input": input,
        "output": output,
      ])
      let expected = try reference.seal(plaintext, nonce: nonce, aad: aad)
      inputMemory.place(plaintext, input)
      nonceMemory.place(nonce, parameters)
      aadMemory.place(aad, parameters)
      let sealed = try outputMemory.capture(expected.count, output, for: trial) { (span) throws(ProviderError) in
        try handle.seal(
          inputMemory.pages.bytes.extracting(inputMemory.range),
          nonce: nonceMemory.pages.bytes.extracting(nonceMemory.range),
          aad: aadMemory.pages.bytes.extracting(aadMemory.range), into: &span)
      }
      try trial.expectWritten(sealed, expected, "the sealed message depends on where the buffers lie")
      inputMemory.place(Array(expected.prefix(length)), input)
      tagMemory.place(Array(expected.suffix(reference.tagLength)), parameters)
      let opened = try outputMemory.capture(length, output, for: trial) { (span) throws(ProviderError) in
        try handle.open(
          inputMemory.pages.bytes.extracting(inputMemory.range), tag: tagMemory.pages.bytes.extracting(tagMemory.range),
          nonce: nonceMemory.pages.bytes.extracting(nonceMemory.range),
          aad: aadMemory.pages.bytes.extracting(aadMemory.range), into: &span)
      }
      try trial.expectWritten(opened, plaintext, "the opened message depends on where the buffers lie")
    }
  }

  private static func scatterList(_ trial: inout Trial) throws {
    var handle = try trial.makeAEAD(trial.makeKey())
    for length in trial.textLengths(2, largest: 600) {
      let plaintext = trial.random.bytes(length)
      let aad = trial.makeAAD(20...20)
      let nonce = trial.makeNonce()
      let sealed = try handle.seal(plaintext, nonce: nonce, aad: aad)
      for shape in ScatterList.shapes(of: length, multipleOf: 1, &trial.random) {
        trial.begin(["length": length, "segments": shape])
        try trial.expect(
          handle.seal(ScatterList(cutting: plaintext, into: shape), nonce: nonce, aad: aad), equals: sealed,
          "the segments are sealed to another message than the whole")
        try trial.expect(
          handle.open(ScatterList(cutting: sealed, into: shape + [handle.tagLength]), nonce: nonce, aad: aad),
          equals: plaintext, "the segments are opened to another message than the whole")
      }
    }
  }

  private static func concurrency(_ trial: inout Trial) throws {
    let threads = 4
    let rounds = trial.effort.cases(12)
    let key = trial.makeKey()
    let message = trial.random.bytes(2000)
    let nonce = trial.makeNonce()
    trial.begin(["threads": threads, "messages": rounds])
    let shared = trial
    let aads = (0..<threads).map { [UInt8](repeating: UInt8($0), count: shared.aadLength(1)) }
    let sealed = try ParallelRun.outcomes(of: threads) { thread in
      var handle = try shared.makeAEAD(key)
      return try (0..<rounds).map { round in
        let plaintext = Array(message[..<shared.textLength((thread * 97 + round * 131) % message.count)])
        let sealed = try handle.seal(plaintext, nonce: nonce, aad: aads[thread])
        try shared.expect(
          handle.open(sealed, nonce: nonce, aad: aads[thread]), equals: plaintext, "opening does not undo sealing")
        return sealed
      }
    }
    var alone = try trial.makeAEAD(key)
    for (thread, list) in sealed.enumerated() {
      for message in list {
        let plaintext = try alone.open(message, nonce: nonce, aad: aads[thread])
        try trial.expect(
          alone.seal(plaintext, nonce: nonce, aad: aads[thread]), equals: message,
          "thread \(thread) seals to another message than a thread alone")
      }
    }
  }

  private static func largeInput(_ trial: inout Trial) throws {
    var handle = try trial.makeAEAD(trial.makeKey())
    let size = trial.effort.size(1 << 19)
    for (length, aadLength) in [((1 << 16) + 1, 0), (size + 3, 13), (5, size + 1)] {
      let plaintext = trial.random.bytes(trial.textLength(length))
      let aad = trial.makeAAD(aadLength...aadLength)
      // The usual one: a longer one may leave less than this for the text.
      let nonce = trial.random.bytes(trial.aeadProperties.ivSize)
      trial.begin(["length": plaintext.count, "AAD length": aad.count])
      let sealed = try handle.seal(plaintext, nonce: nonce, aad: aad)
      try trial.expect(handle.open(sealed, nonce: nonce, aad: aad), equals: plaintext, "opening does not undo sealing")
    }
  }

  private static func crossCheck(_ trial: inout Trial) throws {
    let others = trial.others()
    guard !others.isEmpty else { throw trial.notApplicable("it is the only usable driver of \(trial.algorithm.name)") }
    for other in others {
      for _ in 0..<trial.effort.cases(20) {
        let key = trial.makeKey()
        let tagLength = trial.random.pick(trial.aeadProperties.tagLengths)
        let plaintext = trial.random.bytes(trial.textLength(trial.random.number(in: 0...2000)))
        let aad = trial.makeAAD(0...100)
        let nonce = trial.makeNonce()
        trial.begin([
          "length": plaintext.count, "AAD length": aad.count, "key length": key.count, "tag length": tagLength,
          "nonce length": nonce.count, "other driver": other.driverName,
        ])
        var handle = try trial.makeAEAD(key, tagLength: tagLength)
        var reference = try trial.registry.aead(
          other.driverName, key: key, tagLength: tagLength, allowingNonceReuse: true)
        let sealed = try handle.seal(plaintext, nonce: nonce, aad: aad)
        try trial.expect(
          sealed, equals: reference.seal(plaintext, nonce: nonce, aad: aad), "the drivers' messages differ")
        try trial.expect(
          reference.open(sealed, nonce: nonce, aad: aad), equals: plaintext,
          "the other driver opens it to something else")
        try trial.refuseFallback(reference.lastUsedFallback, reference.lastDriverName)
      }
    }
  }
}
