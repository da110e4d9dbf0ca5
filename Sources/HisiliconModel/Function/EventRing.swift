// The event queue (EQ) and the asynchronous event queue (AEQ): rings that the device writes and interrupts for.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import LinuxSystem

/// One event ring of a function, with its mask and source registers.
///
/// Events may come from any thread. They are written one at a time by whichever thread finds nobody writing, and never
/// with the lock held: writing may take a message to the other end of a socket, whose thread may want the lock.
final class EventRing: Sendable {
  /// What a ring has done since the device was made.
  struct Counters: Hashable, Sendable {
    /// Entries written.
    var written: UInt64 = 0
    /// Events that found the ring full; each waits for room.
    var overflows: UInt64 = 0
    /// Events that were lost: no ring, a ring that is not mapped, or more waiting than there is room for.
    var lost: UInt64 = 0
  }

  /// What became of the events that were to be written.
  enum Outcome: Sendable {
    /// They are written or wait for another thread that writes.
    case delivered
    /// The ring was full, and this is the first time since it had room.
    case overflowed
  }

  private static let reconfigurationLimit: UInt64 = 2_000_000_000
  private static let reconfigurationPoll: UInt64 = 50_000

  private struct State {
    var context = hisi_eqc()
    var depth: UInt32 = 0
    var head: UInt32 = 0
    var tail: UInt32 = 0
    var outstanding: UInt32 = 0
    var phase: UInt32 = HISI_EQC_DW6_PHASE
    var waiting: EventBacklog
    var isWriting = false
    var generation: UInt64 = 0
    var hasReportedOverflow = false
    var isArmed = false
    var mask: UInt32 = 0
    var source: UInt32 = 0
    var counters = Counters()

    /// Decides to interrupt for an armed ring with an entry, where it is not masked; that disarms it.
    mutating func takesInterrupt() -> Bool {
      guard isArmed && outstanding > 0 && mask & 1 == 0 else { return false }
      isArmed = false
      source = 1
      return true
    }
  }

  private struct Entry {
    var address: UInt64
    var word: UInt32
    var generation: UInt64
  }

  private let state: Guarded<State>
  private let vector: Int
  private let interrupts: InterruptVectors
  private let memory: AddressSpace

  /// Makes a ring that has no memory yet.
  ///
  /// - Parameters:
  ///   - backlog: how many events may wait for room.
  ///   - vector: the interrupt.
  ///   - memory: where the ring will be.
  init(backlog: Int, vector: UInt32, interrupts: InterruptVectors, memory: AddressSpace) {
    state = Guarded(State(waiting: EventBacklog(capacity: backlog)))
    self.vector = Int(vector)
    self.interrupts = interrupts
    self.memory = memory
  }

  // MARK: Registers

  /// The source register: 1 from an interrupt to the doorbell that answers it.
  var source: UInt32 { state.withLock { $0.source } }
  /// The mask register; bit 0 masks.
  var mask: UInt32 { state.withLock { $0.mask } }
  /// What the ring has done.
  var counters: Counters { state.withLock { $0.counters } }
  /// Whether the ring has memory.
  var isConfigured: Bool { state.withLock { $0.depth > 0 } }

  /// Writes the mask register; unmasking interrupts where entries wait.
  func setMask(_ value: UInt32, lanes: Lanes) {
    let interrupts = state.withLock { state in
      state.mask = lanes.merge(value, into: state.mask)
      return state.takesInterrupt()
    }
    if interrupts { self.interrupts.fire(vector) }
  }

  // MARK: Context

  /// Takes over a context: the ring's memory, with the indices that it says and phase 1; the ring is not armed.
  func configure(_ context: hisi_eqc) {
    replace { state in
      state.context = context
      state.depth = (context.dw6 & HISI_EQC_DW6_DEPTH_MASK) + 1
      state.head = UInt32(context.head) % state.depth
      state.tail = UInt32(context.tail) % state.depth
      state.outstanding = (state.tail + state.depth - state.head) % state.depth
    }
  }

  /// Forgets the context, as a reset does; the mask register is 0 again.
  func reset() {
    replace { state in
      state.context = hisi_eqc()
      state.depth = 0
      state.head = 0
      state.tail = 0
      state.outstanding = 0
      state.mask = 0
    }
  }

  /// The context with its present indices and phase.
  var snapshot: hisi_eqc {
    state.withLock { state in
      var context = state.context
      guard state.depth > 0 else { return context }
      context.head = UInt16(truncatingIfNeeded: state.head)
      context.tail = UInt16(truncatingIfNeeded: state.tail)
      context.dw6 = (state.depth - 1) | state.phase
      return context
    }
  }

  /// Replaces the ring once nobody writes into the old one.
  ///
  /// The writer may depend on another end of a socket, so the wait is limited; a writer that is later than that finds
  /// another generation and changes nothing.
  private func replace(_ change: (inout State) -> Void) {
    let deadline = MonotonicClock.deadline(after: Self.reconfigurationLimit)
    let pause = TimedSemaphore(value: 0)
    while true {
      let isExpired = MonotonicClock.now() >= deadline
      let isReplaced = state.withLock { state in
        guard !state.isWriting || isExpired else { return false }
        state.generation += 1
        state.isWriting = false
        state.waiting.removeAll()
        state.phase = HISI_EQC_DW6_PHASE
        state.hasReportedOverflow = false
        state.isArmed = false
        state.source = 0
        change(&state)
        return true
      }
      if isReplaced { return }
      _ = pause.wait(nanoseconds: Self.reconfigurationPoll)
    }
  }

  // MARK: Events

  /// Writes an event, or keeps it until there is room.
  ///
  /// - Parameter event: the entry without its phase.
  func post(_ event: UInt32) -> Outcome {
    let mayWrite = state.withLock { state in
      guard state.depth > 0, state.waiting.append(event) else {
        state.counters.lost += 1
        return false
      }
      return true
    }
    return mayWrite ? writeWaiting() : .delivered
  }

  /// The doorbell: entries before `index` are consumed, and the next event interrupts.
  func ring(index: UInt32) -> Outcome {
    let (interrupts, hasBacklog) = state.withLock { state in
      guard state.depth > 0 else { return (false, false) }
      let index = index % state.depth
      var consumed = (index + state.depth - state.head) % state.depth
      // A full ring whose head comes round to where it was has been consumed as a whole.
      if consumed == 0 && state.outstanding == state.depth { consumed = state.depth }
      // An index beyond what was written is none of ours; it arms all the same.
      if consumed <= state.outstanding {
        state.head = index
        state.outstanding -= consumed
        if consumed > 0 { state.hasReportedOverflow = false }
      }
      state.source = 0
      state.isArmed = true
      return (state.takesInterrupt(), !state.waiting.isEmpty)
    }
    if interrupts { self.interrupts.fire(vector) }
    return hasBacklog ? writeWaiting() : .delivered
  }

  private func writeWaiting() -> Outcome {
    var outcome = Outcome.delivered
    guard let first = state.withLock({ state in startWriting(&state, &outcome) }) else { return outcome }
    var entry = first
    while true {
      let isWritten = write(entry)
      let (interrupts, next) = state.withLock { state in
        // Whoever replaced the ring has also taken the token from this thread.
        guard state.generation == entry.generation else { return (false, Entry?.none) }
        finish(isWritten: isWritten, &state)
        let interrupts = state.takesInterrupt()
        state.isWriting = false
        return (interrupts, startWriting(&state, &outcome))
      }
      if interrupts { self.interrupts.fire(vector) }
      guard let next else { return outcome }
      entry = next
    }
  }

  /// Takes the token and the next event, where there is one, room for it, and nobody writes.
  private func startWriting(_ state: inout State, _ outcome: inout Outcome) -> Entry? {
    guard !state.isWriting, let event = state.waiting.first else { return nil }
    guard state.outstanding < state.depth else {
      if !state.hasReportedOverflow {
        state.hasReportedOverflow = true
        state.counters.overflows += 1
        outcome = .overflowed
      }
      return nil
    }
    state.isWriting = true
    let base = UInt64(state.context.base_h) << 32 | UInt64(state.context.base_l)
    return Entry(
      address: base &+ UInt64(state.tail) * 4, word: event & ~HISI_EQE_PHASE | state.phase,
      generation: state.generation)
  }

  private func finish(isWritten: Bool, _ state: inout State) {
    state.waiting.removeFirst()
    guard isWritten else {
      state.counters.lost += 1
      return
    }
    state.counters.written += 1
    state.outstanding += 1
    state.tail += 1
    if state.tail == state.depth {
      state.tail = 0
      state.phase ^= HISI_EQC_DW6_PHASE
    }
  }

  /// Writes the entry with its phase as one word, after everything that was written before it.
  private func write(_ entry: Entry) -> Bool {
    do throws(TranslationFault) {
      try memory.withAccess { (access) throws(TranslationFault) in
        try access.storeRelease32(entry.word, at: entry.address)
      }
      return true
    } catch {
      return false
    }
  }
}

/// Events that wait for room: a queue in an array that does not grow.
struct EventBacklog: Sendable {
  private var events: [UInt32]
  private var start = 0
  private var count = 0

  /// Makes an empty queue of a fixed capacity.
  init(capacity: Int) {
    events = Array(repeating: 0, count: max(capacity, 1))
  }

  /// Whether nothing waits.
  var isEmpty: Bool { count == 0 }

  /// The oldest event.
  var first: UInt32? { count > 0 ? events[start] : nil }

  /// Adds an event.
  ///
  /// - Returns: false where there is no room.
  mutating func append(_ event: UInt32) -> Bool {
    guard count < events.count else { return false }
    events[(start + count) % events.count] = event
    count += 1
    return true
  }

  /// Drops the oldest event.
  mutating func removeFirst() {
    guard count > 0 else { return }
    start = (start + 1) % events.count
    count -= 1
  }

  /// Drops everything.
  mutating func removeAll() {
    start = 0
    count = 0
  }
}
