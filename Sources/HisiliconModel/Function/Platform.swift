// What the functions of one accelerator share: scheduler, messages, errors, and who is who.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import LinuxSystem

/// The part of an accelerator that its functions know.
///
/// It knows the functions too: the accelerator breaks the circle when it shuts down.
final class Platform: Sendable {
  /// The device's queues, `HISI_QM_CAPBILITY[10:0]`.
  static let queueCount: UInt32 = 1024
  /// The queues of a function where there are virtual functions.
  static let queuesPerFunction: UInt32 = 64

  let options: Accelerator.Options
  let scheduler = Scheduler()
  let messages: MessageBoard
  /// The queue manager's errors (0x100000 and what follows).
  let queueErrors = ErrorRegisters(implemented: HISI_QM_ERROR_ALL)
  /// The engine's errors (0x3010a0 and what follows).
  let engineErrors = ErrorRegisters(implemented: HISI_ZIP_ERROR_ALL)
  private let state = Guarded(State())

  private struct State {
    var functions: [Function] = []
    var engines: EnginePool?
    var notices: [Int: RateLimit] = [:]
  }

  init(options: Accelerator.Options) {
    self.options = options
    messages = MessageBoard(functionCount: 1 + options.virtualFunctionCount)
  }

  var revision: Revision { options.revision }

  /// The most queues that a function may have.
  var mostQueuesPerFunction: UInt32 {
    options.virtualFunctionCount == 0 ? Self.queueCount : Self.queuesPerFunction
  }

  /// All functions, the physical one first; empty once the accelerator has shut down.
  var functions: [Function] { state.withLock { $0.functions } }
  /// The engines' counters.
  var engineCounters: [EngineCounters] { (state.withLock { $0.engines })?.counters ?? [] }

  /// Whether no engine is at work.
  var isIdle: Bool {
    engineCounters.allSatisfy {
      $0.compress.begun == $0.compress.finished && $0.decompress.begun == $0.decompress.finished
    }
  }

  func function(_ index: Int) -> Function? {
    state.withLock { index >= 0 && index < $0.functions.count ? $0.functions[index] : nil }
  }

  func attach(functions: [Function], engines: EnginePool) {
    state.withLock { state in
      state.functions = functions
      state.engines = engines
    }
  }

  /// Ends the circle of references.
  func detach() {
    let (functions, engines) = state.withLock { state in
      let old = (state.functions, state.engines)
      state.functions = []
      state.engines = nil
      return old
    }
    // Given back without the lock: the last reference to an engine pool joins threads.
    _ = consume functions
    _ = consume engines
  }

  /// Raises errors of the queue manager, and the abnormal interrupt where they show.
  func raiseQueueErrors(_ bits: UInt32) {
    if queueErrors.raise(bits) { interruptAbnormal() }
  }

  /// Raises errors of the engine, and the abnormal interrupt where they show.
  func raiseEngineErrors(_ bits: UInt32) {
    if engineErrors.raise(bits) { interruptAbnormal() }
  }

  /// Interrupts the physical function because of an error.
  func interruptAbnormal() {
    guard revision.reportsErrors else { return }
    function(0)?.interrupts.fire(Int(HISI_VECTOR_ABNORMAL))
  }

  func trace(_ function: Int, _ kind: @autoclosure () -> TraceEvent.Kind) {
    guard let trace = options.trace else { return }
    trace(TraceEvent(function: function, kind: kind()))
  }

  /// Tells people of a client's mistake, once a second for each function at most.
  func notice(_ function: Int, _ message: @autoclosure () -> String) {
    guard let notice = options.notice else { return }
    let now = MonotonicClock.now()
    guard let count = state.withLock({ $0.notices[function, default: RateLimit()].note(at: now) }) else { return }
    let suffix = count > 1 ? " (\(count) in all since the last report)" : ""
    notice("function \(function): \(message())\(suffix)")
  }
}
