// A model with the driver on it, and requests made by hand.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import CZlib
import DeviceAccess
import HisiliconModel
import HisiliconQueue
import LinuxSystem
import Testing
import WarpDriveQueue

@testable import HisiliconZip

/// Why a test cannot go on.
struct RigFailure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

/// Time limits: far beyond what anything takes, so that only what never happens reaches them.
enum Patience {
  static let nanoseconds: UInt64 = 60_000_000_000

  /// Looks again and again until a condition holds, for what has no event to wait for.
  static func wait(for what: String, _ condition: () throws -> Bool) throws {
    let deadline = MonotonicClock.deadline(after: nanoseconds)
    let pause = TimedSemaphore(value: 0)
    while try !condition() {
      guard MonotonicClock.now() < deadline else { throw RigFailure("never happened: \(what)") }
      _ = pause.wait(nanoseconds: 1_000_000)
    }
  }
}

/// An accelerator of its own for one test, and the driver of one of its functions.
final class ZipRig: Sendable {
  let accelerator: Accelerator
  let device: ZipDevice
  let revision: Revision

  init(
    _ revision: Revision = .v3, engines: Int = 1, options change: (inout ZipDevice.Options) -> Void = { _ in },
    model: (inout Accelerator.Options) -> Void = { _ in },
    wrap: (any DeviceFunction) -> any DeviceFunction = { $0 }
  ) throws {
    self.revision = revision
    var options = Accelerator.Options()
    options.revision = revision
    options.engineCount = engines
    model(&options)
    accelerator = try Accelerator(options)
    var driver = ZipDevice.Options()
    // Short for what never ends, long for what takes its time on a busy machine.
    driver.limits.drain = 2_000_000_000
    driver.limits.mailbox = 500_000_000
    driver.limits.register = 500_000_000
    change(&driver)
    device = try ZipDevice(wrap(ModelFunction(accelerator)), options: driver)
  }

  deinit {
    device.shutdown()
    accelerator.shutdown(drainingFor: 0)
  }

  func inject(
    _ kind: Injection.Kind, queue: UInt16 = 0, count: Int = 1, value: UInt32 = 0
  ) throws {
    try accelerator.inject(Injection(kind, queue: queue, count: count, value: value))
  }

  /// The formats that the revision has.
  var formats: [ZipFormat] { revision == .v3 ? [.deflate, .zlib, .gzip] : [.zlib, .gzip] }
}

/// A request with its buffers.
struct Job: Sendable {
  let input: DeviceBuffer
  let output: DeviceBuffer
  let request: hisi_zip_sqe

  init(_ device: ZipDevice, _ format: ZipFormat, _ bytes: [UInt8], room: Int? = nil) throws {
    let input = try device.buffers.take(max(bytes.count, 1))
    self.input = input
    let output = try device.buffers.take(room ?? bytes.count * 2 + 1024)
    self.output = output
    unsafe bytes.withUnsafeBytes { source in
      if let base = source.baseAddress { unsafe input.base.copyMemory(from: base, byteCount: source.count) }
    }
    var sqe = hisi_zip_sqe()
    sqe.input_data_length = UInt32(bytes.count)
    sqe.dw7 = 3 << HISI_ZIP_DW7_SQE_TYPE_SHIFT
    sqe.dw9 = format.rawValue
    sqe.dest_avail_out = UInt32(room ?? bytes.count * 2 + 1024)
    sqe.source_addr_l = UInt32(truncatingIfNeeded: input.deviceAddress)
    sqe.source_addr_h = UInt32(truncatingIfNeeded: input.deviceAddress >> 32)
    sqe.dest_addr_l = UInt32(truncatingIfNeeded: output.deviceAddress)
    sqe.dest_addr_h = UInt32(truncatingIfNeeded: output.deviceAddress >> 32)
    request = sqe
  }

  /// What the device wrote.
  func result(_ answer: hisi_zip_sqe) throws -> [UInt8] {
    let status = answer.dw3 & HISI_ZIP_DW3_STATUS_MASK
    guard status == HISI_ZIP_STATUS_OK || status == HISI_ZIP_STATUS_NEGACOMPRESS else {
      throw RigFailure("the request ended with status \(status)")
    }
    return unsafe [UInt8](UnsafeRawBufferPointer(start: output.base, count: Int(answer.produced)))
  }
}

extension ZipDevice {
  /// Executes one request.
  func run(
    _ direction: ZipDirection, _ format: ZipFormat, _ bytes: [UInt8], room: Int? = nil,
    timeLimit: UInt64 = Patience.nanoseconds
  ) throws -> [UInt8] {
    let job = try Job(self, format, bytes, room: room)
    return try job.result(kernelQueue(direction).execute(job.request, timeLimit: timeLimit))
  }

  /// Compresses and decompresses, and says whether that came out even.
  func roundTrip(_ format: ZipFormat, _ bytes: [UInt8]) throws -> Bool {
    let packed = try run(.compress, format, bytes)
    return try run(.decompress, format, packed, room: bytes.count + 64) == bytes
  }
}

/// Runs a body on several threads and waits for all of them.
func onThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) throws {
  let done = TimedSemaphore(value: 0)
  for index in 0..<count {
    _ = try Thread(name: "test-\(index)") {
      body(index)
      done.signal()
    }
  }
  for _ in 0..<count {
    guard done.wait(nanoseconds: 2 * Patience.nanoseconds) else { throw RigFailure("a thread does not end") }
  }
}

/// Bytes that compress a little, another text for each seed.
func sample(_ count: Int, seed: Int = 0) -> [UInt8] {
  var state = UInt32(truncatingIfNeeded: seed &* 2_654_435_761 | 1)
  return (0..<count).map { index in
    state = state &* 1_664_525 &+ 1_013_904_223
    return index % 3 == 0 ? UInt8(truncatingIfNeeded: state >> 24) : UInt8(truncatingIfNeeded: index / 7)
  }
}

/// What zlib makes of a body that the engine wrote, with the header that is software's part.
func inflate(_ format: ZipFormat, _ body: [UInt8], count: Int) throws -> [UInt8] {
  let headers: [ZipFormat: [UInt8]] = [.zlib: [0x78, 0x9c], .gzip: [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]]
  let input = (headers[format] ?? []) + body
  var output = [UInt8](repeating: 0, count: count + 64)
  var stream = unsafe z_stream()
  let bits: Int32 = format == .deflate ? -15 : format == .zlib ? 15 : 31
  let size = unsafe Int32(MemoryLayout<z_stream>.size)
  guard unsafe inflateInit2_(&stream, bits, zlibVersion(), size) == Z_OK else {
    throw RigFailure("zlib cannot begin")
  }
  defer { _ = unsafe inflateEnd(&stream) }
  let result = unsafe input.withUnsafeBufferPointer { source in
    unsafe output.withUnsafeMutableBufferPointer { target in
      unsafe stream.next_in = source.baseAddress
      unsafe stream.avail_in = UInt32(source.count)
      unsafe stream.next_out = target.baseAddress
      unsafe stream.avail_out = UInt32(target.count)
      return unsafe CZlib.inflate(&stream, Z_FINISH)
    }
  }
  guard result == Z_STREAM_END else { throw RigFailure("zlib says \(result)") }
  return unsafe Array(output.prefix(Int(stream.total_out)))
}
