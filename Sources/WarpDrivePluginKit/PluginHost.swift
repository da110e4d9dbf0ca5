// What the host offers a plugin, and how errors reach it.
// SPDX-License-Identifier: Apache-2.0

public import CWarpDrivePlugin

/// Why a call fails: one of the ABI's numbers, with a sentence for whoever reads the error.
public struct PluginError: Error, Sendable {
  /// The number, positive: `WDPROV_ERROR_CORRUPT` and so on.
  public let number: Int32
  /// What happened and what to do next; no key or other secret.
  public let message: String

  /// Makes an error.
  public init(_ number: Int32, _ message: String) {
    self.number = number
    self.message = message
  }

  /// The input is not what its format says.
  public static func corrupt(_ message: String) -> PluginError { PluginError(WDPROV_ERROR_CORRUPT, message) }
  /// A parameter, state or length is out of its range.
  public static func invalid(_ message: String) -> PluginError { PluginError(WDPROV_ERROR_INVALID, message) }
  /// The driver lacks the capability.
  public static func unsupported(_ message: String) -> PluginError { PluginError(WDPROV_ERROR_UNSUPPORTED, message) }
  /// What the plugin needs is not on this machine.
  public static func unavailable(_ message: String) -> PluginError { PluginError(WDPROV_ERROR_UNAVAILABLE, message) }
}

/// The host's functions (`struct wdprov_host`), for any thread.
@safe public struct PluginHost: @unchecked Sendable {
  // Constant, and valid until the process ends.
  private let table: UnsafePointer<wdprov_host>

  init(_ table: UnsafePointer<wdprov_host>) { unsafe self.table = table }

  /// Writes a line to the host's log.
  public func log(_ level: wdprov_log_level, _ message: String) {
    unsafe message.withCString { unsafe table.pointee.log(table, Int32(level.rawValue), $0) }
  }

  /// Tells the host why the call that this thread is in fails.
  ///
  /// - Returns: what the function returns.
  func failed(_ error: PluginError) -> Int32 {
    unsafe error.message.withCString { unsafe table.pointee.report(table, error.number, $0) }
    return -error.number
  }
}
