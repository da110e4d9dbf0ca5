// The policy file's format: one JSON object, of which every key is known or refused.
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import WarpDrivePlugins

/// The content of a policy file.
package struct PolicyFile {
  private var content = Content()

  /// Reads the bytes of the file at `path`; an empty file has no rules.
  ///
  /// - Throws: `ProviderError.Code.invalidArgument` with the path and what is wrong.
  package init(parsing bytes: [UInt8], path: String) throws(ProviderError) {
    guard !bytes.isEmpty else { return }
    do {
      content = try JSONDecoder().decode(Content.self, from: Data(bytes))
    } catch let error as DecodingError {
      throw ProviderError(.invalidArgument, "the policy file \(path) is wrong: \(Self.explain(error))")
    } catch {
      throw ProviderError(.invalidArgument, "the policy file \(path) is wrong: \(error)")
    }
  }

  /// Replaces the settings that the file has.
  ///
  /// - Throws: `ProviderError.Code.invalidArgument` for a query that is none.
  package func apply(to configuration: inout MachineConfiguration) throws(ProviderError) {
    configuration.policy = Policy(
      pins: content.pin ?? [:], denied: Set(content.deny ?? []), order: content.order ?? [:],
      allowed: content.allow.map { Set($0) }, keySizes: (content.keySizes ?? [:]).mapValues { Set($0) },
      securityBits: content.securityBits ?? 0, query: try PropertyQuery(parsing: content.query ?? ""),
      selection: content.selection ?? .measured)
    if let mode = content.plugins {
      configuration.plugins.areUsed = mode != .never
      configuration.plugins.requireManifest = mode == .withManifest
    }
    if let word = content.selfTest { configuration.registry.selfTest = word.mode }
    if let seconds = content.larvalTimeLimitSeconds {
      guard seconds > 0, seconds <= 86_400 else {
        throw ProviderError(
          .invalidArgument,
          "larvalTimeLimitSeconds in the policy file is \(seconds): write more than 0 and at most 86400")
      }
      configuration.registry.larvalTimeLimit = UInt64(seconds * 1e9)
    }
  }

  private static func explain(_ error: DecodingError) -> String {
    switch error {
    case .dataCorrupted(let context): place(context) + context.debugDescription
    case .typeMismatch(_, let context): place(context) + context.debugDescription
    case .valueNotFound(_, let context): place(context) + context.debugDescription
    case .keyNotFound(let key, _): "'\(key.stringValue)' is missing"
    @unknown default: "\(error)"
    }
  }

  private static func place(_ context: DecodingError.Context) -> String {
    context.codingPath.isEmpty ? "" : "at '\(context.codingPath.map(\.stringValue).joined(separator: "."))': "
  }
}

/// The keys of the file; the synthesised decoding would ignore a misspelt one, and with it a rule.
private struct Content: Decodable {
  var pin: [String: String]?
  var deny: [String]?
  var order: [String: [String]]?
  var allow: [String]?
  var keySizes: [String: [Int]]?
  var securityBits: Int?
  var query: String?
  var selection: SelectionRule?
  var larvalTimeLimitSeconds: Double?
  var plugins: PluginMode?
  var selfTest: SelfTestWord?

  /// Which plugins are used.
  enum PluginMode: String, Decodable, CaseIterable {
    case always
    case withManifest = "with-manifest"
    case never
  }

  /// How far self-tests go.
  enum SelfTestWord: String, Decodable, CaseIterable {
    case knownAnswers = "known-answers"
    case extended

    var mode: SelfTestMode { self == .extended ? .extended : .knownAnswers }
  }

  private enum Key: String, CaseIterable, CodingKey {
    case pin
    case deny
    case order
    case allow
    case keySizes
    case securityBits
    case query
    case selection
    case larvalTimeLimitSeconds
    case plugins
    case selfTest
  }

  private struct AnyKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  init() {}

  init(from decoder: any Decoder) throws {
    let present = try decoder.container(keyedBy: AnyKey.self).allKeys.map(\.stringValue)
    let unknown = present.filter { Key(rawValue: $0) == nil }.sorted()
    guard unknown.isEmpty else {
      let names = unknown.map { "'\($0)'" }.joined(separator: ", ")
      let known = Key.allCases.map(\.rawValue).joined(separator: ", ")
      throw DecodingError.dataCorrupted(
        .init(codingPath: [], debugDescription: "there is no key \(names); the keys are \(known)"))
    }
    let keys = try decoder.container(keyedBy: Key.self)
    pin = try keys.decodeIfPresent([String: String].self, forKey: .pin)
    deny = try keys.decodeIfPresent([String].self, forKey: .deny)
    order = try keys.decodeIfPresent([String: [String]].self, forKey: .order)
    allow = try keys.decodeIfPresent([String].self, forKey: .allow)
    keySizes = try keys.decodeIfPresent([String: [Int]].self, forKey: .keySizes)
    // A size in bits would be met by no key, or by one that nobody meant.
    for (name, sizes) in keySizes ?? [:] where sizes.isEmpty || !sizes.allSatisfy((1...1024).contains) {
      throw DecodingError.dataCorruptedError(
        forKey: .keySizes, in: keys, debugDescription: "the sizes for '\(name)' are bytes, each from 1 to 1024")
    }
    securityBits = try keys.decodeIfPresent(Int.self, forKey: .securityBits)
    if let securityBits, !(0...512).contains(securityBits) {
      throw DecodingError.dataCorruptedError(
        forKey: .securityBits, in: keys, debugDescription: "the strength is 0 to 512 bits")
    }
    query = try keys.decodeIfPresent(String.self, forKey: .query)
    selection = try Self.word(.selection, in: keys)
    larvalTimeLimitSeconds = try keys.decodeIfPresent(Double.self, forKey: .larvalTimeLimitSeconds)
    plugins = try Self.word(.plugins, in: keys)
    selfTest = try Self.word(.selfTest, in: keys)
    // A day is far above any use, and keeps the nanoseconds in range.
    if let seconds = larvalTimeLimitSeconds, !(seconds >= 0 && seconds <= 86_400) {
      throw DecodingError.dataCorruptedError(
        forKey: .larvalTimeLimitSeconds, in: keys, debugDescription: "the limit is 0 to 86400 seconds")
    }
  }

  /// One of a type's words, or nil where the file has none.
  private static func word<Word: RawRepresentable<String> & CaseIterable>(
    _ key: Key, in keys: KeyedDecodingContainer<Key>
  ) throws -> Word? {
    guard let text = try keys.decodeIfPresent(String.self, forKey: key) else { return nil }
    if let word = Word(rawValue: text) { return word }
    let words = Word.allCases.map(\.rawValue).joined(separator: ", ")
    throw DecodingError.dataCorruptedError(
      forKey: key, in: keys, debugDescription: "there is no '\(text)': one of \(words)")
  }
}
