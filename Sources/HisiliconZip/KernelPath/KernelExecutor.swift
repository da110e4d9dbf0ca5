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

/// The device of a kernel path, opened when it is first needed, and its streams' places.
final class KernelPathDevice: Sendable {
  private struct State {
    var device: ZipDevice?
    var contexts: [UInt32: ZipContextPool] = [:]
  }
  private let make: @Sendable () throws(QueueError) -> ZipDevice
  private let state = Guarded(State())
  /// Making the device takes a while: one thread does, the others wait.
  private let turn = TimedSemaphore(value: 1)
  private static let turnLimit: UInt64 = 60_000_000_000

  init(_ make: @escaping @Sendable () throws(QueueError) -> ZipDevice) { self.make = make }

  /// The device; one that was lost is made anew.
  func device() throws(QueueError) -> ZipDevice {
    if let device = state.withLock({ $0.device }), device.isWorking { return device }
    guard turn.wait(nanoseconds: Self.turnLimit) else {
      throw QueueError(.timedOut, "the device is being opened for too long: use software")
    }
    defer { turn.signal() }
    if let device = state.withLock({ $0.device }), device.isWorking { return device }
    let device = try make()
    state.withLock { state in
      state.device = device
      state.contexts = [:]
    }
    return device
  }

  /// A queue for one stream.
  func queue(_ direction: ZipDirection, _ format: ZipFormat) throws(QueueError) -> any ZipExecutor {
    let device = try device()
    guard device.attributes.algorithms.contains(format.name) else {
      throw QueueError(.unsupported, "\(device.name) has no \(format.name): hardware revision 0x30 and later do")
    }
    let queue = try device.kernelQueue(direction)
    // By queue: its streams' places stay the same, so that a device remembers no more of them than there are.
    let key = UInt32(queue.number) << 1 | UInt32(direction.rawValue)
    let contexts = state.withLock { state in
      let pool = state.contexts[key] ?? ZipContextPool()
      state.contexts[key] = pool
      return pool
    }
    return KernelExecutor(queue, device, contexts: contexts)
  }
}
