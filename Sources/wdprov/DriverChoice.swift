// The driver that a command line or a batch request names: by its algorithm, by its own name, or by both.
// SPDX-License-Identifier: Apache-2.0

import WarpDrive
import WarpDrivePlugins

extension Registry {
  /// Bytes of a file from which a command measures drivers beside its work, where nobody has.
  private static let measuredFrom = 16 << 20
  /// Bytes of files from which plugins are looked for: to load and test one takes longer than zlib takes for fewer.
  private static let pluginsFrom: UInt64 = 1 << 17

  /// The registry of this machine, with the providers that serve `kinds`, or all.
  ///
  /// - Parameter device: the accelerator that this process drives, as a command line names it; nil for `WDPROV_DEVICE`,
  ///   or else for what the machine has to offer.
  /// - Parameter bytes: how many bytes there are to do, for work that a built-in driver can do as well; nil: not known.
  static func machine(
    _ kinds: [AlgorithmKind]? = nil, device: String? = nil, bytes: UInt64? = nil
  ) throws(CommandFailure) -> Registry {
    let address = try DeviceAddress.chosen(device)
    do throws(ProviderError) {
      var configuration = try MachineConfiguration.current()
      // A command that is over in a moment uses what was measured; only long files are worth a measurement.
      configuration.registry.measurement?.startsFrom = measuredFrom
      // Where the administrator ranks drivers, that decides.
      if let bytes, bytes < pluginsFrom, configuration.policy == Policy() { configuration.plugins.areUsed = false }
      return try standard(configuration: configuration, kinds: kinds, device: address?.standardDevice)
    } catch {
      throw CommandFailure(error)
    }
  }

  /// The driver of `name`, which has to be `driver` where that is given; usable, which means tested.
  ///
  /// - Throws: ``ProviderError/Code/notFound`` with the nearest names; ``ProviderError/Code/invalidArgument`` where
  ///   `driver` serves another algorithm; and what the lookup throws.
  func choose(_ name: String?, driver: String?, _ kind: AlgorithmKind) throws(ProviderError) -> Algorithm {
    guard let driver else { return try algorithm(name ?? "", kind) }
    let chosen = try algorithm(driver, kind)
    guard chosen.driverName == driver else {
      throw ProviderError(
        .invalidArgument, "\(driver) is an algorithm and no driver: the driver that serves it is \(chosen.driverName)")
    }
    if let name, !chosen.answers(to: name) {
      throw ProviderError(.invalidArgument, "the driver \(driver) serves \(chosen.name), not \(name)")
    }
    return chosen
  }
}

extension Algorithm {
  /// The name by which handles are asked for where `asked` and `driver` are what a command line names: the algorithm's, so
  /// that the fastest driver is found, unless it names a driver.
  func nameToAsk(_ asked: String?, driver: String?) -> String {
    driver == nil && asked != driverName && spawns.isEmpty ? name : driverName
  }

  /// Whether this may be asked for by `name`: its own, its driver's, or an alias.
  func answers(to name: String) -> Bool {
    if name == driverName { return true }
    let lower = name.lowercased()
    return lower == self.name.lowercased() || descriptor.aliases.contains { $0.name.lowercased() == lower }
  }
}
