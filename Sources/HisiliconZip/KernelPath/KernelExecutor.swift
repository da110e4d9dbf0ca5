// The kernel path's queues as streams use them.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import HisiliconQueue
import LinuxSystem
import WarpDriveQueue

/// A kernel queue, for one stream.
final class KernelExecutor: ZipExecutor {
  let direction: ZipDirection
  let sqeType: UInt32
  private let queue: KernelQueue
  private let device: ZipDevice
  private let contexts: ZipContextPool

  init(_ queue: KernelQueue, _ device: ZipDevice, contexts: ZipContextPool) {
    direction = queue.direction
    sqeType = device.attributes.deviceAPI == "hisi_qm_v3" ? 3 : 0
    self.queue = queue
    self.device = device
    self.contexts = contexts
  }

  func allocate(_ byteCount: Int) throws(QueueError) -> any ZipBuffer {
    KernelBuffer(try device.buffers.take(byteCount))
  }

  func takeContext() throws(QueueError) -> ZipContextLease {
    try contexts.take { (byteCount) throws(QueueError) in try self.allocate(byteCount) }
  }

  func execute(_ request: hisi_zip_sqe, timeLimit: UInt64) throws(QueueError) -> hisi_zip_sqe {
    try queue.execute(request, timeLimit: timeLimit)
  }

  // The queue has answered: the device no longer touches the request's memory, whatever the answer is.
  func keep(_ buffers: [any ZipBuffer]) {}
}

/// A kernel buffer, for a stream.
private final class KernelBuffer: ZipBuffer {
  private let buffer: DeviceBuffer

  init(_ buffer: DeviceBuffer) { self.buffer = buffer }

  var bytes: UnsafeMutableRawBufferPointer {
    unsafe UnsafeMutableRawBufferPointer(start: buffer.base, count: buffer.byteCount)
  }
  var deviceAddress: UInt64 { buffer.deviceAddress }
}

/// The devices of a kernel path, opened when they are first needed, and their streams' places.
final class KernelPathDevices: Sendable {
  /// Opens a device.
  typealias Opening = @Sendable () throws(QueueError) -> ZipDevice

  /// The place of a queue's streams.
  private struct Key: Hashable {
    let device: ObjectIdentifier
    let queue: UInt16
    let direction: UInt16
  }
  private struct State {
    /// By the number of what opened it.
    var devices: [Int: ZipDevice] = [:]
    var contexts: [Key: ZipContextPool] = [:]
  }
  private let openings: [Opening]
  private let choose: @Sendable (ZipDeviceSet) -> ZipDevice?
  private let state = Guarded(State())
  /// Opening a device takes a while: one thread does, the others wait.
  private let turn = TimedSemaphore(value: 1)
  private static let turnLimit: UInt64 = 60_000_000_000

  init(_ openings: [Opening], choose: @escaping @Sendable (ZipDeviceSet) -> ZipDevice? = { $0.nearest() }) {
    self.openings = openings
    self.choose = choose
  }

  /// The nearest device that works; those that were lost are opened anew where none is left.
  func device() throws(QueueError) -> ZipDevice {
    if let device = chosen() { return device }
    guard turn.wait(nanoseconds: Self.turnLimit) else {
      throw QueueError(.timedOut, "the device is being opened for too long: use software")
    }
    defer { turn.signal() }
    if let device = chosen() { return device }
    var failure: QueueError?
    for (index, open) in openings.enumerated() {
      // One that works and is isolated stays as it is.
      if state.withLock({ $0.devices[index]?.isWorking ?? false }) { continue }
      do throws(QueueError) {
        note(try open(), index)
      } catch {
        failure = failure ?? error
      }
    }
    if let device = chosen() { return device }
    // One that works but takes nothing says why itself.
    if let device = state.withLock({ $0.devices.values.first { $0.isWorking } }) { return device }
    throw failure ?? QueueError(.deviceLost, "no device works: use software")
  }

  /// What is chosen of the devices that are open; a device that is alone is not looked at further.
  private func chosen() -> ZipDevice? {
    let devices = state.withLock { state in openings.indices.compactMap { state.devices[$0] } }.filter(\.isWorking)
    return openings.count == 1 ? devices.first : choose(ZipDeviceSet(devices))
  }

  /// Why those that are open take nothing; nil where one does, or none is open.
  var obstacle: String? {
    let open = state.withLock { Array($0.devices.values) }
    return QueueDirectory.isolation(of: open.map(\.attributes))
  }

  private func note(_ device: ZipDevice, _ index: Int) {
    state.withLock { state in
      let last = state.devices.updateValue(device, forKey: index).map(ObjectIdentifier.init)
      state.contexts = state.contexts.filter { $0.key.device != last }
    }
  }

  /// A queue for one stream.
  func queue(_ direction: ZipDirection, _ format: ZipFormat) throws(QueueError) -> any ZipExecutor {
    let device = try device()
    guard device.attributes.algorithms.contains(format.name) else {
      throw QueueError(.unsupported, "\(device.name) has no \(format.name): hardware revision 0x30 and later do")
    }
    let queue = try device.kernelQueue(direction)
    // By queue: its streams' places stay the same, so that a device remembers no more of them than there are.
    let key = Key(device: ObjectIdentifier(device), queue: queue.number, direction: direction.rawValue)
    let contexts = state.withLock { state in
      let pool = state.contexts[key] ?? ZipContextPool()
      state.contexts[key] = pool
      return pool
    }
    return KernelExecutor(queue, device, contexts: contexts)
  }
}
