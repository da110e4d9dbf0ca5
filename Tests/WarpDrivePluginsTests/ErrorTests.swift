// What a plugin's numbers and words become.
// SPDX-License-Identifier: Apache-2.0

import Testing
import WarpDriveCore
import WarpDrivePlugins

@Suite("Errors of plugins")
struct ErrorTests {
  private let toys: ToyKinds

  /// Those whose number means the same in all kinds.
  private static let common: [ProviderError.Code] = [
    .notFound, .backendFailure, .deviceLost, .resourceExhausted, .denied, .busy, .exists, .unavailable,
    .invalidArgument, .limitExceeded, .outputTooSmall, .truncatedInput, .unusable, .unsupported, .timedOut, .cancelled,
    .invalidKey,
  ]
  private static let corrupt = ProviderError.Code.corruptInput.errno
  private static let noKey = ProviderError.Code.missingKey.errno

  init() throws { toys = try ToyKinds() }

  @Test("each number of the ABI is the code that has it, and an unknown one a failure of the library")
  func common() throws {
    var hash = try toys.registry.hash("toyhash")
    for code in Self.common {
      toys.control.fail(-code.errno)
      let failure = error { _ = try hash.digest([1]) }
      #expect(failure?.code == code)
      #expect(failure?.driver == "toyhash-a")
      #expect(failure?.backend == .init(library: "toys-a", number: Int(-code.errno)))
      #expect(failure?.message == "toyhash-a failed to hash a message (status \(-code.errno))")
    }
    for status in [-9_998, Int32.min] {
      toys.control.fail(status)
      let failure = error { _ = try hash.digest([1]) }
      #expect(failure?.code == .backendFailure, "\(status)")
    }
    #expect(!toys.isQuarantined("toyhash-a"))
    let digest = try hash.digest([1])
    #expect(digest == [1, 0, 0, 0])
  }

  @Test("what the plugin reports is in the error, once")
  func report() throws {
    var hash = try toys.registry.hash("toyhash")
    toys.control.fail(-ProviderError.Code.deviceLost.errno, reporting: true)
    let failure = error { _ = try hash.digest([1]) }
    #expect(failure?.code == .deviceLost)
    #expect(failure?.backend == .init(library: "toys-a", number: 4711))
    #expect(failure?.message == "toyhash-a failed to hash a message: the toy is broken")
    toys.control.fail(-ProviderError.Code.deviceLost.errno)
    let next = error { _ = try hash.digest([1]) }
    #expect(next?.backend?.number == -6)
    #expect(next?.message.contains("the toy is broken") == false)
  }

  @Test("what a plugin reports and gets over is not in the error of a later call")
  func staleReport() throws {
    var hash = try toys.registry.hash("toyhash")
    toys.control.reportAndSucceed()
    let digest = try hash.digest([1])
    #expect(digest == [1, 0, 0, 0])
    var mac = try toys.registry.mac("toymac", key: [1, 2, 3, 4].rawSpan)
    toys.control.fail(-ProviderError.Code.deviceLost.errno)
    let failure = error { _ = try mac.authenticate([1]) }
    #expect(failure?.message == "toymac-a failed to authenticate a message (status -6)")
  }

  @Test("EBADMSG and ENOKEY mean what the kind makes of them")
  func kinds() throws {
    var hash = try toys.registry.hash("toyhash")
    expect({ _ = try hash.digest([1]) }, .corruptInput, .missingKey)
    var mac = try toys.registry.mac("toymac", key: [1, 2, 3, 4].rawSpan)
    expect({ _ = try mac.authenticate([1]) }, .authentication, .missingKey)
    var cipher = try toys.registry.cipher("toyxor", key: [1, 2, 3, 4].rawSpan)
    var iv: [UInt8] = [0, 0, 0, 0]
    expect({ _ = try cipher.encrypt([1], iv: &iv) }, .corruptInput, .missingKey)
    var aead = try toys.registry.aead("toyaead", key: [1, 2, 3, 4].rawSpan)
    expect({ _ = try aead.seal([1], nonce: [1]) }, .authentication, .missingKey)
    var random = try toys.registry.random("toyrng")
    expect({ _ = try random.generate(1) }, .corruptInput, .missingKey)
    var derivation = try toys.registry.keyDerivation("toykdf")
    expect({ _ = try derivation.derive(1, from: [1]) }, .corruptInput, .missingKey)
    var agreement = try toys.registry.keyAgreement("toydh")
    try agreement.generateKeyPair()
    expect({ _ = try agreement.sharedSecret([1]) }, .corruptInput, .missingKey)
    var signature = try toys.registry.signature("toysig")
    try signature.generateKeyPair()
    expect({ _ = try signature.sign([1]) }, .invalidSignature, .missingKey)
    expect({ try signature.verify([1], of: [1]) }, .authentication, .missingKey)
    var encryption = try toys.registry.asymmetricCipher("toypke")
    try encryption.setPrivateKey([7].rawSpan)
    expect({ _ = try encryption.encrypt([1]) }, .corruptInput, .missingKey)
    // The first call is the reset of a handle that was used, so that the second is the step.
    var compression = try toys.registry.compression("toystream")
    _ = try compression.compress([1])
    expect({ _ = try compression.compress([1]) }, .corruptInput, .dictionaryNeeded, after: 1)
  }

  private func expect(
    _ body: () throws -> Void, _ corrupt: ProviderError.Code, _ noKey: ProviderError.Code, after skip: Int32 = 0,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    for (status, code) in [(Self.corrupt, corrupt), (Self.noKey, noKey)] {
      toys.control.fail(-status, after: skip)
      let failure = error(body)
      #expect(failure?.code == code, sourceLocation: sourceLocation)
    }
  }

  @Test("a failure anywhere leaves as many states destroyed as were made")
  func balance() throws {
    for skip in 0..<12 as Range<Int32> {
      toys.control.fail(-ProviderError.Code.invalidArgument.errno, after: skip)
      _ = error { try use() }
    }
    toys.control.fail(0)
    try use()
    toys.expectBalance()
  }

  private func use() throws {
    var hash = try toys.registry.hash("toyhash")
    try hash.update([1])
    var copy = try hash.clone()
    let digests = try (hash.finish(), copy.finish())
    #expect(digests == ([1, 0, 0, 0], [1, 0, 0, 0]))
    var aead = try toys.registry.aead("toyaead", key: [1, 2, 3, 4].rawSpan)
    let opened = try aead.open(aead.seal([1], nonce: [1]), nonce: [1])
    #expect(opened == [1])
    var compression = try toys.registry.compression("toystream")
    let back = try compression.decompress(compression.compress([1]))
    #expect(back == [1])
  }
}
