// Notices that a process has ended, also where a child of it keeps its connection open.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

/// Waits for the end of processes, on one thread, which the first one starts.
final class PeerWatch: Sendable {
  private struct Watched {
    let memory: ProcessMemory
    let ended: @Sendable () -> Void
  }

  private struct State {
    var watched: [UInt64: Watched] = [:]
    var next: UInt64 = 0
    var isEnded = false
  }

  /// How long to wait where waiting is impossible, in nanoseconds.
  private static let pause: UInt64 = 100_000_000

  private let state = Guarded(State())
  private let thread = Guarded(Thread?.none)
  private let changed: EventCounter

  /// - Throws: `EMFILE`, `ENOMEM`.
  init() throws(SystemError) {
    changed = try EventCounter()
  }

  /// Has `ended` called, once, when a process has ended.
  ///
  /// - Returns: a number for `remove`.
  /// - Throws: `EAGAIN` where there is no thread to be had.
  func add(_ memory: ProcessMemory, ended: @escaping @Sendable () -> Void) throws(SystemError) -> UInt64 {
    try thread.withLock { (thread) throws(SystemError) in
      if thread != nil || state.withLock({ $0.isEnded }) { return }
      thread = try Thread(name: "sdmdev-peers") { [self] in run() }
    }
    let number = state.withLock { state in
      state.next += 1
      state.watched[state.next] = Watched(memory: memory, ended: ended)
      return state.next
    }
    changed.signal()
    return number
  }

  /// Forgets a process.
  func remove(_ number: UInt64) {
    state.withLock { _ = $0.watched.removeValue(forKey: number) }
    changed.signal()
  }

  /// Ends the thread.
  func end() {
    state.withLock { state in
      state.isEnded = true
      state.watched = [:]
    }
    changed.signal()
    thread.withLock { $0.take() }?.join()
  }

  private func run() {
    while true {
      let (isEnded, watched) = state.withLock { ($0.isEnded, $0.watched) }
      if isEnded { return }
      // Their descriptors stay open as long as the copy above lives.
      var entries = [PollEntry(changed.descriptor, for: .readable)]
      for each in watched.values { entries.append(PollEntry(each.memory.descriptor, for: .readable)) }
      do throws(SystemError) {
        try Polling.wait(for: &entries, nanoseconds: .max)
      } catch {
        _ = changed.wait(nanoseconds: Self.pause)
      }
      _ = changed.take()
      for (number, each) in watched where each.memory.isEnded {
        if state.withLock({ $0.watched.removeValue(forKey: number) }) != nil { each.ended() }
      }
    }
  }
}
