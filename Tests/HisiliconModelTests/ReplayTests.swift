// The accesses of Linux 6.12's driver, fed to the model: every read must give what the specification fixes.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import DeviceAccess
import HisiliconModel
import LinuxSystem
import Testing

@Suite("Replayed traces of Linux's driver")
struct ReplayTests {
  @Test(
    "the model answers what the specification fixes",
    arguments: [("v3-arm64", Revision.v3), ("v3-amd64", .v3), ("v2", .v2)])
  func replay(_ name: String, _ revision: Revision) throws {
    let trace = try ReplayTrace(name)
    let replay = try Replay(revision: revision)
    try replay.run(trace)
    print(replay.summary(name))
    #expect(replay.compared > 1000)
    let requests = trace.steps.compactMap { if case .request(let queue) = $0 { queue } else { nil } }
    #expect(try replay.events() == requests, "the event queue names the queues in the order of their requests")
  }

  @Test("every exclusion has a use and a reason")
  func exclusions() throws {
    var used = Set<Int>()
    for (name, revision) in [("v3-arm64", Revision.v3), ("v3-amd64", .v3), ("v2", .v2)] {
      let replay = try Replay(revision: revision)
      try replay.run(ReplayTrace(name))
      used.formUnion(replay.excluded.keys)
    }
    for (index, exclusion) in ReplayExclusion.all.enumerated() {
      #expect(
        used.contains(index), "\(exclusion.reason): nothing reads \(String(exclusion.range.lowerBound, radix: 16))")
      #expect(!exclusion.reason.isEmpty)
    }
  }
}

/// One run of a trace against a model of its own.
private final class Replay {
  let accelerator: Accelerator
  let device: ModelFunction
  /// What the recorded guests had where the traces name addresses: all zeroes but for what the traces give.
  let memories: [DevicePages]
  let interrupts: [CountedInterrupt]
  private(set) var compared = 0
  private(set) var excluded: [Int: Int] = [:]
  private var written: Set<UInt64> = []
  private var eventContext: hisi_eqc?

  init(revision: Revision) throws {
    var options = Accelerator.Options()
    options.revision = revision
    // The recorded device had no capability version: its driver assumed the defaults.
    options.capabilities = 0
    accelerator = try Accelerator(options)
    device = try ModelFunction(accelerator)
    memories = [
      try DevicePages(iova: 0x4000_0000, byteCount: 512 << 20),
      try DevicePages(iova: 0xfe00_0000, byteCount: 32 << 20),
    ]
    for memory in memories {
      try device.map(memory.memory, iova: memory.iova, permissions: [.read, .write], pasid: nil)
    }
    interrupts = (0..<4).map { _ in CountedInterrupt() }
  }

  deinit { accelerator.shutdown() }

  func run(_ trace: ReplayTrace) throws {
    for (line, step) in trace.steps.enumerated() {
      let place: Comment = "\(trace.name).trace:\(line + 1)"
      switch step {
      case .read(let offset, let width, let value):
        let actual = try device.read(region: 2, offset: offset, width: width)
        compare(actual, value, offset, width, isConfiguration: false, place)
      case .readConfiguration(let offset, let width, let value):
        let actual = try device.read(region: 7, offset: offset, width: width)
        compare(actual, value, offset, width, isConfiguration: true, place)
      case .write(let offset, let width, let value):
        written.insert(offset)
        try device.write(value, region: 2, offset: offset, width: width)
      case .writeConfiguration(let offset, let width, let value):
        try device.write(value, region: 7, offset: offset, width: width)
        // As the recorded client did, once the guest enables interrupts.
        if offset == Self.interruptControl { try connectInterrupts(value & 1 != 0) }
      case .memory(let address, let bytes):
        try memory(address).store(bytes, at: address)
        if eventContext == nil { eventContext = try memory(address).load(address, as: hisi_eqc.self) }
      case .interrupts(let vector, let count):
        try #require(interrupts[vector].reaches(count), "\(place): \(count) interrupts of vector \(vector)")
        #expect(interrupts[vector].count == count, place)
      case .request:
        break
      case .reset:
        try device.reset()
      }
    }
  }

  /// The MSI capability's control word.
  private static let interruptControl: UInt64 = 0x82

  private func connectInterrupts(_ isEnabled: Bool) throws {
    for (vector, interrupt) in interrupts.enumerated() {
      let handler: @Sendable () -> Void = { interrupt.raise() }
      try device.setInterruptHandler(vector: vector, isEnabled ? handler : nil)
    }
  }

  private func memory(_ address: UInt64) throws -> DevicePages {
    let found = memories.first { address >= $0.iova && address - $0.iova < UInt64($0.byteCount) }
    return try #require(found, "memory at \(String(address, radix: 16))")
  }

  private func compare(
    _ actual: UInt64, _ recorded: UInt64, _ offset: UInt64, _ width: Int, isConfiguration: Bool, _ place: Comment
  ) {
    let index = ReplayExclusion.all.firstIndex { exclusion in
      exclusion.applies(to: offset, width: width, isConfiguration: isConfiguration, written: written)
    }
    var expected = recorded
    if let index {
      excluded[index, default: 0] += 1
      guard case .value(let value) = ReplayExclusion.all[index].expectation else { return }
      expected = value
    }
    compared += 1
    #expect(actual == expected, "\(place): 0x\(String(offset, radix: 16))")
  }

  /// The queues that the event queue names, from its start on.
  func events() throws -> [UInt32] {
    guard let context = eventContext else { return [] }
    let ring = UInt64(context.base_h) << 32 | UInt64(context.base_l)
    let memory = try memory(ring)
    var queues: [UInt32] = []
    while true {
      let entry = memory.acquire32(ring + UInt64(queues.count) * 4)
      guard entry & HISI_EQE_PHASE != 0 else { return queues }
      queues.append(entry & HISI_EQE_CQN_MASK)
    }
  }

  /// What was compared and what was not, for people.
  func summary(_ name: String) -> String {
    // What depends on memory's contents is not among the reads: the device only writes into memory.
    var lines = ["\(name).trace: \(compared) reads compared, not by their recorded value:"]
    for (index, count) in excluded.sorted(by: { $0.key < $1.key }) {
      let exclusion = ReplayExclusion.all[index]
      let first = String(exclusion.range.lowerBound, radix: 16)
      let last = String(exclusion.range.upperBound, radix: 16)
      let place = (exclusion.isConfiguration ? "configuration " : "") + (first == last ? first : "\(first)-\(last)")
      let instead =
        if case .value(let value) = exclusion.expectation {
          "compared with 0x\(String(value, radix: 16))"
        } else {
          "not compared"
        }
      lines.append("  \(count) of \(place): \(instead), \(exclusion.reason)")
    }
    return lines.joined(separator: "\n")
  }
}

/// Counts the interrupts of one vector.
private final class CountedInterrupt: Sendable {
  private let state = Guarded(0)
  private let arrived = TimedSemaphore(value: 0)

  var count: Int { state.withLock { $0 } }

  func raise() {
    state.withLock { $0 += 1 }
    arrived.signal()
  }

  func reaches(_ wanted: Int) -> Bool {
    while count < wanted {
      guard arrived.wait(nanoseconds: Patience.nanoseconds) else { return false }
    }
    return true
  }
}
