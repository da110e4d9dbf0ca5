// The revisions of the hardware that the model can be.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon

/// A revision of the hardware; its raw value is the PCI revision.
public enum Revision: UInt8, Sendable, CaseIterable {
  /// The hardware of the 2018 series: all doorbells at 0x340, one interrupt vector, no error handling.
  case v1 = 0x20
  /// Kunpeng 920: zlib and gzip.
  case v2 = 0x21
  /// Kunpeng 930: raw deflate, capability registers, messages between functions, doorbell isolation.
  case v3 = 0x30

  /// How many interrupt vectors (MSI) a function has.
  ///
  /// The PCI capability counts in powers of two: a virtual function of revision 0x30 uses three of its four.
  func vectorCount(isPhysical: Bool) -> Int {
    switch self {
    case .v1: 1
    case .v2: isPhysical ? 4 : 2
    case .v3: 4
    }
  }

  /// How many compressor and decompressor cores the debug registers show.
  var coreCounts: (compressors: Int, decompressors: Int) {
    self == .v3 ? (2, 3) : (2, 6)
  }

  /// Whether a SQC or CQC has a bit that says that its PASID counts; without the bit, a PASID other than 0 does.
  var hasProcessAddressSpaceBit: Bool { self == .v3 }

  /// Whether errors raise interrupts.
  var reportsErrors: Bool { self != .v1 }
}

extension Revision {
  /// The revision as the engine's functions take it: `HISI_QM_HW_V1`, `_V2` or `_V3`.
  public var hardwareVersion: UInt32 {
    switch self {
    case .v1: HISI_QM_HW_V1
    case .v2: HISI_QM_HW_V2
    case .v3: HISI_QM_HW_V3
    }
  }
}
