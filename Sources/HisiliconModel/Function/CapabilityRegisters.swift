// The read-only registers in which revision 0x30 tells its driver what it can do.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon

/// The capability registers, at 0x3100 to 0x317c of BAR 2.
struct CapabilityRegisters: Sendable {
  /// The registers' offsets; before revision 0x30 nothing is there.
  static let range: Range<UInt32> = HISI_QM_CAP_FUNC..<0x3180

  private let words: [UInt32]

  /// Makes the registers of a device.
  ///
  /// - Parameter function: the word at 0x3100; 0 in its low byte makes the driver assume the defaults.
  init(function: UInt32, submissionDepth: UInt16, completionDepth: UInt16) {
    let depths = UInt32(completionDepth) << 16 | UInt32(submissionDepth)
    // The order is the registers', from HISI_QM_CAP_FUNC on; values are those of Kunpeng 930.
    words = [
      function, 0x0400_0800, depths, 0x10000, 0x10001, 0x10003, 0x10002, 0x40003, 0x14, 0x7c77, 0x6c77, 0x8, 0x1ffe,
      0x7fe, 0x1, 0x1205_0203, 0x001c_0003, 0x30, 0x3f, 0xd5, 0xd5, 0x2a, 0x2a, 0x2a,
    ]
  }

  /// The register at an offset within `range`.
  func load(_ offset: UInt32) -> UInt32 {
    let index = Int(offset - Self.range.lowerBound) / 4
    return index < words.count ? words[index] : 0
  }
}
