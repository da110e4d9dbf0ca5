// The registry under load: threads and tasks do everything at once, and every result is checked.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import Testing
import WarpDriveCore

@Suite("The registry under load")
struct SoakTests {
  private static let threads = 8
  /// Long enough for any machine; what is waited for comes at once on most.
  private static let patience: UInt64 = 60_000_000_000

  /// A minute where `make soak` asks for it.
  private static var nanoseconds: UInt64 {
    CurrentProcess.environmentVariable("WDPROV_SOAK") == "1" ? 60_000_000_000 : 5_000_000_000
  }

  @Test("gives right answers to eight threads and many tasks while drivers, instances and policies come and go")
  func everythingAtOnce() async throws {
    let scene = try Scene(nanoseconds: Self.nanoseconds)
    let sha256 = try scene.registry.algorithm("sha256-openssl")
    let before = sha256.statistics.snapshot.requests
    let observation = scene.registry.observe { Self.note($0, scene.events) }
    let stream = scene.registry.events()
    let listener = Task { await stream.reduce(0) { count, _ in count + 1 } }

    try await withThrowingTaskGroup(of: Void.self) { group in
      for index in 0..<Self.threads {
        group.addTask { try await Self.onThread(index) { Self.work(scene, index) } }
      }
      group.addTask { try await AsynchronousLoad(scene).run() }
      try await group.waitForAll()
    }

    try await Self.eventually { try Worker.takeCompletions(scene, timeout: 0) == 0 && scene.tickets.missing == 0 }
    #expect(scene.failures == [])
    #expect(scene.tickets.missing == 0 && scene.tickets.unknown == 0)
    for operation in Operation.allCases { #expect(scene.tally[operation.rawValue] >= Self.threads) }
    #expect(scene.tally["answered"] > 0 && scene.tally["cancelled"] > 0)

    observation.cancel()
    listener.cancel()
    for change in ["registered", "unregistered", "policies", "quarantined"] {
      #expect(scene.events[change] == scene.tally[change], "\(change)")
    }
    #expect(await listener.value > 0)
    #expect(sha256.statistics.snapshot.requests - before == UInt64(scene.tally["sha256 requests"]))
    // The queue keeps handles of its own; no other is left.
    let held = scene.registry.algorithms.filter { $0.kind != .compression && $0.referenceCount != 1 }
    #expect(held.map(\.driverName) == [])
  }

  private static func note(_ event: RegistryEvent, _ events: Tally) {
    switch event {
    case .registered: events.add("registered")
    case .unregistered: events.add("unregistered")
    case .policyChanged: events.add("policies")
    case .quarantined: events.add("quarantined")
    case .tested, .instantiated, .removedInstance: break
    }
  }

  private static func work(_ scene: Scene, _ index: Int) {
    var worker = Worker(scene, index: index)
    worker.run()
  }

  /// Runs `body` on a thread of its own.
  private static func onThread(_ index: Int, _ body: @escaping @Sendable () -> Void) async throws {
    try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
      do {
        _ = try Thread(name: "soak-\(index)") {
          body()
          continuation.resume()
        }
      } catch {
        continuation.resume(throwing: error)
      }
    }
  }

  /// Returns when `condition` holds, or after a long time.
  static func eventually(_ condition: () throws -> Bool) async throws {
    let deadline = MonotonicClock.deadline(after: patience)
    while try !condition(), MonotonicClock.now() < deadline { try await Task.sleep(nanoseconds: 1_000_000) }
  }
}
