// What a plugin offers, as a trial in a child process found.
// SPDX-License-Identifier: Apache-2.0

import CWarpDrivePlugin
import LinuxSystem
import WarpDriveCore

/// A plugin's provider and the names under which its drivers can be asked for.
struct PluginListing: Sendable, Equatable {
  /// The provider's name and version.
  var provider = ""
  var version = ""
  /// The algorithms' names, in order.
  var algorithms: [String] = []
  /// The drivers' names, in the same order.
  var drivers: [String] = []
  /// Other names of the algorithms.
  var aliases: [String] = []
  /// When it was given up, on the machine's monotonic clock in nanoseconds; nil for a plugin that was ready in time.
  var hungAt: UInt64?

  /// Every name that a lookup may use, in lower case.
  var names: Set<String> { Set((algorithms + drivers + aliases).map { $0.lowercased() }) }

  /// How long a plugin that hung is not tried again, in nanoseconds: no process of that time pays the time limit again.
  private static let hangIsKept: UInt64 = 600_000_000_000

  /// Whether the trial that this comes of is to be made again.
  var isOutdated: Bool {
    guard let hungAt else { return false }
    // A time to come is of a machine that was started anew.
    let now = MonotonicClock.now()
    return now < hungAt || now - hungAt > Self.hangIsKept
  }

  /// Tries a plugin in a child process; one that hangs gives a listing that says so.
  ///
  /// - Throws: why the plugin cannot be used.
  static func trying(_ path: String, nanoseconds: UInt64) throws(ProviderError) -> PluginListing {
    let trial: SharedObject.Trial
    do throws(SystemError) {
      trial = unsafe try SharedObject.attempt(path, symbol: WDPROV_ENTRY_SYMBOL, nanoseconds: nanoseconds) {
        unsafe wdprov_trial($0, $1)
      }
    } catch {
      throw ProviderError(.resourceExhausted, "no process could be made to try it: \(error.message)")
    }
    switch trial {
    case .ended(let output): return try PluginListing(parsing: output)
    case .notLoaded(let reason): throw ProviderError(.unavailable, "it cannot be loaded: \(reason)")
    case .noSymbol: throw ABIReader.refusal("it has no symbol \(WDPROV_ENTRY_SYMBOL): it is no plugin")
    case .exited(let status):
      throw ProviderError(.backendFailure, "it ended the process with status \(status) when it was tried")
    case .crashed(let signal):
      throw ProviderError(.backendFailure, "it crashed with signal \(signal) when it was tried")
    case .timedOut:
      var listing = PluginListing()
      listing.hungAt = MonotonicClock.now()
      return listing
    }
  }

  /// Reads the lines of `wdprov_trial`.
  ///
  /// - Throws: what its entry returned.
  init(parsing output: [UInt8]) throws(ProviderError) {
    var report = ""
    var status: Int32?
    for line in output.split(separator: UInt8(ascii: "\n")) {
      let text = String(decoding: line.dropFirst(2), as: UTF8.self)
      let parts = text.split(separator: "\t", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      let second = parts.count > 1 ? parts[1] : ""
      switch line.first {
      case UInt8(ascii: "P"): (provider, version) = (parts[0], second)
      case UInt8(ascii: "D"):
        algorithms.append(parts[0])
        drivers.append(second)
      case UInt8(ascii: "A"): aliases.append(text)
      case UInt8(ascii: "R"): report = second
      case UInt8(ascii: "E"): status = Int32(text)
      default: break
      }
    }
    guard let status else { throw ABIReader.refusal("its entry did not return") }
    guard status == 0 else {
      throw ProviderError(
        status == -WDPROV_ERROR_INVALID ? .invalidArgument : .unavailable,
        "it does not serve here: \(report.isEmpty ? "status \(status)" : report)")
    }
  }

  /// A listing from parts, as a cache keeps it.
  init() {}

  /// What a plugin that is in this process offers.
  init(_ loaded: PluginProvider) {
    provider = loaded.name
    version = loaded.version
    algorithms = loaded.drivers.map(\.descriptor.name)
    drivers = loaded.drivers.map(\.descriptor.driverName)
    aliases = loaded.drivers.flatMap(\.descriptor.aliases).map(\.name)
  }
}
