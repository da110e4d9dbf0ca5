// One queue of an accelerator, as a program uses it: `struct wd_queue`.
// SPDX-License-Identifier: Apache-2.0

public import LinuxSystem
import Synchronization

/// A queue of a device: messages go in, answered messages come out, without a system call for either.
///
/// Any thread may use it, several at once. Messages are the device's requests as they lie in its ring; answers come in
/// the order of completion, to whoever asks first: a program with several threads tells them apart by a tag in the
/// message. The queue goes back to its device by `release`, or when this object goes.
///
/// A child process never reaches its parent's queue: every call there throws `denied`, and the child's copy of this object
/// ends nothing.
public final class Queue: Sendable {
  /// How a thread waits for an answer.
  public enum NotificationMode: UInt8, Hashable, Sendable {
    /// Spins for the poll limit, then sleeps until the device tells of a completion.
    case wait
    /// Spins as long as it takes.
    case poll
  }

  /// What can be set of a queue (`wd_set_queue_attr`).
  public enum Setting: Hashable, Sendable {
    /// How long a waiting thread spins before it sleeps, in nanoseconds; 50,000 unless set.
    case pollLimit(UInt64)
    /// How a thread waits; `.wait` unless set.
    case notification(NotificationMode)
  }

  /// What the queue was requested for.
  public let capability: QueueCapability
  /// The queue's driver, for code that knows the device and wants its messages typed.
  public let driver: any QueueDriver
  let transport: any QueueTransport
  let owner = OwnProcess()
  private let isReleased = Atomic<Bool>(false)
  private let pollLimit = Atomic<UInt64>(50_000)
  private let mode = Atomic<UInt8>(NotificationMode.wait.rawValue)
  /// How often in a row `receive` found nothing; a hint, so that threads may lose each other's counts.
  private let misses = Atomic<UInt32>(0)
  private let locked = Guarded(LockedMemory())

  /// After how many vain looks in a row the connection is looked at, which takes a system call.
  private static let missLimit: UInt32 = 1 << 16
  /// The longest sleep without a look whether the device is still there, in nanoseconds.
  static let waitSlice: UInt64 = 1_000_000_000

  /// Uses an opened queue, for a transport of one's own.
  ///
  /// - Parameters:
  ///   - transport: the queue; this object closes it, also when this throws.
  ///   - adapters: has the driver for its `device_api`.
  ///   - capability: what it is for; only the type counts.
  /// - Throws: `unsupported` for a `device_api` without a driver, and what starting the queue throws.
  public init(
    _ transport: any QueueTransport, adapters: AdapterTable, capability: QueueCapability = QueueCapability()
  ) throws(QueueError) {
    self.transport = transport
    self.capability = capability
    do throws(QueueError) {
      driver = try adapters.adapter(for: transport.attributes.deviceAPI).open(transport, type: capability.type)
    } catch {
      transport.close()
      throw error
    }
  }

  deinit {
    release()
  }

  /// Takes a queue that meets demands: `wd_request_queue`.
  ///
  /// The nearest device by NUMA node is asked first, then the one with the most free queues; one that has none left by
  /// then is passed over.
  ///
  /// - Parameters:
  ///   - capability: the demands.
  ///   - sources: where to look for devices.
  ///   - adapters: the user drivers.
  /// - Throws: `notFound` where no device meets the demands, `busy` where every queue is taken, `unsupported` where no
  ///   driver is there, `denied`, `version`, `deviceLost`, `resetting` as the device's side says.
  public static func request(
    _ capability: QueueCapability, from sources: [any QueueSource], adapters: AdapterTable
  ) throws(QueueError) -> Queue {
    var failure: QueueError?
    var wasBusy = false
    for candidate in try QueueDirectory.candidates(capability, in: sources, adapters) {
      do throws(QueueError) {
        let transport = try candidate.source.open(device: candidate.attributes.device)
        return try Queue(transport, adapters: adapters, capability: capability)
      } catch {
        if error.code == .busy { wasBusy = true } else if failure == nil { failure = error }
      }
    }
    if let failure, !wasBusy { throw failure }
    throw QueueDirectory.exhausted(capability)
  }

  /// Stops the queue and gives it back: `wd_release_queue`; a second call does nothing.
  ///
  /// What is in flight is not answered; memory that was shared is the program's alone when this returns.
  public func release() {
    guard owner.isCurrent, !isReleased.exchange(true, ordering: .acquiringAndReleasing) else {
      return
    }
    driver.close()
    transport.close()
    locked.withLock { $0.unlockAll() }
  }

  /// What the device said of itself, with the flags as they hold for this queue.
  public var attributes: QueueAttributes { transport.attributes }
  /// Bytes of a message.
  public var messageSize: Int { driver.messageSize }
  /// The most messages that are in flight at once.
  public var depth: Int { driver.depth }

  /// Sets how waiting is done: `wd_set_queue_attr`.
  public func set(_ setting: Setting) {
    switch setting {
    case .pollLimit(let nanoseconds): pollLimit.store(nanoseconds, ordering: .relaxed)
    case .notification(let mode): self.mode.store(mode.rawValue, ordering: .relaxed)
    }
  }

  /// How long a waiting thread spins, in nanoseconds.
  var spinNanoseconds: UInt64 {
    mode.load(ordering: .relaxed) == NotificationMode.poll.rawValue ? .max : pollLimit.load(ordering: .relaxed)
  }

  // MARK: Messages

  /// Puts a message into the ring: `wd_send`.
  ///
  /// - Parameter message: `messageSize` bytes.
  /// - Throws: `busy` where the ring is full: receive first. `resetting` or `deviceLost` where the queue was stopped,
  ///   `invalid` for another size or after `release`, `denied` in a child of the process that requested the queue.
  @inline(__always)
  public func send(_ message: RawSpan) throws(QueueError) {
    try checkUse()
    try driver.send(message)
  }

  /// Takes the next answered message, without waiting: `wd_recv`.
  ///
  /// - Parameter message: receives `messageSize` bytes.
  /// - Returns: false where none is answered (the series' `-EAGAIN`).
  /// - Throws: `failed` for a completion that belongs to no message; the rest as `send`.
  public func receive(into message: inout MutableRawSpan) throws(QueueError) -> Bool {
    try checkUse()
    if try driver.receive(into: &message) {
      misses.store(0, ordering: .relaxed)
      return true
    }
    try noteMiss()
    return false
  }

  /// Puts several messages into the ring, with one doorbell for all.
  ///
  /// A doorbell is what costs most of a small message: whoever has several sends them together.
  ///
  /// - Parameter messages: one after the other, each of `messageSize` bytes.
  /// - Returns: how many were put, from the first on: fewer where the ring became full, 0 where it was full.
  /// - Throws: as `send(_:)`, but never `busy`, and only where none was put; `invalid` for a part of a message.
  @inline(__always)
  public func send(batch messages: RawSpan) throws(QueueError) -> Int {
    try checkUse()
    return try driver.send(batch: messages)
  }

  /// Takes the next answered messages, as many as there are, without waiting.
  ///
  /// - Parameter messages: receives them one after the other; room for a whole number of them.
  /// - Returns: how many were taken; what lies behind them in `messages` is anything.
  /// - Throws: as `receive(into:)`, and only where none was taken: what is wrong behind some is told by the next call.
  public func receive(batch messages: inout MutableRawSpan) throws(QueueError) -> Int {
    try checkUse()
    let count = try driver.receive(batch: &messages)
    if count > 0 { misses.store(0, ordering: .relaxed) } else { try noteMiss() }
    return count
  }

  /// Counts a look that found nothing; now and then looks whether the other side is still there.
  @inline(__always)
  private func noteMiss() throws(QueueError) {
    let count = misses.load(ordering: .relaxed) &+ 1
    misses.store(count, ordering: .relaxed)
    if count % Self.missLimit == 0 { try checkConnection() }
  }

  /// Refuses a call of a child's, or after `release`.
  @inline(__always)
  func checkUse() throws(QueueError) {
    try owner.check()
    guard !isReleased.load(ordering: .relaxed) else { throw QueueError(.invalid, "the queue was released") }
  }

  /// Throws where the device's side has gone, which a ring alone does not show.
  func checkConnection() throws(QueueError) {
    if !transport.isConnected {
      throw QueueError(.deviceLost, "the device's host has gone: request another queue, or use software")
    }
  }

  // MARK: Memory

  /// Lets the device reach memory of this process: `wd_mem_share`.
  ///
  /// Where the device uses the process's own addresses with page faults this only accounts for it; where it cannot
  /// fault, memory without a file is locked as long as it is shared.
  ///
  /// - Parameters:
  ///   - memory: the memory, which its owner keeps until `unshare` or the queue's release.
  ///   - file: the file that it is a mapping of: then nothing is copied; nil for other memory.
  ///   - offset: where it begins in the file, in bytes.
  ///   - isReadOnly: whether the device may only read it.
  /// - Returns: the first byte's address as the device knows it.
  /// - Throws: as `QueueTransport.share`; `denied` in a child; `resourceExhausted` where it cannot be locked.
  public func share(
    _ memory: UnsafeMutableRawBufferPointer, file: SharedMemory? = nil, offset: UInt64 = 0, isReadOnly: Bool = false
  ) throws(QueueError) -> UInt64 {
    try checkUse()
    guard let base = memory.baseAddress, memory.count > 0 else { throw QueueError(.invalid, "no memory to share") }
    let isLocked = file == nil && attributes.dmaFlags == .sharedVirtualLocked
    if isLocked { try unsafe lock(base, memory.count) }
    do throws(QueueError) {
      let address = try unsafe transport.share(memory, file: file, offset: offset, isReadOnly: isReadOnly)
      if isLocked { locked.withLock { unsafe $0.note(address, PageRange(start: base, count: memory.count)) } }
      return address
    } catch {
      if isLocked { locked.withLock { unsafe $0.unlock(PageRange(start: base, count: memory.count)) } }
      throw error
    }
  }

  private func lock(_ base: UnsafeMutableRawPointer, _ count: Int) throws(QueueError) {
    do throws(SystemError) {
      try unsafe PageRange(start: base, count: count).lock()
    } catch {
      let limit = CurrentProcess.lockableByteCount.map { "\($0)" } ?? "any"
      throw QueueError(
        .resourceExhausted, "\(count) bytes cannot be locked: \(error.message); raise `ulimit -l`, now \(limit) bytes")
    }
  }

  /// Takes memory away that was shared: `wd_mem_unshare`; returns when the device does not use it.
  ///
  /// - Throws: `invalid` for what was not shared, `denied` in a child, `timedOut` where a request does not end.
  public func unshare(deviceAddress: UInt64, byteCount: Int) throws(QueueError) {
    try checkUse()
    try transport.unshare(deviceAddress: deviceAddress, byteCount: byteCount)
    locked.withLock { $0.unlock(noted: deviceAddress) }
  }

  /// Lets the device reach all memory of this process: `WD_SHARE_ALL`.
  ///
  /// - Throws: `unsupported` where the device cannot use the process's addresses with page faults: share each buffer.
  public func shareAll() throws(QueueError) {
    try checkUse()
    guard attributes.dmaFlags == .sharedVirtual, attributes.flags.contains(.sharedVirtual) else {
      throw QueueError(
        .unsupported, "\(attributes.device) does not take page faults on this process's memory: share each buffer")
    }
  }
}
