// Registration: names, collisions, all or nothing, removal.
// SPDX-License-Identifier: Apache-2.0

import Testing
import WarpDriveCore

@Suite("Registration")
struct RegistrationTests {
  @Test("a driver name may exist once")
  func driverNameOnce() throws {
    let registry = try Registry.of(ToyHash(driver: "toy-a"))
    let error = #expect(throws: ProviderError.self) {
      try registry.register(ToyProvider("other", [ToyHash("another", driver: "toy-a")]))
    }
    #expect(error?.code == .exists)
    #expect(error?.driver == "toy-a")
  }

  @Test("a name may not equal another's driver name", arguments: [("toy-a", "x-b"), ("x", "toy")])
  func nameAgainstDriverName(name: String, driver: String) throws {
    let registry = try Registry.of(ToyHash("toy", driver: "toy-a"))
    let error = #expect(throws: ProviderError.self) {
      try registry.register(ToyProvider("other", [ToyHash(name, driver: driver)]))
    }
    #expect(error?.code == .exists)
  }

  @Test("two algorithms may share a name")
  func sharedName() throws {
    let registry = try Registry.of(ToyHash(driver: "toy-a"), ToyHash(driver: "toy-b", priority: 200))
    #expect(registry.algorithms.map(\.driverName) == ["toy-a", "toy-b"])
  }

  @Test("a provider registers all of its drivers or none")
  func allOrNothing() throws {
    let registry = try Registry.of(ToyHash(driver: "toy-a"))
    #expect(throws: ProviderError.self) {
      try registry.register(ToyProvider("other", [ToyHash("b", driver: "b-x"), ToyHash("c", driver: "toy-a")]))
    }
    #expect(registry.algorithms.map(\.driverName) == ["toy-a"])
    #expect(registry.providers.map(\.name) == ["toy"])
  }

  @Test("of several providers all are registered, in their order, or none")
  func several() throws {
    let registry = Registry()
    let first = ToyProvider("first", [ToyHash(driver: "toy-a")])
    let second = ToyProvider("second", [ToyHash(driver: "toy-b")])
    #expect(throws: ProviderError.self) { try registry.register([first, ToyProvider("other", first.drivers)]) }
    #expect(throws: ProviderError.self) { try registry.register([first, ToyProvider("first", second.drivers)]) }
    #expect(registry.algorithms.isEmpty && registry.providers.isEmpty)
    try registry.register([first, second])
    #expect(registry.providers.map(\.name) == ["first", "second"])
    // Of equal priority the most recent.
    #expect(try registry.algorithm("toy").driverName == "toy-b")
  }

  @Test("a provider's own drivers may not collide either")
  func collisionWithin() {
    let error = #expect(throws: ProviderError.self) {
      try Registry.of(ToyHash(driver: "toy-a"), ToyHash("b", driver: "toy-a"))
    }
    #expect(error?.code == .exists)
  }

  @Test("a provider may be registered once")
  func providerOnce() throws {
    let registry = try Registry.of(ToyHash(driver: "toy-a"))
    let error = #expect(throws: ProviderError.self) { try registry.register(ToyProvider("toy", [])) }
    #expect(error?.code == .exists)
  }

  @Test("a driver without a known answer is refused")
  func needsKnownAnswer() {
    var driver = ToyHash(driver: "toy-a")
    driver.knownAnswers = []
    let error = #expect(throws: ProviderError.self) { try Registry.of(driver) }
    #expect(error?.code == .invalidArgument)
  }

  @Test(
    "malformed names are refused",
    arguments: ["", "a b", "a(", "a()", "a(b", "a)b", "a(b,)", String(repeating: "a", count: 128)])
  func malformedNames(name: String) {
    let error = #expect(throws: ProviderError.self) { try Registry.of(ToyHash(name, driver: "toy-a")) }
    #expect(error?.code == .invalidName)
  }

  @Test("a driver of the wrong protocol for its kind is refused")
  func wrongProtocol() {
    struct Impostor: AlgorithmDriver {
      let descriptor = AlgorithmDescriptor(
        name: "sha256", driverName: "sha256-impostor", priority: 1, properties: .hash(.init(digestSize: 32)))
      var kindDriver: KindDriver { .compression(ToyCompression(driver: "toyzip-a")) }
    }
    let error = #expect(throws: ProviderError.self) { try Registry.of(Impostor()) }
    #expect(error?.code == .invalidArgument)
  }

  @Test("unregistering hides a driver from new lookups and leaves handles alone")
  func unregisterInUse() throws {
    let registry = try Registry.of(ToyHash(driver: "toy-a", priority: 200), ToyHash(driver: "toy-b"))
    var handle = try registry.hash("toy")
    #expect(handle.algorithm.driverName == "toy-a")
    #expect(handle.algorithm.referenceCount == 2)
    try registry.unregister(driver: "toy-a")
    #expect(handle.algorithm.state == .dead)
    #expect(try handle.digest([1, 2]) == [0, 0, 0, 0, 0, 0, 0, 3])
    #expect(try registry.hash("toy").algorithm.driverName == "toy-b")
    try registry.unregister(provider: "toy")
    let error = #expect(throws: ProviderError.self) { try registry.algorithm("toy") }
    #expect(error?.code == .notFound)
    #expect(try handle.digest([4]) == [0, 0, 0, 0, 0, 0, 0, 4])
  }

  @Test("a driver can come back after it was unregistered")
  func registerAgain() throws {
    let registry = try Registry.of(ToyHash(driver: "toy-a"))
    for _ in 0..<20 {
      try registry.unregister(provider: "toy")
      try registry.register(ToyProvider("toy", [ToyHash(driver: "toy-a")]))
    }
    #expect(try registry.algorithm("toy").driverName == "toy-a")
  }

  @Test("references are counted by handles and given back")
  func references() throws {
    let registry = try Registry.of(ToyHash(driver: "toy-a"))
    let algorithm = try registry.algorithm("toy")
    #expect(algorithm.referenceCount == 1)
    do {
      var first = try registry.hash("toy")
      let second = try first.clone()
      #expect(algorithm.referenceCount == 3)
      _ = consume second
    }
    #expect(algorithm.referenceCount == 1)
  }

  @Test("observers hear of every change, until they stop")
  func events() throws {
    let registry = Registry()
    let heard = Recorder()
    let observation = registry.observe { heard.add("\($0)") }
    try registry.register(ToyProvider("toy", [ToyHash(driver: "toy-a")]))
    _ = try registry.hash("toy")
    try registry.unregister(provider: "toy")
    observation.cancel()
    try registry.register(ToyProvider("toy", [ToyHash(driver: "toy-a")]))
    #expect(heard.lines.count == 3)
    #expect(heard.lines[0].hasPrefix("registered"))
    #expect(heard.lines[1].hasPrefix("tested"))
    #expect(heard.lines[2].hasPrefix("unregistered"))
  }
}
