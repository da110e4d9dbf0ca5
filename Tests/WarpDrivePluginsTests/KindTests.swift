// The adapters of the symmetric kinds: every function of the ABI is reached, and gives what it computes.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import Testing
import WarpDriveCore
import WarpDrivePlugins

@Suite("Kinds of plugins' drivers")
struct KindTests {
  private let toys: ToyKinds

  init() throws { toys = try ToyKinds() }

  @Test("a driver has what the plugin says of it")
  func descriptors() throws {
    #expect(Set(toys.registry.algorithms.map(\.kind)) == Set(AlgorithmKind.allCases))
    guard case .compression(let properties) = try toys.registry.algorithm("toystream").descriptor.properties else {
      Issue.record("toystream is no compression")
      return
    }
    #expect(properties.levels == 1...9 && properties.defaultLevel == 5 && properties.windowBits == 9...15)
    #expect(properties.strategies.contains(.fixed) && !properties.strategies.contains(.filtered))
    #expect(properties.dictionaries && properties.headers && properties.streaming && properties.joining == .members)
    #expect(properties.memberMagic == Array("TY".utf8))
    #expect(properties.bound(100) == 241)
    guard case .aead(let sealing) = try toys.registry.algorithm("toyaead").descriptor.properties else {
      Issue.record("toyaead is no AEAD")
      return
    }
    #expect(sealing.tagLengths == [8, 4] && sealing.nonceLengths == 1...8 && sealing.ivSize == 4)
  }

  @Test("a hash: at once, in parts, extended, copied, exported and imported")
  func hash() throws {
    do {
      var hash = try toys.registry.hash("toyhash")
      let whole = toys.control.whole
      let digest = try hash.digest([1, 2, 255])
      #expect(digest == [2, 1, 0, 0])
      #expect(toys.control.whole == whole + 1)
      let long = try hash.digest([5], count: 6)
      #expect(long == [5, 0, 0, 0, 5, 0])
      try hash.update([1, 2])
      var copy = try hash.clone()
      try hash.update([255])
      let state = try hash.exportState()
      // More than the room that is offered first.
      #expect(state.count == 5000)
      let parts = try (hash.finish(), copy.finish())
      #expect(parts == ([2, 1, 0, 0], [3, 0, 0, 0]))
      try copy.importState(state)
      try copy.update([1])
      let resumed = try copy.finish()
      #expect(resumed == [3, 1, 0, 0])
      let refusal = error { try copy.importState([1, 2, 3]) }
      #expect(refusal?.code == .invalidArgument)
      try hash.update([9])
      try hash.reset()
      let afterReset = try hash.finish()
      #expect(afterReset == [0, 0, 0, 0])
      let none = try hash.digest([])
      #expect(none == [0, 0, 0, 0])
    }
    toys.expectBalance()
  }

  @Test("a MAC: at once and in parts, under a key that reaches the plugin where the caller has it")
  func mac() throws {
    do {
      let key: [UInt8] = [1, 2, 3, 4]
      var mac = try toys.registry.mac("toymac", key: key.rawSpan)
      let address = unsafe key.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) }
      #expect(toys.control.key == address)
      let whole = toys.control.whole
      let tag = try mac.authenticate([1, 2])
      #expect(tag == [19, 0, 0, 0])
      #expect(toys.control.whole == whole + 1)
      try mac.update([1])
      try mac.update([2])
      let parts = try mac.finish()
      #expect(parts == [19, 0, 0, 0])
      try mac.update([7])
      try mac.reset()
      let empty = try mac.finish()
      #expect(empty == [10, 0, 0, 0])
      try mac.verify([19, 0, 0, 0], of: [1, 2])
      let forged = error { try mac.verify([20, 0, 0, 0], of: [1, 2]) }
      #expect(forged?.code == .authentication)
      let odd = error { _ = try toys.registry.mac("toymac", key: [1, 2, 3, 4, 5].rawSpan) }
      #expect(odd?.code == .invalidKeyLength)
    }
    toys.expectBalance()
  }

  @Test("a cipher: into an output and in place, with the IV that goes on")
  func cipher() throws {
    do {
      var cipher = try toys.registry.cipher("toyxor", key: [0x10, 0x20, 0x30, 0x40].rawSpan)
      let plain = [UInt8](1...8)
      let sealed: [UInt8] = [0x11, 0x22, 0x33, 0x45, 0x14, 0x27, 0x36, 0x4A]
      var iv: [UInt8] = [0, 0, 0, 1]
      let output = try cipher.encrypt(plain, iv: &iv)
      #expect(output == sealed)
      #expect(iv == [2, 2, 2, 3])
      iv = [0, 0, 0, 1]
      var bytes = plain
      try process(&cipher, .encrypt, &bytes, &iv)
      #expect(bytes == sealed)
      #expect(iv == [2, 2, 2, 3])
      iv = [0, 0, 0, 1]
      try process(&cipher, .decrypt, &bytes, &iv)
      #expect(bytes == plain)
      iv = [0, 0, 0, 1]
      let back = try cipher.decrypt(sealed, iv: &iv)
      #expect(back == plain)
    }
    toys.expectBalance()
  }

  private func process(
    _ cipher: inout Cipher, _ direction: CipherDirection, _ bytes: inout [UInt8], _ iv: inout [UInt8]
  ) throws {
    var span = bytes.mutableSpan
    var running = iv.mutableSpan
    // Bytes have no padding.
    var raw = unsafe span.mutableBytes
    var rawIV = unsafe running.mutableBytes
    try cipher.process(direction, inPlace: &raw, iv: &rawIV)
  }

  @Test("an AEAD: into an output and in place, with every length of nonce and tag")
  func aead() throws {
    do {
      var aead = try toys.registry.aead("toyaead", key: [UInt8](repeating: 0x10, count: 4).rawSpan)
      let sealed = try aead.seal([3, 4], nonce: [1, 0, 0, 0], aad: [2])
      #expect(sealed == [0x12, 0x15, 0xD4, 2, 0, 0, 0xD4, 2, 0, 0])
      let opened = try aead.open(sealed, nonce: [1, 0, 0, 0], aad: [2])
      #expect(opened == [3, 4])
      let long = try aead.open(aead.seal([9], nonce: [UInt8](1...8)), nonce: [UInt8](1...8))
      #expect(long == [9])
      let wrongNonce = error { _ = try aead.seal([1], nonce: [UInt8](1...9)) }
      #expect(wrongNonce?.code == .invalidIVLength)
      let nothing = try aead.open(aead.seal([], nonce: [1]), nonce: [1])
      #expect(nothing.isEmpty)
      var short = try toys.registry.aead("toyaead", key: [UInt8](repeating: 0x10, count: 4).rawSpan, tagLength: 4)
      var bytes: [UInt8] = [3, 4]
      let tag = try seal(&short, &bytes)
      #expect(bytes == [0x12, 0x15] && tag == [0xD4, 2, 0, 0])
      try open(&short, &bytes, tag)
      #expect(bytes == [3, 4])
    }
    toys.expectBalance()
  }

  @Test("a message that is not authentic leaves no plaintext, though the plugin leaves it")
  func forged() throws {
    var aead = try toys.registry.aead("toyaead", key: [UInt8](repeating: 0x10, count: 4).rawSpan, tagLength: 4)
    var bytes: [UInt8] = [3, 4, 5, 6]
    var tag = try seal(&aead, &bytes)
    tag[0] ^= 1
    let sealed = bytes
    let inPlace = error { try open(&aead, &bytes, tag) }
    #expect(inPlace?.code == .authentication)
    #expect(bytes == [0, 0, 0, 0])
    // The output's memory, also behind what counts.
    var room = [UInt8](repeating: 0xEE, count: 6)
    let nonce: [UInt8] = [1, 0, 0, 0]
    let apart = try unsafe room.withUnsafeMutableBytes { buffer -> ProviderError? in
      var output = unsafe OutputRawSpan(buffer: buffer, initializedCount: 0)
      let failure = error {
        try aead.open(sealed.rawSpan, tag: tag.rawSpan, nonce: nonce.rawSpan, aad: RawSpan(), into: &output)
      }
      let count = unsafe output.finalize(for: buffer)
      try #require(count == 0)
      return failure
    }
    #expect(apart?.code == .authentication)
    #expect(room == [0, 0, 0, 0, 0xEE, 0xEE])
    #expect(!toys.isQuarantined("toyaead-a"))
  }

  private func seal(_ aead: inout AEAD, _ bytes: inout [UInt8]) throws -> [UInt8] {
    let nonce: [UInt8] = [1, 0, 0, 0]
    let associated: [UInt8] = bytes.count == 2 ? [2] : []
    var span = bytes.mutableSpan
    var raw = unsafe span.mutableBytes
    return try [UInt8](capacity: aead.tagLength) { (tag) throws(ProviderError) in
      try aead.seal(inPlace: &raw, nonce: nonce.rawSpan, aad: associated.rawSpan, tag: &tag)
    }
  }

  private func open(_ aead: inout AEAD, _ bytes: inout [UInt8], _ tag: [UInt8]) throws {
    let nonce: [UInt8] = [1, 0, 0, 0]
    let associated: [UInt8] = bytes.count == 2 ? [2] : []
    var span = bytes.mutableSpan
    var raw = unsafe span.mutableBytes
    try aead.open(inPlace: &raw, tag: tag.rawSpan, nonce: nonce.rawSpan, aad: associated.rawSpan)
  }

  @Test("a generator takes a seed and additional input")
  func random() throws {
    do {
      var random = try toys.registry.random("toyrng")
      try random.reseed([1, 2])
      let first = try random.generate(2)
      // 3 * 5 + 3 = 18, 18 * 5 + 3 = 93; without their low four bits.
      #expect(first == [1, 5])
      try random.reseed([1])
      let additional: [UInt8] = [2]
      let second = try [UInt8](capacity: 2) { (output) throws(ProviderError) in
        try random.generate(2, additional: additional.rawSpan, into: &output)
      }
      #expect(second == [1, 5])
      try random.reseed()
      let third = try random.generate(0)
      #expect(third.isEmpty)
    }
    toys.expectBalance()
  }

  @Test("a derivation is given all of its parameters")
  func derivation() throws {
    var derivation = try toys.registry.keyDerivation("toykdf")
    let key = try derivation.derive(
      3, from: [1], .init(salt: [2], info: [3], iterations: 4, memoryCost: 5, parallelism: 6))
    // 1 + 3 * 2 + 5 * 3 + 4 + 7 * 5 + 11 * 6
    #expect(key == [127, 128, 129])
    let none = try derivation.derive(1, from: [])
    #expect(none == [0])
    let tooLong = error { _ = try derivation.derive(9, from: [1]) }
    #expect(tooLong?.code == .invalidArgument)
  }
}
