// A plugin under examination: wherever it lies, and whatever a loader would say of its place.
// SPDX-License-Identifier: Apache-2.0

import CWarpDrivePlugin
import LinuxSystem
package import WarpDriveCore

/// The steps in which a plugin is examined before its author installs it.
package struct PluginExamination: Sendable {
  private let path: String
  private let directory: String
  private let name: String
  private let timeLimit: UInt64

  /// Examines the plugin at an absolute path; each step may take `timeLimit` nanoseconds.
  package init(_ path: String, timeLimit: UInt64) {
    self.path = path
    self.timeLimit = timeLimit
    directory = Pathname.parent(of: path)
    name = String(path[(path.utf8.lastIndex(of: UInt8(ascii: "/")) ?? path.startIndex)...].drop { $0 == "/" })
  }

  /// Why a loader would refuse the file where it lies; nil where it would not.
  package var objection: ProviderError? {
    do throws(ProviderError) {
      _ = try PluginFile(name, in: directory)
      return nil
    } catch {
      return error
    }
  }

  /// Tries the plugin in a child process.
  ///
  /// - Returns: the provider's name and version, and its drivers' names.
  /// - Throws: why it cannot be used.
  package func attempt() throws(ProviderError) -> (provider: String, version: String, drivers: [String]) {
    let listing = try PluginListing.trying(path, nanoseconds: timeLimit)
    return (listing.provider, listing.version, listing.drivers)
  }

  /// Loads the plugin into this process and registers its drivers.
  ///
  /// - Returns: the provider's name.
  /// - Throws: why it cannot be used.
  package func load(into registry: Registry) throws(ProviderError) -> String {
    let provider = try LoadedPlugin.provider(
      PluginFile(untrusted: path), for: registry, nanoseconds: timeLimit, log: { _, _, _ in })
    try registry.register(provider)
    return provider.name
  }
}
