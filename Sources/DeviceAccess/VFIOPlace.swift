// What /sys tells of a function that is to be used through /dev/vfio, and what is in the way of that.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

/// Where the kernel's files are.
package struct VFIOFolders: Sendable {
  /// Usually `/sys`.
  package var system: String
  /// Usually `/dev`.
  package var devices: String

  /// Names the folders.
  package init(system: String = "/sys", devices: String = "/dev") {
    self.system = system
    self.devices = devices
  }
}

/// A function's place among the machine's.
struct VFIOPlace {
  /// What an IOVA has where nothing is told: what every IOMMU has.
  private static let leastAddressWidth = 39

  let address: String
  /// Its IOMMU group.
  let group: String
  private let folders: VFIOFolders
  private var folder: String { "\(folders.system)/bus/pci/devices/\(address)" }

  /// Finds the function, and checks that it is with `vfio-pci`.
  ///
  /// - Throws: `invalid` for an address that is none, `failed` with what to do.
  init(_ address: String, _ folders: VFIOFolders) throws(DeviceError) {
    guard Self.isAddress(address) else {
      throw DeviceError(.invalid, "'\(address)' is no PCI address: one looks like 0000:75:00.0")
    }
    self.address = address
    self.folders = folders
    let folder = "\(folders.system)/bus/pci/devices/\(address)"
    guard (try? Pathname.status(of: folder)) != nil else {
      throw DeviceError(.failed, "there is no PCI function \(address): see 'wdprov list' or lspci -D")
    }
    guard let group = Self.target(of: "\(folder)/iommu_group") else {
      throw DeviceError(
        .failed, "\(address) is behind no IOMMU: enable it in the firmware and on the kernel's command line")
    }
    self.group = group
    let driver = Self.target(of: "\(folder)/driver")
    guard driver == "vfio-pci" else {
      throw DeviceError(.failed, "\(address) is with \(driver.map { "driver \($0)" } ?? "no driver"): \(bindingAdvice)")
    }
  }

  private var bindingAdvice: String {
    "give it to vfio-pci, as root: echo vfio-pci > \(folder)/driver_override; "
      + "echo \(address) > \(folder)/driver/unbind; echo \(address) > \(folders.system)/bus/pci/drivers_probe"
  }

  /// Opens the group.
  ///
  /// - Throws: `failed` with what to do.
  func openGroup(_ kernel: any VFIOKernel) throws(DeviceError) -> FileDescriptor {
    let path = "\(folders.devices)/vfio/\(group)"
    do throws(SystemError) {
      let descriptor = try kernel.open(path)
      if try kernel.isViable(descriptor) { return descriptor }
    } catch {
      switch error.errno {
      case SystemError.busy: throw DeviceError(.failed, "\(path) is in use by another process: end that first")
      case SystemError.accessDenied, SystemError.notPermitted:
        throw DeviceError(.failed, "\(path) may not be opened: give its group the permission, or be root")
      default: throw DeviceError(.failed, "\(path): \(error)")
      }
    }
    let others = (try? DirectoryListing.names(in: "\(folders.system)/kernel/iommu_groups/\(group)/devices")) ?? []
    let foreign = others.filter { name in
      let driver = Self.target(of: "\(folders.system)/bus/pci/devices/\(name)/driver")
      return driver != nil && driver != "vfio-pci" && driver != "pcieport"
    }
    let names = foreign.isEmpty ? "another function" : foreign.joined(separator: ", ")
    throw DeviceError(
      .failed, "IOMMU group \(group) of \(address) is not viable: give \(names) to vfio-pci as well, or to no driver")
  }

  /// The NUMA node; nil where the machine does not say.
  var numaNode: Int? {
    guard let node = try? SystemAttribute.integer("\(folder)/numa_node"), node >= 0 else { return nil }
    return node
  }

  /// How many bits an IOVA has: from the ranges that can be mapped, or else from what the IOMMU says of itself.
  func addressWidth(_ ranges: [ClosedRange<UInt64>]) -> Int {
    // A range that ends before a power of two does not have all addresses of the next width.
    if let last = ranges.map(\.upperBound).max() {
      return last == .max ? 64 : UInt64.bitWidth - 1 - (last + 1).leadingZeroBitCount
    }
    // VT-d's capability register: bits 16 to 21 are the width less 1 (MGAW).
    guard let text = try? SystemAttribute.text("\(folder)/iommu/intel-iommu/cap"),
      let capabilities = UInt64(text, radix: 16)
    else { return Self.leastAddressWidth }
    return min(max(Int(capabilities >> 16 & 0x3f) + 1, Self.leastAddressWidth), 57)
  }

  /// Whether a text is `DDDD:BB:DD.F`, in lower-case hexadecimal digits.
  private static func isAddress(_ text: String) -> Bool {
    let pattern = "xxxx:xx:xx.x".utf8
    return text.utf8.count == pattern.count
      && zip(text.utf8, pattern).allSatisfy { byte, expected in
        guard expected == UInt8(ascii: "x") else { return byte == expected }
        return (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
          || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
      }
  }

  /// The last name of what a link leads to.
  private static func target(of path: String) -> String? {
    guard let target = try? Pathname.canonical(path) else { return nil }
    return target.split(separator: "/").last.map(String.init)
  }
}
