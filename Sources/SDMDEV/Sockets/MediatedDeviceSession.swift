// A mediated device as a vfio-user device, for the process at the other end of a socket.
// SPDX-License-Identifier: Apache-2.0

import DeviceAccess
import LinuxSystem
import VFIOUser
import WarpDriveQueue

/// One client's queue: its regions, its commands, its memory.
///
/// Region 0 are the doorbells, region 1 the rings, region 2 the pool. `DMA_MAP` shares, `DMA_UNMAP` takes away.
final class MediatedDeviceSession: VFIOUserDevice {
  /// Where the sessions of one server get and leave their mediated devices.
  struct Place: Sendable {
    /// Gives the client its mediated device, not yet open.
    let take: @Sendable (QueueOwner) throws(QueueError) -> MediatedDevice
    /// Ends the connections of a process that has ended.
    let disconnect: @Sendable (Int32) -> Void
    let timer: WaitTimer
    let watch: PeerWatch
  }

  private struct State {
    var mediated: MediatedDevice?
    var watched: UInt64?
    /// Device addresses of memory that was mapped, by the client's addresses, where these are not the same.
    var deviceAddresses: [UInt64: UInt64] = [:]
  }

  private let place: Place
  private let regionSizes: (doorbells: Int, rings: Int)
  private let state = Guarded(State())

  init(_ place: Place, regionSizes: (doorbells: Int, rings: Int)) {
    self.place = place
    self.regionSizes = regionSizes
  }

  var information: VFIOUserDeviceInformation {
    VFIOUserDeviceInformation(
      flags: .reset,
      regions: [
        VFIOUserRegion(size: UInt64(regionSizes.doorbells)), VFIOUserRegion(size: UInt64(regionSizes.rings)), .none,
      ],
      interrupts: [])
  }

  // MARK: - Life

  func admit(_ peer: UnixSocket.PeerCredentials) throws(VFIOUserError) {
    do throws(QueueError) {
      let owner = try QueueOwner(peer: peer)
      let mediated = try place.take(owner)
      do throws(QueueError) {
        try mediated.open(owner)
      } catch {
        mediated.removeIfImplicit()
        throw error
      }
      state.withLock { $0.mediated = mediated }
      if let memory = owner.memory {
        // Without it the end of the connection is the only sign.
        let watched = try? place.watch.add(memory) { [place] in place.disconnect(peer.processID) }
        state.withLock { $0.watched = watched }
      }
    } catch {
      throw VFIOUserError(error)
    }
  }

  func connected(memory: any VFIOUserMemory, peer: UnixSocket.PeerCredentials) {}

  func disconnected() {
    let (mediated, watched) = state.withLock { state in
      let found = (state.mediated, state.watched)
      state = State()
      return found
    }
    if let watched { place.watch.remove(watched) }
    guard let mediated else { return }
    mediated.close()
    mediated.removeIfImplicit()
  }

  func reset() throws(VFIOUserError) {
    try carryOut { (mediated) throws(QueueError) in try mediated.resetQueue() }
  }

  // MARK: - Regions

  func region(_ index: Int) throws(VFIOUserError) -> VFIOUserRegion? {
    try carryOut { (mediated) throws(QueueError) in
      guard let region = QueueRegion(rawValue: index) else { throw QueueError(.invalid, "no such region") }
      if region == .pool {
        guard let pool = mediated.state.withLock({ $0.pool }) else { return nil }
        return VFIOUserRegion(size: UInt64(pool.byteCount), memory: pool)
      }
      try mediated.startIfNeeded()
      let queue = try mediated.openQueue()
      if region == .rings { return VFIOUserRegion(size: UInt64(queue.rings.byteCount), memory: queue.rings) }
      guard let doorbells = queue.doorbells else { return nil }
      let size = UInt64(doorbells.memory.byteCount)
      return VFIOUserRegion(
        size: size, memory: doorbells.memory, mappableAreas: [0..<size],
        writeEvents: [VFIOUserWriteEvent(offset: 0, size: 0, counter: doorbells.wakeUp)])
    }
  }

  func readRegion(_ region: Int, offset: UInt64, into data: inout MutableRawSpan) throws(VFIOUserError) {
    throw VFIOUserError(.invalid, "map the region to read it")
  }

  func writeRegion(_ region: Int, offset: UInt64, from data: RawSpan) throws(VFIOUserError) {
    let (count, value) = (data.byteCount, data.registerValue)
    try carryOut { (mediated) throws(QueueError) in
      let queue = try mediated.openQueue()
      guard region == QueueRegion.doorbells.rawValue, count == 8, queue.doorbells == nil else {
        throw QueueError(.invalid, "only doorbells that cannot be mapped are written by messages, 8 bytes each")
      }
      guard queue.state == .started else { throw QueueError(.invalid, "the queue is not started") }
      queue.ring(value)
    }
  }

  // MARK: - Memory

  func mapMemory(
    iova: UInt64, length: UInt64, permissions: VFIOUserPermissions, mapping: SharedMapping?
  ) throws(VFIOUserError) {
    let address = try carryOut { (mediated) throws(QueueError) in
      try mediated.share(
        mapping.map { .mapping($0) } ?? .unnamed, address: iova, byteCount: length,
        permissions: DevicePermissions(rawValue: permissions.rawValue & 3))
    }
    if address != iova { state.withLock { $0.deviceAddresses[iova] = address } }
  }

  func unmapMemory(iova: UInt64, length: UInt64) {
    let (mediated, address) = state.withLock { state in
      (state.mediated, state.deviceAddresses.removeValue(forKey: iova) ?? iova)
    }
    // The server checks ranges; what is left is a request that does not end, whose memory is kept until it does.
    try? mediated?.unshare(deviceAddress: address, byteCount: length)
  }

  func setInterrupts(
    index: Int, start: Int, count: Int, action: VFIOUserInterruptAction, data: VFIOUserInterruptData
  ) throws(VFIOUserError) {
    throw VFIOUserError(.unsupported, "a mediated device has no interrupts: WAIT")
  }

  // MARK: - Commands

  func perform(command: UInt16, body: [UInt8], reply: VFIOUserReply) {
    do throws(VFIOUserError) {
      if command == QueueCommand.wait {
        try carryOut { (mediated) throws(QueueError) in
          try wait(mediated, nanoseconds: try MediatedDevice.waitTime(body), reply)
        }
      } else {
        reply.succeed(try carryOut { (mediated) throws(QueueError) in try mediated.perform(command, body) })
      }
    } catch {
      reply.fail(error)
    }
  }

  /// Begins a WAIT; it is answered when it is over, by whichever thread ends it.
  private func wait(_ mediated: MediatedDevice, nanoseconds: UInt64, _ reply: VFIOUserReply) throws(QueueError) {
    let wait = WaitInProgress()
    let timer = place.timer
    let number = try mediated.beginWait { result in
      if let number = wait.finish() { timer.cancel(number) }
      switch result {
      case .success: reply.answerWithoutWaiting(.success([1, 0, 0, 0]))
      case .failure(let error): reply.answerWithoutWaiting(.failure(VFIOUserError(error)))
      }
    }
    guard nanoseconds != .max else { return }
    do throws(SystemError) {
      let timed = try timer.add(at: MonotonicClock.deadline(after: nanoseconds)) { [weak mediated] in
        guard let mediated, mediated.waits.cancel(number) else { return }
        reply.answerWithoutWaiting(.success([0, 0, 0, 0]))
      }
      if !wait.setTimer(timed) { timer.cancel(timed) }
    } catch {
      if mediated.waits.cancel(number) { throw QueueError(error, "no thread for waits") }
    }
  }

  /// Does something with the mediated device, and makes its errors the client's.
  private func carryOut<Result>(
    _ body: (MediatedDevice) throws(QueueError) -> Result
  ) throws(VFIOUserError) -> Result {
    guard let mediated = state.withLock({ $0.mediated }) else { throw VFIOUserError(MediatedDevice.notOpen) }
    do throws(QueueError) {
      return try body(mediated)
    } catch {
      throw VFIOUserError(error)
    }
  }
}

/// What a WAIT and its timer know of each other.
private final class WaitInProgress: Sendable {
  private let state = Guarded((isOver: false, timer: UInt64?.none))

  /// The wait is over; its timer, if it has one by now.
  func finish() -> UInt64? {
    state.withLock { state in
      state.isOver = true
      return state.timer
    }
  }

  /// Notes the timer; false where the wait is over already.
  func setTimer(_ number: UInt64) -> Bool {
    state.withLock { state in
      state.timer = number
      return !state.isOver
    }
  }
}
