// What a device's attribute files say: of a run directory, or of the kernel's class.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

/// Reads the files of uacce's class, and beside them those of the series' class where there are any.
struct AttributeReader {
  /// The class folder with a folder for each device: `/sys/class/uacce`.
  let uacce: String
  /// The class folder of `params/`: `class/sdmdev` of a run directory; nil where there is none.
  let sdmdev: String?

  /// The devices that are there, sorted by name.
  ///
  /// A device that goes while it is read, or whose files make no sense, is left out.
  ///
  /// - Throws: `notFound` without a class folder, `denied`, `failed`.
  func devices() throws(QueueError) -> [QueueAttributes] {
    let names: [String]
    do throws(SystemError) {
      names = try DirectoryListing.names(in: uacce)
    } catch {
      throw QueueError(error, "no devices")
    }
    return names.compactMap { try? attributes(of: $0) }
  }

  /// What a device says of itself.
  ///
  /// - Throws: `notFound` for a device that is not there, `failed` for files that make no sense.
  func attributes(of device: String) throws(QueueError) -> QueueAttributes {
    let folder = "\(uacce)/\(try Self.checkedName(device))"
    do throws(SystemError) {
      let flags = QueueFlags(rawValue: UInt32(truncatingIfNeeded: try SystemAttribute.integer("\(folder)/flags")))
      var node = try Self.optional("\(folder)/node_id")
      if node == nil { node = try Self.optional("\(folder)/device/numa_node") }
      var attributes = QueueAttributes(
        device: device, deviceAPI: try SystemAttribute.text("\(folder)/api"),
        algorithms: try SystemAttribute.text("\(folder)/algorithms").split(whereSeparator: \.isWhitespace)
          .map(String.init),
        dmaFlags: flags.contains(.sharedVirtual) ? .sharedVirtual : .physical, flags: flags,
        availableInstances: max(try SystemAttribute.integer("\(folder)/available_instances"), 0),
        numaNode: node.flatMap { $0 < 0 ? nil : $0 },
        isIsolated: (try Self.optional("\(folder)/isolate") ?? 0) != 0)
      if let sdmdev {
        let parameters = "\(sdmdev)/\(device)/device/params"
        attributes.dmaFlags = DMAFlags(
          rawValue: UInt32(truncatingIfNeeded: try SystemAttribute.integer("\(parameters)/dma_flag")))
        attributes.iommuType = UInt32(
          truncatingIfNeeded: try SystemAttribute.integer("\(parameters)/iommu_type"))
      }
      return attributes
    } catch {
      throw QueueError(error, "device \(device)")
    }
  }

  /// A region's size in bytes, of the kernel's files.
  func regionSize(_ region: QueueRegion, of device: String) throws(QueueError) -> Int {
    let file = region == .doorbells ? "region_mmio_size" : "region_dus_size"
    do throws(SystemError) {
      return try SystemAttribute.integer("\(uacce)/\(device)/\(file)")
    } catch {
      throw QueueError(error, "device \(device)")
    }
  }

  /// The number in a file that need not be there.
  private static func optional(_ path: String) throws(SystemError) -> Int? {
    do throws(SystemError) {
      return try SystemAttribute.integer(path)
    } catch {
      guard error.errno == SystemError.notFound || error.errno == SystemError.notDirectory else { throw error }
      return nil
    }
  }

  /// A name that is one part of a path, and cannot lead elsewhere.
  ///
  /// - Throws: `notFound` for any other: there is no such device.
  static func checkedName(_ name: String) throws(QueueError) -> String {
    guard QueueAttributes.isDeviceName(name) else { throw QueueError(.notFound, "no device has a name like '\(name)'") }
    return name
  }
}

extension QueueError {
  /// The error of a system call, by its number.
  init(_ error: SystemError, _ what: String) {
    let code: Code =
      switch error.errno {
      case SystemError.notFound, SystemError.notDirectory: .notFound
      case SystemError.accessDenied, SystemError.notPermitted: .denied
      case SystemError.noMemory, SystemError.tooManyOpenFiles: .resourceExhausted
      case SystemError.noDevice, SystemError.noSuchAddress: .deviceLost
      case SystemError.notATypewriter where error.operation == "ioctl": .unsupported
      default: Code(rawValue: error.errno) ?? .failed
      }
    self.init(code, "\(what): \(error.description)")
  }
}
