// An opened queue with its rings and some shared memory, as every command of the program needs one.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import HisiliconQueue
import LinuxSystem
import WarpDriveQueue

/// Where the queues are.
struct Place {
  let runDirectory: String
  let device: String

  /// Opens a queue; waits for a device that is being reset or has no queue left at the moment, a minute at most.
  func open(patiently: Bool = false) throws -> any QueueTransport {
    let source = MediatedQueueSource(runDirectory: runDirectory)
    let deadline = MonotonicClock.now + (patiently ? 60_000_000_000 : 0)
    while true {
      do throws(QueueError) {
        return try source.open(device: device)
      } catch {
        let passes: Set<QueueError.Code> = [.busy, .resetting, .again, .timedOut, .failed, .deviceLost]
        guard passes.contains(error.code), MonotonicClock.now < deadline else { throw error }
        _ = isToldToStop(milliseconds: 2)
      }
    }
  }
}

/// A queue, and memory that it may reach without a copy.
@safe final class Session {
  let transport: any QueueTransport
  let driver: any QueueDriver
  let memory: SharedMapping
  let file: SharedMemory
  /// Where the device sees `memory`.
  let address: UInt64

  init(_ transport: any QueueTransport, byteCount: Int, isReadOnly: Bool = false) throws {
    self.transport = transport
    driver = try HisiliconQueueAdapter().open(transport, type: UInt16(HISI_SQC_TYPE_COMPRESS))
    file = try SharedMemory(name: "queue-client", byteCount: byteCount)
    memory = try file.map()
    let bytes = unsafe UnsafeMutableRawBufferPointer(start: memory.base, count: byteCount)
    address = try unsafe transport.share(bytes, file: file, offset: 0, isReadOnly: isReadOnly)
  }

  /// Gives the queue back.
  func close() {
    driver.close()
    transport.close()
  }

  /// A request for raw deflate.
  static func request(source: UInt64, length: Int, destination: UInt64, room: Int, tag: UInt32) -> hisi_zip_sqe {
    var request = hisi_zip_sqe()
    request.input_data_length = UInt32(length)
    request.dw7 = 3 << HISI_ZIP_DW7_SQE_TYPE_SHIFT | HISI_ZIP_DW7_FLUSH_FINISH
    request.dw9 = HISI_ZIP_REQUEST_DEFLATE | 4 << HISI_ZIP_DW9_WINDOW_SHIFT
    request.dest_avail_out = UInt32(room)
    (request.source_addr_l, request.source_addr_h) = halves(source)
    (request.dest_addr_l, request.dest_addr_h) = halves(destination)
    request.tag_l = tag
    return request
  }

  /// An address as the two words of a request.
  static func halves(_ address: UInt64) -> (UInt32, UInt32) {
    (UInt32(truncatingIfNeeded: address), UInt32(truncatingIfNeeded: address >> 32))
  }

  func send(_ request: hisi_zip_sqe) throws(QueueError) {
    var request = request
    let result: Result<Void, QueueError> = unsafe withUnsafeBytes(of: &request) { bytes in
      do throws(QueueError) { return .success(try unsafe driver.send(RawSpan(_unsafeBytes: bytes))) } catch {
        return .failure(error)
      }
    }
    try result.get()
  }

  /// The next completed request, if there is one.
  func receive() throws(QueueError) -> hisi_zip_sqe? {
    var request = hisi_zip_sqe()
    let result: Result<Bool, QueueError> = unsafe withUnsafeMutableBytes(of: &request) { bytes in
      do throws(QueueError) {
        var span = unsafe MutableRawSpan(_unsafeBytes: bytes)
        return .success(try driver.receive(into: &span))
      } catch { return .failure(error) }
    }
    return try result.get() ? request : nil
  }

  /// The next completed request; looks for a moment, then sleeps, for 60 s at most.
  func receiveSync() throws(QueueError) -> hisi_zip_sqe {
    let deadline = MonotonicClock.now + 60_000_000_000
    while true {
      for _ in 0..<1000 { if let request = try receive() { return request } }
      try driver.requestNotification()
      if let request = try receive() { return request }
      _ = try transport.wait(nanoseconds: 100_000_000)
      guard MonotonicClock.now < deadline else { throw QueueError(.timedOut, "no completion in 60 s") }
    }
  }

  /// How a request ended.
  static func status(_ request: hisi_zip_sqe) -> UInt32 { request.dw3 & HISI_ZIP_DW3_STATUS_MASK }

  /// Whether its output is valid.
  static func succeeded(_ request: hisi_zip_sqe) -> Bool {
    status(request) == HISI_ZIP_STATUS_OK || status(request) == HISI_ZIP_STATUS_NEGACOMPRESS
  }
}
