// Carrying out the other end's commands while no thread of this end waits for a reply.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

extension Channel {
  private enum BackgroundStep {
    case end
    case park
    case poll
  }

  /// Reads and carries out what comes, until the connection ends; for a thread of a client's own.
  ///
  /// It has the turn to read only for single messages, so that a thread that waits for a reply reads it itself.
  func serveInBackground() {
    let slot = MessageSlot()
    while true {
      switch chooseBackgroundStep() {
      case .end:
        return
      case .park:
        _ = serviceWakeUp.wait(nanoseconds: .max)
      case .poll:
        guard (try? socket.descriptor.poll(for: .readable, nanoseconds: .max)) != nil else { return }
        guard takeTurn() else { continue }
        // A failure has ended the connection, which the next step sees.
        if (try? readOne(into: slot, deadline: nil, for: nil)) == .command { _ = keepCommand(in: slot) }
        passTurn()
      }
    }
  }

  private func chooseBackgroundStep() -> BackgroundStep {
    state.withLock { state in
      state.serviceIsParked = false
      if state.end != nil { return .end }
      guard state.isReading else { return .poll }
      state.serviceIsParked = true
      return .park
    }
  }

  private func takeTurn() -> Bool {
    state.withLock { state in
      guard state.end == nil, !state.isReading else { return false }
      state.isReading = true
      return true
    }
  }
}
