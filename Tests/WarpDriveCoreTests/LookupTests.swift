// Lookup: names, priorities, masks, queries, policy, and the reasons.
// SPDX-License-Identifier: Apache-2.0

import Testing
import WarpDriveCore

@Suite("Lookup")
struct LookupTests {
  @Test("the highest priority of a name serves it")
  func priority() throws {
    let registry = try Registry.of(
      ToyHash(driver: "toy-a", priority: 100), ToyHash(driver: "toy-b", priority: 300),
      ToyHash(driver: "toy-c", priority: 200))
    #expect(try registry.algorithm("toy").driverName == "toy-b")
  }

  @Test("of equal priorities the most recently registered wins")
  func recency() throws {
    let registry = try Registry.of(ToyHash(driver: "toy-a"), ToyHash(driver: "toy-b"))
    #expect(try registry.algorithm("toy").driverName == "toy-b")
  }

  @Test("an exact driver name wins whatever its priority")
  func exactDriver() throws {
    let registry = try Registry.of(ToyHash(driver: "toy-a", priority: 1), ToyHash(driver: "toy-b", priority: 300))
    #expect(try registry.algorithm("toy-a").driverName == "toy-a")
  }

  @Test("a driver matches when (flags ^ type) & mask is empty")
  func mask() throws {
    let registry = try Registry.of(
      ToyHash(driver: "toy-async", priority: 300, flags: .asynchronous), ToyHash(driver: "toy-sync", priority: 100))
    #expect(try registry.algorithm("toy").driverName == "toy-async")
    #expect(try registry.algorithm("toy", .hash, matching: .synchronous).driverName == "toy-sync")
    let only = LookupConstraints(type: .asynchronous, mask: .asynchronous)
    #expect(try registry.algorithm("toy", .hash, matching: only).driverName == "toy-async")
  }

  @Test("internal algorithms are found only by those who ask for them")
  func internalAlgorithms() throws {
    let registry = try Registry.of(ToyHash(driver: "toy-i", flags: .internalOnly))
    for name in ["toy", "toy-i"] {
      let error = #expect(throws: ProviderError.self) { try registry.algorithm(name) }
      #expect(error?.code == .notFound)
      let asking = LookupConstraints(type: .internalOnly, mask: .internalOnly)
      #expect(try registry.algorithm(name, .hash, matching: asking).driverName == "toy-i")
    }
  }

  @Test(
    "required terms filter and optional terms order",
    arguments: [
      ("hw=yes", "toy-h"), ("hw=no", "toy-s"), ("-", "toy-s"), ("?hw=yes", "toy-h"), ("?emulated=yes", "toy-s"),
      ("driver!=toy-s", "toy-h"), ("hw", "toy-h"), ("provider=toy,?hw=yes", "toy-h"), ("priority=50", "toy-h"),
    ])
  func query(text: String, expected: String) throws {
    let registry = try Registry.of(
      ToyHash(driver: "toy-s", priority: 100), ToyHash(driver: "toy-h", priority: 50, flags: .hardware))
    let query = try PropertyQuery(parsing: text == "-" ? "" : text)
    #expect(try registry.algorithm("toy", .hash, matching: .init(query: query)).driverName == expected)
  }

  @Test("malformed queries are refused", arguments: ["=yes", "color=red", "hw=", "hw=yes,,color"])
  func badQuery(text: String) {
    let error = #expect(throws: ProviderError.self) { try PropertyQuery(parsing: text) }
    #expect(error?.code == .invalidArgument)
  }

  @Test("the kind filters too")
  func kind() throws {
    let registry = try Registry.of(ToyHash(driver: "toy-a"))
    let error = #expect(throws: ProviderError.self) { try registry.algorithm("toy", .compression) }
    #expect(error?.code == .notFound)
  }

  @Test("aliases lead to the algorithm, in any case, and inside templates")
  func aliases() throws {
    let registry = try Registry.of(ToyHash(driver: "toy-a", aliases: ["TOY-1", "1.2.3.4"]))
    for name in ["TOY-1", "toy-1", "1.2.3.4", "Toy"] { #expect(try registry.algorithm(name).driverName == "toy-a") }
    #expect(try registry.algorithm("hmac(TOY-1)").driverName == "hmac(toy-a)")
    #expect(try registry.algorithm("HMAC(toy)").driverName == "hmac(toy-a)")
  }

  @Test("an unknown name is answered with the nearest ones")
  func nearest() throws {
    let registry = try Registry.of(ToyHash("sha256", driver: "sha256-toy"))
    let error = #expect(throws: ProviderError.self) { try registry.algorithm("sha265") }
    #expect(error?.code == .notFound)
    #expect(error?.message.contains("sha256") == true)
  }

  // MARK: Policy

  private func pair() throws -> Registry {
    try Registry.of(ToyHash(driver: "toy-a", priority: 100), ToyHash(driver: "toy-b", priority: 300))
  }

  @Test("a pin chooses the driver and no other")
  func pin() throws {
    let registry = try pair()
    registry.setPolicy(Policy(pins: ["toy": "toy-a"]))
    #expect(try registry.algorithm("toy").driverName == "toy-a")
    let error = #expect(throws: ProviderError.self) { try registry.algorithm("toy-b") }
    #expect(error?.code == .denied)
  }

  @Test("what is denied is not found", arguments: ["toy-b", "provider:toy", "toy"])
  func deny(rule: String) throws {
    let registry = try pair()
    registry.setPolicy(Policy(denied: [rule]))
    if rule == "toy-b" {
      #expect(try registry.algorithm("toy").driverName == "toy-a")
    } else {
      let error = #expect(throws: ProviderError.self) { try registry.algorithm("toy") }
      #expect(error?.code == .denied)
      #expect(error?.message.contains(rule) == true)
    }
  }

  @Test("an order comes before priority")
  func order() throws {
    let registry = try pair()
    registry.setPolicy(Policy(order: ["toy": ["toy-a"]]))
    #expect(try registry.algorithm("toy").driverName == "toy-a")
    registry.setPolicy(Policy(order: ["*": ["provider:other", "toy-b"]]))
    #expect(try registry.algorithm("toy").driverName == "toy-b")
  }

  @Test("in allow-list mode only what is listed is found, and instances of it")
  func allowList() throws {
    let registry = try pair()
    registry.setPolicy(Policy(allowed: ["toy-a"]))
    #expect(try registry.algorithm("toy").driverName == "toy-a")
    #expect(try registry.algorithm("hmac(toy)").driverName == "hmac(toy-a)")
    let error = #expect(throws: ProviderError.self) { try registry.algorithm("toy-b") }
    #expect(error?.code == .denied)
  }

  @Test("a policy's query holds for every lookup and is overridden by the lookup's own")
  func policyQuery() throws {
    let registry = try pair()
    registry.setPolicy(Policy(query: try PropertyQuery(parsing: "driver=toy-a")))
    #expect(try registry.algorithm("toy").driverName == "toy-a")
    let own = LookupConstraints(query: try PropertyQuery(parsing: "driver=toy-b"))
    #expect(try registry.algorithm("toy", .hash, matching: own).driverName == "toy-b")
  }

  @Test("every candidate's fate is explained")
  func explain() throws {
    let registry = try Registry.of(
      ToyHash(driver: "toy-low", priority: 10), ToyHash(driver: "toy-win", priority: 200),
      ToyHash(driver: "toy-bad", priority: 300, answer: "0000000000000000"),
      ToyHash(driver: "toy-denied", priority: 400), ToyHash(driver: "toy-async", priority: 500, flags: .asynchronous))
    registry.setPolicy(Policy(denied: ["toy-denied"]))
    let selection = try registry.explain("toy", .hash, matching: .synchronous)
    let reasons = Dictionary(uniqueKeysWithValues: selection.candidates.map { ($0.algorithm.driverName, $0.reason) })
    #expect(selection.chosen?.driverName == "toy-win")
    #expect(reasons["toy-low"] == "priority 10 is below 200")
    #expect(reasons["toy-bad"]?.hasPrefix("failed: self-test of toy-bad failed") == true)
    #expect(reasons["toy-denied"] == "policy denies toy-denied")
    #expect(reasons["toy-async"] == "flags differ: async")
    #expect(reasons["toy-win"] == "ranks first with priority 200")
  }
}
