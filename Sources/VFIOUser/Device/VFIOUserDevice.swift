// What a device must do to be served over a vfio-user socket.
// SPDX-License-Identifier: Apache-2.0

public import LinuxSystem

/// A device that a `VFIOUserServer` offers to one client at a time.
///
/// The server calls one method at a time, on one thread of its own, in the order of the client's commands, each of them
/// checked before: regions and interrupts exist, ranges lie within them, mappings do not overlap. A method that waits
/// makes the client wait. What it throws becomes the error number of the reply; a posted write's error is only counted.
public protocol VFIOUserDevice: AnyObject, Sendable {
  /// What the device has; asked once for each client, after `admit` and before `connected`.
  var information: VFIOUserDeviceInformation { get }

  /// A client came and speaks the protocol; whether it may stay.
  ///
  /// - Throws: what the client is to see; it is then disconnected, and neither `connected` nor `disconnected` follow.
  ///   Every client may stay unless this is implemented.
  func admit(_ peer: UnixSocket.PeerCredentials) throws(VFIOUserError)

  /// Describes a region that came into being, or changed, since `information` was asked.
  ///
  /// - Parameter index: an index that `information` has; reads and writes stay limited by what it says.
  /// - Returns: the region as it is now; nil for what `information` says, as it is unless this is implemented.
  /// - Throws: what the client is to see.
  func region(_ index: Int) throws(VFIOUserError) -> VFIOUserRegion?

  /// A client came and negotiated the protocol; nothing is mapped and no interrupt is set.
  ///
  /// - Parameters:
  ///   - memory: reaches memory that was mapped without a descriptor, by messages to the client. It may be used from any
  ///     thread, also within the methods of this protocol, until `disconnected` returns; later it throws.
  ///   - peer: the process at the other end.
  func connected(memory: any VFIOUserMemory, peer: UnixSocket.PeerCredentials)

  /// Reads from a region.
  ///
  /// - Parameters:
  ///   - region: the region's index (0–5: BARs, 6: ROM, 7: configuration space, 8: VGA).
  ///   - offset: where to read, in bytes from the region's start; the whole access lies within it.
  ///   - data: receives all of its bytes; zeros before. A register is 1, 2, 4 or 8 bytes, little-endian.
  /// - Throws: `invalid` for an offset or width that the region does not have.
  func readRegion(_ region: Int, offset: UInt64, into data: inout MutableRawSpan) throws(VFIOUserError)

  /// Writes to a region.
  ///
  /// - Parameters:
  ///   - region: the region's index.
  ///   - offset: where to write; the whole access lies within the region.
  ///   - data: the bytes; the server's own copy, which does not change.
  /// - Throws: `invalid` for an offset or width that the region does not have.
  func writeRegion(_ region: Int, offset: UInt64, from data: RawSpan) throws(VFIOUserError)

  /// Lets the device reach a range of the client's memory.
  ///
  /// - Parameters:
  ///   - iova: where the device sees the range.
  ///   - length: its length in bytes, at least 1; the end is 2^64 at most. It overlaps no range that is mapped.
  ///   - permissions: what the device may do with it.
  ///   - mapping: the memory, as long as `length`, if the client passed a descriptor; otherwise only `connected`'s `memory`
  ///     reaches it. The device owns it from now on.
  /// - Throws: what the client is to see; the range is then not mapped.
  func mapMemory(
    iova: UInt64, length: UInt64, permissions: VFIOUserPermissions, mapping: SharedMapping?
  ) throws(VFIOUserError)

  /// Takes a range away that was mapped, exactly as it was mapped.
  ///
  /// Returns only when the device no longer uses it: the client reuses the memory then.
  func unmapMemory(iova: UInt64, length: UInt64)

  /// Sets what happens with interrupts.
  ///
  /// - Parameters:
  ///   - index: the type of interrupt (0: INTx, 1: MSI, 2: MSI-X, 3: error, 4: request).
  ///   - start: the first interrupt of the type.
  ///   - count: how many; 0 with `.trigger` and `.none` disables all of the type.
  ///   - action: what is meant.
  ///   - data: for which of them, or with which counters.
  /// - Throws: `unsupported` for an action that this type does not have.
  func setInterrupts(
    index: Int, start: Int, count: Int, action: VFIOUserInterruptAction, data: VFIOUserInterruptData
  ) throws(VFIOUserError)

  /// Resets the device; mappings and interrupts stay.
  func reset() throws(VFIOUserError)

  /// The client is gone: forgets every mapping and every counter, and resets the device.
  ///
  /// Returns only when the device uses nothing of that client's any more. The next client may come then.
  func disconnected()

  /// Gets, sets or probes a feature (`VFIO_DEVICE_FEATURE`).
  ///
  /// - Parameters:
  ///   - feature: the feature's index.
  ///   - operation: what is to be done.
  ///   - data: what came with it.
  /// - Returns: the feature's data for a get; otherwise nothing that is looked at.
  /// - Throws: `ENOTTY` for a feature that the device does not have; it has none unless this is implemented.
  func feature(
    _ feature: UInt16, _ operation: VFIOUserFeatureOperation, data: [UInt8]
  ) throws(VFIOUserError) -> [UInt8]

  /// Reads the device's state for a migration (`VFIO_USER_MIG_DATA_READ`).
  ///
  /// - Returns: at most `count` bytes; fewer are the end.
  /// - Throws: `unsupported` unless this is implemented.
  func readMigrationData(_ count: Int) throws(VFIOUserError) -> [UInt8]

  /// Takes a migrated device's state (`VFIO_USER_MIG_DATA_WRITE`).
  ///
  /// - Throws: `unsupported` unless this is implemented.
  func writeMigrationData(_ data: [UInt8]) throws(VFIOUserError)

  /// Does a command that the protocol does not have.
  ///
  /// The reply may be given later and on any thread, so that a command that waits does not keep others waiting.
  ///
  /// - Parameters:
  ///   - command: the command's number.
  ///   - body: what follows the header; at most 4096 bytes.
  ///   - reply: answers the client, once; `unsupported` unless this is implemented.
  func perform(command: UInt16, body: [UInt8], reply: VFIOUserReply)
}

extension VFIOUserDevice {
  /// Every client may stay.
  public func admit(_ peer: UnixSocket.PeerCredentials) throws(VFIOUserError) {}

  /// A device whose regions do not change.
  public func region(_ index: Int) throws(VFIOUserError) -> VFIOUserRegion? { nil }

  /// A device without features.
  public func feature(
    _ feature: UInt16, _ operation: VFIOUserFeatureOperation, data: [UInt8]
  ) throws(VFIOUserError) -> [UInt8] {
    throw VFIOUserError(errno: SystemError.notATypewriter, "the device does not have this feature")
  }

  /// A device that cannot be migrated.
  public func readMigrationData(_ count: Int) throws(VFIOUserError) -> [UInt8] {
    throw VFIOUserError(.unsupported, "the device cannot be migrated")
  }

  /// A device that cannot be migrated.
  public func writeMigrationData(_ data: [UInt8]) throws(VFIOUserError) {
    throw VFIOUserError(.unsupported, "the device cannot be migrated")
  }

  /// A device without commands of its own.
  public func perform(command: UInt16, body: [UInt8], reply: VFIOUserReply) {
    reply.fail(VFIOUserError(.unsupported, "no such command"))
  }
}

/// Memory at the other end of a connection, reached by messages.
public protocol VFIOUserMemory: AnyObject, Sendable {
  /// Reads a range.
  ///
  /// - Throws: `fault` for a range that is not mapped or not readable, `timedOut`, `disconnected`. What was read before is
  ///   in `data`.
  func read(iova: UInt64, into data: inout MutableRawSpan) throws(VFIOUserError)

  /// Writes a range.
  ///
  /// - Throws: as `read`. How much was written before is not known.
  func write(iova: UInt64, from data: RawSpan) throws(VFIOUserError)
}

/// What is to be done with interrupts (`VFIO_IRQ_SET_ACTION_*` of `<linux/vfio.h>`).
public enum VFIOUserInterruptAction: Hashable, Sendable, CaseIterable {
  /// Masks them; with counters: signals these when they become masked.
  case mask
  /// Unmasks them; with counters: signals these when they become unmasked.
  case unmask
  /// Raises them; with counters: signals these from now on when the device raises them.
  case trigger
}

/// For which interrupts of a range an action is meant (`VFIO_IRQ_SET_DATA_*`).
public enum VFIOUserInterruptData: Sendable {
  /// For all of them.
  case none
  /// For those whose flag is true; one flag for each.
  case flags([Bool])
  /// For all of them with these counters, one for each; an empty array takes their counters away.
  case counters([EventCounter])
}

/// What is to be done with a feature (`VFIO_DEVICE_FEATURE_*`).
public struct VFIOUserFeatureOperation: OptionSet, Hashable, Sendable {
  /// The kernel's flags, bits 16 to 18.
  public let rawValue: UInt32

  /// Makes an operation from the kernel's flags.
  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// The data is wanted.
  public static let get = VFIOUserFeatureOperation(rawValue: 1 << 16)
  /// The data is to be set.
  public static let set = VFIOUserFeatureOperation(rawValue: 1 << 17)
  /// Only whether the other operations would be possible.
  public static let probe = VFIOUserFeatureOperation(rawValue: 1 << 18)
}
