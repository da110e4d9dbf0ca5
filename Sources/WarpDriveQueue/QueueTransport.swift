// How a queue's user reaches the queue: in this process, over a mediated device's socket, or through uacce.
// SPDX-License-Identifier: Apache-2.0

public import LinuxSystem

/// The regions of a queue that may be mapped (RFC v2 numbers them; the names are uacce's).
public enum QueueRegion: Int, Hashable, Sendable {
  /// `MMIO`: the doorbells.
  case doorbells = 0
  /// `DUS`: the submission ring, the completion ring behind it, and in the last page the stop flags.
  case rings = 1
  /// `SS`: the pool of a device that uses addresses of its own (`DMAFlags.physical`); after `QueueCommand.getBuffer`.
  case pool = 2
}

/// Commands of a queue, by number and the layout of their bodies (little-endian).
public enum QueueCommand {
  /// Waits for completions: `VFIO_SDMDEV_CMD_WAIT`.
  ///
  /// Body: u32 milliseconds, 0 for ever. Reply: u32, 1 when the queue was updated, 0 when time ran out.
  public static let wait: UInt16 = 0x5701
  /// Gives the queue an address space and starts it: `VFIO_SDMDEV_CMD_BIND_PASID`.
  ///
  /// Body: u32 PASID, 0 for one of the host's choice. Reply: u32 PASID, u32 `QueueFlags` as they hold for this queue.
  public static let bindPASID: UInt16 = 0x5702
  /// Makes the pool of a device without an IOMMU: `VFIO_SDMDEV_CMD_GET_BUF`; once.
  ///
  /// Body: u64 bytes. Reply: u64 bytes, u64 device address. Region 2 is there afterwards.
  public static let getBuffer: UInt16 = 0x5703
  /// Sets what the queue is for, before it is started: the low half of uacce's `UACCE_CMD_QM_SET_QP_CTX`.
  ///
  /// Body: u16 0, u16 type (0 compress, 1 decompress). Reply: u16 the queue's number, u16 type.
  public static let setContext: UInt16 = 0x480a
  /// Asks for the rings' layout: the low half of uacce's `UACCE_CMD_QM_SET_QP_INFO`.
  ///
  /// No body. Reply: u32 bytes of an SQE, u16 SQ depth, u16 CQ depth, u64 0.
  public static let getInformation: UInt16 = 0x480b
  /// Starts the queue, once: the low half of `UACCE_CMD_START_Q`.
  ///
  /// Neither body nor reply.
  public static let start: UInt16 = 0x5700
  /// Asks where a device with `QueueFlags.translated` sees memory that was shared over a socket.
  ///
  /// Body: u64 address in the process, as it was shared. Reply: u64 device address.
  public static let deviceAddress: UInt16 = 0x5704
}

/// How doorbells are rung.
public enum QueueDoorbell: Sendable {
  /// A model's doorbell page: SQ at 0x1000, CQ at 0x1008, `sleeping` at 0x1040, and what wakes the device.
  case page(SharedMapping, wakeUp: EventCounter)
  /// A device's registers, mapped: every doorbell is a 64-bit store at `offset`.
  case registers(SharedMapping, offset: Int)
  /// A call that writes the doorbell's 64 bits.
  case call(@Sendable (UInt64) -> Void)
}

/// One queue of a device, opened; the queue goes back to its device when this is closed or goes.
///
/// Calls may come from any thread.
public protocol QueueTransport: AnyObject, Sendable {
  /// The device's attributes when the queue was opened; after `bind`, the flags as they hold for this queue.
  var attributes: QueueAttributes { get }

  /// Maps the rings or the pool; each region once.
  ///
  /// - Throws: `exists` for a region that is mapped already, `invalid` for one that there is not.
  func map(_ region: QueueRegion) throws(QueueError) -> SharedMapping

  /// How the queue's doorbells are rung.
  func doorbell() throws(QueueError) -> QueueDoorbell

  /// Carries out a command other than `wait`.
  ///
  /// - Throws: what the device's side says.
  func perform(_ command: UInt16, _ body: [UInt8]) throws(QueueError) -> [UInt8]

  /// Waits until the queue's completion ring was written since the last look, or the time ran out.
  ///
  /// - Parameter nanoseconds: the most time; `.max` is for ever.
  /// - Returns: false where the time ran out.
  /// - Throws: `deviceLost`, `resetting`.
  func wait(nanoseconds: UInt64) throws(QueueError) -> Bool

  /// Lets the device reach memory of this process.
  ///
  /// - Parameters:
  ///   - memory: where it is in this process.
  ///   - file: the file that it is a mapping of, and the offset in it; nil for other memory, which is then copied.
  ///   - isReadOnly: whether the device may only read it.
  /// - Returns: the first byte's address as the device knows it; in most modes the address in this process.
  /// - Throws: `invalid` for memory that overlaps what is shared or is the kernel path's, `denied` where the host may
  ///   not reach this process's memory, `unsupported` where the mode has pool memory only, `resourceExhausted`.
  func share(
    _ memory: UnsafeMutableRawBufferPointer, file: SharedMemory?, offset: UInt64, isReadOnly: Bool
  ) throws(QueueError) -> UInt64

  /// Takes memory away that was shared, by its address as the device knows it; returns when the device does not use it.
  func unshare(deviceAddress: UInt64, byteCount: Int) throws(QueueError)

  /// Whether the other side is still there; may take a system call.
  var isConnected: Bool { get }

  /// Stops the queue and gives it back; a second call does nothing.
  func close()
}

extension QueueTransport {
  /// Always: for a transport whose `wait` tells of a device that is gone, or that cannot lose it.
  public var isConnected: Bool { true }
}

/// Where devices are found, and their queues opened.
public protocol QueueSource: Sendable {
  /// The devices that are there now, with how many queues each has left.
  func devices() throws(QueueError) -> [QueueAttributes]

  /// Opens a queue of a device.
  ///
  /// - Throws: `notFound` for a device that is not there, `busy` where no queue is free or the quota is used up,
  ///   `denied`, `version`.
  func open(device: String) throws(QueueError) -> any QueueTransport
}
