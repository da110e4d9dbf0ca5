// Operations with hashes, MACs, ciphers, AEADs and random numbers.
// SPDX-License-Identifier: Apache-2.0

import WarpDriveCore

extension Worker {
  /// The right answer of `name` for message `index`.
  private func answer(_ name: String, _ index: Int) -> [UInt8] { scene.answers[name]?[index] ?? [] }

  mutating func hash() throws(ProviderError) {
    let name = random.pick(Scene.hashes)
    let (index, bytes) = message()
    var handle: Hash?
    try tolerating(expectedErrors(name)) { () throws(ProviderError) in handle = try scene.registry.hash(name) }
    guard var handle = handle.take() else { return }
    for _ in 0...random.below(4) {
      let digest = try handle.digest(bytes)
      scene.expect(digest == answer(name, index), "\(handle.lastDriverName): a wrong digest")
      if name == "sha256" { scene.tally.add("sha256 requests") }
    }
  }

  mutating func hashStream() throws(ProviderError) {
    // Not crc32: a message in progress cannot go on elsewhere when its driver fails. Not sha256: its requests are counted.
    let name = random.pick(["sha1", "sha512", "sha3-256", "blake2b-512", "adler32"])
    let (index, bytes) = message()
    var handle = try scene.registry.hash(name)
    let cut = random.below(bytes.count + 1)
    for piece in pieces(Array(bytes[..<cut])) { try handle.update(piece) }
    var fork = try handle.clone()
    if handle.algorithm.descriptor.flags.contains(.exportable), random.oneIn(2) {
      let state = try handle.exportState()
      var other = try scene.registry.hash(handle.algorithm.driverName)
      try other.importState(state)
      try other.update(Array(bytes[cut...]))
      scene.expect(try other.finish() == answer(name, index), "\(name): a wrong digest from an imported state")
    }
    for piece in pieces(Array(bytes[cut...])) {
      try handle.update(piece)
      try fork.update(piece)
    }
    scene.expect(try handle.finish() == answer(name, index), "\(name): a wrong digest in pieces")
    scene.expect(try fork.finish() == answer(name, index), "\(name): a wrong digest of a clone")
  }

  /// A handle keeps its driver, whatever becomes of that in the registry.
  mutating func heldHash() throws(ProviderError) {
    if held == nil || random.oneIn(16) { held = try scene.registry.hash("crc32") }
    let (index, bytes) = message()
    let digest = try held?.digest(bytes)
    scene.expect(digest == answer("crc32", index), "a held handle: a wrong digest")
  }

  mutating func mac() throws(ProviderError) {
    let name = random.pick(Scene.macs)
    let (index, bytes) = message()
    try tolerating(expectedErrors(name)) { () throws(ProviderError) in
      var handle = try scene.registry.mac(name, key: Scene.key)
      let tag = try handle.authenticate(bytes)
      scene.expect(tag == answer(name, index), "\(name): a wrong tag")
      try handle.verify(tag, of: bytes)
    }
  }

  mutating func cipher() throws(ProviderError) {
    let name = random.pick(Scene.ciphers)
    let (index, bytes) = message()
    var handle = try scene.registry.cipher(name, key: Scene.key)
    var iv = Scene.iv
    var encrypted: [UInt8] = []
    for piece in pieces(bytes, unit: 16) { encrypted += try handle.encrypt(piece, iv: &iv) }
    scene.expect(encrypted == answer(name, index), "\(name): a wrong ciphertext")
    var list = ScatterList(copying: pieces(encrypted, unit: 16))
    iv = Scene.iv
    try handle.process(.decrypt, &list, iv: &iv)
    scene.expect(list.joined() == bytes, "\(name): a wrong plaintext")
  }

  mutating func aead() throws(ProviderError) {
    let name = random.pick(Scene.aeads)
    let (index, bytes) = message()
    var handle = try scene.registry.aead(name, key: Scene.key)
    var sealed = try handle.seal(bytes, nonce: Scene.nonce, aad: Scene.key)
    scene.expect(sealed == answer(name, index), "\(name): a wrong sealed message")
    scene.expect(try handle.open(sealed, nonce: Scene.nonce, aad: Scene.key) == bytes, "\(name): a wrong plaintext")
    sealed[random.below(sealed.count)] ^= 1 << UInt8(random.below(8))
    let isOpen = try tolerating([.authentication]) { () throws(ProviderError) in
      _ = try handle.open(sealed, nonce: Scene.nonce, aad: Scene.key)
    }
    scene.expect(!isOpen, "\(name): a forged message was opened")
  }

  mutating func randomBytes() throws(ProviderError) {
    var handle = try scene.registry.random()
    let first = try handle.generate(32)
    if random.oneIn(8) { try handle.reseed() }
    scene.expect(try handle.generate(32) != first, "the generator repeats itself")
  }
}
