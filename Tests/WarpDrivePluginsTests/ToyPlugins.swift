// The C plugins of Tests/Plugins: compiled by the machine's compiler, and put into directories of a test's own.
// SPDX-License-Identifier: Apache-2.0

import Glibc
import LinuxSystem
import TestPrograms
import WarpDriveCore
import WarpDrivePlugins

/// The shared objects that tests load.
enum ToyPlugins {
  /// The plugin with one hash and all that can be wrong before its first use; see ``write(_:to:_:)``.
  static let loading = Result { try compile(["loading.c"]) }
  /// The same without the entry.
  static let withoutEntry = Result { try compile(["loading.c"], ["-DENTRY=toy_init"]) }
  /// All ten kinds.
  static let kinds = Result { try compile(kindSources) }
  /// The same as another provider, which ranks below.
  static let lowerKinds = Result { try compile(kindSources, ["-DSUFFIX=\"b\"", "-DPRIORITY=50"]) }
  static let gzip = Result { try compile(["gzip.c"], ["-lz"]) }

  private static let kindSources = ["kinds.c", "symmetric.c", "asymmetric.c"]
  private static let tests = "/" + #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
  /// The header's directory.
  static let include = tests + "/../Sources/CWarpDrivePlugin/include"

  /// Compiles sources of Tests/Plugins to a shared object, and returns its bytes.
  static func compile(_ sources: [String], _ options: [String] = []) throws -> [UInt8] {
    let directory = try TemporaryDirectory()
    let output = directory.file("plugin.so")
    _ = try ChildProcess.output(
      of: "cc",
      ["-std=c11", "-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", "-I\(include)", "-o", output]
        + sources.map { "\(tests)/Plugins/\($0)" } + options)
    return try directory.read("plugin.so")
  }
}

/// What a copy of `loading.c` is set to.
struct ToySettings {
  var provider = "toy"
  var algorithm = "toysum"
  var driver = "toysum-toy"
  var alias = "ToyAlias"
  var fault = "none"
  var more = 0
  var trace = ""

  /// A provider of another name, with names of its own.
  static func other(_ provider: String, fault: String = "none") -> ToySettings {
    ToySettings(
      provider: provider, algorithm: provider + "sum", driver: provider + "sum-toy", alias: provider + "Alias",
      fault: fault)
  }

  /// The object's bytes with these settings.
  func applied(to image: [UInt8]) throws -> [UInt8] {
    let mark = Array("TOY-SETTINGS-16".utf8) + [0]
    var image = image
    guard var place = image.firstRange(of: mark)?.upperBound else { throw SettingsError() }
    for (text, room) in [
      (provider, 32), (algorithm, 32), (driver, 32), (alias, 32), (fault, 32), (String(more), 32), (trace, 160),
    ] {
      let bytes = Array(text.utf8)
      guard bytes.count < room else { throw SettingsError() }
      image.replaceSubrange(place..<place + room, with: bytes + [UInt8](repeating: 0, count: room - bytes.count))
      place += room
    }
    return image
  }

  struct SettingsError: Error {}
}

/// A directory of plugins, and what it takes to load them.
final class PluginPlace: Sendable {
  let directory: TemporaryDirectory
  /// Where `trace` leads.
  var trace: String { directory.file("trace") }
  /// The plugins' directory.
  var plugins: String { directory.file("plugins") }
  var cache: String { directory.file("cache/plugins.json") }

  init() throws {
    directory = try TemporaryDirectory()
    try makeDirectory("plugins")
  }

  func makeDirectory(_ name: String) throws {
    try directory.makeDirectory(name)
    try Pathname.setMode(0o755, of: directory.file(name))
  }

  /// Writes a file below the directory which only its owner can write; a new one, since what is loaded must not change.
  @discardableResult
  func write(_ bytes: [UInt8], to name: String) throws -> String {
    try? Pathname.unlink(directory.file(name))
    try directory.write(bytes, to: name)
    try Pathname.setMode(0o644, of: directory.file(name))
    return directory.file(name)
  }

  /// Installs a copy of `loading.c`.
  @discardableResult
  func install(_ settings: ToySettings, _ name: String = "plugins/toy.so") throws -> String {
    try write(try settings.applied(to: ToyPlugins.loading.get()), to: name)
  }

  func loader(
    cache: String? = nil, rules: PluginLoader.Rules = .init(timeLimit: 30_000_000_000),
    log: @escaping PluginLoader.Log = { _, _, _ in }
  ) -> PluginLoader {
    PluginLoader(
      directories: [plugins], rules: rules, cache: cache, digest: { (bytes) throws(ProviderError) in toyDigest(bytes) },
      log: log)
  }

  /// The lines of the trace.
  func traced() -> [String] {
    guard let bytes = try? FileDescriptor.contents(of: trace, limit: 1 << 20) else { return [] }
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
  }
}

/// Stands for SHA-256, which is no business of the loader's: 32 bytes that depend on all.
func toyDigest(_ bytes: [UInt8]) -> [UInt8] {
  var digest = [UInt8](repeating: 0, count: 32)
  for (index, byte) in bytes.enumerated() { digest[index % 32] = digest[index % 32] &* 31 &+ byte }
  return digest
}

/// What a plugin in this process exports besides its entry.
func symbol(_ name: String, of path: String) -> UnsafeMutableRawPointer? {
  // Loaded already, so that this finds it and opens nothing; never closed, as plugins stay.
  guard let library = unsafe dlopen(path, RTLD_NOW | RTLD_NOLOAD) else { return nil }
  return unsafe dlsym(library, name)
}

extension PluginRecord {
  /// Why it is not used; empty where it is.
  var refusal: String { if case .refused(let error) = state { error.message } else { "" } }
  var refusalCode: ProviderError.Code? { if case .refused(let error) = state { error.code } else { nil } }
}
