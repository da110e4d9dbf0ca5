// Which of the hardware's functions and revisions a function is.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import DeviceAccess
import WarpDriveQueue

/// What configuration space says of a function.
struct FunctionIdentity: Hashable, Sendable {
  private static let commandOffset: UInt64 = 0x04
  private static let revisionOffset: UInt64 = 0x08
  private static let memoryEnable: UInt64 = 0x2
  private static let busMaster: UInt64 = 0x4

  /// The PCI revision: `HISI_QM_HW_V1`, `HISI_QM_HW_V2`, `HISI_QM_HW_V3` or a later one.
  let revision: UInt32
  /// Whether it is a virtual function.
  let isVirtual: Bool

  /// Reads the identity of a function.
  ///
  /// - Throws: `unsupported` for another device, `deviceLost`.
  init(_ registers: FunctionRegisters) throws(QueueError) {
    let identifier = UInt32(truncatingIfNeeded: try registers.configuration(0, width: 4))
    let (vendor, device) = (identifier & 0xffff, identifier >> 16)
    guard vendor == HISI_PCI_VENDOR, device == HISI_PCI_DEVICE_ZIP_PF || device == HISI_PCI_DEVICE_ZIP_VF else {
      throw QueueError(
        .unsupported,
        "PCI device \(String(vendor, radix: 16)):\(String(device, radix: 16)) is no HiSilicon ZIP: "
          + "give one of 19e5:a250 or 19e5:a251")
    }
    isVirtual = device == HISI_PCI_DEVICE_ZIP_VF
    revision = UInt32(truncatingIfNeeded: try registers.configuration(Self.revisionOffset, width: 1))
  }

  /// Doorbells at 0x340, one interrupt vector.
  var isVersion1: Bool { revision == HISI_QM_HW_V1 }
  /// Capability registers, PASID enable bits; a revision that is not known is taken for a later one.
  var isVersion3: Bool { !isVersion1 && revision != HISI_QM_HW_V2 }

  /// What the rings look like, as `device_api` says it.
  var deviceAPI: String { isVersion1 ? "hisi_qm_v1" : isVersion3 ? "hisi_qm_v3" : "hisi_qm_v2" }

  /// Lets the function decode its registers and reach memory.
  static func enable(_ registers: FunctionRegisters) throws(QueueError) {
    let command = try registers.configuration(commandOffset, width: 2)
    let wanted = command | memoryEnable | busMaster
    if command != wanted { try registers.setConfiguration(wanted, commandOffset, width: 2) }
  }

  /// Takes the function's registers off the bus and waits until it says so.
  static func disable(_ registers: FunctionRegisters, nanoseconds: UInt64) throws(QueueError) {
    let command = try registers.configuration(commandOffset, width: 2)
    try registers.setConfiguration(command & ~memoryEnable, commandOffset, width: 2)
    let isOff = try FunctionRegisters.wait(nanoseconds: nanoseconds) { () throws(QueueError) in
      try registers.configuration(commandOffset, width: 2) & memoryEnable == 0
    }
    guard isOff else { throw QueueError(.failed, "the function's memory cannot be switched off") }
  }
}
