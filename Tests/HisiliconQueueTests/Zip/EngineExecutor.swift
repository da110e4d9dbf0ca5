// The model's engine as an executor of requests, with no queue in between, for the tests of messages and streams.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import DeviceAccess
import HisiliconQueue
import LinuxSystem
import WarpDriveQueue

@testable import HisiliconModel

/// An executor over one engine; its memory is mapped as long as it lives.
///
/// `@unchecked Sendable`: a test's one thread uses it.
final class EngineExecutor: HisiliconQueue.ZipExecutor, @unchecked Sendable {
  let direction: HisiliconQueue.ZipDirection
  let revision: UInt32
  /// Requests that are executed before every further one fails.
  var requestsLeft = Int.max
  /// How many requests came.
  private(set) var requestCount = 0
  /// The last request, as it came.
  private(set) var lastRequest = hisi_zip_sqe()
  /// Changes a request's outcome.
  var tamper: (inout hisi_zip_sqe) -> Void = { _ in }
  private(set) var kept: [any ZipBuffer] = []
  private let space = AddressSpace()
  private let contexts: StreamContexts
  private let places: ZipContextPool
  private var engine: ZipEngine
  private var nextAddress: UInt64 = 1 << 32

  init(
    _ direction: HisiliconQueue.ZipDirection, revision: UInt32 = HISI_QM_HW_V3, contextLimit: Int = 64, places: Int = 48
  ) throws {
    self.direction = direction
    self.revision = revision
    contexts = StreamContexts(limit: contextLimit)
    self.places = ZipContextPool(limit: places)
    engine = try ZipEngine()
  }

  var sqeType: UInt32 { revision >= HISI_QM_HW_V3 ? 3 : 0 }

  func allocate(_ byteCount: Int) throws(WarpDriveQueue.QueueError) -> any ZipBuffer {
    let buffer = EngineMemory(byteCount, at: nextAddress, in: space)
    nextAddress += UInt64(byteCount + 8191) & ~4095
    return buffer
  }

  func takeContext() throws(WarpDriveQueue.QueueError) -> ZipContextLease {
    try places.take { (byteCount) throws(WarpDriveQueue.QueueError) in try self.allocate(byteCount) }
  }

  func execute(_ request: hisi_zip_sqe, timeLimit: UInt64) throws(WarpDriveQueue.QueueError) -> hisi_zip_sqe {
    guard requestsLeft > 0 else { throw WarpDriveQueue.QueueError(.deviceLost, "the test took the device away") }
    requestsLeft -= 1
    requestCount += 1
    lastRequest = request
    var answer = request
    space.withAccess { memory in
      engine.execute(
        &answer, direction: direction == .compress ? .compress : .decompress, revision: revision, memory: memory,
        contexts: contexts)
    }
    tamper(&answer)
    return answer
  }

  func keep(_ buffers: [any ZipBuffer]) { kept += buffers }
}

/// Memory that an engine reaches.
@safe private final class EngineMemory: ZipBuffer, @unchecked Sendable {
  let bytes: UnsafeMutableRawBufferPointer
  let deviceAddress: UInt64
  private let space: AddressSpace

  init(_ byteCount: Int, at address: UInt64, in space: AddressSpace) {
    unsafe bytes = .allocate(byteCount: byteCount, alignment: 64)
    unsafe bytes.initializeMemory(as: UInt8.self, repeating: 0xa5)
    deviceAddress = address
    self.space = space
    try? unsafe space.map(
      iova: address, length: UInt64(byteCount), permissions: [.read, .write],
      backing: .memory(MappedMemory(base: bytes.baseAddress.unsafelyUnwrapped)))
  }

  deinit {
    _ = try? unsafe space.unmap(iova: deviceAddress, length: UInt64(bytes.count))
    unsafe bytes.deallocate()
  }
}
