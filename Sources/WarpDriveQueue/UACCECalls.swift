// The calls of the kernel that a uacce queue takes, as a table, so that a test can answer them.
// SPDX-License-Identifier: Apache-2.0

public import LinuxSystem

/// An open `/dev/<accelerator>`: one queue.
public protocol UACCEFile: AnyObject, Sendable {
  /// Makes a request (`ioctl(2)`).
  ///
  /// - Parameters:
  ///   - request: its number, one of `UacceRequest`.
  ///   - argument: what it reads and writes; empty for one without.
  func control(_ request: UInt, _ argument: inout [UInt8]) throws(SystemError)

  /// Maps a region (`mmap(2)`), by its page offset.
  func map(pageOffset: Int, byteCount: Int) throws(SystemError) -> SharedMapping

  /// Waits for completions (`poll(2)`); empty is the time limit.
  func wait(nanoseconds: UInt64) throws(SystemError) -> PollEvents
}

/// How files are opened.
public struct UACCECalls: Sendable {
  /// Opens a device's node.
  public var open: @Sendable (_ path: String) throws(SystemError) -> any UACCEFile

  /// Makes a table.
  public init(open: @escaping @Sendable (_ path: String) throws(SystemError) -> any UACCEFile) {
    self.open = open
  }

  /// The kernel's.
  public static let kernel = UACCECalls { (path) throws(SystemError) in try KernelFile(path) }
}

/// The kernel's file.
private final class KernelFile: UACCEFile {
  private let descriptor: FileDescriptor

  init(_ path: String) throws(SystemError) {
    descriptor = try FileDescriptor.open(path, .readWrite)
  }

  func control(_ request: UInt, _ argument: inout [UInt8]) throws(SystemError) {
    if argument.isEmpty {
      try descriptor.control(request)
    } else {
      // Sizes are part of the request's number, and the callers' arrays have them.
      var span = argument.mutableSpan
      try unsafe span.withUnsafeMutableBytes { (buffer) throws(SystemError) in
        _ = try unsafe descriptor.control(request, buffer.baseAddress)
      }
    }
  }

  func map(pageOffset: Int, byteCount: Int) throws(SystemError) -> SharedMapping {
    try SharedMapping(
      descriptor, offset: UInt64(pageOffset * CurrentProcess.pageSize), byteCount: byteCount, isInherited: false)
  }

  func wait(nanoseconds: UInt64) throws(SystemError) -> PollEvents {
    try descriptor.poll(for: .readable, nanoseconds: nanoseconds)
  }
}
