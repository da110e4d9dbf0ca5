// Drivers that break the rules of the ABI while they are in use: out of service at once, and somebody else answers.
// SPDX-License-Identifier: Apache-2.0

import Testing
import WarpDriveCore
import WarpDrivePlugins

@Suite("Misconduct of plugins")
struct MisconductTests {
  private let plain: [UInt8] = [97, 98, 99]
  private let packed: [UInt8] = [84, 89, 5, 0, 0, 0, 0, 0, 1, 97, 1, 98, 1, 99, 0]

  @Test(
    "a step that reports more than there was is answered by another driver, once",
    arguments: [ToyControl.Lie.consumedBeyond, .producedBeyond, .finishedEarly, .producedAndFailed])
  func step(lie: ToyControl.Lie) throws {
    let toys = try ToyKinds(withFallback: true)
    var handle = try toys.registry.compression("toystream")
    let first = try handle.compress(plain)
    #expect(first == packed)
    toys.control.lie(lie)
    var result: RequestResult?
    let output = try [UInt8](capacity: 100) { (output) throws(ProviderError) in
      result = try handle.compress(plain.rawSpan, into: &output)
    }
    #expect(output == packed)
    #expect(result == RequestResult(consumed: 3, produced: 15, trailing: 0, usedFallback: true))
    let name = handle.lastDriverName
    #expect(name == "toystream-b")
    // What merely failed stays in service.
    #expect(toys.isQuarantined("toystream-a") == (lie != .producedAndFailed))
    toys.control.lie(.honest)
    let next = try toys.registry.compression("toystream").algorithm.driverName
    #expect(next == (lie == .producedAndFailed ? "toystream-a" : "toystream-b"))
  }

  @Test(
    "where nobody else is there the caller gets the error, and the driver serves no more",
    arguments: [ToyControl.Lie.consumedBeyond, .producedBeyond])
  func alone(lie: ToyControl.Lie) throws {
    let toys = try ToyKinds()
    var handle = try toys.registry.compression("toystream")
    toys.control.lie(lie)
    let failure = error { _ = try handle.decompress(packed) }
    #expect(failure?.code == .backendFailure)
    #expect(failure?.message.contains("more than there were: it is out of service; run 'wdprov plugin check'") == true)
    #expect(toys.isQuarantined("toystream-a"))
    let lookup = error { _ = try toys.registry.compression("toystream") }
    #expect(lookup?.code == .unusable)
    // The plugin's other drivers are as they were.
    var hash = try toys.registry.hash("toyhash")
    let digest = try hash.digest([1])
    #expect(digest == [1, 0, 0, 0])
  }

  @Test("a success without a state is answered by another driver, in every kind with states")
  func noState() throws {
    let toys = try ToyKinds(withFallback: true)
    toys.control.lie(.noState)
    var hash = try toys.registry.hash("toyhash")
    let digest = try hash.digest([1])
    #expect(digest == [1, 0, 0, 0])
    var mac = try toys.registry.mac("toymac", key: [1, 2, 3, 4].rawSpan)
    let tag = try mac.authenticate([1])
    #expect(tag == [13, 0, 0, 0])
    var cipher = try toys.registry.cipher("toyxor", key: [1, 2, 3, 4].rawSpan)
    var iv: [UInt8] = [0, 0, 0, 0]
    let sealed = try cipher.encrypt([1], iv: &iv)
    #expect(sealed == [0])
    var aead = try toys.registry.aead("toyaead", key: [1, 2, 3, 4].rawSpan)
    let opened = try aead.open(aead.seal([1], nonce: [1]), nonce: [1])
    #expect(opened == [1])
    var random = try toys.registry.random("toyrng")
    let bytes = try random.generate(2)
    #expect(bytes.count == 2)
    var compression = try toys.registry.compression("toystream")
    let back = try compression.compress(plain)
    #expect(back == packed)
    var agreement = try toys.registry.keyAgreement("toydh")
    try agreement.generateKeyPair()
    let key = try agreement.publicKey()
    #expect(key == [71])
    var signature = try toys.registry.signature("toysig")
    try signature.generateKeyPair()
    let signed = try signature.sign([1])
    #expect(signed == [8, 7])
    var encryption = try toys.registry.asymmetricCipher("toypke")
    try encryption.setPrivateKey([7].rawSpan)
    let encrypted = try encryption.encrypt([1])
    #expect(encrypted == [8])
    for name in ["hash", "mac", "xor", "aead", "rng", "stream", "dh", "sig", "pke"] {
      #expect(toys.isQuarantined("toy\(name)-a"), "toy\(name)")
      #expect(!toys.isQuarantined("toy\(name)-b"), "toy\(name)")
    }
    toys.expectBalance()
  }

  @Test(
    "a length that cannot be is an error, and the driver is out of service",
    arguments: [ToyControl.Lie.longOutput, .longestOutput, .wantsMore, .wantsAbsurdlyMuch, .wantsLess])
  func lengths(lie: ToyControl.Lie) throws {
    let toys = try ToyKinds()
    var hash = try toys.registry.hash("toyhash")
    var agreement = try toys.registry.keyAgreement("toydh")
    try agreement.generateKeyPair()
    var signature = try toys.registry.signature("toysig")
    try signature.generateKeyPair()
    var encryption = try toys.registry.asymmetricCipher("toypke")
    try encryption.setPrivateKey([7].rawSpan)
    toys.control.lie(lie)
    expect(toys, "toyhash-a", error { _ = try hash.exportState() })
    expect(toys, "toydh-a", error { _ = try agreement.sharedSecret([2]) })
    expect(toys, "toysig-a", error { _ = try signature.sign([1]) })
    expect(toys, "toypke-a", error { _ = try encryption.decrypt([1]) })
  }

  private func expect(
    _ toys: ToyKinds, _ driver: String, _ failure: ProviderError?, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(failure?.code == .backendFailure, "\(driver)", sourceLocation: sourceLocation)
    #expect(failure?.driver == driver, sourceLocation: sourceLocation)
    #expect(toys.isQuarantined(driver), "\(driver)", sourceLocation: sourceLocation)
  }

  @Test("a positive status is none: another driver answers, and the liar is out of service")
  func positiveStatus() throws {
    let toys = try ToyKinds(withFallback: true)
    var hash = try toys.registry.hash("toyhash")
    toys.control.fail(1)
    let digest = try hash.digest([1])
    #expect(digest == [1, 0, 0, 0])
    let isFallback = hash.lastUsedFallback
    #expect(isFallback)
    #expect(toys.isQuarantined("toyhash-a"))
    let name = try toys.registry.hash("toyhash").algorithm.driverName
    #expect(name == "toyhash-b")
  }

  @Test("a request whose driver fails is answered by another one exactly once")
  func fallback() throws {
    let toys = try ToyKinds(withFallback: true)
    var hash = try toys.registry.hash("toyhash")
    toys.control.fail(-ProviderError.Code.deviceLost.errno)
    let digest = try hash.digest([1])
    #expect(digest == [1, 0, 0, 0])
    let name = hash.lastDriverName
    #expect(name == "toyhash-b")
    #expect(!toys.isQuarantined("toyhash-a"))
    let next = try hash.digest([2])
    #expect(next == [2, 0, 0, 0])
    let own = hash.lastDriverName
    #expect(own == "toyhash-a")
  }
}
