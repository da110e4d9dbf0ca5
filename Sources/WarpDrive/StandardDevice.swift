// The accelerator that a program owns itself, instead of one that the machine has to offer.
// SPDX-License-Identifier: Apache-2.0

public import DeviceAccess
public import HisiliconModel

/// A ZIP function that this process drives itself: both paths of ``WarpDriveCore/Registry/standard(configuration:kinds:device:)``
/// are registered on it.
public struct StandardDevice: Sendable {
  /// What it is, for people: `model`, `vfio:0000:75:00.0`.
  public let name: String
  /// Whether it is a model.
  public let isEmulated: Bool
  /// Opens the function; called when it is first needed, and again after it was lost.
  public let open: @Sendable () throws(DeviceError) -> any DeviceFunction

  /// Describes a function.
  ///
  /// - Parameters:
  ///   - name: what it is, for people.
  ///   - isEmulated: whether it is a model.
  ///   - open: opens it.
  public init(
    name: String, isEmulated: Bool, open: @escaping @Sendable () throws(DeviceError) -> any DeviceFunction
  ) {
    self.name = name
    self.isEmulated = isEmulated
    self.open = open
  }

  /// A model of its own, in this process.
  ///
  /// - Parameter revision: which hardware it is.
  public static func model(_ revision: Revision = .v3) -> StandardDevice {
    StandardDevice(name: "model:0x\(String(revision.rawValue, radix: 16))", isEmulated: true) {
      () throws(DeviceError) in
      var options = Accelerator.Options()
      options.revision = revision
      return try ModelFunction(Accelerator(options))
    }
  }

  /// A PCI function of this machine that `vfio-pci` has.
  ///
  /// It counts as hardware: a model that a virtual machine has for a PCI function cannot be told from it.
  ///
  /// - Parameter address: its place, such as `0000:75:00.0`.
  public static func vfio(_ address: String) -> StandardDevice {
    StandardDevice(name: "vfio:\(address)", isEmulated: false) { () throws(DeviceError) in try VFIOFunction(address) }
  }

  /// A function that another process offers on a vfio-user socket; a program, and so emulated.
  ///
  /// - Parameter path: the socket's file.
  public static func vfioUser(_ path: String) -> StandardDevice {
    StandardDevice(name: "vfio-user:\(path)", isEmulated: true) { () throws(DeviceError) in
      try VFIOUserFunction(path: path)
    }
  }
}
