// A queue of a device in the same process.
// SPDX-License-Identifier: Apache-2.0

import DeviceAccess
public import LinuxSystem
public import WarpDriveQueue

/// A mediated device that is opened without a socket: the same states and errors, and memory that needs no descriptor.
///
/// A child process has the object and none of the mappings: every call of it is refused there.
public final class InProcessTransport: QueueTransport {
  private struct State {
    var mapped: Set<QueueRegion> = []
    var isClosed = false
  }

  private let mediated: MediatedDevice
  private let original: QueueAttributes
  private let owner = OwnProcess()
  private let state = Guarded(State())

  /// Opens a mediated device.
  ///
  /// - Throws: as `MediatedDevice.open`.
  public init(_ mediated: MediatedDevice, owner: QueueOwner) throws(QueueError) {
    original = mediated.parent.attributes
    try mediated.open(owner)
    self.mediated = mediated
  }

  deinit {
    close()
  }

  /// The device's attributes when the queue was opened; after `bindPASID` the flags as they hold for this queue.
  public var attributes: QueueAttributes {
    var attributes = original
    if mediated.queueState == .started { attributes.flags = mediated.flags }
    return attributes
  }

  /// Maps the rings or the pool a second time, once each; the rings start the queue.
  public func map(_ region: QueueRegion) throws(QueueError) -> SharedMapping {
    try checkProcess()
    return try mapOnce(region) { () throws(QueueError) in
      switch region {
      case .doorbells:
        try mediated.startIfNeeded()
        guard let doorbells = try mediated.openQueue().doorbells else {
          throw QueueError(.invalid, "the queue's doorbells are registers: ring them by a call")
        }
        return doorbells.memory
      case .rings:
        try mediated.startIfNeeded()
        return try mediated.openQueue().rings
      case .pool:
        _ = try mediated.openQueue()
        guard let pool = mediated.state.withLock({ $0.pool }) else {
          throw QueueError(.invalid, "the queue has no pool: GET_BUF makes it")
        }
        return pool
      }
    }
  }

  /// The doorbell page, or a call that rings.
  public func doorbell() throws(QueueError) -> QueueDoorbell {
    try checkProcess()
    try mediated.startIfNeeded()
    guard let doorbells = try mediated.openQueue().doorbells else {
      // Not the queue itself, which may be another's after this one was closed.
      return .call { [weak self] value in
        guard let self, (try? checkProcess()) != nil, let queue = try? mediated.openQueue(), queue.state == .started
        else { return }
        queue.ring(value)
      }
    }
    let page = try mapOnce(.doorbells) { () throws(QueueError) in doorbells.memory }
    return .page(page, wakeUp: doorbells.wakeUp)
  }

  /// Carries out a command.
  public func perform(_ command: UInt16, _ body: [UInt8]) throws(QueueError) -> [UInt8] {
    try checkProcess()
    return try mediated.perform(command, body)
  }

  /// Waits until the queue was updated; see ``MediatedDevice/wait(nanoseconds:)``.
  public func wait(nanoseconds: UInt64) throws(QueueError) -> Bool {
    try checkProcess()
    return try mediated.wait(nanoseconds: nanoseconds)
  }

  /// Lets the device reach memory where it is; nothing is copied, with or without a file.
  ///
  /// Whoever shares memory keeps it until it is not shared any more.
  public func share(
    _ memory: UnsafeMutableRawBufferPointer, file: SharedMemory?, offset: UInt64, isReadOnly: Bool
  ) throws(QueueError) -> UInt64 {
    try checkProcess()
    guard let base = memory.baseAddress, memory.count > 0 else { throw QueueError(.invalid, "no memory to share") }
    return try mediated.share(
      .local(unsafe DeviceMemory(base: base, length: memory.count, of: file, at: offset)),
      address: UInt64(UInt(bitPattern: base)), byteCount: UInt64(memory.count),
      permissions: isReadOnly ? .read : [.read, .write])
  }

  /// Takes shared memory away.
  public func unshare(deviceAddress: UInt64, byteCount: Int) throws(QueueError) {
    try checkProcess()
    guard byteCount > 0 else { throw QueueError(.invalid, "no memory to take away") }
    _ = try mediated.openQueue()
    try mediated.unshare(deviceAddress: deviceAddress, byteCount: UInt64(byteCount))
  }

  /// Stops the queue and gives it back.
  public func close() {
    // A child's copy of the object says nothing to the device.
    guard owner.isCurrent else { return }
    let isFirst = state.withLock { state in
      defer { state.isClosed = true }
      return !state.isClosed
    }
    guard isFirst else { return }
    mediated.close()
    mediated.removeIfImplicit()
  }

  private func mapOnce(
    _ region: QueueRegion, _ memory: () throws(QueueError) -> SharedMemory
  ) throws(QueueError) -> SharedMapping {
    guard state.withLock({ $0.mapped.insert(region).inserted }) else {
      throw QueueError(.exists, "the region \(region) is mapped already")
    }
    do throws(QueueError) {
      let memory = try memory()
      do throws(SystemError) {
        return try memory.map(isInherited: false)
      } catch {
        throw QueueError(error, "no mapping of the region \(region)")
      }
    } catch {
      state.withLock { _ = $0.mapped.remove(region) }
      throw error
    }
  }

  private func checkProcess() throws(QueueError) {
    try owner.check()
    if state.withLock({ $0.isClosed }) { throw MediatedDevice.notOpen }
  }
}
