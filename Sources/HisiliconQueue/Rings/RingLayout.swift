// Where a queue pair's rings and stop flags lie in its memory, which device, driver and user share.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import LinuxSystem

/// The layout of region 1 of a queue (uacce's `DUS`): SQ, CQ directly behind it, and in a page of its own the stop flags.
public struct RingLayout: Hashable, Sendable {
  /// Bytes of an entry of the submission queue.
  public static let submissionSize = MemoryLayout<hisi_zip_sqe>.size
  /// Bytes of an entry of the completion queue.
  public static let completionSize = MemoryLayout<hisi_cqe>.size
  /// Depths that a ring can have: an entry stays free, and a doorbell's index has 16 bits.
  public static let depths = 2...65_535

  /// Entries of the submission queue.
  public let submissionDepth: Int
  /// Entries of the completion queue.
  public let completionDepth: Int

  /// Lays rings out.
  ///
  /// - Parameters:
  ///   - submissionDepth: entries of the submission queue, within `depths`.
  ///   - completionDepth: entries of the completion queue, within `depths`.
  public init(submissionDepth: Int, completionDepth: Int) {
    self.submissionDepth = submissionDepth
    self.completionDepth = completionDepth
  }

  /// Where the completion queue begins, in bytes; the submission queue begins at 0.
  public var completionOffset: Int { submissionDepth * Self.submissionSize }
  /// The rings' bytes, in whole pages.
  public var ringBytes: Int {
    let page = CurrentProcess.pageSize
    return (completionOffset + completionDepth * Self.completionSize + page - 1) / page * page
  }
  /// All bytes: the rings and the page of the stop flags.
  public var byteCount: Int { ringBytes + CurrentProcess.pageSize }

  /// Where the TX-stop flag lies in memory of that size: its last u32; not 0 means that nothing is to be submitted.
  public static func submissionStopOffset(in byteCount: Int) -> Int { byteCount - 4 }
  /// Where the RX-stop flag lies: the u32 before; not 0 means that nothing more is to be believed.
  public static func completionStopOffset(in byteCount: Int) -> Int { byteCount - 8 }
}
