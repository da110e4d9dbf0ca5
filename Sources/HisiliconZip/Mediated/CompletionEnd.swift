// Where the completions in a ring end, told by their phases alone.
// SPDX-License-Identifier: Apache-2.0

/// The end of a ring's completions.
///
/// A program consumes completions without telling the driver of each, and may have made many laps since the driver looked.
/// From the ring's start on all entries have the phase of the lap that is under way; the first of the other phase is the end.
/// Two ends are told apart unless they are a multiple of two laps apart.
struct CompletionEnd: Equatable {
  /// Entries of the lap, 1 to the depth.
  private let count: Int
  /// The lap's phase.
  private let phase: Bool

  /// Of a ring of zeros: the end of the lap before the first, whose phase is 1.
  init(emptyRing depth: Int) {
    count = depth
    phase = false
  }

  /// Looks for the end.
  ///
  /// - Parameters:
  ///   - depth: the ring's entries, at least 1.
  ///   - phaseAt: the phase bit of an entry. A program can write anything there, and gets a wrong end for it.
  init(depth: Int, _ phaseAt: (Int) -> Bool) {
    phase = phaseAt(0)
    // All before `known` are of the lap, none from `other` on.
    var known = 1
    var other = depth
    while known < other {
      let place = known + (other - known) / 2
      if phaseAt(place) == phase { known = place + 1 } else { other = place }
    }
    count = known
  }
}
