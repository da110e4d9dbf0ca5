// Self-test before use, quarantine, larvals and loaders.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import Synchronization
import Testing
import WarpDriveCore

@Suite("Self-test before use")
struct SelfTestTests {
  @Test("a driver is tested on first use and not before")
  func lazily() throws {
    let failure = Switch()
    let registry = try Registry.of(ToyHash(driver: "toy-a", failure: failure))
    #expect(registry.algorithms[0].state == .untested)
    #expect(failure.calls == 0)
    _ = try registry.algorithm("toy")
    #expect(registry.algorithms[0].state == .live)
    #expect(registry.algorithms[0].selfTest == .passed)
    let calls = failure.calls
    _ = try registry.algorithm("toy")
    #expect(failure.calls == calls)
  }

  @Test("a failing driver is quarantined with the reason and the next one serves")
  func quarantine() throws {
    let registry = try Registry.of(
      ToyHash(driver: "toy-good", priority: 100), ToyHash(driver: "toy-bad", priority: 300, answer: "0000000000000000"))
    #expect(try registry.algorithm("toy").driverName == "toy-good")
    let bad = try #require(registry.algorithms.first { $0.driverName == "toy-bad" })
    #expect(bad.state == .quarantined)
    #expect(bad.selfTest.word == "failed")
  }

  @Test("where only failed drivers are found the error is unusable and says why")
  func unusable() throws {
    let registry = try Registry.of(ToyHash(driver: "toy-bad", answer: "0000000000000000"))
    for name in ["toy", "toy-bad"] {
      let error = #expect(throws: ProviderError.self) { try registry.algorithm(name) }
      #expect(error?.code == .unusable)
      #expect(error?.message.contains("97 + 98 + 99") == true)
    }
  }

  @Test("a corrupted self-test takes a driver out of service")
  func injected() throws {
    let registry = Registry(configuration: .init(corruptedSelfTests: ["toy-a"]))
    try registry.register(ToyProvider("toy", [ToyHash(driver: "toy-a", priority: 300), ToyHash(driver: "toy-b")]))
    #expect(try registry.algorithm("toy").driverName == "toy-b")
    #expect(registry.algorithms[0].state == .quarantined)
  }

  @Test("a driver that throws in its test is out of service too")
  func throwing() throws {
    let failure = Switch()
    failure.fail(with: .unavailable)
    let registry = try Registry.of(ToyHash(driver: "toy-a", failure: failure))
    let error = #expect(throws: ProviderError.self) { try registry.algorithm("toy") }
    #expect(error?.code == .unusable)
    #expect(error?.message.contains("the toy was told to fail") == true)
  }

  @Test("a driver can be put in quarantine at any time")
  func later() throws {
    let registry = try Registry.of(ToyHash(driver: "toy-a", priority: 300), ToyHash(driver: "toy-b"))
    #expect(try registry.algorithm("toy").driverName == "toy-a")
    try registry.quarantine(driver: "toy-a", reason: ProviderError(.backendFailure, "it smells of smoke"))
    #expect(try registry.algorithm("toy").driverName == "toy-b")
  }

  @Test("concurrent askers wait for one test")
  func oneTest() throws {
    let failure = Switch()
    let registry = try Registry.of(ToyHash(driver: "toy-a", failure: failure, delay: 20_000_000))
    let found = Atomic<Int>(0)
    let all = try Pause.together(8) { _ in
      if (try? registry.algorithm("toy")) != nil { found.wrappingAdd(1, ordering: .relaxed) }
    }
    #expect(all)
    #expect(found.load(ordering: .relaxed) == 8)
    // One known answer: whole, then two parts.
    #expect(failure.calls == 3)
  }

  @Test("drivers of one name that all fail their tests do not wait for each other")
  func noneWorks() throws {
    let failure = Switch()
    failure.fail(with: .unavailable)
    let registry = Registry()
    let drivers = ["toy-a", "toy-b", "toy-c"].map { ToyHash(driver: $0, failure: failure) }
    try registry.register(ToyProvider("toy", drivers))
    registry.testAll()
    // Each says why it failed itself, and none that it waited in vain.
    #expect(registry.algorithms.allSatisfy { $0.state == .quarantined })
    for algorithm in registry.algorithms {
      guard case .failed(let error) = algorithm.selfTest else { continue }
      #expect(error.message.contains("the toy was told to fail"), "\(error)")
    }
    // One calls for another in its test, each once.
    #expect(failure.calls == drivers.count)
  }

  @Test("an asker waits no longer than the time limit")
  func timeLimit() throws {
    let registry = Registry(configuration: .init(larvalTimeLimit: 20_000_000))
    // The test of the driver ends when the other asker has given up.
    let hold = Gate()
    try registry.register(ToyProvider("toy", [ToyHash(driver: "toy-a", hold: hold)]))
    let codes = Recorder()
    let all = try Pause.together(2) { _ in
      do { _ = try registry.algorithm("toy") } catch {
        codes.add("\((error as? ProviderError)?.code.description ?? "")")
        hold.open()
      }
    }
    #expect(all)
    #expect(codes.lines == ["timedOut"])
    #expect(try registry.algorithm("toy").driverName == "toy-a")
  }

  @Test("a test that everyone else would win is waited for rather than passed over")
  func testLarvalHasPriority() throws {
    let registry = try Registry.of(
      ToyHash(driver: "toy-slow", priority: 300, delay: 50_000_000), ToyHash(driver: "toy-b"))
    let names = Recorder()
    let all = try Pause.together(4) { _ in names.add((try? registry.algorithm("toy").driverName) ?? "error") }
    #expect(all)
    #expect(names.lines == Array(repeating: "toy-slow", count: 4))
  }

  @Test("a loader is asked for names that nobody registered, and a miss is not remembered")
  func loader() throws {
    final class Loader: AlgorithmLoader {
      let calls = Atomic<Int>(0)
      func load(_ name: String, into registry: Registry) {
        let count = calls.wrappingAdd(1, ordering: .relaxed).newValue
        if name == "late", count > 1 {
          try? registry.register(ToyProvider("late", [ToyHash("late", driver: "late-a")]))
        }
      }
    }
    let registry = Registry()
    let loader = Loader()
    registry.register(loader: loader)
    #expect(throws: ProviderError.self) { try registry.algorithm("late") }
    #expect(try registry.algorithm("late").driverName == "late-a")
    #expect(loader.calls.load(ordering: .relaxed) == 2)
  }

  @Test("listing tests all but the slow ones")
  func testAll() throws {
    let registry = try Registry.of(ToyHash(driver: "toy-a"), ToyHash("slow", driver: "slow-a", flags: .slowTest))
    registry.testAll()
    #expect(registry.algorithms.map(\.state) == [.live, .untested])
    registry.testAll(includingSlow: true)
    #expect(registry.algorithms.map(\.state) == [.live, .live])
  }
}
