// An entry point for fuzzers: any bytes become memory, requests and a run of the engine.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import DeviceAccess

/// Runs hostile requests in a small address space and checks what must hold whatever they are.
///
/// The input: a byte of choices, an SQE of 128 bytes for each request, and the first bytes of memory. The memory is
/// 32 KiB at 0 for reading and writing, 8 KiB behind it for reading only, 8 KiB that is remote, and the last page below
/// 2^64; all else is unmapped.
package struct EngineProbe {
  /// Bits 0 and 1: three revisions; bit 2: decompression; bit 3: addresses and lengths as they are, not cut to 16 bits;
  /// bit 4: flags for parts of a stream are set; bits 6 and 7: further requests.
  private let choices: UInt8
  private var requests: [hisi_zip_sqe] = []
  private let memory: ProbeMemory
  private let space = AddressSpace()
  private let contexts = StreamContexts(limit: 2)

  /// Runs an input.
  ///
  /// - Returns: what did not hold; nil is right.
  package static func run(_ input: [UInt8]) -> String? {
    do throws(ZipEngineError) {
      var engine = try ZipEngine()
      return EngineProbe(input).run(on: &engine)
    } catch {
      return "there is no engine: \(error)"
    }
  }

  private init(_ input: [UInt8]) {
    let choices = input.first ?? 0
    let size = MemoryLayout<hisi_zip_sqe>.size
    self.choices = choices
    var position = 1
    for _ in 0...Int(choices >> 6) where position + size <= input.count {
      var sqe = hisi_zip_sqe()
      unsafe withUnsafeMutableBytes(of: &sqe) { unsafe $0.copyBytes(from: input[position..<position + size]) }
      requests.append(sqe)
      position += size
    }
    memory = ProbeMemory(input.dropFirst(position))
  }

  private func run(on engine: inout ZipEngine) -> String? {
    guard memory.map(in: space) else { return "the mappings overlap" }
    let direction: ZipDirection = choices & 4 == 0 ? .compress : .decompress
    let revision = [HISI_QM_HW_V3, HISI_QM_HW_V2, HISI_QM_HW_V1, HISI_QM_HW_V3][Int(choices & 3)]
    for var request in requests {
      if choices & 8 == 0 { request.cut() }
      if choices & 16 != 0 { request.dw7 |= HISI_ZIP_DW7_STATEFUL }
      var answer = request
      space.withAccess { access in
        engine.execute(&answer, direction: direction, revision: revision, memory: access, contexts: contexts)
      }
      if let finding = Self.finding(request, answer) { return finding }
    }
    if !memory.isIntact { return "something was written where it must not be" }
    if contexts.count > 2 { return "too many streams are kept" }
    do throws(AddressSpaceError) { try space.unmapAll(timeLimit: 0) } catch { return "a section did not end" }
    return nil
  }

  private static func finding(_ request: hisi_zip_sqe, _ answer: hisi_zip_sqe) -> String? {
    let known = [
      HISI_ZIP_STATUS_OK, HISI_ZIP_STATUS_NEGACOMPRESS, HISI_ZIP_STATUS_OUTPUT_FULL, HISI_ZIP_STATUS_CRC_ERROR,
      HISI_ZIP_STATUS_DECOMP_END, HISI_ZIP_STATUS_TRANSLATION_FAULT, HISI_ZIP_STATUS_UNSUPPORTED,
      HISI_ZIP_STATUS_BAD_SGL, HISI_ZIP_STATUS_BAD_DATA,
    ]
    let status = answer.dw3 & HISI_ZIP_DW3_STATUS_MASK
    if !known.contains(status) { return "status \(status)" }
    if answer.consumed > request.input_data_length { return "more is consumed than there is" }
    if answer.produced > request.dest_avail_out { return "more is produced than there is room for" }
    if answer.produced > HISI_ZIP_LENGTH_MAX { return "more than 8 MiB are produced" }
    var expected = request
    expected.copyOutputs(from: answer)
    let isSame = unsafe withUnsafeBytes(of: expected) { expected in
      unsafe withUnsafeBytes(of: answer) { unsafe expected.elementsEqual($0) }
    }
    return isSame ? nil : "an input of the request was changed"
  }
}

extension hisi_zip_sqe {
  /// Makes it likely that addresses and lengths mean something.
  fileprivate mutating func cut() {
    input_data_length &= 0xffff
    dest_avail_out &= 0xffff
    source_addr_l &= 0xffff
    source_addr_h = 0
    dest_addr_l &= 0xffff
    dest_addr_h = 0
  }

  fileprivate mutating func copyOutputs(from answer: hisi_zip_sqe) {
    let outputs = HISI_ZIP_DW3_STATUS_MASK | HISI_ZIP_DW3_LAST_BLOCK
    consumed = answer.consumed
    produced = answer.produced
    dw3 = dw3 & ~outputs | answer.dw3 & outputs
    isize = answer.isize
    checksum = answer.checksum
    guard dw7 & HISI_ZIP_DW7_STATEFUL != 0 else { return }
    ctx_dw0 = answer.ctx_dw0
    ctx_dw1 = answer.ctx_dw1
    ctx_dw2 = answer.ctx_dw2
  }
}

/// The memory of a probe, with bytes around each part that nobody may change.
///
/// `@unchecked Sendable`: one thread uses it.
@safe private final class ProbeMemory: @unchecked Sendable {
  private static let page = 4096
  private static let guardByte: UInt8 = 0xa5
  // Guard, 32 KiB, guard, 8 KiB to read, guard, 8 KiB remote, guard, a page, guard.
  private static let writable = page..<9 * page
  private static let readable = 10 * page..<12 * page
  private static let remote = 13 * page..<15 * page
  private static let top = 16 * page..<17 * page
  private static let size = 18 * page

  private let base: UnsafeMutableRawPointer
  private let content: ArraySlice<UInt8>

  init(_ content: ArraySlice<UInt8>) {
    self.content = content
    unsafe base = .allocate(byteCount: Self.size, alignment: Self.page)
    unsafe base.initializeMemory(as: UInt8.self, repeating: Self.guardByte, count: Self.size)
    for part in [Self.writable, Self.remote, Self.top] {
      unsafe (base + part.lowerBound).initializeMemory(as: UInt8.self, repeating: 0, count: part.count)
    }
    for part in [Self.writable, Self.readable] {
      unsafe bytes(part).copyBytes(from: content.prefix(part.count))
    }
  }

  deinit { unsafe base.deallocate() }

  private func bytes(_ part: Range<Int>) -> UnsafeMutableRawBufferPointer {
    unsafe UnsafeMutableRawBufferPointer(start: base + part.lowerBound, count: part.count)
  }

  func map(in space: AddressSpace) -> Bool {
    let remote = unsafe RemoteBacking(
      read: { iova, buffer in
        let start = Int(iova) - 40_960 + Self.remote.lowerBound
        unsafe buffer.copyMemory(from: UnsafeRawBufferPointer(self.bytes(start..<start + buffer.count)))
        return true
      },
      write: { iova, buffer in
        let start = Int(iova) - 40_960 + Self.remote.lowerBound
        unsafe self.bytes(start..<start + buffer.count).copyMemory(from: buffer)
        return true
      })
    do throws(AddressSpaceError) {
      try space.map(iova: 0, length: 32_768, permissions: [.read, .write], backing: backing(Self.writable))
      try space.map(iova: 32_768, length: 8192, permissions: .read, backing: backing(Self.readable))
      try space.map(iova: 40_960, length: 8192, permissions: [.read, .write], backing: .remote(remote))
      try space.map(iova: 0 &- 4096, length: 4096, permissions: [.read, .write], backing: backing(Self.top))
      return true
    } catch {
      return false
    }
  }

  private func backing(_ part: Range<Int>) -> MappingBacking {
    unsafe .memory(MappedMemory(base: base + part.lowerBound, owner: self))
  }

  /// Whether everything that the device may not write is as it was.
  var isIntact: Bool {
    let guards = [0, 9, 12, 15, 17].map { Self.page * $0..<Self.page * ($0 + 1) }
    let expected = content.prefix(Self.readable.count)
    return unsafe guards.allSatisfy { unsafe bytes($0).allSatisfy { $0 == Self.guardByte } }
      && bytes(Self.readable).starts(with: expected)
      && bytes(Self.readable)[expected.count...].allSatisfy { $0 == Self.guardByte }
  }
}
