// A queue pair in a test's hands: contexts, rings, requests and completions.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import DeviceAccess
import HisiliconModel

/// One submission queue and its completion queue, of a `TestDriver`.
final class TestQueue {
  let driver: TestDriver
  let number: UInt16
  let depth: UInt32
  let submission: UInt64
  let completion: UInt64
  private(set) var tail: UInt32 = 0
  private(set) var head: UInt32 = 0
  private var phase = HISI_CQE_W7_PHASE

  /// Gives the device both contexts.
  ///
  /// - Parameter isArmed: whether the first completion makes an event.
  init(
    _ driver: TestDriver, number: UInt16, depth: UInt32 = 64, type: UInt32 = HISI_SQC_TYPE_COMPRESS,
    isArmed: Bool = false
  ) throws {
    self.driver = driver
    self.number = number
    self.depth = depth
    submission = try driver.buffer.allocate(128 * Int(depth), alignment: 4096)
    completion = try driver.buffer.allocate(16 * Int(depth), alignment: 4096)
    try start(type: type, isArmed: isArmed)
  }

  /// Starts the queue, or starts it anew.
  func start(type: UInt32 = HISI_SQC_TYPE_COMPRESS, isArmed: Bool = false) throws {
    tail = 0
    head = 0
    phase = HISI_CQE_W7_PHASE
    driver.buffer.store([UInt8](repeating: 0, count: 16 * Int(depth)), at: completion)
    guard try driver.set(HISI_MAILBOX_CMD_SQC, queue: number, submissionContext(type: type)) == 0,
      try driver.set(HISI_MAILBOX_CMD_CQC, queue: number, completionContext(isArmed: isArmed)) == 0
    else { throw DriverFailure("queue \(number) cannot be started") }
  }

  func submissionContext(type: UInt32 = HISI_SQC_TYPE_COMPRESS) -> hisi_sqc {
    var context = hisi_sqc()
    context.base_l = UInt32(truncatingIfNeeded: submission)
    context.base_h = UInt32(truncatingIfNeeded: submission >> 32)
    context.dw3 = 7 << HISI_SQC_DW3_SIZE_SHIFT
    if driver.revision == .v1 { context.w8 = UInt16(depth - 1) } else { context.dw3 |= depth - 1 }
    context.cq_num = number
    context.w13 = UInt16(1 << HISI_SQC_W13_ORDER_SHIFT | type << HISI_SQC_W13_TYPE_SHIFT)
    return context
  }

  func completionContext(isArmed: Bool) -> hisi_cqc {
    var context = hisi_cqc()
    context.base_l = UInt32(truncatingIfNeeded: completion)
    context.base_h = UInt32(truncatingIfNeeded: completion >> 32)
    context.dw3 = 4 << HISI_CQC_DW3_SIZE_SHIFT
    if driver.revision == .v1 { context.w8 = UInt16(depth - 1) } else { context.dw3 |= depth - 1 }
    context.dw6 = HISI_CQC_DW6_PHASE | (isArmed ? HISI_CQC_DW6_ARMED : 0)
    return context
  }

  /// Writes a request into the ring; the device does not know of it yet.
  @discardableResult
  func write(_ request: hisi_zip_sqe) -> UInt32 {
    let slot = tail
    driver.buffer.store(request, at: submission + UInt64(slot) * 128)
    tail = (tail + 1) % depth
    return slot
  }

  /// Tells the device of all requests written.
  func ring() throws {
    try driver.ring(HISI_DOORBELL_CMD_SQ, queue: number, index: UInt16(tail))
  }

  /// Writes a request and tells the device.
  @discardableResult
  func submit(_ request: hisi_zip_sqe) throws -> UInt32 {
    let slot = write(request)
    try ring()
    return slot
  }

  /// The next completion, if it is there.
  func poll() -> hisi_cqe? {
    let address = completion + UInt64(head) * 16
    guard UInt32(driver.buffer.acquire16(address + 14)) & HISI_CQE_W7_PHASE == phase else { return nil }
    let entry = driver.buffer.load(address, as: hisi_cqe.self)
    head += 1
    if head == depth {
      head = 0
      phase ^= HISI_CQE_W7_PHASE
    }
    return entry
  }

  /// The next completion, as soon as it is there.
  func wait() throws -> hisi_cqe {
    var found: hisi_cqe?
    try Patience.wait(for: "a completion of queue \(number)") {
      found = poll()
      return found != nil
    }
    guard let found else { throw DriverFailure("a completion of queue \(number)") }
    return found
  }

  /// Tells the device what was consumed, and whether the next completion is to make an event.
  func acknowledge(arm: Bool) throws {
    try driver.ring(HISI_DOORBELL_CMD_CQ, queue: number, index: UInt16(head), priority: arm ? 1 : 0)
  }

  /// A request as the device has answered it.
  func request(_ slot: UInt32) -> hisi_zip_sqe {
    driver.buffer.load(submission + UInt64(slot) * 128, as: hisi_zip_sqe.self)
  }

  /// The status of a request that the device has answered.
  func status(_ slot: UInt32) -> UInt32 {
    request(slot).dw3 & HISI_ZIP_DW3_STATUS_MASK
  }

  /// Submits a request and waits for its completion.
  func run(_ request: hisi_zip_sqe) throws -> hisi_zip_sqe {
    let slot = try submit(request)
    let entry = try wait()
    guard UInt32(entry.sq_head) == slot, entry.sq_num == number else {
      throw DriverFailure("a completion of entry \(entry.sq_head) of queue \(entry.sq_num)")
    }
    return self.request(slot)
  }
}

/// A stateless request with flat buffers.
///
/// - Parameter tag: comes back untouched.
func flatRequest(
  _ type: UInt32 = HISI_ZIP_REQUEST_DEFLATE, from source: UInt64, count: Int, to target: UInt64, room: Int,
  tag: UInt64 = 0
) -> hisi_zip_sqe {
  var request = hisi_zip_sqe()
  request.input_data_length = UInt32(count)
  request.dw7 = 3 << HISI_ZIP_DW7_SQE_TYPE_SHIFT
  request.dw9 = type
  request.dest_avail_out = UInt32(room)
  request.source_addr_l = UInt32(truncatingIfNeeded: source)
  request.source_addr_h = UInt32(truncatingIfNeeded: source >> 32)
  request.dest_addr_l = UInt32(truncatingIfNeeded: target)
  request.dest_addr_h = UInt32(truncatingIfNeeded: target >> 32)
  request.tag_l = UInt32(truncatingIfNeeded: tag)
  request.tag_h = UInt32(truncatingIfNeeded: tag >> 32)
  return request
}
