// The plugins in this process: each is loaded once, whatever number of registries uses it.
// SPDX-License-Identifier: Apache-2.0

import CWarpDrivePlugin
import LinuxSystem
import WarpDriveCore

/// A plugin whose code is in this process.
///
/// Code cannot be taken out again while somebody may still run it, and a plugin's entry is called once: so that is a fact of
/// the process, not of a registry.
enum LoadedPlugin {
  /// A file that was loaded, and what came of it.
  private struct Entry {
    let file: PluginFile
    /// Kept also where its entry failed, since the plugin may keep its address.
    let host: PluginHost
    let refusal: ProviderError?

    func provider(for registry: Registry) throws(ProviderError) -> PluginProvider {
      if let refusal { throw refusal }
      return try host.provider(for: registry)
    }
  }

  private static let entries = Guarded<[Entry]>([])
  /// One at a time: constructors of shared objects and entries of plugins run within.
  private static let turn = TimedSemaphore(value: 1)

  /// The provider of a plugin for a registry; loads the plugin where nobody has.
  ///
  /// - Parameters:
  ///   - file: the plugin, which was tried.
  ///   - registry: who asks.
  ///   - nanoseconds: how long others may take who are loading a plugin.
  ///   - log: where the plugin's messages go.
  /// - Throws: why it cannot be loaded, or what is wrong with what it registers.
  static func provider(
    _ file: PluginFile, for registry: Registry, nanoseconds: UInt64, log: @escaping PluginHost.Log
  ) throws(ProviderError) -> PluginProvider {
    guard turn.wait(nanoseconds: nanoseconds) else {
      throw ProviderError(.timedOut, "another plugin has been loading for \(nanoseconds / 1_000_000_000) s")
    }
    defer { turn.signal() }
    if let entry = try known(file) { return try entry.provider(for: registry) }
    return try load(file, for: registry, log).provider(for: registry)
  }

  /// What a plugin offers that is in this process already; nil for one that is not.
  ///
  /// A child process has it too, where another trial would be none of the file but of what is loaded.
  ///
  /// - Throws: what its entry came to; `exists` where another state of the file is in this process.
  static func listing(_ file: PluginFile) throws(ProviderError) -> PluginListing? {
    guard let entry = try known(file) else { return nil }
    if let refusal = entry.refusal { throw refusal }
    return PluginListing(try entry.host.provider(PluginReporter { _, _ in }))
  }

  /// What came of a file before: its entry is called once, also where that failed.
  ///
  /// - Throws: `exists` where another state of it is in this process, which the dynamic linker would give again.
  private static func known(_ file: PluginFile) throws(ProviderError) -> Entry? {
    let entries = entries.withLock { $0 }
    if let same = entries.first(where: { $0.file == file }) { return same }
    guard entries.contains(where: { $0.file.path == file.path || $0.file.isSameFile(as: file) }) else { return nil }
    throw ProviderError(
      .exists, "another state or name of this file is in this process already: start the program again to use this one")
  }

  private static func load(
    _ file: PluginFile, for registry: Registry, _ log: @escaping PluginHost.Log
  ) throws(ProviderError) -> Entry {
    let address: UnsafeMutableRawPointer
    do throws(SharedObject.Failure) {
      unsafe address = try SharedObject.load(file.path, symbol: WDPROV_ENTRY_SYMBOL)
    } catch {
      throw ProviderError(.unavailable, "it cannot be loaded: \(error.message)")
    }
    let host = PluginHost(file.path, log: log)
    var refusal: ProviderError?
    do throws(ProviderError) {
      try unsafe host.initialize(address, for: registry)
    } catch {
      refusal = error
    }
    let entry = Entry(file: file, host: host, refusal: refusal)
    entries.withLock { $0.append(entry) }
    return entry
  }
}
