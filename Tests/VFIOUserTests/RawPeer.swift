// One end of a connection that can say anything.
// SPDX-License-Identifier: Apache-2.0

import Glibc
import LinuxSystem
import VFIOUser

/// Little-endian bytes.
func bytes(_ values: any FixedWidthInteger...) -> [UInt8] {
  var all: [UInt8] = []
  for value in values {
    var rest = UInt64(truncatingIfNeeded: value)
    for _ in 0..<value.bitWidth / 8 {
      all.append(UInt8(truncatingIfNeeded: rest))
      rest >>= 8
    }
  }
  return all
}

/// A whole message.
func message(
  _ id: UInt16, _ command: UInt16, flags: UInt32 = 0, error: UInt32 = 0, size: UInt32? = nil, _ body: [UInt8] = []
) -> [UInt8] {
  bytes(id, command, size ?? UInt32(16 + body.count), flags, error) + body
}

/// The text that QEMU proposes, as in the reference traces.
let qemuCapabilities = """
  {"capabilities": {"pgsizes": 4096, "max_msg_fds": 16, "max_dma_maps": 65535, "max_data_xfer_size": 1048576, \
  "migration": {"max_bitmap_size": 268435456, "pgsize": 4096}, "write_multiple": true}}
  """

/// A socket without any idea of the protocol.
final class RawPeer {
  struct Message: Equatable {
    var id: UInt16
    var command: UInt16
    var flags: UInt32
    var error: UInt32
    var body: [UInt8]

    var isError: Bool { flags & 0x20 != 0 }
  }

  let socket: UnixSocket
  /// The descriptors that came with the last message.
  var descriptors = ReceivedDescriptors()

  init(_ socket: consuming UnixSocket) {
    self.socket = socket
  }

  /// Connects, and negotiates as QEMU does.
  convenience init(path: String, negotiating: Bool = true) throws {
    self.init(try UnixSocket.connect(to: path))
    if negotiating {
      try send(message(1, 1, bytes(UInt16(0), UInt16(0)) + Array(qemuCapabilities.utf8) + [0]))
      guard let reply = try receive(), !reply.isError else { throw VFIOUserError(.failed, "no version") }
    }
  }

  func send(_ bytes: [UInt8], descriptors: [Int32] = []) throws(SystemError) {
    try unsafe socket.sendAll(bytes.span.bytes, descriptors: descriptors)
  }

  /// Sends with more descriptors than `UnixSocket` takes.
  func sendMany(_ bytes: [UInt8], _ descriptors: [Int32]) throws(SystemError) {
    // A control message as cmsg(3) has it on 64-bit machines: length, level, type, data.
    var control: [UInt8] = VFIOUserTests.bytes(UInt64(16 + 4 * descriptors.count), Int32(SOL_SOCKET), Int32(1))
    for descriptor in descriptors { control += VFIOUserTests.bytes(descriptor) }
    var bytes = bytes
    let sent = unsafe bytes.withUnsafeMutableBytes { data in
      unsafe control.withUnsafeMutableBytes { control in
        var segment = unsafe iovec(iov_base: data.baseAddress, iov_len: data.count)
        return unsafe withUnsafeMutablePointer(to: &segment) { segment in
          var header = unsafe msghdr()
          unsafe header.msg_iov = segment
          unsafe header.msg_iovlen = 1
          unsafe header.msg_control = control.baseAddress
          unsafe header.msg_controllen = control.count
          return unsafe sendmsg(socket.descriptor.number, &header, 0)
        }
      }
    }
    guard sent == bytes.count else { throw SystemError(errno: errno, operation: "sendmsg") }
  }

  /// The next message; nil at the end of the stream.
  func receive(nanoseconds: UInt64 = 60_000_000_000) throws(SystemError) -> Message? {
    guard let header = try receive(16, nanoseconds), header.count == 16 else { return nil }
    let fields = unsafe header.span.bytes
    let size = Int(unsafe fields.unsafeLoadUnaligned(fromByteOffset: 4, as: UInt32.self))
    let body = size > 16 ? try receive(size - 16, nanoseconds, isHeader: false) : []
    guard let body, body.count == size - 16 else { return nil }
    return unsafe Message(
      id: fields.unsafeLoadUnaligned(fromByteOffset: 0, as: UInt16.self),
      command: fields.unsafeLoadUnaligned(fromByteOffset: 2, as: UInt16.self),
      flags: fields.unsafeLoadUnaligned(fromByteOffset: 8, as: UInt32.self),
      error: fields.unsafeLoadUnaligned(fromByteOffset: 12, as: UInt32.self), body: body)
  }

  /// Sends a command and gives its reply.
  func ask(_ message: [UInt8], descriptors: [Int32] = []) throws -> Message? {
    try send(message, descriptors: descriptors)
    return try receive()
  }

  private func receive(_ count: Int, _ nanoseconds: UInt64, isHeader: Bool = true) throws(SystemError) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: count)
    guard try socket.descriptor.poll(for: .readable, nanoseconds: nanoseconds) != [] else {
      throw SystemError(errno: SystemError.timedOut, operation: "test")
    }
    var span = bytes.mutableSpan
    let received = try unsafe span.withUnsafeMutableBytes { (buffer) throws(SystemError) in
      // Descriptors come with the first byte.
      let first = isHeader ? try unsafe socket.receive(into: buffer, descriptors: &descriptors) : 0
      if isHeader && first == 0 { return 0 }
      let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[first...])
      return first + (try unsafe socket.receiveAll(into: rest, nanoseconds: nanoseconds))
    }
    return received == 0 ? nil : Array(bytes[..<received])
  }
}
