// The memory that the fuzzers' accelerator finds: contexts, rings and requests in their places, and bytes around them.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import DeviceAccess
import HisiliconModel

/// Where things are, as the device addresses them.
enum DeviceMap {
  /// 16 KiB to read and write: 32 places for contexts, then rings, requests' lists and data.
  static let base: UInt64 = 0x1_0000
  static let size = 0x4000
  /// A page that the device may only read.
  static let readOnly: UInt64 = 0x2_0000
  /// The last page below 2^64.
  static let top: UInt64 = 0 &- 0x1000
  static let pageSize = 0x1000

  static let ringDepth: UInt32 = 16
  static let eventDepth: UInt32 = 32
  /// Offsets from `base`.
  static let submission = [0x400, 0x1000]
  static let completion = [0xc00, 0x1800]
  static let events = [0xd00, 0xe00]
  static let list = 0x1c00
  static let source = 0x2000
  static let target = 0x3000
  static let sourceSize = 64
  static let targetSize = 256
}

/// What the device can reach, and what it must not.
///
/// `@unchecked Sendable`: one run at a time has it, and the device has come to rest whenever the run reaches it.
@safe final class DeviceMemoryMap: @unchecked Sendable {
  private static let guardByte: UInt8 = 0xa5
  // A page around each part that the device must leave alone.
  private static let work = 0x1000
  private static let readOnly = 0x6000
  private static let top = 0x8000
  private static let total = 0xa000

  private let base: UnsafeMutableRawPointer

  init() {
    unsafe base = .allocate(byteCount: Self.total, alignment: DeviceMap.pageSize)
  }

  deinit { unsafe base.deallocate() }

  var work: DeviceMemory { unsafe DeviceMemory(base: base + Self.work, length: DeviceMap.size) }
  var readOnly: DeviceMemory { unsafe DeviceMemory(base: base + Self.readOnly, length: DeviceMap.pageSize) }
  var top: DeviceMemory { unsafe DeviceMemory(base: base + Self.top, length: DeviceMap.pageSize) }

  /// Flips bits of a byte of the memory that the device may write.
  func flip(_ offset: Int, _ bits: UInt8) {
    let offset = Self.work + offset % DeviceMap.size
    unsafe base.storeBytes(
      of: base.load(fromByteOffset: offset, as: UInt8.self) ^ bits, toByteOffset: offset, as: UInt8.self)
  }

  func load<Value: BitwiseCopyable>(_ offset: Int, as type: Value.Type) -> Value {
    precondition(offset >= 0 && offset + MemoryLayout<Value>.size <= DeviceMap.size, "a place in the memory")
    return unsafe base.loadUnaligned(fromByteOffset: Self.work + offset, as: type)
  }

  func bytes(_ offset: Int, count: Int) -> [UInt8] {
    precondition(offset >= 0 && offset + count <= DeviceMap.size, "a place in the memory")
    return unsafe [UInt8](UnsafeRawBufferPointer(start: base + Self.work + offset, count: count))
  }

  private func store(_ value: some BitwiseCopyable, at offset: Int) {
    unsafe base.storeBytes(of: value, toByteOffset: Self.work + offset, as: type(of: value))
  }

  /// Whether everything that the device may not write is as it was.
  var isIntact: Bool {
    let guards = [0..<Self.work, Self.work + DeviceMap.size..<Self.top, Self.top + DeviceMap.pageSize..<Self.total]
    return guards.allSatisfy { range in
      unsafe UnsafeRawBufferPointer(start: base + range.lowerBound, count: range.count).allSatisfy {
        $0 == Self.guardByte
      }
    }
  }

  /// Puts everything in its place.
  func fill(_ revision: Revision) {
    unsafe base.initializeMemory(as: UInt8.self, repeating: Self.guardByte, count: Self.total)
    for (start, count) in [(Self.work, DeviceMap.size), (Self.top, DeviceMap.pageSize)] {
      unsafe (base + start).initializeMemory(as: UInt8.self, repeating: 0, count: count)
    }
    for queue in 0..<2 {
      store(submissionContext(queue, revision), at: Self.contextOffset(queue * 2))
      store(completionContext(queue, revision, depth: DeviceMap.ringDepth), at: Self.contextOffset(queue * 2 + 1))
    }
    for (index, ring) in DeviceMap.events.enumerated() {
      store(eventContext(ring, depth: DeviceMap.eventDepth), at: Self.contextOffset(4 + index))
    }
    // Rings that are soon full.
    store(completionContext(0, revision, depth: 2), at: Self.contextOffset(6))
    store(eventContext(DeviceMap.events[0], depth: 2), at: Self.contextOffset(7))
    for index in 0..<DeviceMap.sourceSize { store(UInt8(index % 7 + 65), at: DeviceMap.source + index) }
    fillList()
    for slot in 0..<Int(DeviceMap.ringDepth) {
      store(request(slot, revision), at: DeviceMap.submission[0] + slot * 128)
      store(request(slot, revision), at: DeviceMap.submission[1] + slot * 128)
    }
  }

  /// Where a context is: what mailbox commands name, queue 0's two first, then queue 1's, then the event queues'.
  static func contextOffset(_ place: Int) -> Int { place * 32 }

  private func submissionContext(_ queue: Int, _ revision: Revision) -> hisi_sqc {
    var context = hisi_sqc()
    context.base_l = UInt32(DeviceMap.base) + UInt32(DeviceMap.submission[queue])
    context.dw3 = 7 << HISI_SQC_DW3_SIZE_SHIFT
    if revision == .v1 {
      context.w8 = UInt16(DeviceMap.ringDepth - 1)
    } else {
      context.dw3 |= DeviceMap.ringDepth - 1
    }
    context.cq_num = UInt16(queue)
    let type = queue == 0 ? HISI_SQC_TYPE_COMPRESS : HISI_SQC_TYPE_DECOMPRESS
    context.w13 = UInt16(1 << HISI_SQC_W13_ORDER_SHIFT | type << HISI_SQC_W13_TYPE_SHIFT)
    return context
  }

  private func completionContext(_ queue: Int, _ revision: Revision, depth: UInt32) -> hisi_cqc {
    var context = hisi_cqc()
    context.base_l = UInt32(DeviceMap.base) + UInt32(DeviceMap.completion[queue])
    context.dw3 = 4 << HISI_CQC_DW3_SIZE_SHIFT
    if revision == .v1 { context.w8 = UInt16(depth - 1) } else { context.dw3 |= depth - 1 }
    context.dw6 = HISI_CQC_DW6_PHASE | HISI_CQC_DW6_ARMED
    return context
  }

  private func eventContext(_ ring: Int, depth: UInt32) -> hisi_eqc {
    var context = hisi_eqc()
    context.base_l = UInt32(DeviceMap.base) + UInt32(ring)
    context.dw6 = depth - 1 | HISI_EQC_DW6_PHASE
    return context
  }

  /// A list of two buffers of the source, and no next.
  private func fillList() {
    var head = hisi_sgl()
    head.sum_in_chain = 2
    head.sum_in_sgl = 2
    head.capacity = 2
    store(head, at: DeviceMap.list)
    for index in 0..<2 {
      var entry = hisi_sge()
      entry.buffer = DeviceMap.base + UInt64(DeviceMap.source + index * 32)
      entry.length = 32
      store(entry, at: DeviceMap.list + 0x40 + index * 0x20)
    }
  }

  /// The request of a slot: the first is plain, the others are of one byte, of a list, or parts of a stream.
  private func request(_ slot: Int, _ revision: Revision) -> hisi_zip_sqe {
    var request = hisi_zip_sqe()
    request.input_data_length = slot % 4 == 1 ? 1 : UInt32(DeviceMap.sourceSize)
    request.dw7 = 3 << HISI_ZIP_DW7_SQE_TYPE_SHIFT
    request.dw9 = revision == .v3 ? HISI_ZIP_REQUEST_DEFLATE : HISI_ZIP_REQUEST_ZLIB
    request.dest_avail_out = UInt32(DeviceMap.targetSize)
    request.source_addr_l = UInt32(DeviceMap.base) + UInt32(DeviceMap.source)
    request.dest_addr_l = UInt32(DeviceMap.base) + UInt32(DeviceMap.target)
    request.tag_l = UInt32(slot)
    if slot % 4 == 2 {
      request.dw9 |= HISI_ZIP_BUFFER_SGL << HISI_ZIP_DW9_BUFFER_SHIFT
      request.source_addr_l = UInt32(DeviceMap.base) + UInt32(DeviceMap.list)
      // The output goes where the input comes from.
      request.dest_addr_l = request.source_addr_l
    } else if slot % 4 == 3 {
      request.dw7 |= HISI_ZIP_DW7_STATEFUL | (slot == 3 ? HISI_ZIP_DW7_STREAM_NEW : 0)
      request.stream_ctx_addr_l = UInt32(DeviceMap.base) + 0x3800
    }
    return request
  }
}
