// The engine: executes one request at a time, from the copy of an SQE to its outputs.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon

/// Which way a queue's requests go: the queue's context says so, not the SQE.
enum ZipDirection: Hashable, Sendable {
  /// Algorithm type 0 of the SQC.
  case compress
  /// Algorithm type 1 of the SQC.
  case decompress

  /// The direction of an SQC's algorithm type; nil for one that the engine does not have.
  init?(algorithmType: UInt32) {
    switch algorithmType {
    case HISI_SQC_TYPE_COMPRESS: self = .compress
    case HISI_SQC_TYPE_DECOMPRESS: self = .decompress
    default: return nil
    }
  }
}

/// Why there is no engine.
enum ZipEngineError: Error, Hashable, Sendable {
  /// zlib found no memory, or is not the one that this was built for; zlib's number.
  case library(Int32)
}

/// One engine with the zlib states that it uses again and again; each engine thread has its own.
///
/// A request allocates nothing, except the first of a stream.
struct ZipEngine: ~Copyable {
  /// Where the last request that ended with a translation fault met it, for logs.
  private(set) var lastFault: TranslationFault?

  // By the windows that deflate can have here: 8, 16 and 32 KiB.
  let deflate13: DeflateState
  let deflate14: DeflateState
  let deflate15: DeflateState
  let inflate: InflateState
  let inputBuffer: EngineBuffer
  let outputBuffer: EngineBuffer
  // Where a stream is flushed to.
  let flushBuffer: EngineBuffer
  // Where zlib writes when there is no room left: anything there is too much.
  let spill: EngineBuffer

  /// Makes an engine, with about 700 KiB of memory.
  ///
  /// - Throws: when there is not enough memory.
  init() throws(ZipEngineError) {
    let deflate13 = try DeflateState(windowBits: 13)
    let deflate14 = try DeflateState(windowBits: 14)
    let deflate15 = try DeflateState(windowBits: 15)
    inflate = try InflateState()
    self.deflate13 = deflate13
    self.deflate14 = deflate14
    self.deflate15 = deflate15
    inputBuffer = EngineBuffer()
    outputBuffer = EngineBuffer()
    flushBuffer = EngineBuffer()
    spill = EngineBuffer(size: 16)
  }

  /// Executes a request.
  ///
  /// Reads nothing of the SQE's ring, only the copy that it is given; changes outputs only: `consumed`, `produced`, the
  /// status and the last-block bit of `dw3`, `isize`, `checksum`, and of a stateful request the context words. Whatever
  /// the request is, it ends within the time that 8 MiB of input and output take.
  ///
  /// - Parameters:
  ///   - sqe: a copy of the request.
  ///   - direction: the queue's.
  ///   - revision: the hardware's (`HISI_QM_HW_V1` …).
  ///   - memory: where the request's buffers are.
  ///   - contexts: the queue's streams; stateful requests of a queue are executed one at a time.
  mutating func execute(
    _ sqe: inout hisi_zip_sqe, direction: ZipDirection, revision: UInt32, memory: borrowing MemoryAccess,
    contexts: StreamContexts
  ) {
    if Self.fastPath(&sqe, direction: direction, revision: revision, memory: memory) { return }
    sqe.clearOutputs()
    do throws(ZipFailure) {
      let request = try ZipRequest(sqe, direction, revision: revision)
      let status: UInt32
      switch (direction, request.isStateful) {
      case (.compress, false): status = try compress(request, &sqe, memory)
      case (.decompress, false): status = try decompress(request, &sqe, memory)
      case (_, true): status = try executeStateful(request, &sqe, direction, memory, contexts)
      }
      sqe.setStatus(status)
    } catch {
      if case .fault(let fault) = error { lastFault = fault }
      sqe.setStatus(error.statusCode)
    }
  }

  /// The kept state for a window.
  func deflateState(windowBits: Int32) -> DeflateState {
    switch windowBits {
    case 13: deflate13
    case 14: deflate14
    default: deflate15
    }
  }
}

extension hisi_zip_sqe {
  /// Nothing done yet.
  mutating func clearOutputs() {
    consumed = 0
    produced = 0
    dw3 &= ~(HISI_ZIP_DW3_STATUS_MASK | HISI_ZIP_DW3_LAST_BLOCK)
  }

  /// Says how the request ended.
  mutating func setStatus(_ status: UInt32) {
    dw3 = dw3 & ~HISI_ZIP_DW3_STATUS_MASK | status & HISI_ZIP_DW3_STATUS_MASK
  }

  /// Says how far the request got; neither is more than 8 MiB and a trailer.
  mutating func setProgress(consumed: Int, produced: Int) {
    self.consumed = UInt32(truncatingIfNeeded: consumed)
    self.produced = UInt32(truncatingIfNeeded: produced)
  }
}
