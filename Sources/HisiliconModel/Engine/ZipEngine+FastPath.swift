// The answer to a one-byte compression, cheap enough for the thread that polls doorbells.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon

extension hisi_zip_sqe {
  /// Whether ``ZipEngine/fastPath(_:direction:revision:memory:)`` would need no call to another process, which the
  /// thread that polls doorbells does not make.
  func isLocal(_ memory: borrowing MemoryAccess) -> Bool {
    memory.isLocal(UInt64(source_addr_h) << 32 | UInt64(source_addr_l), 1)
      && memory.isLocal(UInt64(dest_addr_h) << 32 | UInt64(dest_addr_l), UInt64(ZipEngine.storedBlockCount))
  }
}

extension ZipEngine {
  /// A final stored block of one byte: its header and length (RFC 1951 section 3.2.4), then the byte.
  private static let storedBlock: UInt64 = 0xfffe_0001_01
  fileprivate static let storedBlockCount: UInt32 = 6

  /// Answers a one-byte raw-deflate compression with a stored block, without zlib; needs no engine.
  ///
  /// For flat buffers with room for the block. As any stream of one byte is longer than it, the status is
  /// `HISI_ZIP_STATUS_NEGACOMPRESS`.
  ///
  /// - Returns: false for every other request, and leaves it alone.
  @inline(__always)
  static func fastPath(
    _ sqe: inout hisi_zip_sqe, direction: ZipDirection, revision: UInt32, memory: borrowing MemoryAccess
  ) -> Bool {
    guard
      sqe.input_data_length == 1, direction == .compress, revision >= HISI_QM_HW_V3,
      sqe.dw7 & HISI_ZIP_DW7_STATEFUL == 0, sqe.dest_avail_out >= storedBlockCount,
      sqe.dw9 & (HISI_ZIP_DW9_REQUEST_MASK | HISI_ZIP_DW9_BUFFER_MASK << HISI_ZIP_DW9_BUFFER_SHIFT)
        == HISI_ZIP_REQUEST_DEFLATE | HISI_ZIP_BUFFER_FLAT << HISI_ZIP_DW9_BUFFER_SHIFT,
      sqe.dw9 >> HISI_ZIP_DW9_WINDOW_SHIFT & HISI_ZIP_DW9_WINDOW_MASK <= 4
    else { return false }
    sqe.clearOutputs()
    do throws(TranslationFault) {
      let byte = try memory.load(UInt64(sqe.source_addr_h) << 32 | UInt64(sqe.source_addr_l), as: UInt8.self)
      let block = storedBlock | UInt64(byte) << 40
      try unsafe withUnsafeBytes(of: block) { (bytes) throws(TranslationFault) in
        try unsafe memory.write(
          UInt64(sqe.dest_addr_h) << 32 | UInt64(sqe.dest_addr_l),
          from: UnsafeRawBufferPointer(rebasing: bytes[..<Int(storedBlockCount)]))
      }
      sqe.consumed = 1
      sqe.produced = storedBlockCount
      sqe.isize = 1
      sqe.setStatus(HISI_ZIP_STATUS_NEGACOMPRESS)
    } catch {
      sqe.setStatus(HISI_ZIP_STATUS_TRANSLATION_FAULT)
    }
    return true
  }
}
