// What a server counts.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// A number that several threads count.
struct Counter: ~Copyable {
  private let value = Atomic<Int>(0)

  func add() { value.wrappingAdd(1, ordering: .relaxed) }
  var count: Int { value.load(ordering: .relaxed) }
}

/// What a server counts.
final class ServerCounters: Sendable {
  let clients = Counter()
  let refusedClients = Counter()
  let commands = Counter()
  let failures = Counter()
  let violations = Counter()

  var snapshot: VFIOUserServer.Statistics {
    VFIOUserServer.Statistics(
      clients: clients.count, refusedClients: refusedClients.count, commands: commands.count, failures: failures.count,
      violations: violations.count)
  }
}
