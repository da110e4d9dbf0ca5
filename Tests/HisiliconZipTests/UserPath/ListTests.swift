// Requests whose buffers are scattered, from a program's queue to the engine and back.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import HisiliconModel
import HisiliconQueue
import HisiliconZip
import LinuxSystem
import SDMDEV
import Testing
import WarpDriveQueue

@Suite("Scattered buffers on a program's queue") struct ListTests {
  /// The bytes in blocks of a pool: as many as it takes of `size` each, zeros behind the end.
  private func blocks(_ pool: MemoryPool, _ bytes: [UInt8], size: Int) throws -> [Piece] {
    try stride(from: 0, to: bytes.count, by: size).map { start in
      let part = bytes[start..<min(start + size, bytes.count)]
      let piece = Piece(try pool.take(), byteCount: part.count)
      unsafe piece.block.withUnsafeMutableBytes { unsafe $0.copyBytes(from: part) }
      return piece
    }
  }

  /// A block of which a part is used.
  private final class Piece: Sendable {
    let block: PoolBlock
    let byteCount: Int

    init(_ block: consuming PoolBlock, byteCount: Int) {
      self.block = block
      self.byteCount = byteCount
    }

    var segment: HardwareList.Segment { .init(deviceAddress: block.deviceAddress, byteCount: byteCount) }
  }

  @Test(
    "lists of blocks are compressed to lists of blocks, which zlib reads",
    arguments: zip([Revision.v1, .v2, .v3], [ZipFormat.zlib, .gzip, .deflate]))
  func lists(revision: Revision, format: ZipFormat) throws {
    let rig = try ZipRig(revision)
    defer { rig.device.shutdown() }
    let sdmdevs = SDMDEVClass()
    try sdmdevs.register(rig.device)
    let queue = try Queue.request(
      QueueCapability(algorithm: format.name, type: ZipDirection.compress.rawValue),
      from: [InProcessSource(sdmdevs)], adapters: AdapterTable([HisiliconAdapter()]))
    // Room for two entries in a table, so that both lists are chains.
    let tables = try MemoryPool(queue, blockSize: 64 + 2 * 32, blockCount: 32)
    let memory = try MemoryPool(queue, blockSize: 1024, blockCount: 64)
    let bytes = sample(9_999)
    let input = try blocks(memory, bytes, size: 777)
    let output = try blocks(memory, [UInt8](repeating: 0, count: 30_000), size: 1001)
    let source = try HardwareList(tables, input.map(\.segment))
    let destination = try HardwareList(tables, output.map(\.segment))
    let message = try ZipMessage(
      format, from: ZipBufferReference(address: source.deviceAddress, byteCount: source.byteCount, isList: true),
      to: ZipBufferReference(address: destination.deviceAddress, byteCount: destination.byteCount, isList: true),
      sqeType: revision == .v3 ? 3 : 0)
    var request = message.sqe
    try unsafe withUnsafeMutableBytes(of: &request) { buffer in
      try unsafe queue.send(RawSpan(_unsafeBytes: UnsafeRawBufferPointer(buffer)))
      var span = unsafe MutableRawSpan(_unsafeBytes: buffer)
      try queue.receiveSync(into: &span, timeout: Patience.nanoseconds)
    }
    let outcome = try ZipOutcome(request, of: message.sqe)
    #expect(outcome.status == .done && outcome.consumed == bytes.count)
    var packed: [UInt8] = []
    for piece in output {
      unsafe piece.block.withUnsafeMutableBytes { unsafe packed += $0.prefix(piece.byteCount) }
    }
    let (inCount, outCount) = (source.tableCount, destination.tableCount)
    #expect(inCount == 7 && outCount == 15)
    #expect(try inflate(format, Array(packed[..<outcome.produced]), count: bytes.count) == bytes)
    #expect(sdmdevs.devices.first?.copiedByteCount == 0)
    queue.release()
  }
}
