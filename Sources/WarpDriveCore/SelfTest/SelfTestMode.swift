// How much a driver has to show before its first use.
// SPDX-License-Identifier: Apache-2.0

/// How far self-tests go.
public struct SelfTestMode: Sendable, Equatable {
  /// Random cases in which a cipher, MAC or AEAD is compared with the template of its name; 0 for none.
  ///
  /// From 259 on, the messages of the first 258 have every length from 0 to 257 bytes.
  public var rounds: Int
  /// What the random cases are made from; nil for another start in every test.
  public var seed: UInt64?

  private init(rounds: Int, seed: UInt64?) {
    self.rounds = rounds
    self.seed = seed
  }

  /// The known answers alone.
  public static let knownAnswers = SelfTestMode(rounds: 0, seed: nil)
  /// The known answers, and then 100 random cases, other ones in every test.
  public static let extended = SelfTestMode(rounds: 100, seed: nil)
  /// The known answers, and then `rounds` random cases that are the same for the same `seed`.
  public static func extended(rounds: Int, seed: UInt64? = nil) -> SelfTestMode {
    SelfTestMode(rounds: max(0, rounds), seed: seed)
  }
}
