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

  /// Opens a queue; `patiently` waits for a device that is being reset, has no queue left at the moment, or whose host is
  /// not there, a minute at most.
  func open(patiently: Bool = false) throws -> any QueueTransport {
    let source = RunDirectorySource(runDirectory)
    let deadline = MonotonicClock.deadline(after: patiently ? 60_000_000_000 : 0)
    while true {
      do throws(QueueError) {
        return try source.open(device: device)
      } catch {
        let passes: Set<QueueError.Code> = [.busy, .resetting, .deviceLost, .notFound]
        guard passes.contains(error.code), MonotonicClock.now() < deadline else { throw error }
        _ = isToldToStop(milliseconds: 2)
      }
    }
  }
}

/// A transport that remembers the rings, for a look at what is in them; everything else is the transport's own.
final class Observed: QueueTransport {
  private let base: any QueueTransport
  private let rings = Guarded<SharedMapping?>(nil)

  init(_ base: any QueueTransport) { self.base = base }

  var attributes: QueueAttributes { base.attributes }
  var isConnected: Bool { base.isConnected }
  /// The rings, once they are mapped.
  var mappedRings: SharedMapping? { rings.withLock { $0 } }

  func map(_ region: QueueRegion) throws(QueueError) -> SharedMapping {
    let mapping = try base.map(region)
    if region == .rings { rings.withLock { $0 = mapping } }
    return mapping
  }

  func doorbell() throws(QueueError) -> QueueDoorbell { try base.doorbell() }
  func perform(_ command: UInt16, _ body: [UInt8]) throws(QueueError) -> [UInt8] { try base.perform(command, body) }
  func wait(nanoseconds: UInt64) throws(QueueError) -> Bool { try base.wait(nanoseconds: nanoseconds) }
  func share(
    _ memory: UnsafeMutableRawBufferPointer, file: SharedMemory?, offset: UInt64, isReadOnly: Bool
  ) throws(QueueError) -> UInt64 {
    try unsafe base.share(memory, file: file, offset: offset, isReadOnly: isReadOnly)
  }
  func unshare(deviceAddress: UInt64, byteCount: Int) throws(QueueError) {
    try base.unshare(deviceAddress: deviceAddress, byteCount: byteCount)
  }
  func close() { base.close() }
}

/// A queue, and memory that it may reach without a copy.
@safe final class Session {
  let queue: Queue
  let memory: SharedMapping
  let file: SharedMemory
  /// Where the device sees `memory`.
  let address: UInt64

  /// Starts a queue; `transport` is closed with it, also when this throws.
  init(_ transport: any QueueTransport, byteCount: Int, isReadOnly: Bool = false) throws {
    queue = try Queue(transport, adapters: AdapterTable([HisiliconAdapter()]))
    file = try SharedMemory(name: "queue-client", byteCount: byteCount)
    memory = try file.map()
    let bytes = unsafe UnsafeMutableRawBufferPointer(start: memory.base, count: byteCount)
    address = try unsafe queue.share(bytes, file: file, isReadOnly: isReadOnly)
  }

  /// The queue's number.
  var number: UInt16 { (queue.driver as? HisiliconQueueDriver)?.pair.number ?? .max }

  /// Gives the queue back.
  func close() { queue.release() }

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
    let result: Result<Void, QueueError> = unsafe withUnsafeBytes(of: request) { bytes in
      do throws(QueueError) { return .success(try unsafe queue.send(bytes.bytes)) } catch { return .failure(error) }
    }
    try result.get()
  }

  /// The next completed request, if there is one.
  func receive() throws(QueueError) -> hisi_zip_sqe? {
    try answer { (span) throws(QueueError) in try self.queue.receive(into: &span) }
  }

  /// The next completed request; looks for a moment, then sleeps, for 60 s at most.
  func receiveSync() throws(QueueError) -> hisi_zip_sqe {
    let request = try answer { (span) throws(QueueError) in
      try self.queue.receiveSync(into: &span, timeout: 60_000_000_000)
      return true
    }
    guard let request else { throw QueueError(.failed, "no answer, and no error") }
    return request
  }

  private func answer(
    _ body: (inout MutableRawSpan) throws(QueueError) -> Bool
  ) throws(QueueError) -> hisi_zip_sqe? {
    var request = hisi_zip_sqe()
    let result: Result<Bool, QueueError> = unsafe withUnsafeMutableBytes(of: &request) { bytes in
      do throws(QueueError) {
        var span = unsafe MutableRawSpan(_unsafeBytes: bytes)
        return .success(try body(&span))
      } catch { return .failure(error) }
    }
    return try result.get() ? request : nil
  }

  /// How a request ended.
  static func status(_ request: hisi_zip_sqe) -> UInt32 { request.dw3 & HISI_ZIP_DW3_STATUS_MASK }

  /// Whether its output is valid.
  static func succeeded(_ request: hisi_zip_sqe) -> Bool {
    status(request) == HISI_ZIP_STATUS_OK || status(request) == HISI_ZIP_STATUS_NEGACOMPRESS
  }
}
