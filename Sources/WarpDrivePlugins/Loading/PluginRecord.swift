// What became of each file in the plugin directories.
// SPDX-License-Identifier: Apache-2.0

public import WarpDriveCore

/// One file in a plugin directory.
public struct PluginRecord: Sendable {
  /// What became of it.
  public enum State: Sendable {
    /// It was tried and is loaded when one of its algorithms is asked for.
    case ready
    /// It is loaded and its drivers are registered.
    case loaded
    /// It is not used; the error says why and what to do.
    case refused(ProviderError)
  }

  /// The path, as it was found.
  public let path: String
  /// What became of it.
  public internal(set) var state: State
  /// The provider's name and version; empty for a file of which they are not known.
  public internal(set) var provider = ""
  /// The version of the library or device behind it.
  public internal(set) var version = ""
  /// The names of its algorithms.
  public internal(set) var algorithms: [String] = []
  /// The names of its drivers.
  public internal(set) var drivers: [String] = []
  /// Whether a manifest stands beside it.
  public internal(set) var hasManifest = false

  /// Whether it is loaded and its drivers are registered.
  public var isLoaded: Bool { if case .loaded = state { true } else { false } }

  var isReady: Bool { if case .ready = state { true } else { false } }

  var file: PluginFile?
  var manifest: PluginManifest?
  var names: Set<String> = []

  init(_ path: String, _ state: State = .ready) {
    self.path = path
    self.state = state
  }

  /// Takes over what the plugin offers.
  mutating func take(_ listing: PluginListing) {
    provider = listing.provider
    version = listing.version
    algorithms = listing.algorithms
    drivers = listing.drivers
    names = listing.names
  }
}
