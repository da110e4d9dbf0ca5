// A function's PCI configuration space: 4 KiB with its writable bits, base address registers and capabilities.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon

/// PCI configuration space of one function: a type 0 header with PCI Express, MSI and power management capabilities.
///
/// Sources: PCI Local Bus 3.0 section 6.1 (header) and 6.8 (MSI), PCI Express Base 4.0 section 7.5, PCI Bus Power
/// Management 1.2. The real function is a root complex integrated endpoint, which has no link registers.
struct ConfigurationSpace: Sendable {
  /// The size of the space in bytes.
  static let size = 4096

  /// Where the registers are that this model looks at.
  enum Offset {
    static let command = 0x04
    static let bar = 0x10
    static let pciExpress = 0x40
    static let deviceControl = pciExpress + 0x08
    static let msi = 0x80
    static let msiControl = msi + 0x02
    static let msiMask = msi + 0x10
    static let msiPending = msi + 0x14
    static let powerManagement = 0xa0
  }

  private static let statusCapabilityList: UInt64 = 0x10
  /// Device control, bit 15: initiate a function-level reset; it reads as 0.
  private static let initiateReset: UInt64 = 0x8000
  private static let msiEnable: UInt64 = 0x1

  /// What a write has changed beside the stored bits.
  struct Effects: Hashable, Sendable {
    /// The function is to be reset.
    var resetsFunction = false
    /// The new MSI enable bit, where MSI control was written.
    var interruptsEnabled: Bool?
    /// The new MSI mask, where it was written.
    var interruptMask: UInt32?
  }

  private var bytes: [UInt8]
  private let initial: [UInt8]
  private let writable: [UInt8]

  /// Makes the space of a function after its reset.
  ///
  /// - Parameters:
  ///   - registerSize: bytes of BAR 2, a power of two.
  ///   - doorbellSize: bytes of BAR 4, a power of two, or 0 where there is none.
  ///   - vectorCount: MSI vectors, a power of two.
  init(revision: Revision, isPhysical: Bool, registerSize: UInt64, doorbellSize: UInt64, vectorCount: Int) {
    var layout = Layout()
    let device = UInt64(isPhysical ? HISI_PCI_DEVICE_ZIP_PF : HISI_PCI_DEVICE_ZIP_VF)
    layout.put(UInt64(HISI_PCI_VENDOR), at: 0x00, width: 2)
    layout.put(device, at: 0x02, width: 2)
    // I/O, memory, bus master, parity, SERR#, and the switch for an INTx that the function does not have.
    layout.put(0, at: Offset.command, width: 2, writable: 0x0547)
    layout.put(Self.statusCapabilityList, at: 0x06, width: 2)
    layout.put(UInt64(HISI_PCI_CLASS_ACCELERATOR) << 8 | UInt64(revision.rawValue), at: 0x08, width: 4)
    layout.put(0, at: 0x0c, width: 1, writable: 0xff)
    layout.putBaseAddress(Int(HISI_BAR_REGISTERS), size: registerSize)
    layout.putBaseAddress(Int(HISI_BAR_DOORBELLS), size: doorbellSize)
    layout.put(UInt64(HISI_PCI_VENDOR), at: 0x2c, width: 2)
    layout.put(device, at: 0x2e, width: 2)
    layout.put(UInt64(Offset.pciExpress), at: 0x34, width: 1)
    layout.put(0, at: 0x3c, width: 1, writable: 0xff)

    // PCI Express, version 2, root complex integrated endpoint; 512-byte payloads, function-level reset.
    layout.put(0x10 | UInt64(Offset.msi) << 8 | 0x0092 << 16, at: Offset.pciExpress, width: 4)
    layout.put(0x1000_8fc2, at: Offset.pciExpress + 0x04, width: 4)
    layout.put(0, at: Offset.deviceControl, width: 2, writable: 0x79ff)
    // Device control 2: completion time-out, ID-based ordering.
    layout.put(0, at: Offset.pciExpress + 0x28, width: 2, writable: 0x031f)

    // MSI: 64-bit addresses, per-vector masking, `vectorCount` messages.
    let capable = UInt64(vectorCount.trailingZeroBitCount) << 1
    layout.put(0x05 | UInt64(Offset.powerManagement) << 8, at: Offset.msi, width: 2)
    layout.put(0x0180 | capable, at: Offset.msiControl, width: 2, writable: 0x0071)
    layout.put(0, at: Offset.msi + 0x04, width: 4, writable: 0xffff_fffc)
    layout.put(0, at: Offset.msi + 0x08, width: 4, writable: 0xffff_ffff)
    layout.put(0, at: Offset.msi + 0x0c, width: 2, writable: 0xffff)
    layout.put(0, at: Offset.msiMask, width: 4, writable: (1 << UInt64(vectorCount)) - 1)

    // Power management, version 3: D0 and D3hot, and the function keeps its state on the way back (no soft reset).
    layout.put(0x01 | 0x0003 << 16, at: Offset.powerManagement, width: 4)
    layout.put(0x0008, at: Offset.powerManagement + 0x04, width: 2, writable: 0x0003)

    initial = layout.bytes
    writable = layout.writable
    bytes = layout.bytes
  }

  /// Reads 1 to 8 bytes, little-endian; what lies outside reads as 0.
  ///
  /// - Parameter pending: the MSI pending bits of this moment.
  func read(offset: Int, width: Int, pending: UInt32) -> UInt64 {
    var value: UInt64 = 0
    for index in 0..<width {
      let position = offset + index
      guard position < Self.size else { break }
      var byte = bytes[position]
      if position >= Offset.msiPending && position < Offset.msiPending + 4 {
        byte = UInt8(truncatingIfNeeded: pending >> UInt32((position - Offset.msiPending) * 8))
      }
      value |= UInt64(byte) << UInt64(index * 8)
    }
    return value
  }

  /// Writes 1 to 8 bytes, little-endian; bits that are read-only keep their values.
  mutating func write(_ value: UInt64, offset: Int, width: Int) -> Effects {
    var effects = Effects()
    for index in 0..<width {
      let position = offset + index
      guard position < Self.size else { break }
      let byte = UInt8(truncatingIfNeeded: value >> UInt64(index * 8))
      bytes[position] = bytes[position] & ~writable[position] | byte & writable[position]
      if position == Offset.deviceControl + 1 && byte & UInt8(Self.initiateReset >> 8) != 0 {
        effects.resetsFunction = true
      }
    }
    let written = offset..<offset + width
    if written.contains(Offset.msiControl) {
      effects.interruptsEnabled = read(offset: Offset.msiControl, width: 2, pending: 0) & Self.msiEnable != 0
    }
    if written.overlaps(Offset.msiMask..<Offset.msiMask + 4) {
      effects.interruptMask = UInt32(truncatingIfNeeded: read(offset: Offset.msiMask, width: 4, pending: 0))
    }
    return effects
  }

  /// Shows MSI as enabled or not, as whoever connected or disconnected the vectors has set it.
  mutating func setInterruptsEnabled(_ isEnabled: Bool) {
    if isEnabled {
      bytes[Offset.msiControl] |= UInt8(Self.msiEnable)
    } else {
      bytes[Offset.msiControl] &= ~UInt8(Self.msiEnable)
    }
  }

  /// The state after a reset.
  mutating func reset() {
    bytes = initial
  }
}

/// The bytes of a configuration space while they are laid out.
private struct Layout {
  var bytes = [UInt8](repeating: 0, count: ConfigurationSpace.size)
  var writable = [UInt8](repeating: 0, count: ConfigurationSpace.size)

  mutating func put(_ value: UInt64, at offset: Int, width: Int, writable mask: UInt64 = 0) {
    for index in 0..<width {
      bytes[offset + index] = UInt8(truncatingIfNeeded: value >> UInt64(index * 8))
      writable[offset + index] = UInt8(truncatingIfNeeded: mask >> UInt64(index * 8))
    }
  }

  /// A 64-bit, prefetchable memory BAR: the address bits above its size are writable, which is how software sizes it.
  mutating func putBaseAddress(_ number: Int, size: UInt64) {
    guard size > 0 else { return }
    put(0xc, at: ConfigurationSpace.Offset.bar + 4 * number, width: 8, writable: ~(size - 1) & ~0xf)
  }
}
