// The option `--device` of the commands that use drivers.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import WarpDrive

/// A device that the process is to drive itself.
struct DeviceOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Drive this accelerator in this process: \(DeviceAddress.forms). WDPROV_DEVICE, or else a host's, or else a"
        + " model.", valueName: "device"),
    completion: .list(["model:30", "model:21", "model:20"]))
  var device: String?

  /// The registry of this machine, with that device's drivers.
  func registry() throws(CommandFailure) -> Registry {
    try Registry.machine(device: device)
  }

  /// The same with every plugin loaded, for what lists or takes all drivers.
  func fullRegistry() throws(CommandFailure) -> Registry {
    let registry = try registry()
    registry.loadAll()
    return registry
  }
}
