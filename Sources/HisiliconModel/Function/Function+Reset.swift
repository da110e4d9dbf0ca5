// Resets: of the function, of the device's memory, and of the whole controller.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import LinuxSystem
import Synchronization

extension Function {
  /// How long a reset waits for the requests that engines are at, nanoseconds.
  private static let killLimit: UInt64 = 30_000_000_000

  /// A function-level reset: every queue stops without an answer, and the registers are as after power-on.
  ///
  /// What belongs to the function's user stays: its memory and where its interrupts go.
  func reset() {
    platform.trace(index, .reset)
    exclusively { performReset() }
  }

  private func performReset() {
    resetCount.wrappingAdd(1, ordering: .relaxed)
    // Without a window nothing can be started or rung while the queues stop.
    window = .none
    killQueues()
    events.reset()
    platform.messages.reset(index)
    if isPhysical {
      platform.queueErrors.reset()
      platform.engineErrors.reset()
    }
    let isConnected = interrupts.isConnected
    configuration.withLock { configuration in
      configuration.reset()
      configuration.setInterruptsEnabled(isConnected)
    }
    interrupts.reset()
    state.withLock { state in
      let faults = state.faults
      let baselines = state.baselines
      state.mailbox.reset()
      state = State(mailbox: state.mailbox, baselines: baselines, faults: faults)
      state.faults.isMailboxStuck = false
      Self.initialize(&state.registers, isPhysical: isPhysical)
    }
    window = Self.initialWindow(index)
  }

  /// The registers that are not 0 after a reset.
  static func initialize(_ registers: inout RegisterFile, isPhysical: Bool) {
    guard isPhysical else { return }
    registers.store(1, at: HISI_QM_VFT_CFG_RDY)
    registers.store(1, at: HISI_QM_MEM_INIT_DONE)
  }

  /// MEM_START_INIT: clears what the device knows of every function's queues.
  func initializeMemory() {
    exclusively { performInitialization() }
  }

  private func performInitialization() {
    let isStuck = state.withLock { state in
      state.registers.store(0, at: HISI_QM_MEM_INIT_DONE)
      return state.faults.isMemoryInitializationStuck
    }
    stopAllQueues()
    events.reset()
    window = .none
    state.withLock { state in
      state.windows.clear()
      state.submissionTable = nil
      state.completionTable = nil
      if !isStuck { state.registers.store(1, at: HISI_QM_MEM_INIT_DONE) }
    }
  }

  /// ACC_MASTER_GLOBAL_CTRL: the whole device stops reaching memory, for a reset of the controller.
  func stopDevice() {
    exclusively { stopAllQueues() }
  }

  /// Stops the queues of every function.
  ///
  /// The virtual functions have users of their own, who know nothing of the physical function's reset: each queue of
  /// theirs that was started is reported in the asynchronous event queue, which stays. Also one of which only the
  /// submission context was there: with the completion context that follows, its user takes it for a running one.
  private func stopAllQueues() {
    beginKill()
    for function in platform.functions where !function.isPhysical {
      function.exclusively {
        let claimed = function.queues.filter { $0.isClaimed }
        function.killQueues()
        for queue in claimed {
          function.events.asynchronousEvent(queue: queue.number, type: HISI_AEQE_CQE_ERROR)
        }
      }
    }
    killQueues()
  }

  private func beginKill() {
    for queue in queues { queue.beginKill() }
  }

  /// Stops every queue: what has not started is dropped unanswered, what runs is waited for.
  func killQueues() {
    beginKill()
    let deadline = MonotonicClock.deadline(after: Self.killLimit)
    for queue in queues {
      if !queue.kill(within: MonotonicClock.remaining(until: deadline)) {
        platform.notice(index, "queue \(queue.number) still runs a request after \(Self.killLimit) ns")
      }
    }
  }

  // MARK: Contexts in memory

  /// CACHE_WB_START: writes the contexts of all queues into the tables that the driver named.
  func writeBackContexts() {
    let (submission, completion) = state.withLock { ($0.submissionTable, $0.completionTable) }
    let present = queues.prefix(Int(window.count))
    memory.withAccess { access in
      // A context's third word is 0 only where none was ever set.
      for queue in present where queue.sqContext.dw3 != 0 || queue.cqContext.dw3 != 0 {
        let offset = UInt64(queue.number) * 32
        do throws(TranslationFault) {
          if let submission { try access.store(queue.sqContext, at: submission &+ offset) }
          if let completion { try access.store(queue.cqContext, at: completion &+ offset) }
        } catch {
          platform.notice(index, "the context table of queue \(queue.number) is not mapped")
        }
      }
    }
    state.withLock { $0.registers.store(1, at: HISI_QM_CACHE_WB_DONE) }
  }
}
