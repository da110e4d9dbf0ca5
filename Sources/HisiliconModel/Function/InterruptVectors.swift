// A function's interrupts (MSI): where each vector goes, and the mask and pending bits of the PCI capability.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

/// The vectors of one function.
///
/// What connects a vector (an eventfd, a handler of this process) also enables interrupts, as the kernel does for a
/// VFIO user. Software that then clears the enable bit of the capability gets no interrupt until it sets the bit
/// again; a masked vector stays pending until it is unmasked.
final class InterruptVectors: Sendable {
  /// What happens when a vector fires; it must return at once.
  typealias Sink = @Sendable () -> Void

  private struct State {
    var sinks: [Sink?]
    var fired: [UInt64]
    var mask: UInt32 = 0
    var pending: UInt32 = 0
    var isSuppressed = false
  }

  /// How many vectors there are.
  let count: Int
  private let state: Guarded<State>
  private let onFire: (@Sendable (Int) -> Void)?

  /// Makes vectors that go nowhere.
  ///
  /// - Parameter onFire: told of each interrupt that is sent.
  init(count: Int, onFire: (@Sendable (Int) -> Void)? = nil) {
    self.count = count
    self.onFire = onFire
    state = Guarded(State(sinks: Array(repeating: nil, count: count), fired: Array(repeating: 0, count: count)))
  }

  /// Connects or disconnects (`nil`) a vector; one that the function does not have is ignored.
  func setSink(vector: Int, _ sink: Sink?) {
    guard vector >= 0 && vector < count else { return }
    state.withLock { state in
      state.sinks[vector] = sink
      if sink != nil { state.isSuppressed = false }
    }
  }

  /// Disconnects every vector.
  func disconnectAll() {
    state.withLock { state in
      for vector in state.sinks.indices { state.sinks[vector] = nil }
      state.pending = 0
      state.isSuppressed = false
    }
  }

  /// Whether any vector goes somewhere.
  var isConnected: Bool { state.withLock { state in state.sinks.contains { $0 != nil } } }

  /// Sends an interrupt, or makes it pending where its vector is masked.
  ///
  /// - Returns: whether it was sent.
  @discardableResult
  func fire(_ vector: Int) -> Bool {
    guard vector >= 0 && vector < count else { return false }
    let sink: Sink? = state.withLock { state in
      guard !state.isSuppressed, let sink = state.sinks[vector] else { return nil }
      guard state.mask & (1 << UInt32(vector)) == 0 else {
        state.pending |= 1 << UInt32(vector)
        return nil
      }
      state.fired[vector] += 1
      return sink
    }
    // Outside of the lock: a sink of this process may fire or mask another vector.
    guard let sink else { return false }
    onFire?(vector)
    sink()
    return true
  }

  /// Takes over the capability's mask bits; vectors that are pending and no longer masked are sent.
  func setMask(_ mask: UInt32) {
    let ready = state.withLock { state in
      state.mask = mask
      let ready = state.pending & ~mask
      state.pending &= mask
      return ready
    }
    for vector in 0..<count where ready & (1 << UInt32(vector)) != 0 { fire(vector) }
  }

  /// Takes over the capability's enable bit as software wrote it.
  func setEnabled(_ isEnabled: Bool) {
    state.withLock { $0.isSuppressed = !isEnabled }
  }

  /// The capability's pending bits.
  var pending: UInt32 { state.withLock { $0.pending } }

  /// How many interrupts each vector has sent since the device was made.
  var firedCounts: [UInt64] { state.withLock { $0.fired } }

  /// The state after a reset: connections stay, as they are not the function's.
  func reset() {
    state.withLock { state in
      state.mask = 0
      state.pending = 0
      state.isSuppressed = false
    }
  }
}
