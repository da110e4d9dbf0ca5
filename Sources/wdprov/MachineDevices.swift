// The accelerators of this machine as its kernel shows them: PCI functions, uacce devices, and what reaches them.
// SPDX-License-Identifier: Apache-2.0

import HostControl
import LinuxSystem

/// What there is below `/sys` and `/dev`.
struct MachineDevices {
  /// A ZIP function.
  struct Function {
    let address: String
    let isVirtual: Bool
    let revision: String
    /// The kernel's driver that has it; nil for none.
    let driver: String?
    /// The IOMMU group; nil without an IOMMU.
    let group: String?
    let node: String?

    /// Whether a program can have it, by way of VFIO.
    var isAvailable: Bool { driver == "vfio-pci" }

    var json: JSONValue {
      .object([
        ("address", .string(address)), ("virtual", .bool(isVirtual)), ("revision", .string(revision)),
        ("driver", JSONValue(driver)), ("iommuGroup", JSONValue(group)), ("numaNode", JSONValue(node)),
      ])
    }
  }

  /// A device whose queues the kernel gives to programs.
  struct UACCE {
    let name: String
    let api: String
    let algorithms: [String]
    let available: String
    let isIsolated: Bool

    var json: JSONValue {
      .object([
        ("name", .string(name)), ("node", .string("/dev/\(name)")), ("deviceAPI", .string(api)),
        ("algorithms", JSONValue(algorithms)), ("availableInstances", .string(available)),
        ("isolated", .bool(isIsolated)),
      ])
    }
  }

  private static let vendor = "0x19e5"
  private static let physical = "0xa250"
  private static let virtual = "0xa251"

  let functions: [Function]
  let uacce: [UACCE]
  /// Whether `/dev/vfio/vfio` is there, which a process needs to have a function of its own.
  let hasVFIO: Bool

  /// Looks at the machine, which does nothing to its devices.
  init() {
    let bus = "/sys/bus/pci/devices"
    functions = ((try? DirectoryListing.names(in: bus)) ?? []).compactMap { Self.function($0, "\(bus)/\($0)") }
    let folder = "/sys/class/uacce"
    uacce = ((try? DirectoryListing.names(in: folder)) ?? []).map { Self.uacce($0, "\(folder)/\($0)") }
    hasVFIO = (try? Pathname.status(of: "/dev/vfio/vfio"))?.kind == .characterDevice
  }

  var isEmpty: Bool { functions.isEmpty && uacce.isEmpty }

  var json: JSONValue {
    .object([
      ("functions", .array(functions.map(\.json))), ("uacce", .array(uacce.map(\.json))), ("vfio", .bool(hasVFIO)),
    ])
  }

  private static func function(_ address: String, _ path: String) -> Function? {
    guard text("\(path)/vendor") == vendor, let device = text("\(path)/device"), [physical, virtual].contains(device)
    else { return nil }
    return Function(
      address: address, isVirtual: device == virtual, revision: text("\(path)/revision").map(digits) ?? "-",
      driver: target("\(path)/driver"), group: target("\(path)/iommu_group"), node: text("\(path)/numa_node"))
  }

  private static func uacce(_ name: String, _ path: String) -> UACCE {
    UACCE(
      name: name, api: text("\(path)/api") ?? "-",
      algorithms: (text("\(path)/algorithms") ?? "").split(separator: "\n").map(String.init),
      available: text("\(path)/available_instances") ?? "-", isIsolated: text("\(path)/isolate") == "1")
  }

  /// A file's text; nil where it cannot be read.
  private static func text(_ path: String) -> String? { try? SystemAttribute.text(path) }

  /// The last part of where a link leads.
  private static func target(_ path: String) -> String? {
    (try? Pathname.canonical(path))?.split(separator: "/").last.map(String.init)
  }

  private static func digits(_ number: String) -> String {
    number.hasPrefix("0x") ? String(number.dropFirst(2)) : number
  }
}
