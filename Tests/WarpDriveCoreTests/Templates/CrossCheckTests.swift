// The extended self-test: drivers against the templates of their names.
// SPDX-License-Identifier: Apache-2.0

import Testing
import WarpDriveCore

@Suite("Extended self-tests")
struct CrossCheckTests {
  private static func registry(_ mode: SelfTestMode, _ drivers: [any AlgorithmDriver]) throws -> Registry {
    let registry = Registry(configuration: .init(selfTest: mode))
    try registry.register(ToyProvider("toy", Toys.primitives))
    try registry.register(ToyProvider("native", drivers))
    return registry
  }

  private static func base(_ name: String) throws -> Algorithm { try Toys.registry.get().algorithm(name) }

  @Test("a right driver passes, with the instance named that it was compared with")
  func right() throws {
    let drivers: [any AlgorithmDriver] = [
      Forwarding(try Self.base("cbc(aes-toy)"), driver: "cbc-aes-native"),
      Forwarding(try Self.base("ctr(aes-toy)"), driver: "ctr-aes-native"),
      Forwarding(try Self.base("xts(aes-toy)"), driver: "xts-aes-native"),
      Forwarding(try Self.base("cts(cbc(aes-toy))"), driver: "cts-cbc-aes-native"),
      ForwardingAEAD(try Self.base("gcm(aes-toy)"), driver: "gcm-aes-native"),
      ForwardingAEAD(try Self.base("ccm(aes-toy)"), driver: "ccm-aes-native"),
      ForwardingAEAD(try Self.base("rfc4106(gcm(aes-toy))"), driver: "rfc4106-gcm-aes-native"),
    ]
    let registry = try Self.registry(.extended(rounds: 6, seed: 1), drivers)
    #expect(registry.algorithms.allSatisfy { $0.selfTest == .passed }, "all are tested when they are registered")
    #expect(try Self.registry(.knownAnswers, drivers).algorithms.allSatisfy { $0.selfTest == .untested })
    for driver in drivers {
      let name = driver.descriptor.driverName
      let algorithm = try registry.algorithm(name)
      #expect(algorithm.selfTest == .passed)
      let toy = algorithm.name.replacing("aes", with: "aes-toy")
      #expect(try registry.crossCheck(algorithm, .extended(rounds: 2, seed: 7)) == toy)
    }
    #expect(registry.algorithms.allSatisfy { !$0.descriptor.flags.contains(.instance) }, "references are in no table")
  }

  @Test("a driver that is wrong where no known answer looks is put out of service, in extended mode alone")
  func wrong() throws {
    let ctr = try Self.base("ctr(aes-toy)")
    let gcm = try Self.base("gcm(aes-toy)")
    let faults: [any AlgorithmDriver] = [
      Forwarding(ctr, driver: "long", wrongFrom: 65), ForwardingAEAD(gcm, driver: "aad", fault: .longAAD(21)),
      ForwardingAEAD(gcm, driver: "left", fault: .notWiped),
      ForwardingAEAD(gcm, driver: "open", fault: .unverified),
    ]
    for fault in faults {
      let plain = try Self.registry(.knownAnswers, [fault])
      let name = fault.descriptor.driverName
      #expect(try plain.algorithm(name).selfTest == .passed, "\(name) passes the known answers")
      let extended = try Self.registry(.extended(rounds: 30, seed: 3), [fault])
      let registered = try #require(extended.algorithms.first { $0.driverName == name })
      #expect(registered.state == .quarantined, "\(name) is out of service before anybody asked for it")
      let error = #expect(throws: ProviderError.self) { try extended.algorithm(name) }
      #expect(error?.code == .unusable)
      #expect(error?.message.contains("differs from \(fault is ForwardingAEAD ? "gcm" : "ctr")(aes-toy)") == true)
      #expect(error?.message.contains("seed 3, round ") == true)
      #expect(try extended.algorithm(fault.descriptor.name).driverName != name, "the template serves in its place")
    }
  }

  @Test("an algorithm without a template, or without its primitive, has nothing to be compared with")
  func nothing() throws {
    let registry = try Self.registry(.extended(rounds: 2), [])
    #expect(try registry.crossCheck(registry.algorithm("aes")) == nil)
    #expect(try registry.crossCheck(registry.algorithm("sha256")) == nil)
    let alone = Registry(configuration: .init(selfTest: .extended))
    let driver = Forwarding(try Self.base("ctr(aes-toy)"), driver: "ctr-aes-native")
    try alone.register(ToyProvider("native", [driver]))
    #expect(try alone.crossCheck(alone.algorithm("ctr(aes)")) == nil)
    #expect(try alone.algorithm("ctr(aes)").selfTest == .passed)
  }
}
