// The queue manager of one function: what it is made of, its life, and who may use it.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import DeviceAccess
import HisiliconQueue
import LinuxSystem
import Synchronization
import WarpDriveQueue

/// Drives HiSilicon's queue manager over any `DeviceFunction`, physical or virtual, at revisions 0x20, 0x21 and 0x30.
///
/// Interrupt handlers read the event queue and call the queues' owners; everything that waits is done by the service
/// thread or by the caller, one at a time (`turn`). What the device does not do in its time leads to a reset, and a reset
/// that fails to the end of the device.
final class QueueManager: Sendable {
  /// What the function is at.
  enum Phase: Hashable, Sendable {
    case down
    case working
    case resetting
    /// A reset has failed, or the function is gone.
    case lost
    case ended
  }

  /// A queue's owner, who keeps himself alive.
  struct Client {
    weak var client: (any QueueClient)?
  }

  struct State {
    var phase = Phase.down
    var bitmap = QueueBitmap(count: 0)
    var clients: [Client] = []
    var errors: ErrorWindow
    /// Queues whose stop failed: they and their memory stay until a reset.
    var retired: [HardwareQueue] = []
    var reason = "the driver has not started"
  }

  /// The most queues of a virtual function at revision 0x20, which cannot be asked.
  static let fixedQueueCount = 64
  /// How long a thread waits for others who start, stop or reset, nanoseconds.
  static let turnLimit: UInt64 = 120_000_000_000

  let function: any DeviceFunction
  let registers: FunctionRegisters
  let identity: FunctionIdentity
  let capabilities: HardwareCapabilities
  let options: ZipDevice.Options
  let memory: KernelMemory
  let mailbox: Mailbox
  /// EQ, AEQ, the tables of contexts, and the context that a mailbox command is about.
  let contexts: DeviceBlock
  let layout: ContextLayout
  /// Entries of each ring of a queue.
  let queueDepth: Int
  let events: Guarded<EventReader>
  let asynchronousEvents: Guarded<EventReader>
  let state: Guarded<State>
  let counters = Guarded(ManagerCounters())
  /// Starting, stopping and resetting: one at a time.
  let turn = TimedSemaphore(value: 1)
  let service = ServiceQueue()
  /// Until when the physical function may take to reset the device; nil while it does not.
  let suspension = Guarded(UInt64?.none)
  /// Called by the service thread every now and then; returns whether there is anything to wait for.
  let housekeeping = Guarded((@Sendable (UInt64) -> Bool)?.none)

  /// Looks at the function and makes what its driver needs; `open` brings it up.
  ///
  /// - Throws: `unsupported` for another device, `invalid` for options out of their ranges, `resourceExhausted`,
  ///   `deviceLost`.
  init(_ function: any DeviceFunction, options: ZipDevice.Options) throws(QueueError) {
    try options.validate()
    self.function = function
    self.options = options
    registers = FunctionRegisters(function: function)
    identity = try FunctionIdentity(registers)
    try FunctionIdentity.enable(registers)
    capabilities = try HardwareCapabilities(registers, identity)
    let deepest = Int(min(capabilities.submissionDepth, capabilities.completionDepth))
    queueDepth = min(options.queueDepth ?? deepest, deepest)
    memory = KernelMemory(function)
    layout = ContextLayout(capabilities)
    contexts = try memory.makeMapped("hisi-zip-contexts", byteCount: layout.byteCount)
    events = Guarded(EventReader(block: contexts, offset: layout.events, depth: capabilities.eventDepth))
    asynchronousEvents = Guarded(
      EventReader(block: contexts, offset: layout.asynchronousEvents, depth: capabilities.asynchronousDepth))
    mailbox = Mailbox(
      registers, limit: options.limits.mailbox, drainLimit: options.limits.drain, block: contexts,
      offset: layout.mailbox)
    state = Guarded(State(errors: ErrorWindow(strategy: options.isolateStrategy)))
  }

  deinit {
    memory.unmapAll()
  }

  /// Brings the function up and starts the service thread, which keeps this object until `shutdown`.
  ///
  /// - Throws: `timedOut` or `failed` for a device that does not come up, `deviceLost`, `resourceExhausted`.
  func open() throws(QueueError) {
    do throws(QueueError) {
      try connectInterrupts()
      if !identity.isVirtual { try initializeDevice() }
      let count = try startFunction()
      state.withLock { state in
        state.bitmap = QueueBitmap(count: count)
        state.clients = Array(repeating: Client(), count: count)
        state.phase = .working
        state.reason = ""
      }
      do throws(SystemError) {
        _ = try Thread(name: "zip-service") { [self] in serve() }
      } catch {
        throw QueueError(.resourceExhausted, "no thread for the device's service: \(error)")
      }
    } catch {
      service.ended.open()
      shutdown()
      throw error
    }
  }

  // MARK: What it is at

  /// Whether queues can be had, now or after a reset that is under way.
  var isWorking: Bool { state.withLock { $0.phase == .working || $0.phase == .resetting } }

  /// Whether the driver reaches a model.
  var isEmulated: Bool { function.capabilities.contains(.emulated) }

  /// Why nothing can be done at present, or nil.
  var obstacle: QueueError? { state.withLock { Self.obstacle($0) } }

  static func obstacle(_ state: borrowing State) -> QueueError? {
    switch state.phase {
    case .working where state.errors.isIsolated:
      QueueError(.deviceLost, "the device is isolated after too many errors: set its isolate_strategy to lift that")
    case .working: nil
    case .resetting:
      QueueError(.resetting, "the device is being reset: send the request again later, or use software")
    case .lost, .down, .ended:
      QueueError(.deviceLost, state.reason.isEmpty ? "the driver has ended" : state.reason)
    }
  }

  /// The owners of all queues that are taken.
  var clients: [any QueueClient] { state.withLock { state in state.clients.compactMap(\.client) } }

  func client(_ number: UInt16) -> (any QueueClient)? {
    state.withLock { Int(number) < $0.clients.count ? $0.clients[Int(number)].client : nil }
  }

  /// Tells people.
  func notice(_ message: @autoclosure () -> String) {
    options.notice?("\(options.name): \(message())")
  }

  /// Runs what must not overlap: starting, stopping and resetting.
  ///
  /// - Throws: `timedOut` where another takes too long.
  func inTurn<Result>(_ body: () throws(QueueError) -> Result) throws(QueueError) -> Result {
    guard turn.wait(nanoseconds: Self.turnLimit) else {
      throw QueueError(.timedOut, "another operation on the device does not end: reset the device")
    }
    defer { turn.signal() }
    return try body()
  }

  // MARK: Its end

  /// Stops the device and takes its memory back; answers what is under way with `deviceLost`.
  func shutdown() {
    let isFirst = state.withLock { state in
      guard state.phase != .ended else { return false }
      if state.phase != .lost { state.reason = "the driver has ended" }
      return true
    }
    guard isFirst else { return }
    service.add { $0.isEnding = true }
    // The service thread ends after what it is at, each step of which has a limit.
    _ = service.ended.wait(nanoseconds: Self.turnLimit)
    let isOurs = turn.wait(nanoseconds: Self.turnLimit)
    defer { if isOurs { turn.signal() } }
    let wasWorking = state.withLock { state in
      defer { state.phase = .ended }
      return state.phase == .working || state.phase == .resetting || state.phase == .down
    }
    let clients = clients
    for client in clients { client.suspend() }
    events.withLock { $0.stop() }
    asynchronousEvents.withLock { $0.stop() }
    if wasWorking { quiet() }
    disconnectInterrupts()
    let error = QueueError(.deviceLost, "the driver has ended: open the device again")
    for client in clients { client.abandon(error) }
    memory.unmapAll()
    for client in clients { client.announce() }
    for ticket in service.take().tickets { ticket.finish(error) }
  }

  /// Stops the function's queues for good; an error means that nothing is there to be stopped.
  private func quiet() {
    do throws(QueueError) {
      try maskInterrupts()
      try stopQueues()
      try writeBackContexts()
    } catch {
      notice("the function cannot be stopped in order, and is reset: \(error.message)")
      try? function.reset()
    }
  }
}

/// Where is what in the memory of contexts.
struct ContextLayout: Hashable, Sendable {
  /// The most queues of a function.
  static let mostQueues = 1024
  let events = 0
  let asynchronousEvents: Int
  let submissionTable: Int
  let completionTable: Int
  let mailbox: Int
  let byteCount: Int

  init(_ capabilities: HardwareCapabilities) {
    asynchronousEvents = Self.aligned(Int(capabilities.eventDepth) * EventReader.entrySize)
    submissionTable = Self.aligned(
      asynchronousEvents + Int(capabilities.asynchronousDepth) * EventReader.entrySize)
    completionTable = submissionTable + Self.mostQueues * MemoryLayout<hisi_sqc>.size
    mailbox = completionTable + Self.mostQueues * MemoryLayout<hisi_cqc>.size
    let page = CurrentProcess.pageSize
    byteCount = (mailbox + Mailbox.contextSize + page - 1) / page * page
  }

  private static func aligned(_ offset: Int) -> Int { (offset + 63) / 64 * 64 }
}
