// A plugin's provider, read from its struct.
// SPDX-License-Identifier: Apache-2.0

import CWarpDrivePlugin
import WarpDriveCore

/// The drivers of a plugin, as a provider of the registry.
struct PluginProvider: Provider {
  /// The most drivers of one plugin.
  private static let mostDrivers = 1024

  let name: String
  let version: String
  let source: String
  let drivers: [any AlgorithmDriver]

  /// Reads all of it; nothing of a provider with one driver that is wrong is taken.
  ///
  /// - Throws: `invalidArgument` with what is wrong.
  init(
    _ pointer: UnsafePointer<wdprov_provider>?, path: String, _ reporter: PluginReporter
  ) throws(ProviderError) {
    var table = unsafe wdprov_provider()
    try unsafe ABIReader.read(pointer, into: &table, "the provider's struct")
    name = try unsafe ABIReader.text(table.name, "the provider's name")
    guard name.utf8.allSatisfy({ byte in (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x2D })
    else { throw ABIReader.refusal("'\(name)' is no provider's name: lower-case letters, digits and hyphens") }
    version = try unsafe ABIReader.text(table.version, "the version of \(name)")
    source = path
    guard let list = unsafe table.drivers, unsafe (1...Self.mostDrivers).contains(table.driver_count) else {
      throw ABIReader.refusal(unsafe "\(name) has \(table.driver_count) drivers: 1 to \(Self.mostDrivers)")
    }
    var drivers: [any AlgorithmDriver] = []
    for index in unsafe 0..<table.driver_count {
      drivers.append(try unsafe PluginDriver(list[index], provider: name, reporter).driver())
    }
    self.drivers = drivers
  }
}
