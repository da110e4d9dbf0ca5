// What is true of a driver besides its name: the kernel's cra_flags, and a few of our own above them.
// SPDX-License-Identifier: Apache-2.0

/// Flags of a driver.
///
/// A lookup filters with `(flags ^ type) & mask == 0`, as the kernel does.
///
/// The low bits have the values of Linux `include/linux/crypto.h` (`CRYPTO_ALG_*`); ours begin at bit 32.
public struct AlgorithmFlags: OptionSet, Sendable, Hashable {
  /// The bits.
  public let rawValue: UInt64
  /// Makes a set from bits.
  public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// Requests are completed later (`CRYPTO_ALG_ASYNC`).
  public static let asynchronous = AlgorithmFlags(rawValue: 0x80)
  /// The driver may hand requests back and wants a fallback by the same name (`CRYPTO_ALG_NEED_FALLBACK`).
  public static let needsFallback = AlgorithmFlags(rawValue: 0x100)
  /// Made by a template (`CRYPTO_ALG_INSTANCE`); set by the registry.
  public static let instance = AlgorithmFlags(rawValue: 0x800)
  /// Found only by those who ask for internal algorithms (`CRYPTO_ALG_INTERNAL`); not self-tested.
  public static let internalOnly = AlgorithmFlags(rawValue: 0x2000)
  /// A key may be set but need not be (`CRYPTO_ALG_OPTIONAL_KEY`).
  public static let optionalKey = AlgorithmFlags(rawValue: 0x4000)

  /// Runs in an accelerator rather than on the processor.
  public static let hardware = AlgorithmFlags(rawValue: 1 << 32)
  /// Runs on a model of a device: right, but not fast.
  public static let emulated = AlgorithmFlags(rawValue: 1 << 33)
  /// The implementation that others of its name are checked against.
  public static let reference = AlgorithmFlags(rawValue: 1 << 34)
  /// Its known-answer tests take long; listing leaves it untested until first use.
  public static let slowTest = AlgorithmFlags(rawValue: 1 << 35)
  /// Its state can be exported and imported.
  public static let exportable = AlgorithmFlags(rawValue: 1 << 36)

  /// The flags' names, in the order of their bits, as listings print them.
  public var names: [String] {
    let table: [(AlgorithmFlags, String)] = [
      (.asynchronous, "async"), (.needsFallback, "needs-fallback"), (.instance, "instance"),
      (.internalOnly, "internal"), (.optionalKey, "optional-key"), (.hardware, "hardware"), (.emulated, "emulated"),
      (.reference, "reference"), (.slowTest, "slow-test"), (.exportable, "exportable"),
    ]
    return table.filter { contains($0.0) }.map(\.1)
  }
}
