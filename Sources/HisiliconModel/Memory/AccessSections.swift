// Counts the device's accesses under way, so that whoever takes memory away can wait for those that began before.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import Synchronization

/// Access sections of one address space: entering and leaving is one atomic operation each and never waits.
///
/// A section belongs to the phase in which it was entered. Whoever has made something unreachable calls ``drain``: it
/// turns the phase, so that newcomers count elsewhere, and waits until the sections of the old one have left. All of it
/// is one word, so that a section cannot be entered between a look at the phase and the count.
final class AccessSections: Sendable {
  /// A section that was entered: its phase, 0 or 1.
  typealias Token = UInt64

  // Bits 0–30 count the sections of phase 0, bits 31–61 those of phase 1.
  private static let countBits: UInt64 = 31
  private static let countMask: UInt64 = 1 << 31 - 1
  private static let phaseBit: UInt64 = 1 << 62
  private static let waitingBit: UInt64 = 1 << 63

  private let word = Atomic<UInt64>(0)
  /// Whose turn it is to drain: one at a time, since there are two phases only.
  private let turn = TimedSemaphore(value: 1)
  private let left = TimedSemaphore(value: 0)

  /// Begins a section.
  @inline(__always)
  func enter() -> Token {
    var seen = word.load(ordering: .relaxed)
    while true {
      let phase = seen & Self.phaseBit == 0 ? 0 : 1 as Token
      let (exchanged, original) = word.weakCompareExchange(
        expected: seen, desired: seen + Self.one(phase), successOrdering: .acquiring, failureOrdering: .relaxed)
      if exchanged { return phase }
      seen = original
    }
  }

  /// Ends a section.
  @inline(__always)
  func leave(_ token: Token) {
    let (_, now) = word.wrappingSubtract(Self.one(token), ordering: .releasing)
    if now & Self.waitingBit != 0, Self.count(now, token) == 0 { left.signal() }
  }

  /// Waits until every section that was entered before this call has left.
  ///
  /// - Parameter nanoseconds: the time limit.
  /// - Returns: false when the time limit has passed.
  func drain(nanoseconds: UInt64) -> Bool {
    let deadline = MonotonicClock.deadline(after: nanoseconds)
    guard turn.wait(nanoseconds: nanoseconds) else { return false }
    defer { turn.signal() }
    let phase = word.load(ordering: .acquiring) & Self.phaseBit == 0 ? 0 : 1 as Token
    // A drain that gave up may have left sections of the phase before.
    guard wait(for: phase ^ 1, until: deadline) else { return false }
    _ = word.bitwiseXor(Self.phaseBit, ordering: .acquiringAndReleasing)
    return wait(for: phase, until: deadline)
  }

  private func wait(for phase: Token, until deadline: UInt64) -> Bool {
    // Nobody else drains, and nobody enters this phase any more: it empties once.
    if Self.count(word.load(ordering: .acquiring), phase) == 0 { return true }
    _ = word.bitwiseOr(Self.waitingBit, ordering: .relaxed)
    defer { _ = word.bitwiseAnd(~Self.waitingBit, ordering: .relaxed) }
    while Self.count(word.load(ordering: .acquiring), phase) > 0 {
      let now = MonotonicClock.now()
      if now >= deadline { return false }
      // A signal left over from an earlier wait only makes this one look again.
      _ = left.wait(nanoseconds: deadline - now)
    }
    return true
  }

  private static func one(_ phase: Token) -> UInt64 { 1 << (phase * countBits) }

  private static func count(_ word: UInt64, _ phase: Token) -> UInt64 { word >> (phase * countBits) & countMask }
}
