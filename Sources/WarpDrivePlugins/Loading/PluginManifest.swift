// The manifest beside a plugin: which file it is, and what that may register.
// SPDX-License-Identifier: Apache-2.0

import HostControl
import LinuxSystem
import WarpDriveCore

/// `NAME.json` beside `NAME.so`: a JSON object with the members `schema` (1), `sha256`, and, where they are limited,
/// `provider` and `algorithms`.
struct PluginManifest: Sendable, Equatable {
  /// The largest manifest, in bytes.
  private static let sizeLimit = 1 << 16
  private static let keys: Set<String> = ["schema", "sha256", "provider", "algorithms"]

  /// The plugin file's SHA-256, in lower-case hexadecimal digits.
  let sha256: String
  /// The provider that it must be; nil for any.
  let provider: String?
  /// The names of the algorithms that it may register; nil for any.
  let algorithms: Set<String>?

  /// Reads the manifest of a plugin; nil where there is none.
  ///
  /// - Throws: `denied` for one that others could have written, or that says nothing that this host understands.
  init?(beside plugin: String, in directory: String) throws(ProviderError) {
    let name = plugin.dropLast(".so".count) + ".json"
    let path = "\(directory)/\(name)"
    guard (try? Pathname.status(of: path, followingLinks: false)) != nil else { return nil }
    let file = try PluginFile(String(name), in: directory)
    let bytes: [UInt8]
    do throws(SystemError) {
      bytes = try FileDescriptor.contents(of: file.path, limit: Self.sizeLimit)
    } catch {
      throw ProviderError(.denied, "the manifest \(path) cannot be read: \(error.message)")
    }
    try self.init(parsing: bytes, path)
  }

  /// Reads a manifest's bytes.
  ///
  /// - Throws: `denied` with what is wrong.
  init(parsing bytes: [UInt8], _ path: String) throws(ProviderError) {
    func refusal(_ why: String) -> ProviderError { ProviderError(.denied, "the manifest \(path) \(why)") }
    guard let value = JSONValue(parsing: bytes), case .object = value else { throw refusal("is no JSON object") }
    if let unknown = value.members.first(where: { !Self.keys.contains($0.key) }) {
      throw refusal("has a member '\(unknown.key)', and there is none: \(Self.keys.sorted().joined(separator: ", "))")
    }
    guard value["schema"]?.count == 1 else { throw refusal("is not of schema 1") }
    guard let digest = value["sha256"]?.text?.lowercased(), Hexadecimal.decode(digest)?.count == 32 else {
      throw refusal("has no sha256 of 64 hexadecimal digits")
    }
    sha256 = digest
    if let named = value["provider"] {
      guard let text = named.text else { throw refusal("has a provider that is no string") }
      provider = text
    } else {
      provider = nil
    }
    if let listed = value["algorithms"] {
      guard case .array(let names) = listed, !names.isEmpty else { throw refusal("lists no algorithms") }
      let texts = names.compactMap(\.text)
      guard texts.count == names.count else { throw refusal("lists an algorithm that is no string") }
      algorithms = Set(texts)
    } else {
      algorithms = nil
    }
  }

  /// Checks what the plugin offers.
  ///
  /// - Throws: `denied` for a provider or an algorithm that the manifest does not name.
  func check(provider name: String, algorithms names: [String]) throws(ProviderError) {
    if let provider, provider != name {
      throw ProviderError(.denied, "its manifest is for the provider \(provider), and it registers \(name)")
    }
    if let algorithms, let other = names.first(where: { !algorithms.contains($0) }) {
      throw ProviderError(.denied, "its manifest does not let it register \(other)")
    }
  }
}
