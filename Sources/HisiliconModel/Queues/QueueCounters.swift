// What queues, engines and the poller have done so far.
// SPDX-License-Identifier: Apache-2.0

/// What one queue pair has done since the model was made; a restart does not clear it.
public struct QueueCounters: Hashable, Sendable {
  /// Doorbells of the submission queue that were obeyed, those that change nothing included.
  public var submissionDoorbells: UInt64 = 0
  /// Doorbells of the completion queue that were obeyed.
  public var completionDoorbells: UInt64 = 0
  /// Requests fetched from the submission queue.
  public var requests: UInt64 = 0
  /// Requests that the poller answered itself, without an engine.
  public var inlineRequests: UInt64 = 0
  /// Completion entries written.
  public var completions: UInt64 = 0
  /// Completion events (EQEs) that became due.
  public var events: UInt64 = 0
  /// Asynchronous events (AEQEs) that became due.
  public var asynchronousEvents: UInt64 = 0
  /// Input bytes consumed.
  public var bytesIn: UInt64 = 0
  /// Output bytes produced.
  public var bytesOut: UInt64 = 0
  /// Time that engines worked for the queue, in nanoseconds; inline requests are not in it.
  public var engineNanoseconds: UInt64 = 0
  /// Requests answered with a status other than success (0x00, 0x0d and 0x13).
  public var errors: UInt64 = 0
  /// Requests dropped because the queue was killed, failed, or was not drained in time.
  public var dropped: UInt64 = 0
  /// Doorbells ignored because the queue was stopped.
  public var stoppedDoorbells: UInt64 = 0
  /// Doorbells ignored because a page's word named another queue or an unknown command.
  public var foreignDoorbells: UInt64 = 0
  /// Doorbells ignored because the index lies outside of the ring.
  public var outOfRangeDoorbells: UInt64 = 0
  /// Doorbells ignored because they claim more entries than there can be.
  public var overcommittedDoorbells: UInt64 = 0
  /// Doorbells ignored because of a wrong random number.
  public var randomInvalidDoorbells: UInt64 = 0
  /// Rings that the device could not read or write.
  public var ringFaults: UInt64 = 0
  /// Bytes of requests that were copied from or to another process by calls, rather than used in place.
  public var remoteBytes: UInt64 = 0
  /// Device page faults: runs of addresses without a mapping that the process behind the PASID answered for.
  public var pageFaults: UInt64 = 0
  /// Accesses of requests to addresses that the queue is kept away from.
  public var confinementFaults: UInt64 = 0
  /// Times that the completion queue was full.
  public var overflows: UInt64 = 0
  /// Drains that ran out of time.
  public var expiredStops: UInt64 = 0

  /// Makes counters that are all 0.
  public init() {}

  mutating func add(_ tally: AccessTally) {
    remoteBytes &+= tally.remoteBytes
    pageFaults &+= tally.pageFaults
    confinementFaults &+= tally.refusals
  }
}

/// What one engine has done, by direction.
public struct EngineCounters: Hashable, Sendable {
  /// One direction's share of an engine's work.
  public struct Direction: Hashable, Sendable {
    /// Requests begun.
    public var begun: UInt64 = 0
    /// Requests finished.
    public var finished: UInt64 = 0
    /// Requests finished with a status other than success.
    public var errors: UInt64 = 0
    /// Input bytes consumed.
    public var bytesIn: UInt64 = 0
    /// Output bytes produced.
    public var bytesOut: UInt64 = 0
    /// Time spent, in nanoseconds.
    public var nanoseconds: UInt64 = 0

    /// Makes counters that are all 0.
    public init() {}
  }

  /// Compression.
  public var compress = Direction()
  /// Decompression.
  public var decompress = Direction()
  /// Times that the engine slept and was woken by work.
  public var wakeUps: UInt64 = 0

  /// Makes counters that are all 0.
  public init() {}
}

/// What the doorbell poller has done.
public struct PollerCounters: Hashable, Sendable {
  /// Doorbell words that had changed.
  public var doorbells: UInt64 = 0
  /// Times that the poller slept.
  public var sleeps: UInt64 = 0
  /// Times that a client's signal ended the sleep.
  public var wakeUps: UInt64 = 0

  /// Makes counters that are all 0.
  public init() {}
}

/// How much engine time a queue had.
public struct EngineShare: Hashable, Sendable {
  /// What the scheduler knows the queue as.
  public var flow: Int
  /// The queue's weight.
  public var weight: UInt32
  /// Engine time in nanoseconds.
  public var engineNanoseconds: UInt64
  /// Engine time of all queues together, in nanoseconds.
  public var totalNanoseconds: UInt64

  /// Makes a share from its parts.
  public init(flow: Int, weight: UInt32, engineNanoseconds: UInt64, totalNanoseconds: UInt64) {
    self.flow = flow
    self.weight = weight
    self.engineNanoseconds = engineNanoseconds
    self.totalNanoseconds = totalNanoseconds
  }

  /// The part of all engine time, from 0 to 1; 0 where no engine has worked yet.
  public var fraction: Double {
    totalNanoseconds == 0 ? 0 : Double(engineNanoseconds) / Double(totalNanoseconds)
  }
}
