// Sockets, servers and raw peers for the tests.
// SPDX-License-Identifier: Apache-2.0

import Glibc
import LinuxSystem
import TestPrograms
import Testing
import VFIOUser

/// A toy device on a socket of its own.
final class Fixture {
  let device: ToyDevice
  let path: String
  let server: VFIOUserServer

  init(_ options: VFIOUserServer.Options = VFIOUserServer.Options()) throws {
    device = try ToyDevice()
    path = Fixture.newPath()
    server = try VFIOUserServer(device, path: path, options: options)
  }

  deinit {
    server.stop()
  }

  static func newPath() -> String {
    let folder = CurrentProcess.environmentVariable("TMPDIR") ?? "/tmp"
    return "\(folder)/vfio-user-\(UInt64.random(in: 0 ... .max)).sock"
  }

  func client(timeLimit: UInt64 = 30_000_000_000) throws -> VFIOUserClient {
    try VFIOUserClient(path: path, timeLimit: timeLimit)
  }
}

/// What this process's open descriptors stand for, sorted.
func openDescriptors() throws -> [String] {
  try DirectoryListing.names(in: "/proc/self/fd").compactMap { name in
    var target = [UInt8](repeating: 0, count: 256)
    let length = unsafe target.withUnsafeMutableBytes { bytes in
      guard let base = bytes.baseAddress else { return 0 }
      return unsafe readlink("/proc/self/fd/\(name)", base, bytes.count)
    }
    // Gone meanwhile: the listing's own.
    return length > 0 ? String(decoding: target[..<length], as: UTF8.self) : nil
  }.sorted()
}

/// Descriptors that are there too many or too few.
struct DescriptorsChanged: Error {
  var before: [String]
  var after: [String]
}

/// Waits until the open descriptors are those that they were, apart from some that the test itself has opened.
///
/// Of the kinds that a server and its clients have. The runtime opens and closes others when it likes, and closes event
/// counters of its own, so that of these there may be fewer.
func expectDescriptors(_ before: [String], and more: Int = 0) throws {
  let counters = { (all: [String]) in all.filter { $0 == "anon_inode:[eventfd]" }.count }
  let others = { (all: [String]) in
    all.filter { name in ["socket:", "/memfd:", "/dev/null"].contains { name.hasPrefix($0) } }.count
  }
  let isAsBefore = try eventually {
    let after = try openDescriptors()
    return others(after) == others(before) + more && counters(after) <= counters(before)
  }
  if !isAsBefore { throw DescriptorsChanged(before: before, after: try openDescriptors()) }
}

/// The code of the error that a body throws; nil if it throws none.
func code(_ body: () throws -> Void) -> VFIOUserError.Code? {
  thrown(VFIOUserError.self, by: body)?.code
}

/// The number of the error that a body throws; nil if it throws none.
func number(_ body: () throws -> Void) -> Int32? {
  thrown(VFIOUserError.self, by: body)?.errno
}

/// A value that a thread leaves for another, which joins it before it looks.
final class Box<Value: Sendable>: Sendable {
  private let value = Guarded<Value?>(nil)
  func set(_ new: Value) { value.withLock { $0 = new } }
  var get: Value? { value.withLock { $0 } }
}

extension VFIOUserClient {
  func bytes(_ region: Int, offset: UInt64, count: Int) throws(VFIOUserError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var span = bytes.mutableSpan
    try unsafe span.withUnsafeMutableBytes { (buffer) throws(VFIOUserError) in
      var raw = unsafe MutableRawSpan(_unsafeBytes: buffer)
      try readRegion(region, offset: offset, into: &raw)
    }
    return bytes
  }
}

extension VFIOUserMemory {
  func bytes(_ iova: UInt64, _ count: Int) throws(VFIOUserError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var span = bytes.mutableSpan
    try unsafe span.withUnsafeMutableBytes { (buffer) throws(VFIOUserError) in
      var raw = unsafe MutableRawSpan(_unsafeBytes: buffer)
      try read(iova: iova, into: &raw)
    }
    return bytes
  }

  func write(_ iova: UInt64, _ bytes: [UInt8]) throws(VFIOUserError) {
    try unsafe write(iova: iova, from: bytes.span.bytes)
  }
}

/// Bytes that a client serves.
final class ServedBytes: VFIOUserMemory {
  let bytes: Guarded<[UInt8]>
  let base: UInt64

  init(_ bytes: [UInt8], at base: UInt64) {
    self.bytes = Guarded(bytes)
    self.base = base
  }

  func read(iova: UInt64, into data: inout MutableRawSpan) throws(VFIOUserError) {
    let start = Int(iova - base)
    let part = bytes.withLock { Array($0[start..<start + data.byteCount]) }
    for index in part.indices { data.storeBytes(of: part[index], toByteOffset: index, as: UInt8.self) }
  }

  func write(iova: UInt64, from data: RawSpan) throws(VFIOUserError) {
    let part = unsafe data.withUnsafeBytes { unsafe [UInt8]($0) }
    bytes.withLock { $0.replaceSubrange(Int(iova - base)..<Int(iova - base) + part.count, with: part) }
  }
}
