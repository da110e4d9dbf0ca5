// A ZIP accelerator: the driver of one function, for the kernel path and for programs.
// SPDX-License-Identifier: Apache-2.0

public import DeviceAccess
public import HisiliconQueue
import LinuxSystem
public import WarpDriveQueue

/// One HiSilicon ZIP function with its driver.
///
/// The kernel path of this process uses `kernelQueue`, programs use mediated devices over `SDMDEVParent`; one bitmap of
/// queue pairs serves both. Calls may come from any thread. The driver ends with `shutdown`, or when this goes.
public final class ZipDevice: Sendable {
  /// The function.
  public let function: any DeviceFunction
  /// Memory for the kernel path's requests.
  public let buffers: DeviceBufferPool
  let manager: QueueManager
  let kernelQueues: KernelQueueTable
  let dmaFlags: DMAFlags

  /// Brings a function up.
  ///
  /// - Parameters:
  ///   - function: a physical or virtual function that nobody else drives.
  ///   - options: how it is to run.
  /// - Throws: `unsupported` for another device, `invalid` for an option out of its range, `timedOut` or `failed` for a
  ///   device that does not come up, `deviceLost`, `resourceExhausted`.
  public init(_ function: any DeviceFunction, options: Options = Options()) throws(QueueError) {
    let manager = try QueueManager(function, options: options)
    self.function = function
    self.manager = manager
    dmaFlags =
      options.dmaFlags ?? (function.capabilities.contains(.pageFaults) ? .sharedVirtual : .singleProcess)
    buffers = DeviceBufferPool(manager.memory, limit: options.bufferLimit)
    let table = KernelQueueTable(manager)
    kernelQueues = table
    manager.housekeeping.withLock { $0 = { [weak table] now in table?.releaseIdle(at: now) ?? false } }
    try manager.open()
  }

  deinit {
    shutdown()
  }

  static var now: UInt64 { MonotonicClock.now() }

  /// Stops the device: what is under way ends with `deviceLost`, and nothing stays mapped.
  ///
  /// A second call does nothing.
  public func shutdown() {
    buffers.close()
    let queues = kernelQueues.removeAll()
    manager.shutdown()
    _ = consume queues
  }

  // MARK: State

  /// Whether requests can be sent, now or after a reset that is under way; false for good once the device is lost.
  public var isWorking: Bool { manager.isWorking }

  /// The name that the device was given.
  public var name: String { manager.options.name }

  /// The attributes as they are now.
  public var attributes: QueueAttributes {
    var flags: QueueFlags = []
    if dmaFlags == .sharedVirtual { flags.insert(.sharedVirtual) }
    if function.capabilities.contains(.doorbellPages) { flags.insert(.doorbellPage) }
    if function.capabilities.contains(.emulated) { flags.insert(.emulated) }
    return QueueAttributes(
      device: name, deviceAPI: manager.identity.deviceAPI, algorithms: manager.capabilities.algorithms,
      dmaFlags: dmaFlags, flags: flags, availableInstances: manager.freeQueueCount, numaNode: function.numaNode,
      isIsolated: manager.state.withLock { $0.errors.isIsolated })
  }

  /// Resets the device and waits until it works again.
  ///
  /// Requests that have completed are answered as they are, the others with `resetting`; queues of programs end.
  ///
  /// - Throws: `deviceLost` where it does not come back.
  public func reset() throws(QueueError) {
    try manager.reset(reason: "asked for")
  }

  /// Sets how many errors within an hour isolate the device, and lifts an isolation.
  ///
  /// - Parameter errors: 0 (never) to 65,535.
  /// - Throws: `invalid` for any other number.
  public func setIsolateStrategy(_ errors: Int) throws(QueueError) {
    try manager.setIsolateStrategy(errors)
  }

  // MARK: The kernel path

  /// A queue for requests of this process; keep it for as long as requests are sent.
  ///
  /// One is made for each direction on first use, more where all of them are half full. A queue that nobody keeps goes
  /// back to the device after a while.
  ///
  /// - Throws: `busy` where no queue is free, `resetting`, `deviceLost`.
  public func kernelQueue(_ direction: ZipDirection) throws(QueueError) -> KernelQueue {
    try kernelQueues.queue(direction)
  }
}
