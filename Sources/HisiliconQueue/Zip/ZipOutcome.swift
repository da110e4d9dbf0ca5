// What came of a request, as its SQE says when it is back; nothing of it is believed unchecked.
// SPDX-License-Identifier: Apache-2.0

public import CHisilicon
public import WarpDriveQueue

/// The outcome of a request.
public struct ZipOutcome: Hashable, Sendable {
  /// How a request ended.
  public enum Status: Hashable, Sendable {
    /// Well; `HISI_ZIP_STATUS_NEGACOMPRESS` included, whose output is valid and only not smaller.
    case done
    /// Well, and the stream with it (`HISI_ZIP_STATUS_DECOMP_END`).
    case streamEnd
    /// The room did not suffice (`HISI_ZIP_STATUS_OUTPUT_FULL`); of a stream's part nothing has happened.
    case outputFull
    /// The checksum or the size behind the body is not the data's (`HISI_ZIP_STATUS_CRC_ERROR`).
    case wrongChecksum
    /// The input is no deflate data (the model's `HISI_ZIP_STATUS_BAD_DATA`).
    case badData
    /// The device cannot reach an address of the request (the model's `HISI_ZIP_STATUS_TRANSLATION_FAULT`).
    case unreachable
    /// A scatter/gather list that is none (the model's `HISI_ZIP_STATUS_BAD_SGL`).
    case badList
    /// The engine does not have this (the model's `HISI_ZIP_STATUS_UNSUPPORTED`), or has forgotten the stream.
    case unsupported
    /// A number that no source explains.
    case other(UInt8)
  }

  /// Why a stream's part stopped (`HISI_ZIP_CTX_STATE_*`).
  public enum StreamState: UInt32, Hashable, Sendable {
    /// For want of input.
    case needsInput = 0
    /// In the last block, for want of room: an empty request brings the rest.
    case lastBlockNeedsRoom = 1
    /// For want of room.
    case needsRoom = 2
    /// Where a block would begin.
    case betweenBlocks = 3
    /// Behind the body; bytes of the trailer are missing.
    case needsTrailer = 4
  }

  /// How it ended.
  public let status: Status
  /// Bytes of input that were used.
  public let consumed: Int
  /// Bytes of output.
  public let produced: Int
  /// Whether the stream's last block has been made, or seen.
  public let isLastBlock: Bool
  /// Why a stream's part stopped.
  public let streamState: StreamState
  /// What the stream's next request is to bring along.
  public let words: ZipStreamWords

  /// Reads a request that came back.
  ///
  /// - Parameters:
  ///   - sqe: a copy of it.
  ///   - request: what was sent.
  /// - Throws: `failed` where it says that it used or wrote more than there was.
  public init(_ sqe: hisi_zip_sqe, of request: hisi_zip_sqe) throws(QueueError) {
    guard sqe.consumed <= request.input_data_length, sqe.produced <= request.dest_avail_out else {
      throw QueueError(
        .failed,
        "a completion counts \(sqe.consumed) bytes of \(request.input_data_length) and \(sqe.produced) of "
          + "\(request.dest_avail_out): the device is out of order; reset it")
    }
    status = Status(sqe.dw3 & HISI_ZIP_DW3_STATUS_MASK)
    consumed = Int(sqe.consumed)
    produced = Int(sqe.produced)
    isLastBlock = sqe.dw3 & HISI_ZIP_DW3_LAST_BLOCK != 0
    streamState = StreamState(rawValue: sqe.ctx_dw0 & HISI_ZIP_CTX_DW0_STATE_MASK) ?? .needsInput
    words = ZipStreamWords(sqe)
  }

  /// What is wrong, as an error; nil where the request went well or `outputFull` says what to do next.
  public var failure: ZipError? {
    switch status {
    case .done, .streamEnd, .outputFull: nil
    case .wrongChecksum: .corrupt("the checksum or the length behind the data is not the data's")
    case .badData: .corrupt("this is no deflate data")
    case .unreachable:
      .queue(QueueError(.failed, "the device cannot reach a buffer of the request: share the memory first"))
    case .badList: .queue(QueueError(.failed, "the device found no scatter/gather list where one was named"))
    case .unsupported:
      .queue(QueueError(.failed, "the engine does not have this request, or has forgotten its stream: begin anew"))
    case .other(let number): .queue(QueueError(.failed, "the engine failed with status \(number)"))
    }
  }
}

extension ZipOutcome.Status {
  /// The status of a number in an SQE.
  init(_ number: UInt32) {
    switch number {
    case HISI_ZIP_STATUS_OK, HISI_ZIP_STATUS_NEGACOMPRESS: self = .done
    case HISI_ZIP_STATUS_DECOMP_END: self = .streamEnd
    case HISI_ZIP_STATUS_OUTPUT_FULL: self = .outputFull
    case HISI_ZIP_STATUS_CRC_ERROR: self = .wrongChecksum
    case HISI_ZIP_STATUS_BAD_DATA: self = .badData
    case HISI_ZIP_STATUS_TRANSLATION_FAULT: self = .unreachable
    case HISI_ZIP_STATUS_BAD_SGL: self = .badList
    case HISI_ZIP_STATUS_UNSUPPORTED: self = .unsupported
    default: self = .other(UInt8(truncatingIfNeeded: number))
    }
  }
}
