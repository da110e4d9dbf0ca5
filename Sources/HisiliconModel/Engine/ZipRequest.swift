// What an SQE asks for, checked.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon

/// Why a request ended without success.
enum ZipFailure: Error, Equatable {
  /// A status of the SQE (`HISI_ZIP_STATUS_*`).
  case status(UInt32)
  /// An address that the device cannot reach: `HISI_ZIP_STATUS_TRANSLATION_FAULT`.
  case fault(TranslationFault)

  /// What the SQE says.
  var statusCode: UInt32 {
    switch self {
    case .status(let code): code
    case .fault: HISI_ZIP_STATUS_TRANSLATION_FAULT
    }
  }
}

/// A request, decoded from the copy of its SQE.
struct ZipRequest {
  /// The container.
  let format: ZipFormat
  /// The window as a power of two.
  ///
  /// The drivers of Linux 6.1 and 6.12 leave the field 0 without wanting 4 KiB, so that 0 means the largest here. 24 KiB
  /// is no power of two, and becomes 16. A decompression takes what comes: all of 32 KiB.
  let windowBits: Int32
  /// Whether the request is a part of a stream.
  let isStateful: Bool
  /// Whether it is the stream's first.
  let startsStream: Bool
  /// Whether it is the stream's last; a stateless request always is.
  let finishesStream: Bool
  /// What names the stream.
  let contextAddress: UInt64
  /// Where the input is.
  let source: BufferWalk
  /// Where the output goes: at most 8 MiB of it, whatever room the SQE names.
  let destination: BufferWalk

  /// Decodes an SQE.
  ///
  /// - Throws: `HISI_ZIP_STATUS_UNSUPPORTED`, `HISI_ZIP_STATUS_BAD_SGL`.
  init(_ sqe: hisi_zip_sqe, _ direction: ZipDirection, revision: UInt32) throws(ZipFailure) {
    let window = sqe.dw9 >> HISI_ZIP_DW9_WINDOW_SHIFT & HISI_ZIP_DW9_WINDOW_MASK
    guard
      let format = ZipFormat(requestType: sqe.dw9 & HISI_ZIP_DW9_REQUEST_MASK, revision: revision),
      let layout = BufferWalk.Layout(rawValue: sqe.dw9 >> HISI_ZIP_DW9_BUFFER_SHIFT & HISI_ZIP_DW9_BUFFER_MASK),
      let windowBits = direction == .compress ? Self.windowBits(field: window) : 15,
      sqe.input_data_length <= HISI_ZIP_LENGTH_MAX
    else { throw .status(HISI_ZIP_STATUS_UNSUPPORTED) }
    self.format = format
    self.windowBits = windowBits
    isStateful = sqe.dw7 & HISI_ZIP_DW7_STATEFUL != 0
    startsStream = sqe.dw7 & HISI_ZIP_DW7_STREAM_NEW != 0
    finishesStream = sqe.dw7 & HISI_ZIP_DW7_FLUSH_FINISH != 0
    contextAddress = UInt64(sqe.stream_ctx_addr_h) << 32 | UInt64(sqe.stream_ctx_addr_l)
    source = try BufferWalk(
      layout, address: UInt64(sqe.source_addr_h) << 32 | UInt64(sqe.source_addr_l),
      skipping: sqe.dw7 & HISI_ZIP_DW7_IN_OFFSET_MASK, limit: sqe.input_data_length)
    destination = try BufferWalk(
      layout, address: UInt64(sqe.dest_addr_h) << 32 | UInt64(sqe.dest_addr_l),
      skipping: sqe.dw8 & HISI_ZIP_DW8_OUT_OFFSET_MASK, limit: min(sqe.dest_avail_out, HISI_ZIP_LENGTH_MAX))
  }

  private static func windowBits(field: UInt32) -> Int32? {
    switch field {
    case 0, 4: 15
    case 1: 13
    case 2, 3: 14
    default: nil
    }
  }
}
