// What a device with queues for programs says of itself: the attributes that sysfs shows.
// SPDX-License-Identifier: Apache-2.0

/// How a device reaches a process's memory (`params/dma_flag`; the bits are those of the series of 2018).
public struct DMAFlags: OptionSet, Hashable, Sendable {
  /// The bits.
  public let rawValue: UInt32

  /// Makes flags from their bits.
  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// `SINGLE_PROC_MAP`: no PASID; one process shares the device's own address space, at its own virtual addresses.
  public static let singleProcess = DMAFlags(rawValue: 1)
  /// `MULTI_PROC_MAP`: an address space for each process (PASID); memory is shared before it is used.
  public static let multiProcess = DMAFlags(rawValue: 2)
  /// `SVM`: the process's whole address space, with device page faults: nothing has to be shared or locked.
  public static let sharedVirtual = DMAFlags(rawValue: 4)
  /// `SVM_NO_FAULT`: the process's address space, but memory has to be locked first.
  public static let sharedVirtualLocked = DMAFlags(rawValue: 8)
  /// `PHY`: no IOMMU; only memory of the queue's own pool can be used, at addresses of the device's.
  public static let physical = DMAFlags(rawValue: 16)

  /// The one mode that a device is set to, as the series' header names it; several are joined by a bar.
  public var names: String {
    let table: [(DMAFlags, String)] = [
      (.singleProcess, "SINGLE_PROC_MAP"), (.multiProcess, "MULTI_PROC_MAP"), (.sharedVirtual, "SVM"),
      (.sharedVirtualLocked, "SVM_NO_FAULT"), (.physical, "PHY"),
    ]
    return table.filter { contains($0.0) }.map(\.1).joined(separator: "|")
  }
}

/// What is special about a device's queues (`flags`).
public struct QueueFlags: OptionSet, Hashable, Sendable {
  /// The bits; the low 16 are uacce's (`UACCE_DEV_SVA` is bit 0), ours begin at bit 16.
  public let rawValue: UInt32

  /// Makes flags from their bits.
  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// The device uses the process's own addresses, with page faults (`UACCE_DEV_SVA`).
  public static let sharedVirtual = QueueFlags(rawValue: 1 << 0)
  /// Region 0 is a doorbell page of a model: SQ and CQ doorbells apart, and a word that says whether to wake the device.
  public static let doorbellPage = QueueFlags(rawValue: 1 << 16)
  /// The device is a model.
  public static let emulated = QueueFlags(rawValue: 1 << 17)
  /// The device sees shared memory at addresses of its own: `QueueCommand.deviceAddress` tells them.
  public static let translated = QueueFlags(rawValue: 1 << 18)
}

/// A device whose queues programs may have.
public struct QueueAttributes: Hashable, Sendable {
  /// The device's name: `hisi_zip-0`.
  public var device: String
  /// What its rings look like: `hisi_qm_v1`, `hisi_qm_v2`, `hisi_qm_v3` (`device_api`, uacce's `api`).
  public var deviceAPI: String
  /// What its queues can do: `zlib`, `gzip`, `deflate` (uacce's `algorithms`).
  public var algorithms: [String]
  /// How it reaches memory: one bit (`params/dma_flag`).
  public var dmaFlags: DMAFlags
  /// The IOMMU's type as VFIO numbers it: 1 is `VFIO_TYPE1_IOMMU` (`params/iommu_type`).
  public var iommuType: UInt32
  /// What is special.
  public var flags: QueueFlags
  /// How many queues are free (`available_instances`).
  public var availableInstances: Int
  /// The NUMA node that the device is nearest to; nil where the machine does not say.
  public var numaNode: Int?
  /// Whether the device is isolated after too many errors (uacce's `isolate`).
  public var isIsolated: Bool

  /// Describes a device.
  public init(
    device: String, deviceAPI: String, algorithms: [String], dmaFlags: DMAFlags, iommuType: UInt32 = 1,
    flags: QueueFlags = [], availableInstances: Int = 0, numaNode: Int? = nil, isIsolated: Bool = false
  ) {
    self.device = device
    self.deviceAPI = deviceAPI
    self.algorithms = algorithms
    self.dmaFlags = dmaFlags
    self.iommuType = iommuType
    self.flags = flags
    self.availableInstances = availableInstances
    self.numaNode = numaNode
    self.isIsolated = isIsolated
  }
}

extension QueueAttributes {
  /// Whether a device may have this name: it is one part of a path, and cannot lead elsewhere.
  package static func isDeviceName(_ name: String) -> Bool {
    !name.isEmpty && name.utf8.count <= 64 && name.utf8.first != UInt8(ascii: ".")
      && name.utf8.allSatisfy { byte in
        let isLetter = (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
        let isDigit = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        return isLetter || isDigit || "-_.:".utf8.contains(byte)
      }
  }
}
