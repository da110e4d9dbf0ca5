// Faults on purpose: what a registry does when a driver fails, and what the checks say of such a driver.
// SPDX-License-Identifier: Apache-2.0

import Testing
import WarpDriveConformance
import WarpDriveCore

/// A sound toy and the same toy behind faults, which comes first.
struct FaultyPair {
  let registry = Registry()
  let faults = Faults()

  init(_ driver: any AlgorithmDriver, isTested: Bool = true) throws {
    let faulty = try faults.wrap(driver, as: "faulty", priority: 500)
    try registry.register(DriverSet("sound", [driver]))
    try registry.register(DriverSet("faulty", [faulty]))
    if isTested {
      registry.testAll()
      faults.disarm()
    }
  }

  /// The statistics of a driver.
  func statistics(_ name: String) throws -> StatisticsSnapshot {
    try #require(registry.algorithms.first { $0.driverName == name }).statistics.snapshot
  }
}

@Suite("Fault injection")
struct FaultTests {
  static let driverFaults: [ProviderError.Code] = [
    .busy, .timedOut, .deviceLost, .backendFailure, .unavailable, .resourceExhausted,
  ]
  private static let key = [UInt8](repeating: 3, count: 16)
  private static let message = [UInt8](repeating: 0x41, count: 64)

  @Test("a hash that its driver fails is computed by the fallback, once", arguments: driverFaults)
  func hashFallsBack(_ code: ProviderError.Code) throws {
    let pair = try FaultyPair(ToyHash())
    var sound = try pair.registry.hash("toyhash-toy")
    let expected = try sound.digest(Self.message)
    for effect in [Fault.Effect.throwing(code), .throwingAfterwards(code)] {
      pair.faults.arm([Fault(effect, at: .oneShot)])
      var handle = try pair.registry.hash("toyhash")
      let before = try pair.statistics("faulty")
      #expect(try handle.digest(Self.message) == expected)
      #expect(handle.lastUsedFallback == true)
      #expect(handle.lastDriverName == "toyhash-toy")
      #expect(try pair.statistics("faulty").fallbacks == before.fallbacks + 1)
      #expect(pair.faults.calls(of: .oneShot) == 1)
      // The next request goes to the driver again.
      #expect(try handle.digest(Self.message) == expected)
      #expect(handle.lastUsedFallback == false)
      #expect(pair.faults.calls(of: .oneShot) == 2)
    }
  }

  @Test("a request falls back exactly once: where the fallback fails too, its error is the answer")
  func fallsBackOnce() throws {
    let registry = Registry()
    let (first, second, third) = (Faults(), Faults(), Faults())
    let drivers = [
      try first.wrap(ToyHash(), as: "first", priority: 300), try second.wrap(ToyHash(), as: "second", priority: 200),
      try third.wrap(ToyHash(), as: "third", priority: 100),
    ]
    try registry.register(DriverSet("all", drivers))
    registry.testAll()
    for faults in [first, second] { faults.arm([Fault(.throwing(.deviceLost), at: .oneShot, count: .max)]) }
    third.disarm()
    var handle = try registry.hash("toyhash")
    let error = #expect(throws: ProviderError.self) { try handle.digest(Self.message) }
    #expect(error?.code == .deviceLost)
    #expect(first.injected == 1)
    #expect(second.injected == 1)
    #expect(third.calls() == 0)
  }

  @Test(
    "what is the caller's fault is not tried again",
    arguments: [ProviderError.Code.invalidArgument, .corruptInput, .authentication])
  func callersFault(_ code: ProviderError.Code) throws {
    let pair = try FaultyPair(ToyHash())
    pair.faults.arm([Fault(.throwing(code), at: .oneShot)])
    var handle = try pair.registry.hash("toyhash")
    let before = try pair.statistics("toyhash-toy").requests
    let error = #expect(throws: ProviderError.self) { try handle.digest(Self.message) }
    #expect(error?.code == code)
    #expect(error?.driver == "faulty")
    #expect(try pair.statistics("toyhash-toy").requests == before)
    #expect(try pair.statistics("faulty").fallbacks == 0)
  }

  @Test("a message that is under way cannot change drivers: the error is seen, and the handle goes on after it")
  func midStream() throws {
    let pair = try FaultyPair(ToyHash())
    pair.faults.arm([Fault(.throwing(.deviceLost), at: .update, call: 2)])
    var handle = try pair.registry.hash("toyhash")
    try handle.update(Self.message)
    let error = #expect(throws: ProviderError.self) { try handle.update(Self.message) }
    #expect(error?.code == .deviceLost)
    #expect(error?.driver == "faulty")
    try handle.reset()
    try handle.update(Self.message)
    var sound = try pair.registry.hash("toyhash-toy")
    #expect(try handle.finish() == sound.digest(Self.message))
  }

  @Test("a message whose first piece fails begins on the fallback and stays there")
  func firstPiece() throws {
    let pair = try FaultyPair(ToyHash())
    pair.faults.arm([Fault(.throwing(.busy), at: .update)])
    var handle = try pair.registry.hash("toyhash")
    try handle.update(Self.message)
    try handle.update(Self.message)
    var sound = try pair.registry.hash("toyhash-toy")
    #expect(try handle.finish() == sound.digest(Self.message + Self.message))
    #expect(handle.lastDriverName == "toyhash-toy")
    #expect(pair.faults.calls(of: .update) == 1)
    // A reset tries the chosen driver again.
    try handle.reset()
    try handle.update(Self.message)
    #expect(try handle.finish() == sound.digest(Self.message))
    #expect(handle.lastDriverName == "faulty")
  }

  @Test("a driver that cannot be begun with is replaced when the handle is made")
  func handleOnFallback() throws {
    let pair = try FaultyPair(ToyHash())
    pair.faults.arm([Fault(.throwing(.unavailable), at: .makeTransform)])
    var handle = try pair.registry.hash("toyhash")
    var sound = try pair.registry.hash("toyhash-toy")
    #expect(try handle.digest(Self.message) == sound.digest(Self.message))
    #expect(handle.lastDriverName == "toyhash-toy")
    #expect(handle.lastUsedFallback == true)
  }

  @Test("MACs, ciphers, AEADs and derivations fall back too, whether they failed before or after their work")
  func otherKinds() throws {
    for effect in [Fault.Effect.throwing(.deviceLost), .throwingAfterwards(.deviceLost)] {
      let macs = try FaultyPair(ToyMAC())
      macs.faults.arm([Fault(effect, at: .oneShot)])
      var mac = try macs.registry.mac("toymac", key: Self.key)
      var soundMAC = try macs.registry.mac("toymac-toy", key: Self.key)
      #expect(try mac.authenticate(Self.message) == soundMAC.authenticate(Self.message))
      #expect(mac.lastDriverName == "toymac-toy")

      let ciphers = try FaultyPair(ToyCipher())
      ciphers.faults.arm([Fault(effect, at: .process)])
      var cipher = try ciphers.registry.cipher("toycipher", key: Self.key)
      var soundCipher = try ciphers.registry.cipher("toycipher-toy", key: Self.key)
      var (iv, soundIV) = ([UInt8](repeating: 0, count: 8), [UInt8](repeating: 0, count: 8))
      #expect(try cipher.encrypt(Self.message, iv: &iv) == soundCipher.encrypt(Self.message, iv: &soundIV))
      #expect(iv == soundIV)
      #expect(cipher.lastDriverName == "toycipher-toy")

      let aeads = try FaultyPair(ToyAEAD())
      aeads.faults.arm([Fault(effect, at: .seal), Fault(effect, at: .open)])
      var aead = try aeads.registry.aead("toyaead", key: Self.key)
      var soundAEAD = try aeads.registry.aead("toyaead-toy", key: Self.key)
      let nonce = [UInt8](repeating: 0, count: 8)
      let sealed = try aead.seal(Self.message, nonce: nonce)
      #expect(try sealed == soundAEAD.seal(Self.message, nonce: nonce))
      #expect(aead.lastDriverName == "toyaead-toy")
      #expect(try aead.open(sealed, nonce: nonce) == Self.message)
      #expect(aead.lastDriverName == "toyaead-toy")

      let derivations = try FaultyPair(ToyKeyDerivation())
      derivations.faults.arm([Fault(effect, at: .derive)])
      var derivation = try derivations.registry.keyDerivation("toykdf")
      var soundDerivation = try derivations.registry.keyDerivation("toykdf-toy")
      #expect(try derivation.derive(20, from: Self.key) == soundDerivation.derive(20, from: Self.key))
      #expect(derivation.lastDriverName == "toykdf-toy")

      let generators = try FaultyPair(ToyRandom())
      generators.faults.arm([Fault(effect, at: .generate)])
      var generator = try generators.registry.random("toyrandom")
      #expect(try generator.generate(16).count == 16)
      #expect(generator.lastDriverName == "toyrandom-toy")
    }
  }

  @Test("a forged message is refused once, and never tried on the fallback")
  func forgedMessage() throws {
    let pair = try FaultyPair(ToyAEAD())
    var handle = try pair.registry.aead("toyaead", key: Self.key)
    let nonce = [UInt8](repeating: 0, count: 8)
    var sealed = try handle.seal(Self.message, nonce: nonce)
    sealed[0] ^= 1
    let before = try pair.statistics("toyaead-toy").requests
    let error = #expect(throws: ProviderError.self) { try handle.open(sealed, nonce: nonce) }
    #expect(error?.code == .authentication)
    #expect(try pair.statistics("toyaead-toy").requests == before)
  }

  @Test("a nonce is used once a message has come out, or where sealing in place failed")
  func nonceOfFailedSeal() throws {
    let nonce = [UInt8](repeating: 0, count: 8)
    func sealing(_ handle: inout AEAD) -> ProviderError.Code? {
      do throws(ProviderError) {
        _ = try handle.seal(Self.message, nonce: nonce)
        return nil
      } catch {
        return error.code
      }
    }
    for effect in [Fault.Effect.throwing(.invalidState), .throwingAfterwards(.invalidState)] {
      let pair = try FaultyPair(ToyAEAD())
      pair.faults.arm([Fault(effect, at: .seal)])
      var handle = try pair.registry.aead("toyaead", key: Self.key)
      #expect(sealing(&handle) == .invalidState)
      #expect(sealing(&handle) == nil, "nothing came out before")
      #expect(sealing(&handle) == .invalidArgument)
    }
    let pair = try FaultyPair(ToyAEAD())
    pair.faults.arm([Fault(.throwing(.deviceLost), at: .seal)])
    var handle = try pair.registry.aead("toyaead", key: Self.key)
    #expect(sealing(&handle) == nil)
    #expect(handle.lastDriverName == "toyaead-toy")
    #expect(sealing(&handle) == .invalidArgument, "the fallback's message came out")

    pair.faults.arm([Fault(.throwing(.invalidState), at: .seal)])
    var inPlace = try pair.registry.aead("toyaead", key: Self.key)
    var bytes = Self.message
    var code: ProviderError.Code?
    do throws(ProviderError) {
      var span = bytes.mutableRawSpan
      _ = try [UInt8](capacity: 16) { (tag) throws(ProviderError) in
        try inPlace.seal(inPlace: &span, nonce: nonce.rawSpan, aad: RawSpan(), tag: &tag)
      }
    } catch {
      code = error.code
    }
    #expect(code == .invalidState)
    #expect(sealing(&inPlace) == .invalidArgument, "some of it may have been encrypted")
  }

  @Test("compression falls back for a whole message, and for a stream before its first byte alone")
  func compression() throws {
    let pair = try FaultyPair(ToyCompression())
    var sound = try pair.registry.compression("toyrle-toy")
    let stream = try sound.compress(Self.message)
    for effect in [Fault.Effect.throwing(.deviceLost), .throwingAfterwards(.deviceLost)] {
      pair.faults.arm([Fault(effect, at: .step)])
      var handle = try pair.registry.compression("toyrle")
      #expect(try handle.compress(Self.message) == stream)
      #expect(handle.lastDriverName == "toyrle-toy")
      pair.faults.arm([Fault(effect, at: .step)])
      #expect(try handle.decompress(stream) == Self.message)
      #expect(handle.lastDriverName == "toyrle-toy")
    }
    pair.faults.arm([Fault(.throwing(.deviceLost), at: .step)])
    var first = try pair.registry.decompressor("toyrle")
    #expect(try Self.pump(&first, [stream]) == Self.message)
    #expect(first.lastDriverName == "toyrle-toy")
    pair.faults.arm([Fault(.throwing(.deviceLost), at: .step, call: 2)])
    var second = try pair.registry.decompressor("toyrle")
    let error = #expect(throws: ProviderError.self) {
      try Self.pump(&second, [Array(stream.prefix(3)), Array(stream.dropFirst(3))])
    }
    #expect(error?.code == .deviceLost)
    #expect(error?.driver == "faulty")
    let after = #expect(throws: ProviderError.self) { try Self.pump(&second, [stream]) }
    #expect(after?.code == .invalidState)
    try second.reset()
    #expect(try Self.pump(&second, [stream]) == Self.message)
  }

  private static func pump(_ stream: inout CompressionStream, _ pieces: [[UInt8]]) throws -> [UInt8] {
    try [UInt8](capacity: 1000) { (output) throws(ProviderError) in
      for piece in pieces { _ = try stream.step(piece.rawSpan, into: &output) }
      _ = try stream.step(RawSpan(), into: &output, flush: .finish)
    }
  }

  @Test("a driver that gives wrong bytes in its self-test is quarantined, and the next one serves")
  func quarantine() throws {
    let pair = try FaultyPair(ToyHash(), isTested: false)
    let events = Guarded<[String]>([])
    let log = EventLog(events)
    let observation = pair.registry.observe { event in
      if case .quarantined(let driver, _) = event { log.events.withLock { $0.append(driver) } }
    }
    pair.faults.arm([Fault(.wrongBytes, at: .oneShot)])
    let chosen = try pair.registry.algorithm("toyhash")
    #expect(chosen.driverName == "toyhash-toy")
    #expect(log.events.withLock { $0 } == ["faulty"])
    let faulty = try #require(pair.registry.algorithms.first { $0.driverName == "faulty" })
    #expect(faulty.state == .quarantined)
    #expect(faulty.selfTest.word == "failed")
    let error = #expect(throws: ProviderError.self) { try pair.registry.algorithm("faulty") }
    #expect(error?.code == .unusable)
    // Being sound now does not help it: nobody tests it again.
    pair.faults.disarm()
    #expect(try pair.registry.algorithm("toyhash").driverName == "toyhash-toy")
    let report = Conformance(registry: pair.registry, effort: .quick).check(faulty)
    #expect(report.passed == 0)
    #expect(report.firstFailure?.check == "self-test")
    observation.cancel()
  }

  @Test("a driver that passes its self-test and fails later is found by the checks, though a fallback answers")
  func fallbackIsNoAnswer() throws {
    let pair = try FaultyPair(ToyHash())
    pair.faults.arm([Fault(.throwing(.busy), at: .oneShot, count: .max)])
    let faulty = try #require(pair.registry.algorithms.first { $0.driverName == "faulty" })
    let report = Conformance(registry: pair.registry, effort: .quick).check(
      faulty, only: ["scatter-list", "empty-input"])
    #expect(report.failed == 2)
    #expect(report.firstFailure?.message.contains("stood in") == true)
  }

  @Test("wrong bytes once in a while are found", arguments: [3, 20])
  func rareFault(_ call: Int) throws {
    let pair = try FaultyPair(ToyCompression())
    pair.faults.arm([Fault(.wrongBytes, at: .step, call: call)])
    let faulty = try #require(pair.registry.algorithms.first { $0.driverName == "faulty" })
    let report = Conformance(registry: pair.registry, effort: .quick).check(faulty, only: ["round-trip"])
    #expect(report.failed == 1)
    #expect(pair.faults.injected == 1)
  }

  @Test("a driver that stands still once is found, and ends no test in a loop")
  func standingStill() throws {
    let pair = try FaultyPair(ToyCompression())
    pair.faults.arm([Fault(.standingStill, at: .step, call: 10)])
    let faulty = try #require(pair.registry.algorithms.first { $0.driverName == "faulty" })
    let report = Conformance(registry: pair.registry, effort: .quick).check(faulty, only: ["chunking"])
    #expect(report.firstFailure?.message.contains("stands still") == true)
  }

  @Test("a driver of every kind can be wrapped, and is sound while nothing is armed", arguments: AlgorithmKind.allCases)
  func soundWrapping(_ kind: AlgorithmKind) throws {
    let driver: any AlgorithmDriver =
      switch kind {
      case .hash: ToyHash()
      case .mac: ToyMAC()
      case .cipher: ToyCipher()
      case .aead: ToyAEAD()
      case .compression: ToyCompression()
      case .random: ToyRandom()
      case .keyAgreement: ToyKeyAgreement()
      case .signature: ToySignature()
      case .asymmetricCipher: ToyAsymmetricCipher()
      case .keyDerivation: ToyKeyDerivation()
      }
    let faults = Faults()
    let registry = Registry()
    try registry.register(DriverSet("wrapped", [try faults.wrap(driver, as: "wrapped")]))
    let report = Conformance(registry: registry, effort: .quick).check(registry.algorithms[0])
    #expect(report.firstFailure == nil, "\(report.firstFailure?.description ?? "")")
    #expect(report.isPassed)
    #expect(faults.calls() > 10)
    #expect(faults.injected == 0)
  }

  private final class EventLog: Sendable {
    let events: Guarded<[String]>
    init(_ events: consuming Guarded<[String]>) { self.events = events }
  }
}
