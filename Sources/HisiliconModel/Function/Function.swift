// One PCI function of the accelerator: what it is made of, and the way in from a socket or from this process.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import DeviceAccess
import LinuxSystem
import Synchronization

/// The physical function (index 0) or a virtual one.
///
/// Accesses may come from any thread. What needs to wait or reaches memory runs after the registers' lock was given
/// back, and is complete before the access returns, as a driver that reads next must see its effect.
final class Function: Sendable {
  /// BAR 2 of the physical function.
  static let physicalRegisterSize: UInt64 = 0x40_0000
  /// BAR 2 of a virtual function.
  static let virtualRegisterSize: UInt64 = 0x1_0000
  /// The index of configuration space among the regions.
  static let configurationRegion = 7
  private static let turnLimit: UInt64 = 120_000_000_000

  /// What the registers hold.
  struct State {
    var registers = RegisterFile()
    var mailbox = MailboxRegisters()
    var windows = VirtualFunctionTable()
    var split = SplitDoorbell()
    var submissionTable: UInt64?
    var completionTable: UInt64?
    var baselines = DebugBaselines()
    var faults = FunctionFaults()
  }

  let index: Int
  let platform: Platform
  /// Memory that the function reaches without a PASID.
  let memory = AddressSpace()
  let interrupts: InterruptVectors
  let events: FunctionEvents
  /// Every queue that the function could have; how many it has is in `window`.
  let queues: [QueuePair]
  let state = Guarded(State())
  let configuration: Guarded<ConfigurationSpace>
  let registerSize: UInt64
  let doorbellSize: UInt64
  let capabilities: CapabilityRegisters
  let mailboxCount = Atomic<UInt64>(0)
  let doorbellCount = Atomic<UInt64>(0)
  let invalidDoorbellCount = Atomic<UInt64>(0)
  let resetCount = Atomic<UInt64>(0)
  let isConnected = Atomic<Bool>(false)
  private let isClaimed = Atomic<Bool>(false)
  private let turn = TimedSemaphore(value: 1)
  private let packedWindow: Atomic<UInt64>
  private let processes = Guarded([UInt32: AddressSpace]())

  init(index: Int, platform: Platform) {
    self.index = index
    self.platform = platform
    let options = platform.options
    let isPhysical = index == 0
    let count = Int(isPhysical ? platform.mostQueuesPerFunction : Platform.queuesPerFunction)
    var onFire: (@Sendable (Int) -> Void)?
    if let trace = options.trace {
      onFire = { vector in trace(TraceEvent(function: index, kind: .interrupt(vector: vector))) }
    }
    interrupts = InterruptVectors(
      count: options.revision.vectorCount(isPhysical: isPhysical), onFire: onFire)
    let events = FunctionEvents(platform: platform, interrupts: interrupts, memory: memory, queueCount: count)
    self.events = events
    var report: QueueIncidentReport?
    if let notice = options.notice {
      report = { queue, incident, count in
        notice("function \(index) queue \(queue): \(incident), \(count) times")
      }
    }
    queues = (0..<count).map { [report] number in
      QueuePair(
        number: UInt16(number), revision: options.revision.hardwareVersion, events: events,
        scheduler: platform.scheduler, report: report)
    }
    registerSize = isPhysical ? Self.physicalRegisterSize : Self.virtualRegisterSize
    doorbellSize = options.isolatesDoorbells ? UInt64(count) * UInt64(HISI_BAR_DOORBELLS_STRIDE) : 0
    configuration = Guarded(
      ConfigurationSpace(
        revision: options.revision, isPhysical: isPhysical, registerSize: registerSize, doorbellSize: doorbellSize,
        vectorCount: interrupts.count))
    capabilities = CapabilityRegisters(
      function: options.capabilities, submissionDepth: options.submissionDepth,
      completionDepth: options.completionDepth)
    packedWindow = Atomic(Self.initialWindow(index).packed)
  }

  var revision: Revision { platform.revision }
  var isPhysical: Bool { index == 0 }

  /// The queues that the function has: those of a virtual one never change.
  var window: QueueWindow {
    get { QueueWindow(packed: packedWindow.load(ordering: .acquiring)) }
    set { packedWindow.store(newValue.packed, ordering: .releasing) }
  }

  /// The window after a reset: the physical function has to write its own.
  static func initialWindow(_ index: Int) -> QueueWindow {
    let count = Platform.queuesPerFunction
    return index == 0 ? .none : QueueWindow(base: UInt32(index) * count, count: count)
  }

  /// A queue that the function has at present.
  func queue(_ number: UInt16) -> QueuePair? {
    let count = min(Int(window.count), queues.count)
    return Int(number) < count ? queues[Int(number)] : nil
  }

  /// The size of a region in bytes, 0 for one that the function does not have.
  func regionSize(_ region: Int) -> UInt64 {
    switch region {
    case Int(HISI_BAR_REGISTERS): registerSize
    case Int(HISI_BAR_DOORBELLS): doorbellSize
    case Self.configurationRegion: UInt64(ConfigurationSpace.size)
    default: 0
    }
  }

  // MARK: Access

  /// Reads 1, 2, 4 or 8 bytes, little-endian.
  ///
  /// - Throws: `invalid` for a place that the function does not have.
  func read(region: Int, offset: UInt64, width: Int) throws(DeviceError) -> UInt64 {
    try check(region, offset, width)
    let value =
      switch region {
      case Self.configurationRegion: readConfiguration(Int(offset), width: width)
      case Int(HISI_BAR_REGISTERS): readRegisters(UInt32(offset), width: width)
      default: 0 as UInt64
      }
    platform.trace(index, .read(region: region, offset: offset, width: width, value: value))
    return value
  }

  /// Writes 1, 2, 4 or 8 bytes, little-endian.
  ///
  /// - Throws: `invalid` for a place that the function does not have.
  func write(_ value: UInt64, region: Int, offset: UInt64, width: Int) throws(DeviceError) {
    try check(region, offset, width)
    platform.trace(index, .write(region: region, offset: offset, width: width, value: value))
    switch region {
    case Self.configurationRegion: writeConfiguration(value, Int(offset), width: width)
    case Int(HISI_BAR_REGISTERS): writeRegisters(value, UInt32(offset), width: width)
    default: writeIsolatedDoorbell(value, offset, width: width)
    }
  }

  /// Reads configuration space as a client reads it at its start: many bytes at once.
  ///
  /// - Throws: `invalid` for a range that the space does not have.
  func readConfiguration(_ range: Range<Int>) throws(DeviceError) -> [UInt8] {
    guard range.lowerBound >= 0 && range.upperBound <= ConfigurationSpace.size else {
      throw DeviceError(.invalid, "configuration space has \(ConfigurationSpace.size) bytes")
    }
    let pending = interrupts.pending
    platform.trace(index, .dump(region: Self.configurationRegion, offset: UInt64(range.lowerBound), count: range.count))
    return configuration.withLock { space in
      range.map { UInt8(truncatingIfNeeded: space.read(offset: $0, width: 1, pending: pending)) }
    }
  }

  private func check(_ region: Int, _ offset: UInt64, _ width: Int) throws(DeviceError) {
    let size = regionSize(region)
    guard size > 0 else { throw DeviceError(.invalid, "the function has no region \(region)") }
    // Configuration space has bytes; registers have a width, and an access stays within one.
    let isAligned = region == Self.configurationRegion || (width > 0 && offset % UInt64(width) == 0)
    guard width == 1 || width == 2 || width == 4 || width == 8, isAligned, offset < size,
      UInt64(width) <= size - offset
    else {
      throw DeviceError(
        .invalid, "no access of \(width) bytes at 0x\(String(offset, radix: 16)) of region \(region)")
    }
  }

  private func readConfiguration(_ offset: Int, width: Int) -> UInt64 {
    let pending = interrupts.pending
    return configuration.withLock { $0.read(offset: offset, width: width, pending: pending) }
  }

  private func writeConfiguration(_ value: UInt64, _ offset: Int, width: Int) {
    let effects = configuration.withLock { $0.write(value, offset: offset, width: width) }
    if let mask = effects.interruptMask { interrupts.setMask(mask) }
    if let isEnabled = effects.interruptsEnabled { interrupts.setEnabled(isEnabled) }
    if effects.resetsFunction { reset() }
  }

  /// Runs what must not overlap: mailbox commands and resets, so that no queue starts behind the back of a reset.
  ///
  /// What holds the turn waits for a client's memory or for requests under way, each with a limit of its own; beyond
  /// the sum of them this one goes on all the same.
  func exclusively<Result>(_ body: () -> Result) -> Result {
    let isExclusive = turn.wait(nanoseconds: Self.turnLimit)
    defer { if isExclusive { turn.signal() } }
    if !isExclusive { platform.notice(index, "a reset or a mailbox command has not ended after \(Self.turnLimit) ns") }
    return body()
  }

  // MARK: Its user

  /// Claims the function for one user, or for one socket and its clients.
  ///
  /// - Throws: `failed` while it has another.
  func claim() throws(DeviceError) {
    guard !isClaimed.exchange(true, ordering: .acquiringAndReleasing) else {
      throw DeviceError(.failed, "function \(index) is in use")
    }
  }

  /// Gives the function back.
  func release() {
    disconnect()
    isClaimed.store(false, ordering: .releasing)
  }

  /// The user is gone: its interrupts, its memory, and what it has made of the function are forgotten.
  func disconnect() {
    disconnectInterrupts()
    reset()
    unmapEverything()
    isConnected.store(false, ordering: .releasing)
  }

  // MARK: Interrupts

  /// Connects or disconnects a vector, and shows MSI as enabled while any is connected.
  ///
  /// - Throws: `invalid` for a vector that the function does not have.
  func connectInterrupt(vector: Int, _ sink: InterruptVectors.Sink?) throws(DeviceError) {
    guard vector >= 0 && vector < interrupts.count else {
      throw DeviceError(.invalid, "no interrupt vector \(vector): the function has \(interrupts.count)")
    }
    interrupts.setSink(vector: vector, sink)
    let isConnected = interrupts.isConnected
    configuration.withLock { $0.setInterruptsEnabled(isConnected) }
  }

  /// Disconnects every vector.
  func disconnectInterrupts() {
    interrupts.disconnectAll()
    configuration.withLock { $0.setInterruptsEnabled(false) }
  }

  // MARK: Address spaces

  /// The memory behind a PASID, or the function's own (`nil`).
  ///
  /// - Throws: `invalid` for a PASID that the function does not have.
  func addressSpace(_ process: UInt32?) throws(DeviceError) -> AddressSpace {
    guard let process else { return memory }
    guard let space = processes.withLock({ $0[process] }) else {
      throw DeviceError(.invalid, "the function has no PASID \(process)")
    }
    return space
  }

  /// Makes an address space for a PASID: empty, or with a process's memory behind what is not mapped.
  ///
  /// - Throws: `invalid` for a PASID that a context cannot hold (1 to 65,535) or that exists.
  func createAddressSpace(_ process: UInt32, faults: RemoteBacking? = nil) throws(DeviceError) {
    guard (1...0xffff).contains(process) else {
      throw DeviceError(.invalid, "PASID \(process): a queue's context holds 1 to 65535")
    }
    let isNew = processes.withLock { processes in
      guard processes[process] == nil else { return false }
      processes[process] = AddressSpace(faults: faults)
      return true
    }
    guard isNew else { throw DeviceError(.invalid, "PASID \(process) exists already") }
  }

  /// Takes a PASID's address space away, once nobody uses its memory.
  ///
  /// - Throws: `invalid` for a PASID that the function does not have, `failed` when a request does not end.
  func removeAddressSpace(_ process: UInt32) throws(DeviceError) {
    guard let space = processes.withLock({ $0.removeValue(forKey: process) }) else {
      throw DeviceError(.invalid, "the function has no PASID \(process)")
    }
    do throws(AddressSpaceError) {
      try space.unmapAll()
    } catch {
      throw DeviceError(.failed, "a request still uses the memory of PASID \(process)")
    }
  }

  /// Takes every mapping of every address space away.
  func unmapEverything() {
    let spaces = processes.withLock { processes in
      defer { processes.removeAll() }
      return Array(processes.values)
    }
    for space in [memory] + spaces {
      do throws(AddressSpaceError) {
        try space.unmapAll()
      } catch {
        // The memory is kept until the request has ended; nothing can reach it anew.
        platform.notice(index, "a request has not ended after the memory was taken away: \(error)")
      }
    }
  }
}
