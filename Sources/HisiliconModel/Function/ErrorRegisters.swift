// One block of error registers: source, mask, injection and status, as the queue manager and the engine each have one.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

/// Error bits that stay until they are cleared by writing a one, and a mask that hides them.
///
/// The status is inferred to be what the source has and the mask leaves. Any thread may raise a bit.
final class ErrorRegisters: Sendable {
  private struct State {
    var source: UInt32 = 0
    var mask: UInt32
    var raised = [UInt64](repeating: 0, count: 32)
  }

  /// The bits that exist.
  let implemented: UInt32
  private let state: Guarded<State>

  /// Makes a block in which every error is masked, as after a reset.
  init(implemented: UInt32) {
    self.implemented = implemented
    state = Guarded(State(mask: implemented))
  }

  /// What has happened and was not cleared.
  var source: UInt32 { state.withLock { $0.source } }
  /// What is hidden.
  var mask: UInt32 { state.withLock { $0.mask } }
  /// What a handler of the interrupt sees.
  var status: UInt32 { state.withLock { $0.source & ~$0.mask } }
  /// How many errors of all kinds were raised since the device was made.
  var raisedCount: UInt64 { state.withLock { $0.raised.reduce(0, &+) } }

  /// How often one kind of error was raised since the device was made.
  ///
  /// - Parameter bit: its bit, not its number.
  func raisedCount(_ bit: UInt32) -> UInt64 {
    state.withLock { bit == 0 ? 0 : $0.raised[bit.trailingZeroBitCount] }
  }

  /// Raises errors.
  ///
  /// - Returns: whether the status shows a bit that it did not show before, which is what interrupts.
  func raise(_ bits: UInt32) -> Bool {
    let bits = bits & implemented
    return state.withLock { state in
      let before = state.source & ~state.mask
      state.source |= bits
      for bit in 0..<32 where bits & (1 << UInt32(bit)) != 0 { state.raised[bit] &+= 1 }
      return state.source & ~state.mask & ~before != 0
    }
  }

  /// Clears the errors of which `bits` has a one.
  func clear(_ bits: UInt32) {
    state.withLock { $0.source &= ~bits }
  }

  /// Writes the covered bits of the mask.
  ///
  /// - Returns: whether the status shows a bit that it did not show before.
  func setMask(_ value: UInt32, lanes: Lanes) -> Bool {
    state.withLock { state in
      let before = state.source & ~state.mask
      state.mask = lanes.merge(value, into: state.mask)
      return state.source & ~state.mask & ~before != 0
    }
  }

  /// The state after a reset: no error, all masked.
  func reset() {
    state.withLock { state in
      state.source = 0
      state.mask = implemented
    }
  }
}
