// What a device's driver does so that its queues can be mediated devices: the operations of the series.
// SPDX-License-Identifier: Apache-2.0

public import DeviceAccess
public import LinuxSystem
public import WarpDriveQueue

/// Why a parent or a mediated device did not do what it was asked; the codes are the user library's.
public typealias SDMDEVError = QueueError

/// A device whose driver gives queues away (`struct vfio_sdmdev`, and of its operations those of the device).
///
/// The series has eleven operations (`struct vfio_sdmdev_ops`). They are here:
///
/// | operation | here |
/// |---|---|
/// | `get_queue` | ``getQueue()`` |
/// | `put_queue` | ``SDMDEVQueue/put()`` |
/// | `start_queue` | ``SDMDEVQueue/start(pasid:)`` |
/// | `stop_queue` | ``SDMDEVQueue/stop()`` |
/// | `is_q_updated` | ``SDMDEVQueue/isUpdated()`` |
/// | `mask_notify` | ``SDMDEVQueue/setNotification(_:)``: nil masks |
/// | `mmap` | ``SDMDEVQueue/doorbells`` is region 0, ``SDMDEVQueue/rings`` region 1 |
/// | `reset` | ``reset()`` |
/// | `reset_queue` | ``SDMDEVQueue/reset()`` |
/// | `ioctl` | ``SDMDEVQueue/perform(_:_:)`` |
/// | `get_available_instances` | `availableInstances` of ``attributes`` |
///
/// Calls may come from any thread.
public protocol SDMDEVParent: AnyObject, Sendable {
  /// What the class shows of it; `availableInstances` as it is now (`get_available_instances`).
  var attributes: QueueAttributes { get }
  /// The function behind it, for the share domain.
  var function: any DeviceFunction { get }
  /// Whether it is a virtual function.
  var isVirtualFunction: Bool { get }
  /// The addresses of the function's own address space that the kernel path keeps for itself.
  var reservedAddresses: ClosedRange<UInt64> { get }

  /// The bytes of region 0 and of region 1 of a queue (uacce's `region_mmio_size` and `region_dus_size`).
  var regionSizes: (doorbells: Int, rings: Int) { get }

  /// How many errors an hour isolate the device; 0: it is never isolated (uacce's `isolate_strategy`).
  var isolateStrategy: Int { get }

  /// Takes a queue out of the device's bitmap (`get_queue`).
  ///
  /// - Throws: `busy` where none is free, `resetting`, `deviceLost`.
  func getQueue() throws(SDMDEVError) -> any SDMDEVQueue

  /// Resets the device (`reset`); its queues become `SDMDEVQueueState.stopped`.
  func reset() throws(SDMDEVError)
}

extension SDMDEVParent {
  /// Those of a queue with 1024 entries: 8 KiB, and 36 pages of rings with one of flags.
  public var regionSizes: (doorbells: Int, rings: Int) { (0x2000, 37 * 4096) }
  /// 0.
  public var isolateStrategy: Int { 0 }
}

/// What a queue is at.
public enum SDMDEVQueueState: Hashable, Sendable {
  /// Taken, not started: `INIT`.
  case initial
  /// The device works on it: `STARTED`.
  case started
  /// Stopped, by its user or by a reset; it is only fit for `put`: `ZOMBIE`.
  case stopped
}

extension SDMDEVQueueState {
  /// The series' word.
  package var word: String {
    switch self {
    case .initial: "INIT"
    case .started: "STARTED"
    case .stopped: "ZOMBIE"
    }
  }
}

/// A queue that was taken from a parent (`struct vfio_sdmdev_queue`, and the operations of queues).
public protocol SDMDEVQueue: AnyObject, Sendable {
  /// The queue's number in its function.
  var number: UInt16 { get }
  /// What it is at.
  var state: SDMDEVQueueState { get }
  /// Region 1: SQ, CQ, and a page whose last u32 is the TX-stop flag, the one before the RX-stop flag; zeroed when taken.
  var rings: SharedMemory { get }
  /// Region 0 of a model: its doorbell page; nil where doorbells are registers. There from `start` on.
  var doorbells: (any QueueDoorbells)? { get }

  /// Starts the queue (`start_queue`), once.
  ///
  /// - Parameter pasid: the address space of its requests; nil: the function's own, in which the queue is kept away from
  ///   the kernel path's addresses where the function can do that (`DeviceCapabilities.confinement`).
  /// - Throws: `invalid` where it was started already, `resetting`, `deviceLost`.
  func start(pasid: UInt32?) throws(SDMDEVError)

  /// Stops the queue (`stop_queue`): the device answers what it accepted or drops it, and touches no memory afterwards.
  func stop()

  /// Gives the queue back (`put_queue`), stopped and its rings wiped; the object is of no use afterwards.
  func put()

  /// Rings a doorbell, for queues without a doorbell page.
  ///
  /// The value comes from the queue's user, who is not trusted: one that names another queue, or rings for anything but
  /// a submission or completion queue, is dropped.
  func ring(_ doorbell: UInt64)

  /// Whether completions were written that `isUpdated` did not tell of yet (`is_q_updated`).
  func isUpdated() -> Bool

  /// Has `handler` called, on a thread of the device's, on each event of the queue (`vfio_sdmdev_wake_up`), also when it
  /// is stopped; nil masks the events again (`mask_notify`).
  func setNotification(_ handler: (@Sendable () -> Void)?)

  /// Carries out a command of the device's (`ioctl`): `QueueCommand.setContext`, `getInformation`.
  ///
  /// - Throws: `unsupported` for any other, `invalid` for a body of another size or in the wrong state.
  func perform(_ command: UInt16, _ body: [UInt8]) throws(SDMDEVError) -> [UInt8]

  /// Stops and starts the queue with empty rings (`reset_queue`).
  func reset() throws(SDMDEVError)
}
