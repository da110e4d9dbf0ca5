// What a cipher must refuse, and that it works on afterwards.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import WarpDriveCore

extension CipherChecks {
  static func outputLimits(_ trial: inout Trial) throws {
    var handle = try trial.makeCipher(trial.makeKey())
    let length = max(trial.unit, 32) / handle.blockSize * handle.blockSize
    let message = trial.random.bytes(length)
    let iv = trial.random.bytes(handle.ivSize)
    var output = try TestMemory(capacity: length)
    let (expected, end) = try trial.process(.encrypt, message, iv, &handle)
    for room in [0, length - 1] {
      for placement in Placement.edges {
        trial.begin(["length": length, "room": room, "output": placement])
        var running = iv
        let refused = try output.capture(room, placement, for: trial) { (span) throws(ProviderError) in
          var ivSpan = running.mutableRawSpan
          try handle.process(.encrypt, message.rawSpan, iv: &ivSpan, into: &span)
        }
        try trial.expectRefused(refused, required: length)
        try trial.expect(running, equals: iv, "a refused request changed the IV")
        let written = try output.capture(length, placement, for: trial) { (span) throws(ProviderError) in
          var ivSpan = running.mutableRawSpan
          try handle.process(.encrypt, message.rawSpan, iv: &ivSpan, into: &span)
        }
        try trial.expectWritten(written, expected, "the request gives another text with more room")
        try trial.expect(running, equals: end, "the request leaves another IV with more room")
      }
    }
  }

  static func keyLengths(_ trial: inout Trial) throws {
    guard let lengths = trial.algorithm.descriptor.properties.keyLengths else { return }
    var size = 0
    for length in lengths.sample(&trial.random) {
      let key = trial.random.bytes(length)
      trial.begin(["key length": length])
      var handle = try trial.makeCipher(key)
      size = handle.ivSize
      let message = trial.random.bytes(4 * trial.cutUnit)
      let iv = trial.random.bytes(size)
      let (text, _) = try trial.process(.encrypt, message, iv, &handle)
      for index in trial.sampleIndices(of: length) {
        var other = key
        // All bits of a byte: the parity bits of DES do not count.
        other[index] ^= 0xFF
        trial.begin(["key length": length, "changed key byte": index])
        var changed = try trial.makeCipher(other)
        let (otherText, _) = try trial.process(.encrypt, message, iv, &changed)
        try trial.expect(otherText, differsFrom: text, "the ciphertext does not depend on a byte of the key")
      }
    }
    for length in lengths.refused {
      trial.begin(["key length": length])
      let key = trial.random.bytes(length)
      let error = errorOf { () throws(ProviderError) in
        _ = try trial.registry.cipher(trial.driver, key: key, matching: trial.constraints)
      }
      try trial.expect(error, is: .invalidKeyLength, when: "a key of \(length) bytes")
    }
    try trial.requireAgreementOnKeyLengths()
  }

  static func ivLengths(_ trial: inout Trial) throws {
    var handle = try trial.makeCipher(trial.makeKey())
    let message = trial.random.bytes(4 * trial.cutUnit)
    for length in Set([0, handle.ivSize - 1, handle.ivSize + 1, 2 * handle.ivSize, 64])
    where length >= 0 && length != handle.ivSize {
      let iv = trial.random.bytes(length)
      for direction in [CipherDirection.encrypt, .decrypt] {
        trial.begin(["IV length": length, "direction": trial.name(direction)])
        var error = errorOf { () throws(ProviderError) in
          var running = iv
          _ =
            direction == .encrypt
            ? try handle.encrypt(message, iv: &running) : try handle.decrypt(message, iv: &running)
        }
        try trial.expect(error, is: .invalidIVLength, when: "an IV of \(length) bytes")
        error = errorOf { () throws(ProviderError) in
          var running = iv
          var bytes = message
          var span = bytes.mutableRawSpan
          var ivSpan = running.mutableRawSpan
          try handle.process(direction, inPlace: &span, iv: &ivSpan)
        }
        try trial.expect(error, is: .invalidIVLength, when: "an IV of \(length) bytes in place")
      }
    }
    let iv = trial.random.bytes(handle.ivSize)
    guard trial.directions.contains(.decrypt) else { return }
    let (text, _) = try trial.process(.encrypt, message, iv, &handle)
    for index in 0..<iv.count {
      trial.begin(["changed IV byte": index])
      var other = iv
      other[index] ^= 0xFF
      let (otherText, _) = try trial.process(.encrypt, message, other, &handle)
      try trial.expect(otherText, differsFrom: text, "the ciphertext does not depend on a byte of the IV")
    }
  }

  static func blockSizes(_ trial: inout Trial) throws {
    var handle = try trial.makeCipher(trial.makeKey())
    let block = handle.blockSize
    guard block > 1 else {
      for length in 1...70 {
        trial.begin(["length": length])
        let message = trial.random.bytes(length)
        let iv = trial.random.bytes(handle.ivSize)
        guard length >= handle.minimumLength else {
          let error = errorOf { () throws(ProviderError) in
            var running = iv
            _ = try handle.encrypt(message, iv: &running)
          }
          try trial.expect(
            error, is: .invalidArgument, when: "a message of \(length) bytes, shorter than the shortest,")
          continue
        }
        let (text, _) = try trial.process(.encrypt, message, iv, &handle)
        let (back, _) = try trial.process(.decrypt, text, iv, &handle)
        try trial.expect(back, equals: message, "a message of any length does not come back")
      }
      return
    }
    for length in [1, block - 1, block + 1, 5 * block - 1] {
      for direction in [CipherDirection.encrypt, .decrypt] {
        trial.begin(["length": length, "direction": trial.name(direction)])
        let message = trial.random.bytes(length)
        let iv = trial.random.bytes(handle.ivSize)
        var running = iv
        let error = errorOf { () throws(ProviderError) in
          _ =
            direction == .encrypt
            ? try handle.encrypt(message, iv: &running) : try handle.decrypt(message, iv: &running)
        }
        try trial.expect(error, is: .invalidArgument, when: "a message of \(length) bytes")
        try trial.expect(running, equals: iv, "a refused request changed the IV")
      }
    }
  }

  static func requestLimit(_ trial: inout Trial) throws {
    guard let limit = trial.algorithm.descriptor.maximumRequest else {
      throw trial.notApplicable("the driver states no limit")
    }
    var handle = try trial.makeCipher(trial.makeKey())
    let iv = trial.random.bytes(handle.ivSize)
    for direction in [CipherDirection.encrypt, .decrypt] {
      trial.begin(["direction": trial.name(direction), "limit": limit])
      var running = iv
      let error = try trial.errorOfRequest(longerThan: limit, by: handle.blockSize) {
        (input, output) throws(ProviderError) in
        var span = running.mutableRawSpan
        try handle.process(direction, input, iv: &span, into: &output)
      }
      try trial.expect(error, is: .invalidArgument, when: "a request above the limit")
      try trial.expect(running, equals: iv, "a refused request changed the IV")
    }
    let most = limit / handle.blockSize * handle.blockSize
    guard most <= trial.effort.size(1 << 20) else { return }
    trial.begin(["length": most, "limit": limit])
    let message = trial.random.bytes(most)
    let (text, end) = try trial.process(.encrypt, message, iv, &handle)
    try trial.expect(
      trial.process(.decrypt, text, trial.opening(iv, end), &handle).text, equals: message,
      "the longest request does not come back")
  }

  static func reuse(_ trial: inout Trial) throws {
    let key = trial.makeKey()
    var handle = try trial.makeCipher(key)
    for _ in 0..<trial.effort.cases(10) {
      let message = trial.random.bytes(trial.random.number(in: 1...20) * trial.cutUnit)
      let iv = trial.random.bytes(handle.ivSize)
      var fresh = try trial.makeCipher(key)
      let (expected, end) = try trial.process(.encrypt, message, iv, &fresh)
      trial.begin(["length": message.count, "after": "a refused IV"])
      var wrong = iv + [0]
      _ = errorOf { () throws(ProviderError) in _ = try handle.encrypt(message, iv: &wrong) }
      try trial.expect(trial.process(.encrypt, message, iv, &handle).text, equals: expected, "the ciphertext is wrong")
      trial.begin(["length": message.count, "after": "the other direction"])
      let (back, _) = try trial.process(.decrypt, expected, trial.opening(iv, end), &handle)
      try trial.expect(back, equals: message, "the plaintext is wrong")
      try trial.expect(trial.process(.encrypt, message, iv, &handle).text, equals: expected, "the ciphertext is wrong")
      trial.begin(["length": message.count, "after": "part of another message"])
      _ = try trial.process(.encrypt, Array(message[..<trial.cutUnit]), iv, &handle)
      try trial.expect(trial.process(.encrypt, message, iv, &handle).text, equals: expected, "the ciphertext is wrong")
    }
    try trial.refuseFallback(handle.lastUsedFallback, handle.lastDriverName)
  }

  static func transform(_ trial: inout Trial) throws {
    guard let driver = trial.ownDriver() as? any CipherDriver else { throw trial.noTransform }
    var transform = try driver.makeTransform()
    var output = try TestMemory(capacity: 4096)
    // Keys follow one another in one transform.
    for _ in 0..<trial.effort.cases(6) {
      let key = trial.makeKey()
      var handle = try trial.makeCipher(key)
      try transform.setKey(key.rawSpan)
      let message = trial.random.bytes(trial.random.number(in: 1...16) * trial.cutUnit)
      let iv = trial.random.bytes(handle.ivSize)
      for direction in trial.directions {
        let (expected, end) = try trial.process(direction, message, iv, &handle)
        for room in [message.count, message.count + 64] {
          trial.begin([
            "direction": trial.name(direction), "key length": key.count, "length": message.count, "room": room,
          ])
          var running = iv
          let written = try output.capture(room, .upperEdge, for: trial) { (span) throws(ProviderError) in
            var ivSpan = running.mutableRawSpan
            try transform.process(direction, message.rawSpan, iv: &ivSpan, into: &span)
          }
          try trial.expectWritten(written, expected, "the transform's text differs from the handle's")
          try trial.expect(running, equals: end, "the transform leaves another IV than the handle")
        }
      }
    }
  }
}

extension Trial {
  /// A handle of the driver under test.
  func makeCipher(_ key: [UInt8]) throws -> Cipher {
    let handle = try registry.cipher(driver, key: key, matching: constraints)
    try requireOwn(handle.algorithm)
    try refuseFallback(handle.lastUsedFallback, handle.lastDriverName)
    return handle
  }

  /// One request, and the IV that it leaves.
  func process(
    _ direction: CipherDirection, _ input: [UInt8], _ iv: [UInt8], _ handle: inout Cipher
  ) throws -> (text: [UInt8], iv: [UInt8]) {
    var running = iv
    let text = direction == .encrypt ? try handle.encrypt(input, iv: &running) : try handle.decrypt(input, iv: &running)
    return (text, running)
  }

  /// Bytes of a message that is whole wherever it is cut: at chunks, of at least 8 bytes.
  var cutUnit: Int {
    guard case .cipher(let properties) = algorithm.descriptor.properties else { return 64 }
    guard !properties.isWholeMessage else { return max(16, algorithm.descriptor.blockSize) }
    return properties.chunkSize * max(1, 8 / properties.chunkSize)
  }

  /// The directions that take any text: where encrypting makes the IV, decrypting takes what was encrypted alone.
  var directions: [CipherDirection] {
    guard case .cipher(let properties) = algorithm.descriptor.properties, properties.generatesIV else {
      return [.encrypt, .decrypt]
    }
    return [.encrypt]
  }

  /// The IV to decrypt with: the one that encrypting began with, or the one that it made.
  func opening(_ start: [UInt8], _ end: [UInt8]) -> [UInt8] { directions.contains(.decrypt) ? start : end }

  /// The direction's name, for the parameters of a case.
  func name(_ direction: CipherDirection) -> String { direction == .encrypt ? "encrypt" : "decrypt" }
}
