// Messages between the physical function and its virtual functions, and the registers that announce them.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import LinuxSystem

/// The messages of all functions of a device, and who has not read his.
///
/// Function 0 is the physical one. A message is a 64-bit word that its receiver fetches by the mailbox; the registers
/// only say that there is one.
final class MessageBoard: Sendable {
  private struct Route: Hashable {
    var sender: Int
    var receiver: Int
  }

  private struct State {
    var messages: [Route: UInt64] = [:]
    /// Bit n: a message of the physical function waits at virtual function n (IFC_INT_SOURCE_V there).
    var waitingAtVirtual: UInt64 = 0
    /// Bit n: a message of virtual function n waits at the physical one (IFC_INT_SOURCE_P).
    var waitingAtPhysical: UInt64 = 0
    /// IFC_INT_MASK of each function.
    var masks: [UInt32]
  }

  private let functionCount: Int
  private let state: Guarded<State>

  /// Makes a board for the physical function and `functionCount - 1` virtual ones (at least 0, at most 63).
  init(functionCount: Int) {
    self.functionCount = functionCount
    state = Guarded(State(masks: Array(repeating: 0, count: functionCount)))
  }

  /// Every virtual function's bit.
  private var allVirtual: UInt64 { ((1 << UInt64(functionCount)) - 1) & ~1 }

  /// Stores a message (mailbox SRC).
  ///
  /// - Parameter receiver: a function, or `HISI_MAILBOX_QUEUE_ALL_VFS`.
  /// - Returns: false for a receiver that the sender cannot reach.
  func put(_ message: UInt64, from sender: Int, to receiver: UInt16) -> Bool {
    let receivers: [Int]
    if sender == 0 && UInt32(receiver) == HISI_MAILBOX_QUEUE_ALL_VFS {
      receivers = Array(1..<functionCount)
    } else if sender == 0 ? receiver > 0 && Int(receiver) < functionCount : receiver == 0 {
      receivers = [Int(receiver)]
    } else {
      return false
    }
    state.withLock { state in
      for receiver in receivers { state.messages[Route(sender: sender, receiver: receiver)] = message }
    }
    return true
  }

  /// The last message of one function to another (mailbox DST), 0 where there was none.
  ///
  /// - Returns: `nil` for a sender that the device does not have.
  func message(from sender: UInt16, to receiver: Int) -> UInt64? {
    guard Int(sender) < functionCount else { return nil }
    return state.withLock { $0.messages[Route(sender: Int(sender), receiver: receiver)] ?? 0 }
  }

  /// Announces the physical function's message (IFC_INT_SET_P with IFC_INT_CFG).
  ///
  /// - Parameter target: INT_CFG[6:0], 0x7f for all.
  /// - Returns: the virtual functions to interrupt.
  func announceToVirtual(target: UInt32) -> [Int] {
    let target = target & 0x7f
    let bits = target == 0x7f ? allVirtual : target < 64 ? allVirtual & (1 << UInt64(target)) : 0
    return state.withLock { state in
      state.waitingAtVirtual |= bits
      return (1..<functionCount).filter { bits & (1 << UInt64($0)) != 0 && state.masks[$0] & 1 == 0 }
    }
  }

  /// Announces a virtual function's message (its IFC_INT_SET_V).
  ///
  /// - Returns: whether the physical function is to be interrupted.
  func announceToPhysical(from sender: Int) -> Bool {
    guard sender > 0 && sender < functionCount else { return false }
    return state.withLock { state in
      state.waitingAtPhysical |= 1 << UInt64(sender)
      return state.masks[0] & 1 == 0
    }
  }

  /// IFC_READY_STATUS: bit n while virtual function n has not acknowledged.
  var unacknowledged: UInt64 { state.withLock { $0.waitingAtVirtual } }

  /// IFC_INT_SOURCE_P: bit n for a message of virtual function n.
  var waitingAtPhysical: UInt64 { state.withLock { $0.waitingAtPhysical } }

  /// Whether a message waits at a function.
  func isWaiting(at function: Int) -> Bool {
    state.withLock { state in
      function == 0 ? state.waitingAtPhysical != 0 : state.waitingAtVirtual & (1 << UInt64(function)) != 0
    }
  }

  /// Whether a virtual function's own message was not acknowledged yet (its IFC_INT_SET_V).
  func isUnread(from sender: Int) -> Bool {
    state.withLock { $0.waitingAtPhysical & (1 << UInt64(sender)) != 0 }
  }

  /// The physical function acknowledges (a write to IFC_INT_SOURCE_P).
  func acknowledgeAtPhysical(_ bits: UInt64) {
    state.withLock { $0.waitingAtPhysical &= ~bits }
  }

  /// A virtual function acknowledges (a write of bit 0 to IFC_INT_SOURCE_V).
  func acknowledge(at function: Int) {
    guard function > 0 else { return }
    state.withLock { $0.waitingAtVirtual &= ~(1 << UInt64(function)) }
  }

  /// IFC_INT_MASK of a function.
  func mask(of function: Int) -> UInt32 { state.withLock { $0.masks[function] } }

  /// Writes IFC_INT_MASK of a function.
  ///
  /// - Returns: whether a message that was hidden interrupts now.
  func setMask(_ value: UInt32, lanes: Lanes, of function: Int) -> Bool {
    state.withLock { state in
      let before = state.masks[function]
      state.masks[function] = lanes.merge(value, into: before)
      let isWaiting =
        function == 0 ? state.waitingAtPhysical != 0 : state.waitingAtVirtual & (1 << UInt64(function)) != 0
      return isWaiting && before & 1 != 0 && state.masks[function] & 1 == 0
    }
  }

  /// Forgets what a function sent, was sent and masked.
  func reset(_ function: Int) {
    state.withLock { state in
      state.messages = state.messages.filter { $0.key.sender != function && $0.key.receiver != function }
      state.masks[function] = 0
      if function == 0 {
        state.waitingAtPhysical = 0
        state.waitingAtVirtual = 0
      } else {
        state.waitingAtPhysical &= ~(1 << UInt64(function))
        state.waitingAtVirtual &= ~(1 << UInt64(function))
      }
    }
  }
}
