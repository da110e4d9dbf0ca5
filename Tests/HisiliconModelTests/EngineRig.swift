// An engine with an address space, for the tests.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import DeviceAccess

@testable import HisiliconModel

/// Memory of a test that a device may reach; freed with its last reference.
///
/// `@unchecked Sendable`: tests that share it say who may touch what.
@safe final class TestMemory: @unchecked Sendable {
  static let fill: UInt8 = 0xa5
  let base: UnsafeMutableRawPointer
  let count: Int
  private let whenFreed: @Sendable () -> Void

  init(_ count: Int, whenFreed: @escaping @Sendable () -> Void = {}) {
    self.count = count
    self.whenFreed = whenFreed
    unsafe base = .allocate(byteCount: max(1, count), alignment: 4096)
    unsafe base.initializeMemory(as: UInt8.self, repeating: Self.fill, count: count)
  }

  deinit {
    unsafe base.deallocate()
    whenFreed()
  }

  var bytes: UnsafeMutableRawBufferPointer { unsafe UnsafeMutableRawBufferPointer(start: base, count: count) }

  func write(_ content: [UInt8], at offset: Int) {
    unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[offset..<offset + content.count]).copyBytes(from: content)
  }

  func read(_ range: Range<Int>) -> [UInt8] { unsafe Array(bytes[range]) }

  func fill(_ range: Range<Int>) {
    unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[range]).initializeMemory(as: UInt8.self, repeating: Self.fill)
  }

  /// A backing of all of it, from an offset on.
  func backing(offset: Int = 0) -> MappingBacking {
    unsafe .memory(MappedMemory(base: base + offset, owner: self))
  }

  /// A backing of all of it, by messages.
  func remoteBacking(iova: UInt64, works: @escaping @Sendable () -> Bool = { true }) -> MappingBacking {
    unsafe .remote(
      RemoteBacking(
        read: { address, buffer in
          guard works() else { return false }
          unsafe buffer.copyBytes(from: self.bytes[Int(address - iova)..<Int(address - iova) + buffer.count])
          return true
        },
        write: { address, buffer in
          guard works() else { return false }
          self.write(unsafe Array(buffer), at: Int(address - iova))
          return true
        }))
  }
}

/// How a buffer is laid out for a request.
struct TestBuffer {
  var layout: UInt32 = HISI_ZIP_BUFFER_FLAT
  var address: UInt64
  var offset: UInt32 = 0
}

/// What came of a request.
struct TestAnswer {
  let sqe: hisi_zip_sqe
  let output: [UInt8]
  var status: UInt32 { sqe.dw3 & HISI_ZIP_DW3_STATUS_MASK }
  var isLast: Bool { sqe.dw3 & HISI_ZIP_DW3_LAST_BLOCK != 0 }
  var consumed: Int { Int(sqe.consumed) }
  var produced: Int { Int(sqe.produced) }
  var contextState: UInt32 { sqe.ctx_dw0 & HISI_ZIP_CTX_DW0_STATE_MASK }
}

/// One engine, one address space with a flat region at `base`, and room in it for inputs, outputs and lists.
final class EngineRig {
  static let base: UInt64 = 0x1_0000_0000
  static let inputOffset = 0
  static let outputOffset = 10 << 20
  static let listOffset = 20 << 20
  static let size = 22 << 20

  let space = AddressSpace()
  let memory: TestMemory
  let contexts: StreamContexts
  var engine: ZipEngine
  var revision = HISI_QM_HW_V3

  init(contexts: StreamContexts = StreamContexts(), isRemote: Bool = false) throws {
    memory = TestMemory(Self.size)
    self.contexts = contexts
    engine = try ZipEngine()
    try space.map(
      iova: Self.base, length: UInt64(Self.size), permissions: [.read, .write],
      backing: isRemote ? memory.remoteBacking(iova: Self.base) : memory.backing())
  }

  var input: TestBuffer { TestBuffer(address: Self.base + UInt64(Self.inputOffset)) }
  var output: TestBuffer { TestBuffer(address: Self.base + UInt64(Self.outputOffset)) }

  /// An SQE as the kernel's driver fills it: type 3, its own words in the tag.
  static func sqe(
    _ type: UInt32, from source: TestBuffer, _ count: Int, to destination: TestBuffer, room: Int
  ) -> hisi_zip_sqe {
    var sqe = hisi_zip_sqe()
    sqe.input_data_length = UInt32(count)
    sqe.dest_avail_out = UInt32(room)
    sqe.dw7 = 3 << HISI_ZIP_DW7_SQE_TYPE_SHIFT | source.offset
    sqe.dw8 = destination.offset
    sqe.dw9 = type | source.layout << HISI_ZIP_DW9_BUFFER_SHIFT
    sqe.source_addr_l = UInt32(truncatingIfNeeded: source.address)
    sqe.source_addr_h = UInt32(truncatingIfNeeded: source.address >> 32)
    sqe.dest_addr_l = UInt32(truncatingIfNeeded: destination.address)
    sqe.dest_addr_h = UInt32(truncatingIfNeeded: destination.address >> 32)
    sqe.tag_l = 0xdead_beef
    sqe.tag_h = 0xffff_8881
    return sqe
  }

  /// Executes an SQE.
  func execute(_ sqe: hisi_zip_sqe, _ direction: ZipDirection) -> hisi_zip_sqe {
    var answer = sqe
    space.withAccess { memory in
      engine.execute(&answer, direction: direction, revision: revision, memory: memory, contexts: contexts)
    }
    return answer
  }

  /// Executes a flat request; checks that nothing is written behind what was produced, or behind the room.
  func run(
    _ direction: ZipDirection, _ format: ZipFormat, _ bytes: [UInt8], room: Int,
    change: (inout hisi_zip_sqe) -> Void = { _ in }
  ) -> TestAnswer {
    memory.write(bytes, at: Self.inputOffset)
    memory.fill(Self.outputOffset..<Self.outputOffset + room + 64)
    var sqe = Self.sqe(format.requestType, from: input, bytes.count, to: output, room: room)
    change(&sqe)
    let answer = execute(sqe, direction)
    let written = memory.read(Self.outputOffset..<Self.outputOffset + room + 64)
    let produced = min(Int(answer.produced), room)
    // Room that was not needed may be touched, what is behind it may not.
    let isClean = written[room...].allSatisfy { $0 == TestMemory.fill }
    return TestAnswer(sqe: answer, output: isClean ? Array(written[..<produced]) : [])
  }
}

extension ZipFormat {
  static let all: [ZipFormat] = [.deflate, .zlib, .gzip]

  var requestType: UInt32 {
    switch self {
    case .deflate: HISI_ZIP_REQUEST_DEFLATE
    case .zlib: HISI_ZIP_REQUEST_ZLIB
    case .gzip: HISI_ZIP_REQUEST_GZIP
    }
  }

  /// What an SQE's checksum is for `bytes`.
  func register(_ bytes: [UInt8]) -> UInt32 {
    switch self {
    case .deflate: return 0
    case .zlib: return Reference.adler(bytes)
    case .gzip:
      let inverted = ~Reference.crc(bytes)
      return (0..<32).reduce(0) { $0 | (inverted >> UInt32($1) & 1) << UInt32(31 - $1) }
    }
  }
}
