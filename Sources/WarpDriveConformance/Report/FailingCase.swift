// The first case that a driver got wrong, with everything that is needed to see it again.
// SPDX-License-Identifier: Apache-2.0

public import WarpDriveCore

/// One case that failed.
///
/// ``Conformance`` with ``seed`` and the same effort comes to the same case in the first round of ``check``.
public struct FailingCase: Error, Sendable, CustomStringConvertible {
  /// A detail of the case: a length, an offset, a level.
  public struct Parameter: Sendable, Equatable {
    /// What it is.
    public let name: String
    /// Its value; lengths and offsets are in bytes.
    public let value: String
  }

  /// The algorithm's name.
  public let algorithm: String
  /// The driver's name.
  public let driver: String
  /// The check's name.
  public let check: String
  /// The seed that the round's cases were drawn with.
  public let seed: UInt64
  /// What tells this case from the check's others, in order.
  public let parameters: [Parameter]
  /// What went wrong, in one sentence.
  public let message: String
  /// What was expected, as the hexadecimal of the bytes around the first difference or as a word.
  ///
  /// Nil where there is nothing to show.
  public let expected: String?
  /// What came, in the form of ``expected``.
  public let actual: String?
  /// The error that the driver threw, where one did.
  public let error: ProviderError?

  /// Everything in one line.
  public var description: String {
    var text = "\(driver): \(check): \(message) ("
    for parameter in parameters { text += "\(parameter.name) \(parameter.value), " }
    text += "seed 0x\(String(seed, radix: 16)))"
    if let expected { text += "; expected \(expected)" }
    if let actual { text += "; got \(actual)" }
    if let error { text += "; \(error.code): \(error)" }
    return text
  }
}

extension FailingCase {
  /// The hexadecimal of at most 16 bytes from just before the first difference, with its place; nil for equal strings.
  static func difference(_ expected: [UInt8], _ actual: [UInt8]) -> (expected: String, actual: String) {
    let common = min(expected.count, actual.count)
    var first = 0
    while first < common, expected[first] == actual[first] { first += 1 }
    let start = max(0, first - 4)
    return (excerpt(expected, start), excerpt(actual, start))
  }

  private static func excerpt(_ bytes: [UInt8], _ start: Int) -> String {
    let piece = Hexadecimal.encode(Array(bytes.dropFirst(start).prefix(16)))
    let before = start > 0 ? "…" : ""
    let after = start + 16 < bytes.count ? "…" : ""
    return "\(before)\(piece)\(after) (\(bytes.count) bytes\(start > 0 ? ", shown from \(start)" : ""))"
  }
}
