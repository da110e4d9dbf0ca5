// The adapters of the public-key kinds, whose outputs have lengths that the plugin chooses.
// SPDX-License-Identifier: Apache-2.0

import Testing
import WarpDriveCore
import WarpDrivePlugins

@Suite("Public keys of plugins")
struct PublicKeyTests {
  private let toys: ToyKinds

  init() throws { toys = try ToyKinds() }

  @Test("two sides of an agreement have one secret")
  func agreement() throws {
    do {
      var here = try toys.registry.keyAgreement("toydh")
      var there = try toys.registry.keyAgreement("toydh")
      let early = error { _ = try here.publicKey() }
      #expect(early?.code == .missingKey)
      let key: [UInt8] = [5]
      try here.setPrivateKey(key.rawSpan)
      let address = unsafe key.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) }
      #expect(toys.control.key == address)
      try there.generateKeyPair()
      let keys = try (here.publicKey(), there.publicKey())
      // 6 ^ 5 and 6 ^ 7 modulo 251
      #expect(keys == ([246], [71]))
      let secrets = try (here.sharedSecret(keys.1), there.sharedSecret(keys.0))
      #expect(secrets.0 == secrets.1 && secrets.0.count == 1)
      let none = error { _ = try here.sharedSecret([0]) }
      #expect(none?.code == .invalidKey)
      let wrong = error { try here.setPrivateKey([1, 2].rawSpan) }
      #expect(wrong?.code == .invalidKey)
    }
    toys.expectBalance()
  }

  @Test("a signature of any length belongs to its message and key")
  func signature() throws {
    do {
      var signer = try toys.registry.signature("toysig")
      try signer.setPrivateKey([1].rawSpan)
      var verifier = try toys.registry.signature("toysig")
      let key = try signer.publicKey()
      #expect(key == [254])
      try verifier.setPublicKey(key.rawSpan)
      for count in [0, 3, 10_000] {
        // The longest is longer than the room that is offered first.
        let message = [UInt8](repeating: 7, count: count)
        let signature = try signer.sign(message)
        #expect(signature == [UInt8](repeating: 8, count: count) + [1])
        try verifier.verify(signature, of: message)
        let other = error { try verifier.verify(signature, of: message + [7]) }
        #expect(other?.code == .authentication)
      }
      let cannot = error { _ = try verifier.sign([1]) }
      #expect(cannot?.code == .missingKey)
      try signer.generateKeyPair()
      let fresh = try signer.sign([1])
      #expect(fresh == [8, 7])
    }
    toys.expectBalance()
  }

  @Test("what was encrypted for a key is decrypted by its other half")
  func encryption() throws {
    do {
      var owner = try toys.registry.asymmetricCipher("toypke")
      try owner.setPrivateKey([3].rawSpan)
      var sender = try toys.registry.asymmetricCipher("toypke")
      try sender.setPublicKey([0xFC].rawSpan)
      for count in [0, 5, 9_000] {
        let message = [UInt8](repeating: 254, count: count)
        let sealed = try sender.encrypt(message)
        #expect(sealed == [UInt8](repeating: 1, count: count))
        let opened = try owner.decrypt(sealed)
        #expect(opened == message)
      }
    }
    toys.expectBalance()
  }

  @Test("a signature longer than any is refused, and the driver with it", arguments: [1_048_575, 1_048_576])
  func longest(count: Int) throws {
    var signer = try toys.registry.signature("toysig")
    try signer.setPrivateKey([1].rawSpan)
    let message = [UInt8](repeating: 7, count: count)
    let failure = error { _ = try signer.sign(message) }
    #expect(failure?.code == (count < 1_048_576 ? nil : .backendFailure))
    #expect(toys.isQuarantined("toysig-a") == (count == 1_048_576))
  }
}
