// What several tests of the user library need.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import TestPrograms
import Testing
import WarpDriveQueue

/// The code of the error that a body throws; nil if it throws none.
func code(_ body: () throws -> Void) -> QueueError.Code? {
  thrown(QueueError.self, by: body)?.code
}

/// A minute, for what must not take that long.
let minute: UInt64 = 60_000_000_000

extension Queue {
  func send(_ bytes: [UInt8]) throws(QueueError) { unsafe try send(bytes.span.bytes) }

  func sendSync(_ bytes: [UInt8], timeout: UInt64) throws(QueueError) {
    unsafe try sendSync(bytes.span.bytes, timeout: timeout)
  }

  /// A message, or nil where none is there.
  func receive() throws(QueueError) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: messageSize)
    var span = bytes.mutableSpan
    let isThere = try unsafe span.withUnsafeMutableBytes { (buffer) throws(QueueError) in
      var raw = unsafe MutableRawSpan(_unsafeBytes: buffer)
      return try receive(into: &raw)
    }
    return isThere ? bytes : nil
  }

  func send(batch bytes: [UInt8]) throws(QueueError) -> Int { unsafe try send(batch: bytes.span.bytes) }

  /// The messages that are there, at most `most`.
  func receive(batch most: Int) throws(QueueError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: most * messageSize)
    var span = bytes.mutableSpan
    let count = try unsafe span.withUnsafeMutableBytes { (buffer) throws(QueueError) in
      var raw = unsafe MutableRawSpan(_unsafeBytes: buffer)
      return try receive(batch: &raw)
    }
    return Array(bytes.prefix(count * messageSize))
  }

  func receiveSync(timeout: UInt64) throws(QueueError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: messageSize)
    var span = bytes.mutableSpan
    try unsafe span.withUnsafeMutableBytes { (buffer) throws(QueueError) in
      var raw = unsafe MutableRawSpan(_unsafeBytes: buffer)
      try receiveSync(into: &raw, timeout: timeout)
    }
    return bytes
  }
}

/// A message of the dummy's size.
func message(_ byte: UInt8) -> [UInt8] { [UInt8](repeating: byte, count: 128) }

/// A device of the dummy's.
func dummy(
  _ name: String, algorithms: [String] = ["dummy"], free: Int = 2, node: Int? = nil, flags: QueueFlags = .emulated,
  isIsolated: Bool = false, deviceAPI: String = DummyAdapter.deviceAPI, dmaFlags: DMAFlags = .sharedVirtual
) -> QueueAttributes {
  QueueAttributes(
    device: name, deviceAPI: deviceAPI, algorithms: algorithms, dmaFlags: dmaFlags, flags: flags,
    availableInstances: free, numaNode: node, isIsolated: isIsolated)
}

extension TemporaryDirectory {
  /// Writes a file of one value, and makes the directories on the way.
  func write(_ name: String, _ text: String) throws { try write("\(text)\n", to: name) }

  /// The attribute files of a device.
  func writeDevice(_ attributes: QueueAttributes) throws {
    let device = "class/uacce/\(attributes.device)"
    try write("\(device)/api", attributes.deviceAPI)
    try write("\(device)/flags", "\(attributes.flags.rawValue)")
    try write("\(device)/available_instances", "\(attributes.availableInstances)")
    try write("\(device)/algorithms", attributes.algorithms.joined(separator: "\n"))
    try write("\(device)/region_mmio_size", "\(2 * CurrentProcess.pageSize)")
    try write("\(device)/region_dus_size", "\(CurrentProcess.pageSize)")
    if let node = attributes.numaNode { try write("\(device)/node_id", "\(node)") }
    try write("\(device)/isolate", attributes.isIsolated ? "1" : "0")
  }

  func writeParameters(_ attributes: QueueAttributes) throws {
    try write("class/sdmdev/\(attributes.device)/device/params/dma_flag", "\(attributes.dmaFlags.rawValue)")
    try write("class/sdmdev/\(attributes.device)/device/params/iommu_type", "\(attributes.iommuType)")
  }
}
