// A queue at the other end of a mediated device's socket.
// SPDX-License-Identifier: Apache-2.0

public import LinuxSystem
import Synchronization
import VFIOUser

/// A mediated device, opened over its vfio-user socket: commands travel as messages, rings and doorbells are mapped.
///
/// The connection is the queue's: when it ends the host stops the queue. A child process has the descriptor until it
/// executes a program or ends, but no mapping, and cannot end the connection.
public final class MediatedDeviceTransport: QueueTransport {
  private struct State {
    var flags: QueueFlags
    var mapped: Set<QueueRegion> = []
    /// Addresses in this process of shared memory that the device sees elsewhere, by the device's addresses.
    var ownAddresses: [UInt64: UInt64] = [:]
  }

  private let client: VFIOUserClient
  private let original: QueueAttributes
  private let state: Guarded<State>
  private let host: UnixSocket.PeerCredentials
  private let owner = OwnProcess()

  /// How long the host may take to answer, in nanoseconds; a reply to WAIT may come so much later than its time limit.
  private let timeLimit: UInt64
  /// The longest WAIT of one message, in milliseconds.
  private static let longestWait: UInt64 = 60_000

  /// Connects to a mediated device.
  ///
  /// - Parameters:
  ///   - path: its socket.
  ///   - attributes: what its device says of itself.
  ///   - hostOwner: the user that the host may run as, besides root.
  ///   - timeLimit: how long the host may take to answer, in nanoseconds.
  /// - Throws: `notFound` where nobody listens, `denied` where the socket may not be used or a stranger listens, `busy`
  ///   while another has the device open or no queue is left, `version`.
  public init(
    path: String, attributes: QueueAttributes, hostOwner: UInt32 = CurrentProcess.effectiveUserID,
    timeLimit: UInt64 = 5_000_000_000
  ) throws(QueueError) {
    let socket = try Self.connect(path)
    guard let host = try? socket.peerCredentials else {
      throw QueueError(.denied, "the process that serves \(path) is not known")
    }
    self.host = host
    guard host.userID == 0 || host.userID == hostOwner else {
      throw QueueError(.denied, "\(path) is served by user \(host.userID): only root and user \(hostOwner) may")
    }
    do throws(VFIOUserError) {
      client = try VFIOUserClient(socket, timeLimit: timeLimit)
    } catch {
      throw error.code == .unsupported ? QueueError(.version, error.message) : Self.error(error)
    }
    original = attributes
    self.timeLimit = timeLimit
    state = Guarded(State(flags: attributes.flags))
  }

  private static func connect(_ path: String) throws(QueueError) -> UnixSocket {
    do throws(SystemError) {
      return try UnixSocket.connect(to: path)
    } catch {
      guard error.errno == SystemError.connectionRefused else { throw QueueError(error, "no connection") }
      throw QueueError(.notFound, "nobody serves \(path): start `wdprov serve`")
    }
  }

  /// The device's attributes when the queue was opened; after `bindPASID` the flags as they hold for this queue.
  public var attributes: QueueAttributes {
    var attributes = original
    attributes.flags = state.withLock { $0.flags }
    return attributes
  }

  /// Whether the host still keeps the connection; a system call.
  public var isConnected: Bool { !client.isHungUp }

  /// Maps a region, once.
  public func map(_ region: QueueRegion) throws(QueueError) -> SharedMapping {
    try owner.check()
    let description: VFIOUserRegionDescription
    do throws(VFIOUserError) {
      description = try client.region(region.rawValue)
    } catch {
      throw Self.error(error)
    }
    return try map(region, description)
  }

  private func map(
    _ region: QueueRegion, _ description: borrowing VFIOUserRegionDescription
  ) throws(QueueError) -> SharedMapping {
    guard state.withLock({ $0.mapped.insert(region).inserted }) else {
      throw QueueError(.exists, "the region \(region) is mapped already")
    }
    do throws(VFIOUserError) {
      guard let area = description.mappableAreas.first, area.lowerBound == 0 else {
        throw VFIOUserError(.invalid, "the queue has no region \(region)")
      }
      return try description.map(area, isInherited: false)
    } catch {
      _ = state.withLock { $0.mapped.remove(region) }
      throw Self.error(error)
    }
  }

  /// The doorbell page, and the counter that wakes the device; where there is no page, messages ring.
  public func doorbell() throws(QueueError) -> QueueDoorbell {
    try owner.check()
    let description: VFIOUserRegionDescription
    do throws(VFIOUserError) {
      // The description starts the queue, and tells whether there is a page from then on.
      description = try client.region(QueueRegion.doorbells.rawValue)
    } catch {
      throw Self.error(error)
    }
    if description.mappableAreas.isEmpty {
      return .call { [client, owner] value in
        guard owner.isCurrent else { return }
        // A connection that has ended is noticed by whoever waits.
        try? client.write(value, region: QueueRegion.doorbells.rawValue, offset: 0x1000, width: 8)
      }
    }
    let page = try map(.doorbells, description)
    do throws(VFIOUserError) {
      let events = try client.writeEvents(region: QueueRegion.doorbells.rawValue)
      guard let event = events.first else { throw VFIOUserError(.unsupported, "the doorbell page has no counter") }
      return .page(page, wakeUp: event.counter)
    } catch {
      throw Self.error(error)
    }
  }

  /// Carries out a command; before `bindPASID` it allows the host to reach this process's memory.
  public func perform(_ command: UInt16, _ body: [UInt8]) throws(QueueError) -> [UInt8] {
    try owner.check()
    // Where this fails the host will find that it may not, and says so in the flags.
    if command == QueueCommand.bindPASID { try? CurrentProcess.allowTracer(host.processID) }
    do throws(VFIOUserError) {
      let reply = try client.perform(command: command, body: body)
      if command == QueueCommand.bindPASID {
        let flags: UInt32 = try Self.number(reply, at: 4, "BIND_PASID")
        state.withLock { $0.flags = QueueFlags(rawValue: flags) }
      }
      return reply
    } catch {
      throw Self.error(error)
    }
  }

  /// Waits by `VFIO_SDMDEV_CMD_WAIT`.
  public func wait(nanoseconds: UInt64) throws(QueueError) -> Bool {
    try owner.check()
    let deadline = MonotonicClock.deadline(after: nanoseconds)
    while true {
      let left = MonotonicClock.remaining(until: deadline)
      // Rounded up: 0 means for ever.
      let milliseconds = min(left / 1_000_000 + 1, Self.longestWait)
      do throws(VFIOUserError) {
        let body = UInt32(truncatingIfNeeded: milliseconds).littleEndianBytes
        let reply = try client.perform(
          command: QueueCommand.wait, body: body, timeLimit: milliseconds * 1_000_000 + timeLimit)
        let rest: UInt32 = try Self.number(reply, at: 0, "WAIT")
        if rest != 0 { return true }
      } catch {
        throw Self.error(error)
      }
      if MonotonicClock.now() >= deadline { return false }
    }
  }

  /// Shares memory by `DMA_MAP`: with a descriptor nothing is copied, without one the host reaches into this process.
  public func share(
    _ memory: UnsafeMutableRawBufferPointer, file: SharedMemory?, offset: UInt64, isReadOnly: Bool
  ) throws(QueueError) -> UInt64 {
    try owner.check()
    guard memory.count > 0 else { throw QueueError(.invalid, "no memory to share") }
    let address = UInt64(UInt(bitPattern: memory.baseAddress))
    let permissions: VFIOUserPermissions = isReadOnly ? .read : .readWrite
    do throws(VFIOUserError) {
      if let file {
        try client.mapMemory(
          iova: address, length: UInt64(memory.count), permissions: permissions, descriptor: file.descriptor,
          offset: offset)
      } else {
        try client.mapMemory(iova: address, length: UInt64(memory.count), permissions: permissions)
      }
    } catch {
      throw Self.error(error)
    }
    guard state.withLock({ $0.flags.contains(.translated) }) else { return address }
    return try deviceAddress(of: address, byteCount: memory.count)
  }

  /// Where a device with few address bits sees memory that was just shared.
  private func deviceAddress(of address: UInt64, byteCount: Int) throws(QueueError) -> UInt64 {
    do throws(VFIOUserError) {
      let reply = try client.perform(command: QueueCommand.deviceAddress, body: address.littleEndianBytes)
      let deviceAddress: UInt64 = try Self.number(reply, at: 0, "the question for an address")
      state.withLock { $0.ownAddresses[deviceAddress] = address }
      return deviceAddress
    } catch {
      // Otherwise it stays shared where nobody knows.
      try? client.unmapMemory(iova: address, length: UInt64(byteCount))
      throw Self.error(error)
    }
  }

  /// Takes shared memory away by `DMA_UNMAP`.
  public func unshare(deviceAddress: UInt64, byteCount: Int) throws(QueueError) {
    try owner.check()
    guard byteCount > 0 else { throw QueueError(.invalid, "no memory to take away") }
    let address = state.withLock { $0.ownAddresses[deviceAddress] } ?? deviceAddress
    do throws(VFIOUserError) {
      try client.unmapMemory(iova: address, length: UInt64(byteCount))
      state.withLock { _ = $0.ownAddresses.removeValue(forKey: deviceAddress) }
    } catch {
      throw Self.error(error)
    }
  }

  /// Ends the connection: the host stops the queue and takes it back.
  public func close() {
    client.disconnect()
  }

  private static func number<Number: FixedWidthInteger>(
    _ reply: [UInt8], at offset: Int, _ what: String
  ) throws(VFIOUserError) -> Number {
    let bytes = reply.dropFirst(offset).prefix(Number.bitWidth / 8)
    guard bytes.count == Number.bitWidth / 8 else {
      throw VFIOUserError(.protocolViolation, "the reply to \(what) is cut off")
    }
    return Number(littleEndianBytes: bytes)
  }

  /// The host's errors have the codes' numbers; the connection's own have their kinds.
  private static func error(_ error: VFIOUserError) -> QueueError {
    switch error.code {
    case .disconnected:
      return QueueError(.deviceLost, "\(error.message): request another queue, or use software")
    case .protocolViolation:
      return QueueError(.version, error.message)
    default:
      return QueueError(QueueError.Code(rawValue: error.errno) ?? .failed, error.message)
    }
  }
}
