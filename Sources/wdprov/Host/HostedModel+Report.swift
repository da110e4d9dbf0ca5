// What a hosted model is and has done, as JSON: the members of `wdprov device list` and `status`.
// SPDX-License-Identifier: Apache-2.0

import HisiliconModel
import HostControl
import VFIOUser

extension HostedModel {
  private typealias Member = (key: String, value: JSONValue)

  /// The functions, without what they have done.
  var functions: JSONValue {
    .array(accelerator.status.functions.map { JSONValue.object(self.identity(of: $0)) })
  }

  private func identity(of function: FunctionStatus) -> [Member] {
    [
      ("name", .string(Self.name(ofFunction: function.index))), ("index", .integer(function.index)),
      ("socket", JSONValue(service(of: function.index)?.file.path)), ("connected", .bool(function.isConnected)),
    ]
  }

  private func service(of function: Int) -> Service? { services.first { $0.function == function } }

  /// Everything that is counted.
  ///
  /// - Parameter registers: whether each function's registers are to be there, too.
  func status(registers: Bool) -> [(key: String, value: JSONValue)] {
    let status = accelerator.status
    return [
      ("functions", .array(status.functions.map { report(on: $0, registers: registers) })),
      ("engines", .array(status.engines.enumerated().map { Self.report(on: $1, index: $0) })),
      (
        "poller",
        Self.counters([
          ("doorbells", status.poller.doorbells), ("sleeps", status.poller.sleeps), ("wakeUps", status.poller.wakeUps),
        ])
      ),
      (
        "errors",
        .object([
          ("queueManager", Self.report(on: status.queueManagerErrors)),
          ("engine", Self.report(on: status.engineErrors)),
        ])
      ),
    ]
  }

  private static func counters(_ counters: [(String, UInt64)]) -> JSONValue {
    .object(counters.map { ($0, JSONValue($1)) })
  }

  private static func report(on errors: ErrorStatus) -> JSONValue {
    counters([
      ("source", UInt64(errors.source)), ("mask", UInt64(errors.mask)), ("status", UInt64(errors.status)),
      ("raised", errors.raisedCount),
    ])
  }

  // MARK: Functions

  private func report(on function: FunctionStatus, registers: Bool) -> JSONValue {
    var members = identity(of: function)
    members += [
      ("firstQueue", .integer(Int(function.firstQueue))), ("queueCount", .integer(Int(function.queueCount))),
      ("mappings", .integer(function.mappingCount)), ("mailboxCommands", JSONValue(function.mailboxCommands)),
      ("doorbells", JSONValue(function.doorbells)), ("invalidDoorbells", JSONValue(function.invalidDoorbells)),
      ("resets", JSONValue(function.resets)),
      ("interrupts", .array(function.interrupts.map { JSONValue($0) })),
      ("events", Self.report(on: function.events)),
      ("asynchronousEvents", Self.report(on: function.asynchronousEvents)),
      ("server", service(of: function.index).map { Self.report(on: $0.server.statistics) } ?? .null),
      ("queues", .array(function.queues.map(Self.report))),
    ]
    if registers {
      // A function that is gone by now has none.
      let shown = (try? accelerator.registers(function: function.index)) ?? []
      let words = shown.map { register -> Member in
        ("0x" + String(register.offset, radix: 16), .integer(Int(register.value)))
      }
      members.append(("registers", .object(words)))
    }
    return .object(members)
  }

  private static func report(on ring: EventRingStatus) -> JSONValue {
    .object([
      ("configured", .bool(ring.isConfigured)), ("written", JSONValue(ring.written)),
      ("overflows", JSONValue(ring.overflows)), ("lost", JSONValue(ring.lost)),
    ])
  }

  private static func report(on server: VFIOUserServer.Statistics) -> JSONValue {
    .object([
      ("clients", .integer(server.clients)), ("refusedClients", .integer(server.refusedClients)),
      ("commands", .integer(server.commands)), ("failures", .integer(server.failures)),
      ("violations", .integer(server.violations)),
    ])
  }

  // MARK: Queues and engines

  private static func report(on queue: QueueStatus) -> JSONValue {
    let counters = queue.counters
    return .object([
      ("number", .integer(Int(queue.number))), ("running", .bool(queue.isRunning)),
      ("weight", .integer(Int(queue.share.weight))), ("share", .number(queue.share.fraction)),
      ("requests", JSONValue(counters.requests)),
      ("inlineRequests", JSONValue(counters.inlineRequests)), ("completions", JSONValue(counters.completions)),
      ("errors", JSONValue(counters.errors)), ("dropped", JSONValue(counters.dropped)),
      ("bytesIn", JSONValue(counters.bytesIn)), ("bytesOut", JSONValue(counters.bytesOut)),
      ("engineNanoseconds", JSONValue(counters.engineNanoseconds)),
      ("submissionDoorbells", JSONValue(counters.submissionDoorbells)),
      ("completionDoorbells", JSONValue(counters.completionDoorbells)), ("events", JSONValue(counters.events)),
      ("asynchronousEvents", JSONValue(counters.asynchronousEvents)),
      ("stoppedDoorbells", JSONValue(counters.stoppedDoorbells)),
      ("foreignDoorbells", JSONValue(counters.foreignDoorbells)),
      ("outOfRangeDoorbells", JSONValue(counters.outOfRangeDoorbells)),
      ("overcommittedDoorbells", JSONValue(counters.overcommittedDoorbells)),
      ("randomInvalidDoorbells", JSONValue(counters.randomInvalidDoorbells)),
      ("ringFaults", JSONValue(counters.ringFaults)), ("pageFaults", JSONValue(counters.pageFaults)),
      ("confinementFaults", JSONValue(counters.confinementFaults)), ("copiedBytes", JSONValue(counters.remoteBytes)),
      ("overflows", JSONValue(counters.overflows)),
      ("expiredStops", JSONValue(counters.expiredStops)),
    ])
  }

  private static func report(on engine: EngineCounters, index: Int) -> JSONValue {
    .object([
      ("index", .integer(index)), ("wakeUps", JSONValue(engine.wakeUps)), ("compress", report(on: engine.compress)),
      ("decompress", report(on: engine.decompress)),
    ])
  }

  private static func report(on direction: EngineCounters.Direction) -> JSONValue {
    counters([
      ("begun", direction.begun), ("finished", direction.finished), ("errors", direction.errors),
      ("bytesIn", direction.bytesIn), ("bytesOut", direction.bytesOut), ("nanoseconds", direction.nanoseconds),
    ])
  }
}
