// A snapshot of what an accelerator is and has done.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
public import DeviceAccess
import Synchronization

/// What an accelerator has done, at one moment.
///
/// Counters of queues and engines are read one after the other while these go on.
public struct AcceleratorStatus: Sendable {
  /// The hardware's revision.
  public var revision: Revision
  /// Every function, the physical one first; empty after a shutdown.
  public var functions: [FunctionStatus]
  /// What each engine has done.
  public var engines: [EngineCounters]
  /// What the doorbell poller has done.
  public var poller: PollerCounters
  /// The queue manager's errors.
  public var queueManagerErrors: ErrorStatus
  /// The engine's errors.
  public var engineErrors: ErrorStatus
}

/// What one register shows.
public struct RegisterStatus: Hashable, Sendable {
  /// Its offset in BAR 2.
  public var offset: UInt32
  /// Its value.
  public var value: UInt32
}

/// What one block of error registers shows.
public struct ErrorStatus: Hashable, Sendable {
  /// Errors that happened and were not cleared.
  public var source: UInt32
  /// Errors that are hidden.
  public var mask: UInt32
  /// Errors that an interrupt handler sees.
  public var status: UInt32
  /// How many errors were raised since the device was made.
  public var raisedCount: UInt64
}

/// What a function is and has done.
public struct FunctionStatus: Sendable {
  /// Its index; 0 is the physical function.
  public var index: Int
  /// The device's number of its first queue.
  public var firstQueue: UInt32
  /// How many queues it has.
  public var queueCount: UInt32
  /// Whether a client is connected to its socket.
  public var isConnected: Bool
  /// How many mappings its own address space has.
  public var mappingCount: Int
  /// Mailbox commands since the device was made.
  public var mailboxCommands: UInt64
  /// Doorbells of queues that are its own, in registers.
  public var doorbells: UInt64
  /// Doorbells in registers that were none of its own, and ignored.
  public var invalidDoorbells: UInt64
  /// Function-level resets.
  public var resets: UInt64
  /// Interrupts sent, by vector.
  public var interrupts: [UInt64]
  /// Its event queue.
  public var events: EventRingStatus
  /// Its asynchronous event queue.
  public var asynchronousEvents: EventRingStatus
  /// Its queues that are running or have ever done anything.
  public var queues: [QueueStatus]
}

/// What an event queue has done.
public struct EventRingStatus: Hashable, Sendable {
  /// Whether the driver has given it memory.
  public var isConfigured: Bool
  /// Entries written.
  public var written: UInt64
  /// Times that it was full.
  public var overflows: UInt64
  /// Events that had nowhere to go.
  public var lost: UInt64
}

/// What a queue is and has done.
public struct QueueStatus: Sendable {
  /// Its number within its function.
  public var number: UInt16
  /// Whether it obeys doorbells.
  public var isRunning: Bool
  /// Its weight among backlogged queues, and how much engine time it had.
  public var share: EngineShare
  /// What it has done.
  public var counters: QueueCounters
}

extension Accelerator {
  /// What the accelerator has done up to now.
  public var status: AcceleratorStatus {
    AcceleratorStatus(
      revision: options.revision, functions: platform.functions.map { $0.status }, engines: platform.engineCounters,
      poller: poller.counters, queueManagerErrors: ErrorStatus(platform.queueErrors),
      engineErrors: ErrorStatus(platform.engineErrors))
  }

  /// The registers of a function that are not 0, of those that drivers dump; counters are looked at, not cleared.
  ///
  /// - Throws: `invalid` for a function that there is not, `lost` after a shutdown.
  public func registers(function index: Int = 0) throws(DeviceError) -> [RegisterStatus] {
    let function = try function(index)
    var ranges: [Range<UInt32>] = [0..<0x400, CapabilityRegisters.range]
    if function.isPhysical {
      ranges += [0x100000..<0x100300, 0x104000..<0x104200, 0x300000..<0x300200, 0x301000..<0x301300]
      // All eight places for cores, with as many words as the driver's dump has.
      ranges += (0..<8 as Range<UInt32>).map { core in
        let start = HISI_ZIP_CORE_DFX_BASE + core * HISI_ZIP_CORE_DFX_STRIDE
        return start..<start + 4 * HISI_ZIP_CORE_DFX_WORDS
      }
    }
    return ranges.flatMap { range in
      stride(from: range.lowerBound, to: range.upperBound, by: 4).compactMap { offset in
        let value = function.readWord(offset, clearing: false)
        return value == 0 ? nil : RegisterStatus(offset: offset, value: value)
      }
    }
  }

  /// Gives a queue another share of engine time among queues with work.
  ///
  /// - Parameters:
  ///   - weight: 1, what queues have at first, to 256.
  ///   - index: the function; 0 is the physical one.
  ///   - number: the queue's number within the function.
  /// - Throws: `invalid` for a function, queue or weight that there is not, `lost` after a shutdown.
  public func setWeight(_ weight: UInt32, function index: Int = 0, queue number: UInt16) throws(DeviceError) {
    let function = try function(index)
    guard Int(number) < function.queues.count else {
      throw DeviceError(.invalid, "function \(index) has no queue \(number)")
    }
    guard (1...Scheduler.heaviest).contains(weight) else {
      throw DeviceError(.invalid, "a weight of \(weight): 1 to \(Scheduler.heaviest) are possible")
    }
    function.queues[Int(number)].setWeight(weight)
  }
}

extension ErrorStatus {
  fileprivate init(_ registers: ErrorRegisters) {
    self.init(
      source: registers.source, mask: registers.mask, status: registers.status, raisedCount: registers.raisedCount)
  }
}

extension EventRingStatus {
  fileprivate init(_ ring: EventRing) {
    let counters = ring.counters
    self.init(
      isConfigured: ring.isConfigured, written: counters.written, overflows: counters.overflows, lost: counters.lost)
  }
}

extension Function {
  fileprivate var status: FunctionStatus {
    let window = window
    return FunctionStatus(
      index: index, firstQueue: window.base, queueCount: window.count,
      isConnected: isConnected.load(ordering: .relaxed), mappingCount: memory.count,
      mailboxCommands: mailboxCount.load(ordering: .relaxed), doorbells: doorbellCount.load(ordering: .relaxed),
      invalidDoorbells: invalidDoorbellCount.load(ordering: .relaxed), resets: resetCount.load(ordering: .relaxed),
      interrupts: interrupts.firedCounts, events: EventRingStatus(events.completions),
      asynchronousEvents: EventRingStatus(events.asynchronous), queues: queues.compactMap { $0.status })
  }
}

extension QueuePair {
  fileprivate var status: QueueStatus? {
    let counters = counters
    let isRunning = isRunning
    guard isRunning || counters != QueueCounters() else { return nil }
    return QueueStatus(number: number, isRunning: isRunning, share: scheduler.share(of: flow), counters: counters)
  }
}
