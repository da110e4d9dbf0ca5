// A queue pair of the accelerator in a benchmark's hands: with trapped doorbells, or with a doorbell page.
// SPDX-License-Identifier: Apache-2.0

import CBaseline
import CHisilicon
import HisiliconModel

/// One queue pair and the buffers of its requests; all requests are alike.
@safe final class DeviceQueue {
  let driver: DeviceDriver
  let number: UInt16
  let depth: UInt32
  private var ring = unsafe baseline_ring()
  private var doorbells: MappedDoorbells?
  /// Keeps the client's mapping of the doorbell page.
  private var page: AnyObject?
  private let input: UnsafeMutableRawPointer
  private let output: UnsafeMutableRawPointer
  private let length: Int
  private let room: Int

  /// Starts a queue for raw deflate of `bytes`.
  ///
  /// - Parameters:
  ///   - buffers: how many outputs are under way at most.
  ///   - isMapped: whether to ring by a doorbell page.
  ///   - isArmed: whether completions make events.
  init(
    _ driver: DeviceDriver, number: UInt16, depth: UInt32 = 1024, _ bytes: [UInt8], buffers: Int = 1,
    isMapped: Bool = false, isArmed: Bool = false
  ) throws {
    self.driver = driver
    self.number = number
    self.depth = depth
    length = bytes.count
    room = (bytes.count * 2 + 4095) / 4096 * 4096
    unsafe input = driver.allocate(bytes.count)
    unsafe output = driver.allocate(room * buffers)
    unsafe bytes.withUnsafeBytes {
      unsafe input.copyMemory(from: $0.baseAddress.unsafelyUnwrapped, byteCount: $0.count)
    }
    unsafe ring.entries = driver.allocate(Int(depth) * 128)
    unsafe ring.completions = driver.allocate(Int(depth) * 16)
    unsafe (ring.depth, ring.queue, ring.phase, ring.wake_up) = (depth, number, 1, -1)
    try start(isArmed)
    if isMapped { try map() }
  }

  private func start(_ isArmed: Bool) throws {
    var submission = hisi_sqc()
    unsafe (submission.base_l, submission.base_h) = driver.halves(ring.entries)
    submission.dw3 = (depth - 1) | 7 << HISI_SQC_DW3_SIZE_SHIFT
    submission.cq_num = number
    submission.w13 = UInt16(1 << HISI_SQC_W13_ORDER_SHIFT)
    try driver.set(HISI_MAILBOX_CMD_SQC, queue: number, submission)
    var completion = hisi_cqc()
    unsafe (completion.base_l, completion.base_h) = driver.halves(ring.completions)
    completion.dw3 = (depth - 1) | 4 << HISI_CQC_DW3_SIZE_SHIFT
    completion.dw6 = HISI_CQC_DW6_PHASE | (isArmed ? HISI_CQC_DW6_ARMED : 0)
    try driver.set(HISI_MAILBOX_CMD_CQC, queue: number, completion)
  }

  private func map() throws {
    let doorbells = try driver.function.doorbellPage(queue: number)
    let mapping = try doorbells.memory.map()
    unsafe ring.doorbells = mapping.base
    unsafe ring.wake_up = doorbells.wakeUp.descriptor.number
    self.doorbells = doorbells
    page = mapping
  }

  /// How often the client wrote the eventfd of the doorbell page.
  var wakeUps: UInt64 { unsafe ring.wake_ups }

  /// A request whose output goes to the given buffer.
  func request(_ buffer: Int = 0) -> hisi_zip_sqe {
    var request = hisi_zip_sqe()
    request.dw7 = 3 << HISI_ZIP_DW7_SQE_TYPE_SHIFT
    request.dw9 = HISI_ZIP_REQUEST_DEFLATE | 4 << HISI_ZIP_DW9_WINDOW_SHIFT
    request.input_data_length = UInt32(length)
    request.dest_avail_out = UInt32(room)
    unsafe (request.source_addr_l, request.source_addr_h) = driver.halves(input)
    unsafe (request.dest_addr_l, request.dest_addr_h) = driver.halves(output + buffer * room)
    return request
  }

  /// Runs requests through the doorbell page, without sleeping.
  func run(_ count: Int, window: UInt32) throws {
    let isDone = unsafe withUnsafeBytes(of: request()) {
      unsafe baseline_ring_run(&ring, $0.baseAddress, count, window)
    }
    guard isDone else { throw BenchmarkFailure("queue \(number) does not answer") }
  }

  /// Writes a request and does not ring.
  func write(_ buffer: Int) {
    unsafe ring.entries.storeBytes(of: request(buffer), toByteOffset: Int(ring.tail) * 128, as: hisi_zip_sqe.self)
    unsafe ring.tail = (ring.tail + 1) % depth
  }

  /// Rings the submission queue's trapped doorbell.
  func ringSubmission() throws {
    try driver.ring(HISI_DOORBELL_CMD_SQ, queue: number, index: unsafe ring.tail)
  }

  /// Consumes a completion, if it is there.
  func poll() -> Bool {
    unsafe baseline_ring_poll(&ring)
  }

  /// Rings the completion queue's trapped doorbell.
  func acknowledge(arm: Bool) throws {
    try driver.ring(HISI_DOORBELL_CMD_CQ, queue: number, index: unsafe ring.head, priority: arm ? 1 : 0)
  }

  /// Runs requests with trapped doorbells, asleep until interrupts come.
  func runAsleep(_ count: Int, window: Int) throws {
    var (submitted, completed) = (0, 0)
    while submitted < min(count, window) {
      write(submitted % window)
      submitted += 1
    }
    try ringSubmission()
    while completed < count {
      try driver.sleep()
      let before = submitted
      while poll() {
        completed += 1
        guard submitted < count else { continue }
        write(submitted % window)
        submitted += 1
      }
      if submitted != before { try ringSubmission() }
      try acknowledge(arm: true)
      try driver.acknowledgeEvents()
    }
  }

  /// The output of the last request, which is in the given buffer.
  ///
  /// - Throws: when the device has answered it with an error.
  func answer(_ buffer: Int = 0) throws -> [UInt8] {
    let slot = unsafe Int((ring.tail + depth - 1) % depth)
    let request = unsafe ring.entries.load(fromByteOffset: slot * 128, as: hisi_zip_sqe.self)
    let status = request.dw3 & HISI_ZIP_DW3_STATUS_MASK
    guard status == HISI_ZIP_STATUS_OK || status == HISI_ZIP_STATUS_NEGACOMPRESS else {
      throw BenchmarkFailure("a request of queue \(number) ended with status \(status)")
    }
    return unsafe [UInt8](UnsafeRawBufferPointer(start: output + buffer * room, count: Int(request.produced)))
  }
}
