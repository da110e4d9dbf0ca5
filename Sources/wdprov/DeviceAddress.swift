// Which device a command line or WDPROV_DEVICE names: a model, a function of this machine, or one behind a socket.
// SPDX-License-Identifier: Apache-2.0

import HisiliconModel
import LinuxSystem

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
    case ("vfio", let function?) where Self.isFunction(function): self = .vfio(function)
    case ("vfio-user", let path?) where !path.isEmpty: self = .vfioUser(path)
    default: return nil
    }
  }

  /// Whether this is a PCI function's address, as in `0000:75:00.0`; the domain may be missing.
  private static func isFunction(_ text: String) -> Bool {
    let parts = text.split(omittingEmptySubsequences: false) { $0 == ":" || $0 == "." }
    let widths = [4, 2, 2, 1].suffix(parts.count)
    return (3...4).contains(parts.count) && text.dropLast().last == "."
      && zip(parts, widths).allSatisfy { $0.count == $1 && $0.allSatisfy { $0.isASCII && $0.isHexDigit } }
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
