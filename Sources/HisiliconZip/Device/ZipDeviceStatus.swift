// What a ZIP device is at and has done, for people.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import Synchronization
public import WarpDriveQueue

/// A device at one moment: what `wdprov device status` shows.
public struct ZipDeviceStatus: Hashable, Sendable {
  /// Its attributes.
  public var attributes: QueueAttributes
  /// The PCI revision: 0x20, 0x21 or 0x30.
  public var revision: UInt32
  /// Whether it is a virtual function.
  public var isVirtualFunction: Bool
  /// Whether requests can be sent, now or after a reset that is under way.
  public var isWorking: Bool
  /// Why nothing can be done at present; nil where all is well.
  public var obstacle: String?
  /// How many queue pairs the function has.
  public var queueCount: Int
  /// Of these, the kernel path's.
  public var kernelQueueCount: Int
  /// Entries of each ring.
  public var queueDepth: Int
  /// Bytes of the kernel path's buffers.
  public var bufferBytes: Int
  /// Errors in the last hour.
  public var recentErrors: Int
  /// Errors an hour that isolate the device; 0: never.
  public var isolateStrategy: Int
  /// Interrupts by vector.
  public var interrupts: [UInt64]
  /// Events of queues.
  public var events: UInt64
  /// Interrupts of the event queue that had no event.
  public var spuriousInterrupts: UInt64
  /// Events of queues that nobody has.
  public var strayEvents: UInt64
  /// Asynchronous events.
  public var asynchronousEvents: UInt64
  /// Of these, of unknown types.
  public var unknownEvents: UInt64
  /// Queues that were stopped because the device said that they cannot go on.
  public var queueErrors: UInt64
  /// Completions whose interrupt did not come in time.
  public var lostInterrupts: UInt64
  /// Requests that were not answered in time.
  public var timeouts: UInt64
  /// Mailbox commands that failed or did not end.
  public var mailboxErrors: UInt64
  /// Resets that ended well.
  public var resets: UInt64
  /// Resets that did not.
  public var failedResets: UInt64
  /// Errors that the queue manager reported, by bit.
  public var managerErrors: [UInt64]
  /// Errors that the engine reported, by bit.
  public var engineErrors: [UInt64]
  /// Messages from other functions.
  public var messages: UInt64
}

extension ZipDevice {
  /// What the device is at and has done.
  public var status: ZipDeviceStatus {
    let manager = manager
    let counters = manager.counters.withLock { $0 }
    let now = Self.now
    let (recent, strategy) = manager.state.withLock { ($0.errors.count(at: now), $0.errors.strategy) }
    return ZipDeviceStatus(
      attributes: attributes, revision: manager.identity.revision, isVirtualFunction: isVirtualFunction,
      isWorking: isWorking, obstacle: manager.obstacle?.message, queueCount: manager.queueCount,
      kernelQueueCount: kernelQueues.count, queueDepth: manager.queueDepth, bufferBytes: buffers.byteCount,
      recentErrors: recent, isolateStrategy: strategy, interrupts: counters.interrupts, events: counters.events,
      spuriousInterrupts: counters.spuriousInterrupts, strayEvents: counters.strayEvents,
      asynchronousEvents: counters.asynchronousEvents, unknownEvents: counters.unknownEvents,
      queueErrors: counters.queueErrors, lostInterrupts: counters.lostInterrupts, timeouts: counters.timeouts,
      mailboxErrors: manager.mailbox.failures.load(ordering: .relaxed), resets: counters.resets,
      failedResets: counters.failedResets, managerErrors: counters.managerErrors, engineErrors: counters.engineErrors,
      messages: counters.messages)
  }
}
