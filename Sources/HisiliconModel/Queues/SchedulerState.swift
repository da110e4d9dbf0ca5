// Virtual time of queues: the arithmetic of fair shares, without threads.
// SPDX-License-Identifier: Apache-2.0

/// The scheduler's queues, under its lock.
struct SchedulerState {
  /// Whether a queue waits for an engine.
  enum Standing {
    /// It has no work, as far as anybody said.
    case idle
    case waiting
    /// An engine is there to take a request.
    case selected
    /// The same, and it was said meanwhile that there is work.
    case selectedAgain
    /// It is gone; its number may be used again.
    case removed
  }

  struct FlowState {
    var standing = Standing.idle
    var weight: UInt32 = 1
    var hasPriority = false
    /// Engine time over weight, in 1/256 ns, the advance for requests under way included; it wraps.
    var virtualTime: UInt64 = 0
    /// When it was without work last, in nanoseconds of the clock.
    var idleSince: UInt64 = 0
    /// When it began to wait: of queues with equal virtual time, the one that waits longest goes first.
    var order: UInt64 = 0
    /// What a request takes, in nanoseconds; a moving average.
    var estimate: UInt64 = 0
    /// Engine time in nanoseconds.
    var engineNanoseconds: UInt64 = 0
    weak var queue: QueuePair?
  }

  /// One class of priority.
  struct Level {
    /// The flows that wait.
    var waiting: [Int] = []
    /// The virtual time at which the request that was begun last started.
    var virtualTime: UInt64 = 0
  }

  private static let fractionBits: UInt64 = 8
  /// How long a queue may be empty and still be served as if it had not been, in nanoseconds.
  ///
  /// A driver that sleeps until a completion comes lets its queue run empty for as long as it takes to wake up. Where
  /// another queue's long request is begun in that moment, it must not cost the difference between the two.
  static let grace: UInt64 = 5_000_000
  /// The most engine time that such a queue may catch up on, in nanoseconds, so that being empty now and then does not
  /// add up.
  static let creditLimit: UInt64 = 50_000_000

  var flows: [FlowState] = []
  /// The numbers of flows that were removed.
  private var free: [Int] = []
  private var ordinary = Level()
  private var preferred = Level()
  private var nextOrder: UInt64 = 0
  private let priorityLimit: UInt64
  /// Engine time given to queues with priority while others waited, in nanoseconds.
  private var overtaken: UInt64 = 0
  private var totalNanoseconds: UInt64 = 0
  /// Whether an engine spins.
  var isSpinning = false
  /// How many engines sleep and have not been woken.
  var sleepers = 0
  /// How many have been woken and have not looked for work yet.
  var woken = 0
  /// Whether engines are to end.
  var isClosed = false

  private let clock: @Sendable () -> UInt64

  init(priorityLimit: UInt64, clock: @escaping @Sendable () -> UInt64) {
    self.priorityLimit = priorityLimit
    self.clock = clock
  }

  /// The number of queues that wait for an engine.
  var waitingCount: Int { ordinary.waiting.count + preferred.waiting.count }

  /// Counts a sleeper, where there is still nothing to do.
  mutating func beginSleep() -> Bool {
    guard !isClosed && waitingCount == 0 else { return false }
    sleepers += 1
    return true
  }

  mutating func add(weight: UInt32) -> Int {
    var flow = FlowState()
    flow.weight = weight
    if let place = free.popLast() {
      flows[place] = flow
      return place
    }
    flows.append(flow)
    return flows.count - 1
  }

  mutating func remove(_ index: Int) {
    withdraw(index)
    flows[index].standing = .removed
    flows[index].queue = nil
    free.append(index)
  }

  mutating func setPriority(_ hasPriority: Bool, _ index: Int) {
    guard flows[index].hasPriority != hasPriority else { return }
    let isWaiting = flows[index].standing == .waiting
    withdraw(index)
    flows[index].hasPriority = hasPriority
    // Virtual time of one class means nothing in the other.
    flows[index].virtualTime = hasPriority ? preferred.virtualTime : ordinary.virtualTime
    if isWaiting { enqueue(index) }
  }

  mutating func makeReady(_ index: Int) {
    switch flows[index].standing {
    case .idle:
      let present = flows[index].hasPriority ? preferred.virtualTime : ordinary.virtualTime
      let credit = clock() &- flows[index].idleSince <= Self.grace ? virtual(Self.creditLimit, index) : 0
      Self.advance(&flows[index].virtualTime, to: present &- credit)
      enqueue(index)
    case .selected: flows[index].standing = .selectedAgain
    case .waiting, .selectedAgain, .removed: break
    }
  }

  /// Takes the queue that is to be served next, charged in advance.
  mutating func select() -> (index: Int, estimate: UInt64)? {
    let isOrdinary = preferred.waiting.isEmpty || (overtaken >= priorityLimit && !ordinary.waiting.isEmpty)
    guard let place = least(isOrdinary ? ordinary.waiting : preferred.waiting) else { return nil }
    let index = isOrdinary ? ordinary.waiting.remove(at: place) : preferred.waiting.remove(at: place)
    if isOrdinary {
      Self.advance(&ordinary.virtualTime, to: flows[index].virtualTime)
    } else {
      Self.advance(&preferred.virtualTime, to: flows[index].virtualTime)
    }
    if isOrdinary || ordinary.waiting.isEmpty { overtaken = 0 }
    flows[index].standing = .selected
    let estimate = flows[index].estimate
    flows[index].virtualTime &+= virtual(estimate, index)
    return (index, estimate)
  }

  mutating func release(_ index: Int, isBacklogged: Bool) {
    let isAgain = flows[index].standing == .selectedAgain
    guard isAgain || flows[index].standing == .selected else { return }
    if isBacklogged || isAgain {
      // It never was without work: its virtual time goes on from where it is.
      enqueue(index)
    } else {
      flows[index].standing = .idle
      flows[index].idleSince = clock()
    }
  }

  mutating func charge(_ index: Int, nanoseconds: UInt64, estimate: UInt64, isJob: Bool) {
    flows[index].virtualTime &+= virtual(nanoseconds, index) &- virtual(estimate, index)
    guard isJob else { return }
    flows[index].engineNanoseconds &+= nanoseconds
    totalNanoseconds &+= nanoseconds
    let previous = flows[index].estimate
    flows[index].estimate = previous == 0 ? nanoseconds : previous - previous / 4 + nanoseconds / 4
    if flows[index].hasPriority && !ordinary.waiting.isEmpty { overtaken &+= nanoseconds }
  }

  var shares: [EngineShare] {
    flows.indices.compactMap { flows[$0].standing == .removed ? nil : share($0) }
  }

  func share(_ index: Int) -> EngineShare {
    EngineShare(
      flow: index, weight: flows[index].weight, engineNanoseconds: flows[index].engineNanoseconds,
      totalNanoseconds: totalNanoseconds)
  }

  private mutating func enqueue(_ index: Int) {
    flows[index].standing = .waiting
    flows[index].order = nextOrder
    nextOrder &+= 1
    if flows[index].hasPriority { preferred.waiting.append(index) } else { ordinary.waiting.append(index) }
  }

  private mutating func withdraw(_ index: Int) {
    ordinary.waiting.removeAll { $0 == index }
    preferred.waiting.removeAll { $0 == index }
  }

  /// The place of the flow with the least virtual time: a look at each, as few queues have work at one time and a
  /// request takes a thousand times as long.
  private func least(_ waiting: [Int]) -> Int? {
    guard var best = waiting.indices.first else { return nil }
    for place in waiting.indices.dropFirst() {
      let time = flows[waiting[place]].virtualTime
      let bestTime = flows[waiting[best]].virtualTime
      if Self.isBefore(time, bestTime)
        || (time == bestTime && Self.isBefore(flows[waiting[place]].order, flows[waiting[best]].order))
      {
        best = place
      }
    }
    return best
  }

  private func virtual(_ nanoseconds: UInt64, _ index: Int) -> UInt64 {
    (nanoseconds << Self.fractionBits) / UInt64(flows[index].weight)
  }

  /// Moves a virtual time forward, never back.
  private static func advance(_ time: inout UInt64, to later: UInt64) {
    if isBefore(time, later) { time = later }
  }

  private static func isBefore(_ a: UInt64, _ b: UInt64) -> Bool {
    Int64(bitPattern: a &- b) < 0
  }
}
