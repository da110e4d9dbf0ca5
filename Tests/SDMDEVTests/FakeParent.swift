// A driver with a few queues, for which tests decide when they complete something.
// SPDX-License-Identifier: Apache-2.0

import DeviceAccess
import LinuxSystem
import SDMDEV
import WarpDriveQueue

/// The queues that are free, which a device and those of its queues that are taken share: a queue does not keep its device.
final class FreeQueues: Sendable {
  private let numbers: Guarded<Set<UInt16>>

  init(_ count: Int) { numbers = Guarded(Set((0..<count).map { UInt16($0) })) }

  var count: Int { numbers.withLock { $0.count } }
  func take() -> UInt16? {
    numbers.withLock { numbers in
      guard let number = numbers.min() else { return nil }
      return numbers.remove(number)
    }
  }
  func put(_ number: UInt16) { numbers.withLock { _ = $0.insert(number) } }
}

/// A device whose queues do nothing by themselves.
final class FakeParent: SDMDEVParent {
  struct State {
    var isIsolated = false
    var queues: [FakeQueue] = []
  }

  let state = Guarded(State())
  let free: FreeQueues
  let fake: FakeFunction
  let name: String
  let mode: DMAFlags
  let hasPages: Bool

  var function: any DeviceFunction { fake }
  let isVirtualFunction = false
  let reservedAddresses: ClosedRange<UInt64> = 0x0100_0000_0000_0000...0x01ff_ffff_ffff_ffff
  let regionSizes = (doorbells: 0x2000, rings: FakeQueue.ringsSize)

  init(
    _ name: String = "fake-0", mode: DMAFlags = .sharedVirtual, queues: Int = 4,
    function: FakeFunction = FakeFunction(), hasPages: Bool = true
  ) {
    self.name = name
    self.mode = mode
    self.hasPages = hasPages
    fake = function
    free = FreeQueues(queues)
  }

  var attributes: QueueAttributes {
    let isIsolated = state.withLock { $0.isIsolated }
    return QueueAttributes(
      device: name, deviceAPI: "hisi_qm_v2", algorithms: ["zlib", "gzip"], dmaFlags: mode,
      flags: mode == .sharedVirtual ? [.emulated, .sharedVirtual] : .emulated, availableInstances: free.count,
      numaNode: 1, isIsolated: isIsolated)
  }

  func getQueue() throws(QueueError) -> any SDMDEVQueue {
    guard let number = free.take() else { throw QueueError(.busy, "no queue is free") }
    do throws(SystemError) {
      let queue = try FakeQueue(number, of: free, hasPages: hasPages)
      state.withLock { $0.queues.append(queue) }
      return queue
    } catch {
      throw QueueError(.resourceExhausted, "no memory")
    }
  }

  func reset() throws(QueueError) {
    for queue in state.withLock({ $0.queues }) { queue.stop() }
  }

  /// The queue that was taken last.
  var last: FakeQueue? { state.withLock { $0.queues.last } }
  var freeCount: Int { free.count }
}

/// A queue whose completions the test writes.
final class FakeQueue: SDMDEVQueue {
  static let ringsSize = 3 * 4096

  struct State {
    var phase = SDMDEVQueueState.initial
    var pasid: UInt32?
    var starts = 0
    var isPut = false
    var isUpdated = false
    var handler: (@Sendable () -> Void)?
    var rung: [UInt64] = []
    var startFailure: QueueError?
  }

  let number: UInt16
  let rings: SharedMemory
  let doorbells: (any QueueDoorbells)?
  let fake = Guarded(State())
  private let free: FreeQueues

  init(_ number: UInt16, of free: FreeQueues, hasPages: Bool) throws(SystemError) {
    self.free = free
    self.number = number
    rings = try SharedMemory(name: "fake-rings", byteCount: Self.ringsSize)
    doorbells = hasPages ? try FakeDoorbells() : nil
  }

  var state: SDMDEVQueueState { fake.withLock { $0.phase } }
  var isPut: Bool { fake.withLock { $0.isPut } }

  func start(pasid: UInt32?) throws(QueueError) {
    try fake.withLock { (fake) throws(QueueError) in
      if let failure = fake.startFailure { throw failure }
      guard fake.phase == .initial else { throw QueueError(.invalid, "started before") }
      fake.phase = .started
      fake.pasid = pasid
      fake.starts += 1
    }
  }

  func stop() {
    let handler = fake.withLock { fake in
      fake.phase = .stopped
      return fake.handler
    }
    handler?()
  }

  func put() {
    let isFirst = fake.withLock { fake in
      defer { fake.isPut = true }
      fake.phase = .stopped
      return !fake.isPut
    }
    if isFirst { free.put(number) }
  }

  func ring(_ doorbell: UInt64) { fake.withLock { $0.rung.append(doorbell) } }

  func isUpdated() -> Bool {
    fake.withLock { fake in
      defer { fake.isUpdated = false }
      return fake.isUpdated
    }
  }

  func setNotification(_ handler: (@Sendable () -> Void)?) { fake.withLock { $0.handler = handler } }

  /// Writes a completion, with or without an event.
  func complete(event: Bool = true) {
    fake.withLock { $0.isUpdated = true }
    if event { notify() }
  }

  /// An event, whether or not something was completed.
  func notify() { fake.withLock { $0.handler }?() }

  func perform(_ command: UInt16, _ body: [UInt8]) throws(QueueError) -> [UInt8] {
    guard command == QueueCommand.setContext else { throw QueueError(.unsupported, "no such command") }
    guard body.count == 4 else { throw QueueError(.invalid, "4 bytes") }
    guard state == .initial else { throw QueueError(.invalid, "started") }
    return [UInt8(number), 0, body[2], body[3]]
  }

  func reset() throws(QueueError) { fake.withLock { $0.starts += 1 } }
}

/// A page that nobody obeys.
final class FakeDoorbells: QueueDoorbells {
  let memory: SharedMemory
  let wakeUp: EventCounter

  init() throws(SystemError) {
    memory = try SharedMemory(name: "fake-doorbells", byteCount: 0x2000)
    wakeUp = try EventCounter()
  }
}
