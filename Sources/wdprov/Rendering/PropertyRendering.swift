// What only one kind of algorithm has, as facts for people and as JSON.
// SPDX-License-Identifier: Apache-2.0

import HostControl
import WarpDrive

extension AlgorithmProperties {
  /// The properties as JSON members; sizes in bytes.
  var members: [(key: String, value: JSONValue)] {
    switch self {
    case .compression(let properties):
      [
        ("levels", range(properties.levels)), ("defaultLevel", .integer(properties.defaultLevel)),
        ("windowBits", properties.windowBits.map(range) ?? .null),
        ("strategies", JSONValue(properties.strategies.map(\.rawValue).sorted())),
        ("dictionaries", .bool(properties.dictionaries)), ("headers", .bool(properties.headers)),
        ("streaming", .bool(properties.streaming)), ("joining", .string(properties.joining.rawValue)),
        (
          "outputBound",
          .object([("shift", .integer(properties.bound.shift)), ("constant", .integer(properties.bound.constant))])
        ),
      ]
    case .hash(let properties):
      [
        ("digestSize", .integer(properties.digestSize)), ("extendable", .bool(properties.isExtendable)),
        ("checksum", .bool(properties.isChecksum)),
      ]
    case .mac(let properties):
      [
        ("tagSize", .integer(properties.tagSize)), ("keySizes", keys(properties.keyLengths)),
        ("tagSizes", keys(properties.tagLengths)), ("ivSize", .integer(properties.ivSize)),
        ("oneTimeKey", .bool(properties.isOneTime)),
      ]
    case .cipher(let properties):
      [
        ("keySizes", keys(properties.keyLengths)), ("ivSize", .integer(properties.ivSize)),
        ("chunkSize", properties.isWholeMessage ? .null : .integer(properties.chunkSize)),
        ("minimumLength", .integer(properties.minimumLength)),
      ]
    case .aead(let properties):
      [
        ("keySizes", keys(properties.keyLengths)), ("ivSize", .integer(properties.ivSize)),
        ("nonceSizes", range(properties.nonceLengths)),
        ("tagSizes", .array(properties.tagLengths.map(JSONValue.integer))),
      ]
    case .random(let properties): [("seedSize", .integer(properties.seedSize))]
    case .keyAgreement(let properties), .signature(let properties), .asymmetricCipher(let properties):
      [
        ("maximumOutput", .integer(properties.maximumOutput)), ("securityBits", .integer(properties.securityBits)),
      ]
    case .keyDerivation(let properties):
      [
        ("maximumOutput", JSONValue(properties.maximumOutput)), ("passwordHash", .bool(properties.isPasswordHash)),
      ]
    }
  }

  /// The properties as lines of a heading and a text.
  var facts: [(heading: String, text: String)] {
    switch self {
    case .compression(let properties): properties.facts
    case .hash(let properties):
      [
        ("digest", "\(properties.digestSize) bytes" + (properties.isExtendable ? ", or any length asked for" : ""))
      ] + (properties.isChecksum ? [("use", "a checksum, worthless against an adversary")] : [])
    case .mac(let properties):
      [
        (
          "tag",
          "\(properties.tagSize) bytes"
            + (properties.tagLengths.minimum == properties.tagLengths.maximum
              ? "" : ", or asked for: \(text(properties.tagLengths))")
        ), ("keys", text(properties.keyLengths) + (properties.isOneTime ? ", one for each message" : "")),
      ]
        + (properties.ivSize == 0
          ? [] : [("nonce", "\(properties.ivSize) bytes" + other(properties.ivLengths, than: properties.ivSize))])
    case .cipher(let properties):
      [
        ("keys", text(properties.keyLengths)),
        ("IV", properties.ivSize == 0 ? "none" : "\(properties.ivSize) bytes"),
        ("requests", requests(properties)),
      ]
    case .aead(let properties):
      [
        ("keys", text(properties.keyLengths)),
        ("nonce", "\(properties.ivSize) bytes" + other(properties.nonceLengths, than: properties.ivSize)),
        ("tags", properties.tagLengths.map(String.init).joined(separator: ", ") + " bytes"),
      ] + properties.particulars
    case .random(let properties):
      [("seed", properties.seedSize == 0 ? "seeds itself" : "\(properties.seedSize) bytes")]
    case .keyAgreement(let properties), .signature(let properties), .asymmetricCipher(let properties):
      [
        ("output", properties.maximumOutput == 0 ? "the key decides" : "at most \(properties.maximumOutput) bytes"),
        ("strength", properties.securityBits == 0 ? "the key decides" : "\(properties.securityBits) bits"),
      ]
    case .keyDerivation(let properties):
      [
        ("output", properties.maximumOutput.map { "at most \($0) bytes" } ?? "of any length"),
        ("use", properties.isPasswordHash ? "passwords: slow on purpose" : "keys, not passwords"),
      ]
    }
  }

  private func requests(_ properties: CipherProperties) -> String {
    if properties.isWholeMessage {
      return "whole messages" + (properties.minimumLength > 0 ? " of at least \(properties.minimumLength) bytes" : "")
    }
    return properties.chunkSize == 1 ? "of any length" : "in multiples of \(properties.chunkSize) bytes"
  }

  private func other(_ lengths: ClosedRange<Int>, than usual: Int) -> String {
    lengths == usual...usual ? "" : " (takes \(lengths.lowerBound) to \(lengths.upperBound))"
  }

  private func text(_ lengths: KeyLengths) -> String {
    if lengths.minimum == lengths.maximum { return "\(lengths.minimum) bytes" }
    let step = lengths.step == 1 ? "" : " in steps of \(lengths.step)"
    return "\(lengths.minimum) to \(lengths.maximum) bytes\(step)"
  }

  private func keys(_ lengths: KeyLengths) -> JSONValue {
    .object([
      ("minimum", .integer(lengths.minimum)), ("maximum", .integer(lengths.maximum)), ("step", .integer(lengths.step)),
    ])
  }

  private func range(_ range: ClosedRange<Int>) -> JSONValue {
    .object([("minimum", .integer(range.lowerBound)), ("maximum", .integer(range.upperBound))])
  }
}

extension CompressionProperties {
  fileprivate var facts: [(heading: String, text: String)] {
    var facts = [("levels", "\(levels.lowerBound) to \(levels.upperBound), default \(defaultLevel)")]
    if let windowBits { facts.append(("window", "2^\(windowBits.lowerBound) to 2^\(windowBits.upperBound) bytes")) }
    if !strategies.isEmpty { facts.append(("strategies", strategies.map(\.rawValue).sorted().joined(separator: ", "))) }
    var abilities: [String] = []
    if streaming { abilities.append("streaming") }
    if dictionaries { abilities.append("preset dictionaries") }
    if headers { abilities.append("gzip header fields") }
    if joining != .none { abilities.append("parts can be joined as \(joining.rawValue)") }
    if !abilities.isEmpty { facts.append(("abilities", abilities.joined(separator: ", "))) }
    return facts
  }
}

extension AEADProperties {
  /// What only few AEADs have.
  fileprivate var particulars: [(heading: String, text: String)] {
    var lines: [(heading: String, text: String)] = []
    if keyForm == .authenc {
      lines.append(("key form", "rtattr and length, the key that authenticates, the key that encrypts (authenc)"))
    }
    if let aadLengths {
      lines.append(("AAD", aadLengths.map(String.init).joined(separator: " or ") + " bytes"))
    }
    if let longest = longestText(underNonceOf: nonceLengths.upperBound) {
      lines.append(("text", "at most \(longest) bytes under the longest nonce"))
    }
    if !isConfidential { lines.append(("text", "authenticated, not encrypted")) }
    if isMisuseResistant { lines.append(("nonce reuse", "gives away only that messages are equal")) }
    return lines
  }
}
