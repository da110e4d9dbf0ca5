// What every cipher must do with a message: the same ciphertext however it is cut and wherever it lies, and back.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import WarpDriveCore

/// The checks of the cipher kind.
enum CipherChecks {
  static let all: [Check] = [
    Check("empty-input", .cipher, "a message of no bytes is taken and leaves the IV as it is", emptyInput),
    Check("round-trip", .cipher, "decryption undoes encryption, under every key length", roundTrip),
    Check("iv-chaining", .cipher, "the IV that comes back continues the message, wherever it is cut", chaining),
    Check("in-place", .cipher, "a message that is replaced gives the same bytes and IV as one that is copied", inPlace),
    Check("misaligned", .cipher, "key, IV, input and output may begin at any address", misaligned),
    Check("guard-pages", .cipher, "no byte outside a buffer is read or written", guardPages),
    Check("scatter-list", .cipher, "a message in segments gives the ciphertext of the whole", scatterList),
    Check("output-limits", .cipher, "an output that is too small is refused untouched, IV included", outputLimits),
    Check(
      "key-lengths", .cipher, "every stated key length is taken and every byte counts; others are refused",
      keyLengths),
    Check("iv-lengths", .cipher, "every byte of the IV counts; an IV of another length is refused", ivLengths),
    Check("block-sizes", .cipher, "a message that is no multiple of the block size is refused", blockSizes),
    Check(
      "request-limit", .cipher, "a request longer than the stated limit is refused before it is looked at", requestLimit
    ),
    Check("reuse-after-error", .cipher, "a handle works after errors and in both directions in turn", reuse),
    Check("concurrency", .cipher, "handles on several threads do not disturb each other", concurrency),
    Check(
      "large-input", .cipher, "long messages come back, and give the same bytes in one piece and in many", largeInput),
    Check("cross-check", .cipher, "other drivers of the name compute the same ciphertexts", crossCheck),
    Check(
      "transform-contract", .cipher, "the driver's transform keeps to its protocol without the registry",
      transform),
  ]

  private static func emptyInput(_ trial: inout Trial) throws {
    var handle = try trial.makeCipher(trial.makeKey())
    let iv = trial.random.bytes(handle.ivSize)
    for direction in [CipherDirection.encrypt, .decrypt] {
      trial.begin(["direction": trial.name(direction)])
      guard handle.minimumLength == 0 else {
        let error = errorOf { () throws(ProviderError) in
          var running = iv
          _ = direction == .encrypt ? try handle.encrypt([], iv: &running) : try handle.decrypt([], iv: &running)
        }
        try trial.expect(error, is: .invalidArgument, when: "an empty message, shorter than the shortest,")
        continue
      }
      let (output, next) = try trial.process(direction, [], iv, &handle)
      try trial.expect(output.count, is: 0, "no input gave some output")
      try trial.expect(next, equals: iv, "no input changed the IV")
    }
  }

  private static func roundTrip(_ trial: inout Trial) throws {
    guard let lengths = trial.algorithm.descriptor.properties.keyLengths else { return }
    for keyLength in lengths.sample(upTo: 256, &trial.random) {
      var handle = try trial.makeCipher(trial.random.bytes(keyLength))
      for length in trial.lengths(6, largest: 3000, multipleOf: handle.blockSize) where length >= handle.minimumLength {
        let plaintext = trial.random.bytes(length)
        let iv = trial.random.bytes(handle.ivSize)
        trial.begin(["key length": keyLength, "length": length])
        let (ciphertext, sealedIV) = try trial.process(.encrypt, plaintext, iv, &handle)
        try trial.expect(ciphertext.count, is: length, "the ciphertext is not as long as the plaintext")
        if length >= 16 { try trial.expect(ciphertext, differsFrom: plaintext, "the ciphertext is the plaintext") }
        let (decrypted, openedIV) = try trial.process(.decrypt, ciphertext, trial.opening(iv, sealedIV), &handle)
        try trial.expect(decrypted, equals: plaintext, "decryption does not undo encryption")
        try trial.expect(openedIV, equals: sealedIV, "the two directions leave different IVs")
      }
      try trial.refuseFallback(handle.lastUsedFallback, handle.lastDriverName)
    }
  }

  private static func chaining(_ trial: inout Trial) throws {
    var handle = try trial.makeCipher(trial.makeKey())
    let unit = handle.chunkSize
    guard unit != CipherProperties.wholeMessage else { throw trial.notApplicable("a message is one request") }
    for length in trial.lengths(24, largest: 4096, multipleOf: unit) {
      // The last piece need not end a chunk.
      let tail = trial.random.number(in: 0...(unit - 1) / handle.blockSize) * handle.blockSize
      let message = trial.random.bytes(length + tail)
      let iv = trial.random.bytes(handle.ivSize)
      let pieces = trial.random.split(length, largest: trial.random.pick([unit, 4 * unit, 1024]), multipleOf: unit)
      let sizes = pieces + [tail]
      for direction in [CipherDirection.encrypt, .decrypt] {
        trial.begin(["direction": trial.name(direction), "length": message.count, "pieces": sizes])
        let (whole, end) = try trial.process(direction, message, iv, &handle)
        var running = iv
        var joined: [UInt8] = []
        var start = 0
        for size in sizes {
          let (piece, next) = try trial.process(direction, Array(message[start..<start + size]), running, &handle)
          joined += piece
          running = next
          start += size
        }
        try trial.expect(joined, equals: whole, "the pieces give another text than the whole")
        try trial.expect(running, equals: end, "the pieces leave another IV than the whole")
      }
    }
    try trial.refuseFallback(handle.lastUsedFallback, handle.lastDriverName)
  }

  private static func inPlace(_ trial: inout Trial) throws {
    var handle = try trial.makeCipher(trial.makeKey())
    var memory = try TestMemory(capacity: 3000)
    for length in trial.lengths(10, largest: 3000, multipleOf: handle.blockSize) where length >= handle.minimumLength {
      for direction in trial.directions {
        let message = trial.random.bytes(length)
        let iv = trial.random.bytes(handle.ivSize)
        let placement = trial.random.pick(Trial.placements)
        trial.begin(["direction": trial.name(direction), "length": length, "buffer": placement])
        let (expected, end) = try trial.process(direction, message, iv, &handle)
        var running = iv
        let changed = try memory.change(message, placement, for: trial) { (span) throws(ProviderError) in
          var ivSpan = running.mutableRawSpan
          try handle.process(direction, inPlace: &span, iv: &ivSpan)
        }
        try trial.expectWritten(changed, expected, "the message in place gives another text")
        try trial.expect(running, equals: end, "the message in place leaves another IV")
      }
    }
    try trial.refuseFallback(handle.lastUsedFallback, handle.lastDriverName)
  }

  private static func misaligned(_ trial: inout Trial) throws {
    for offset in 0..<16 {
      try placed(
        &trial, key: .offset(trial.random.number(in: 0...15)), iv: .offset(15 - offset), input: .offset(offset),
        output: .offset(trial.random.number(in: 0...15)))
    }
  }

  private static func guardPages(_ trial: inout Trial) throws {
    for input in Placement.edges {
      for output in Placement.edges {
        for iv in Placement.edges { try placed(&trial, key: iv, iv: iv, input: input, output: output) }
      }
    }
  }

  /// Runs messages whose four buffers lie where they are told.
  private static func placed(
    _ trial: inout Trial, key: Placement, iv: Placement, input: Placement, output: Placement
  ) throws {
    let keyBytes = trial.makeKey()
    var reference = try trial.makeCipher(keyBytes)
    var keyMemory = try TestMemory(capacity: keyBytes.count)
    var ivMemory = try TestMemory(capacity: max(reference.ivSize, 1))
    var inputMemory = try TestMemory(capacity: 4096)
    var outputMemory = try TestMemory(capacity: 4096)
    keyMemory.place(keyBytes, key)
    var handle = try trial.registry.cipher(
      trial.driver, key: keyMemory.pages.bytes.extracting(keyMemory.range), matching: trial.constraints)
    let block = reference.blockSize
    for least in [block, trial.unit / block * block, trial.random.number(in: 1...4096) / block * block] {
      let length = max(least, reference.minimumLength)
      let message = trial.random.bytes(length)
      let ivBytes = trial.random.bytes(reference.ivSize)
      trial.begin(["length": length, "key": key, "IV": iv, "input": input, "output": output])
      let (expected, end) = try trial.process(.encrypt, message, ivBytes, &reference)
      inputMemory.place(message, input)
      var written: Captured?
      var failure: (any Error)?
      let next = try ivMemory.change(ivBytes, iv, for: trial) { (ivSpan) throws(ProviderError) in
        do {
          written = try outputMemory.capture(length, output, for: trial) { (span) throws(ProviderError) in
            try handle.process(
              .encrypt, inputMemory.pages.bytes.extracting(inputMemory.range), iv: &ivSpan, into: &span)
          }
        } catch {
          failure = error
        }
      }
      if let failure { throw failure }
      guard let written else { continue }
      try trial.expectWritten(written, expected, "the ciphertext depends on where the buffers lie")
      try trial.expect(next.bytes, equals: end, "the IV depends on where the buffers lie")
    }
  }

  private static func scatterList(_ trial: inout Trial) throws {
    var handle = try trial.makeCipher(trial.makeKey())
    let isWhole = handle.chunkSize == CipherProperties.wholeMessage
    let unit = isWhole ? max(handle.minimumLength, handle.blockSize) : handle.chunkSize
    for length in [0, unit, 2 * unit, 7 * unit, trial.random.number(in: 8...40) * unit]
    where length >= handle.minimumLength {
      let message = trial.random.bytes(length)
      let iv = trial.random.bytes(handle.ivSize)
      for direction in trial.directions {
        let (expected, end) = try trial.process(direction, message, iv, &handle)
        for shape in ScatterList.shapes(of: length, multipleOf: isWhole ? 1 : unit, &trial.random) {
          trial.begin(["direction": trial.name(direction), "length": length, "segments": shape])
          var list = ScatterList(cutting: message, into: shape)
          var running = iv
          try handle.process(direction, &list, iv: &running)
          try trial.expect(list.joined(), equals: expected, "the segments give another text than the whole")
          try trial.expect(running, equals: end, "the segments leave another IV than the whole")
        }
      }
    }
    guard unit > handle.blockSize, !isWhole else { return }
    let message = trial.random.bytes(2 * unit + handle.blockSize)
    var iv = trial.random.bytes(handle.ivSize)
    trial.begin(["segments": [unit, unit + handle.blockSize], "last": "no multiple of the chunk size"])
    let (expected, _) = try trial.process(.encrypt, message, iv, &handle)
    var list = ScatterList(cutting: message, into: [unit, unit + handle.blockSize])
    var running = iv
    try handle.process(.encrypt, &list, iv: &running)
    try trial.expect(list.joined(), equals: expected, "the segments give another text than the whole")
    trial.begin(["segments": [unit + handle.blockSize, unit], "first": "no multiple of the chunk size"])
    var wrong = ScatterList(cutting: message, into: [unit + handle.blockSize, unit])
    let error = errorOf { () throws(ProviderError) in try handle.process(.encrypt, &wrong, iv: &iv) }
    try trial.expect(error, is: .invalidArgument, when: "a segment in the middle that is no multiple of the chunk size")
    try trial.expect(wrong.joined(), equals: message, "a refused list was changed")
  }

  private static func concurrency(_ trial: inout Trial) throws {
    let threads = 4
    let rounds = trial.effort.cases(16)
    let key = trial.makeKey()
    var alone = try trial.makeCipher(key)
    let message = trial.random.bytes(2048)
    let iv = trial.random.bytes(alone.ivSize)
    let block = alone.blockSize
    trial.begin(["threads": threads, "messages": rounds])
    let shared = trial
    let texts = try ParallelRun.outcomes(of: threads) { thread in
      var handle = try shared.makeCipher(key)
      return try (0..<rounds).map { round in
        let length = max((thread * 97 + round * 131) % message.count / block * block, handle.minimumLength)
        let (text, _) = try shared.process(
          shared.directions[round % shared.directions.count], Array(message[..<length]), iv, &handle)
        return text
      }
    }
    for (thread, list) in texts.enumerated() {
      for (round, text) in list.enumerated() {
        let (expected, _) = try trial.process(
          trial.directions[round % trial.directions.count], Array(message[..<text.count]), iv, &alone)
        try trial.expect(text, equals: expected, "thread \(thread) has another text than a thread alone")
      }
    }
  }

  private static func largeInput(_ trial: inout Trial) throws {
    var handle = try trial.makeCipher(trial.makeKey())
    let isWhole = handle.chunkSize == CipherProperties.wholeMessage
    let unit = isWhole ? handle.blockSize : handle.chunkSize
    for length in [1 << 16, min(trial.effort.size(1 << 20), trial.algorithm.descriptor.maximumRequest ?? .max)] {
      let message = trial.random.bytes(length / unit * unit)
      let iv = trial.random.bytes(handle.ivSize)
      trial.begin(["length": message.count])
      let (whole, end) = try trial.process(.encrypt, message, iv, &handle)
      let (back, _) = try trial.process(.decrypt, whole, trial.opening(iv, end), &handle)
      try trial.expect(back, equals: message, "decryption does not undo encryption")
      guard !isWhole else { continue }
      let half = message.count / 2 / unit * unit
      let (first, middle) = try trial.process(.encrypt, Array(message[..<half]), iv, &handle)
      let (second, last) = try trial.process(.encrypt, Array(message[half...]), middle, &handle)
      try trial.expect(first + second, equals: whole, "the halves give another text than the whole")
      try trial.expect(last, equals: end, "the halves leave another IV than the whole")
    }
  }

  private static func crossCheck(_ trial: inout Trial) throws {
    let others = trial.others()
    guard !others.isEmpty else { throw trial.notApplicable("it is the only usable driver of \(trial.algorithm.name)") }
    for other in others {
      for _ in 0..<trial.effort.cases(20) {
        let key = trial.makeKey()
        var handle = try trial.makeCipher(key)
        var reference = try trial.registry.cipher(other.driverName, key: key)
        let length = trial.random.number(in: handle.minimumLength...3000) / handle.blockSize * handle.blockSize
        let message = trial.random.bytes(length)
        let iv = trial.random.bytes(handle.ivSize)
        for direction in trial.directions {
          trial.begin([
            "direction": trial.name(direction), "length": length, "key length": key.count,
            "other driver": other.driverName,
          ])
          let (text, end) = try trial.process(direction, message, iv, &handle)
          let (expected, expectedEnd) = try trial.process(direction, message, iv, &reference)
          try trial.expect(text, equals: expected, "the drivers' texts differ")
          try trial.expect(end, equals: expectedEnd, "the drivers leave different IVs")
        }
        try trial.refuseFallback(reference.lastUsedFallback, reference.lastDriverName)
      }
    }
  }
}
