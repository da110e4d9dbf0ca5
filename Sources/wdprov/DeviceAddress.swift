// Which device a command line or WDPROV_DEVICE names: a model, a function of this machine, or one behind a socket.
// SPDX-License-Identifier: Apache-2.0

import DeviceAccess
import HisiliconModel
import LinuxSystem
import WarpDrive

/// A device and how it is reached.
enum DeviceAddress: Equatable {
  /// `model[:REV]`: a model in this process.
  case model(Revision)
  /// `vfio:BDF`: a PCI function of this machine, through `/dev/vfio`.
  case vfio(String)
  /// `vfio-user:SOCKET`: a function that another process offers on a socket.
  case vfioUser(String)

  /// Reads an address, or nil.
  init?(_ text: String) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    switch (parts[0], parts.count > 1 ? parts[1] : nil) {
    case ("model", nil): self = .model(.v3)
    case ("model", let number?):
      guard let revision = Revision(name: number) else { return nil }
      self = .model(revision)
    case ("vfio", let function?) where Self.isFunction(function): self = .vfio(Self.canonical(function))
    case ("vfio-user", let path?) where !path.isEmpty: self = .vfioUser(path)
    default: return nil
    }
  }

  /// The device that a command line names, or else `WDPROV_DEVICE`; nil where neither does.
  ///
  /// - Throws: 64 for a text that is no device's.
  static func chosen(_ named: String?) throws(CommandFailure) -> DeviceAddress? {
    guard let text = named ?? ofEnvironment else { return nil }
    guard let address = DeviceAddress(text) else {
      throw CommandFailure(.usage, "there is no device '\(text)': \(forms)")
    }
    return address
  }

  /// Opens the function; for a model, one of its own.
  func open() throws(DeviceError) -> any DeviceFunction { try standardDevice.open() }

  /// The device as a registry takes it: this process drives it itself.
  var standardDevice: StandardDevice {
    switch self {
    case .model(let revision):
      StandardDevice(name: description, isEmulated: true, open: StandardDevice.model(revision).open)
    case .vfio(let function): .vfio(function)
    case .vfioUser(let path): .vfioUser(path)
    }
  }

  /// Whether this is a PCI function's address, as in `0000:75:00.0`; the domain may be missing.
  private static func isFunction(_ text: String) -> Bool {
    let parts = text.split(omittingEmptySubsequences: false) { $0 == ":" || $0 == "." }
    let widths = [4, 2, 2, 1].suffix(parts.count)
    return (3...4).contains(parts.count) && text.dropLast().last == "."
      && zip(parts, widths).allSatisfy { $0.count == $1 && $0.allSatisfy { $0.isASCII && $0.isHexDigit } }
  }

  /// The address as the kernel writes it: with its domain, in lower case.
  private static func canonical(_ function: String) -> String {
    (function.utf8.count { $0 == UInt8(ascii: ":") } == 1 ? "0000:" : "") + function.lowercased()
  }

  /// The word in front: `model`, `vfio` or `vfio-user`.
  var kind: String {
    switch self {
    case .model: "model"
    case .vfio: "vfio"
    case .vfioUser: "vfio-user"
    }
  }

  /// The address as it is written.
  var description: String {
    switch self {
    case .model(let revision): "model:\(revision.name)"
    case .vfio(let function): "vfio:\(function)"
    case .vfioUser(let path): "vfio-user:\(path)"
    }
  }

  /// What the forms are.
  static let forms = "model[:REV] (REV \(Revision.names)), vfio:BDF or vfio-user:SOCKET"

  /// What `WDPROV_DEVICE` names; nil where it is not set.
  static var ofEnvironment: String? {
    CurrentProcess.environmentVariable("WDPROV_DEVICE").flatMap { $0.isEmpty ? nil : $0 }
  }
}

extension Revision {
  /// The digits that stand for it: those of the PCI revision.
  var name: String { String(rawValue, radix: 16) }

  fileprivate init?(name: String) {
    guard let revision = Revision.allCases.first(where: { $0.name == name }) else { return nil }
    self = revision
  }

  fileprivate static var names: String { allCases.map(\.name).joined(separator: ", ") }
}
