// Runs one vector on a driver.
// SPDX-License-Identifier: Apache-2.0

import WarpDriveCore

extension Vector {
  /// Runs the vector on the trial's driver.
  ///
  /// - Throws: the trial's failure; ``Interruption/notApplicable(_:)`` where the driver states that it cannot run it.
  func check(_ trial: inout Trial) throws {
    trial.begin(["vector": source, "result": result.rawValue])
    guard problem.kind == trial.algorithm.kind else {
      throw trial.notApplicable("the vector is for algorithms of kind \(problem.kind.rawValue)")
    }
    guard result != .refused else {
      let refusal = try refused(trial)
      try trial.require(!refusal.code.isDriverFault, "the refusal blames the driver (\(refusal.code)), not the request")
      return
    }
    switch problem {
    case .hash(let message, let digest): try checkHash(message, digest, trial)
    case .mac(let key, let options, let message, let tag): try checkMAC(key, options, message, tag, trial)
    case .cipher(let key, let iv, let plaintext, let ciphertext, let nextIV):
      try checkCipher(key, iv, plaintext, ciphertext, nextIV, trial)
    case .aead(let key, let nonce, let aad, let plaintext, let ciphertext, let tag):
      try checkAEAD(key, nonce, aad, plaintext, ciphertext, tag, trial)
    case .compression(let stream, let plain):
      var handle = try trial.makeCompression()
      try trial.expect(handle.decompress(stream), equals: plain, "the decompressed data is wrong")
    case .random(let count):
      var handle = try trial.makeRandom()
      let first = try handle.generate(count)
      try trial.expect(handle.generate(count), differsFrom: first, "the output repeats itself")
    case .keyAgreement(let key, let peer, let secret):
      var handle = try trial.makeKeyAgreement()
      try handle.setPrivateKey(key.rawSpan)
      try trial.expect(handle.sharedSecret(peer), equals: secret, "the shared secret is wrong")
    case .signature(let key, let message, let signature):
      var handle = try trial.makeSignature()
      try handle.setPublicKey(key.rawSpan)
      try handle.verify(signature, of: message)
    case .signing(let key, let message, let signature):
      var handle = try trial.makeSignature()
      try handle.setPrivateKey(key.rawSpan)
      try trial.expect(handle.sign(message), equals: signature, "the signature is wrong")
    case .asymmetricCipher(let key, let ciphertext, let plaintext):
      var handle = try trial.makeAsymmetricCipher()
      try handle.setPrivateKey(key.rawSpan)
      try trial.expect(handle.decrypt(ciphertext), equals: plaintext, "the plaintext is wrong")
    case .keyDerivation(let secret, let parameters, let output):
      var handle = try trial.makeKeyDerivation()
      try trial.expect(
        handle.derive(output.count, from: secret, parameters), equals: output, "the derived key is wrong")
    }
  }

  /// The error of a request that must fail.
  private func refused(_ trial: Trial) throws -> ProviderError {
    let error = errorOf { () throws(ProviderError) in
      switch problem {
      case .mac(let key, let options, let message, _):
        var handle = try trial.registry.mac(trial.driver, key: key, options, matching: trial.constraints)
        _ = try handle.authenticate(message)
      case .cipher(let key, let iv, let plaintext, _, _):
        var handle = try trial.registry.cipher(trial.driver, key: key, matching: trial.constraints)
        var running = iv
        _ = try handle.encrypt(plaintext, iv: &running)
      case .aead(let key, let nonce, let aad, let plaintext, _, let tag):
        var handle = try trial.registry.aead(
          trial.driver, key: key, tagLength: tag.isEmpty ? nil : tag.count, matching: trial.constraints)
        _ = try handle.seal(plaintext, nonce: nonce, aad: aad)
      default: break
      }
    }
    guard let error else { throw trial.failure("a request that must fail was answered") }
    return error
  }

  private func checkHash(_ message: [UInt8], _ digest: [UInt8], _ trial: Trial) throws {
    var handle = try trial.makeHash()
    try trial.expect(handle.digest(message, count: digest.count), equals: digest, "the digest is wrong")
    let cut = message.count / 3
    try handle.update(message.rawSpan.extracting(0..<cut))
    try handle.update(message.rawSpan.extracting(cut..<message.count))
    try trial.expect(handle.finish(count: digest.count), equals: digest, "the digest of two pieces is wrong")
  }

  private func checkMAC(
    _ key: [UInt8], _ options: MACOptions, _ message: [UInt8], _ tag: [UInt8], _ trial: Trial
  ) throws {
    var options = options
    options.allowsReuse = true
    var handle = try trial.makeMAC(key, options)
    let computed = try handle.authenticate(message)
    guard result == .valid else {
      try trial.require(Array(computed.prefix(tag.count)) != tag, "the forged tag is the message's")
      return
    }
    try trial.expect(Array(computed.prefix(tag.count)), equals: tag, "the tag is wrong")
    let cut = message.count / 3
    try handle.update(message.rawSpan.extracting(0..<cut))
    try handle.update(message.rawSpan.extracting(cut..<message.count))
    try trial.expect(handle.finish(), equals: computed, "the tag of two pieces is wrong")
  }

  private func checkCipher(
    _ key: [UInt8], _ iv: [UInt8], _ plaintext: [UInt8], _ ciphertext: [UInt8], _ nextIV: [UInt8], _ trial: Trial
  ) throws {
    var handle = try trial.makeCipher(key)
    if result == .invalid {
      var running = iv
      let error = errorOf { () throws(ProviderError) in _ = try handle.decrypt(ciphertext, iv: &running) }
      try trial.expect(error, is: .authentication, when: "a forged ciphertext")
      return
    }
    if operations.contains(.encrypt) {
      var running = iv
      try trial.expect(handle.encrypt(plaintext, iv: &running), equals: ciphertext, "the ciphertext is wrong")
      if !nextIV.isEmpty { try trial.expect(running, equals: nextIV, "the IV that continues the message is wrong") }
    }
    if operations.contains(.decrypt) {
      var running = iv
      try trial.expect(handle.decrypt(ciphertext, iv: &running), equals: plaintext, "the plaintext is wrong")
      if !nextIV.isEmpty { try trial.expect(running, equals: nextIV, "the IV that continues the message is wrong") }
    }
  }

  private func checkAEAD(
    _ key: [UInt8], _ nonce: [UInt8], _ aad: [UInt8], _ plaintext: [UInt8], _ ciphertext: [UInt8], _ tag: [UInt8],
    _ trial: Trial
  ) throws {
    var handle = try trial.makeAEAD(key, tagLength: tag.count)
    guard result == .valid else {
      let error = errorOf { () throws(ProviderError) in
        _ = try handle.open(ciphertext, tag: tag, nonce: nonce, aad: aad)
      }
      try trial.expect(error, is: .authentication, when: "a forged tag")
      return
    }
    if operations.contains(.seal) {
      try trial.expect(
        handle.seal(plaintext, nonce: nonce, aad: aad), equals: ciphertext + tag, "the sealed message is wrong")
    }
    if operations.contains(.open) {
      try trial.expect(
        handle.open(ciphertext, tag: tag, nonce: nonce, aad: aad), equals: plaintext, "the opened message is wrong")
    }
  }
}
