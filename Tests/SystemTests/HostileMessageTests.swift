// Messages that no honest client sends, to a host that has honest ones too.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HostControl
import LinuxSystem
import Testing

extension SystemTests {
  @Suite("Malformed messages")
  struct HostileMessageTests {
    @Test("to the control socket get a typed error, and harm nobody")
    func control() throws {
      let host = try Host()
      let workers = try host.workers(2)
      let lines = [
        "{", "null", "[]", "{\"op\":7}", "{\"op\":\"no such\"}", "{\"op\":\"reset\"}",
        "{\"op\":\"reset\",\"device\":3}",
        "{\"op\":\"reset\",\"device\":\"x\"}", "{\"op\":\"reset\",\"device\":\"hisi_zip-0\",\"function\":-1}",
        "{\"op\":\"compress\"}", "{\"op\":\"compress\",\"length\":99999999999}", "{\"op\":\"mdev-create\"}",
        "{\"op\":\"mdev-create\",\"type\":\"../../etc\"}", "{\"op\":\"mdev-remove\",\"uuid\":\"../control.sock\"}",
        "{\"op\":\"inject\",\"device\":\"hisi_zip-0\",\"error\":\"no such\"}", "\u{0}\u{1}\u{2}", "{\"op\":\"list\",}",
        String(repeating: "[", count: 60_000), String(repeating: "x", count: 70_000),
      ]
      for line in lines {
        let peer = try Peer("\(host.runDirectory)/control.sock")
        try peer.send(Array((line + "\n").utf8))
        let reply = String(decoding: try peer.receive { $0.contains(UInt8(ascii: "\n")) }, as: UTF8.self)
        let name = line.prefix(80)
        #expect(reply.contains("\"ok\":false") && reply.contains("\"error\":\""), "\(name) was answered \(reply)")
        let code = JSONValue(parsing: Array(reply.utf8.dropLast()))?["error"]?.text
        #expect(code.flatMap(ControlFailure.Code.init) != nil, "\(name) was answered \(reply)")
      }
      try host.expectIntact(workers)
    }

    @Test("to a queue's socket get an error or the end of the connection, and harm nobody")
    func queue() throws {
      let host = try Host()
      let workers = try host.workers(2)
      let free = try host.freeQueues()
      let descriptors = try host.descriptorCount
      for (name, bytes, negotiates) in Self.messages {
        let peer = try Peer("\(host.runDirectory)/\(Host.device).sock")
        if negotiates {
          let reply = try peer.ask(Self.message(1, Self.version))
          try #require(reply.count >= 16 && reply[8] & 0x20 == 0, "no version: \(reply)")
        }
        try peer.send(bytes)
        peer.endSending()
        let reply = try peer.receive { Self.isMessage($0) }
        // A reply with the error flag and an error's number, or the end of the stream.
        let isError = reply.count >= 16 && reply[8] & 0x20 != 0 && reply[12..<16] != [0, 0, 0, 0]
        #expect(isError || reply.isEmpty, "\(name) was answered \(reply)")
      }
      try host.awaitFreeQueues(free)
      try SystemTests.eventually("as few descriptors as before") { try host.descriptorCount <= descriptors }
      try host.expectIntact(workers)
    }

    // MARK: Messages of vfio-user

    private static let version = words(UInt16(0), UInt16(1)) + Array(#"{"capabilities":{"max_msg_fds":8}}"#.utf8) + [0]

    /// What is sent, and whether a version is negotiated before.
    private static var messages: [(name: String, bytes: [UInt8], negotiates: Bool)] {
      let page = UInt64(4096)
      return [
        ("noise", (0..<64).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 11) }, false),
        ("half a header", Array(message(1, version).prefix(9)), false),
        ("a command before the version", message(4, words(UInt32(16), UInt32(0), UInt32(0), UInt32(0))), false),
        ("another version", message(1, words(UInt16(7), UInt16(0)) + [123, 125, 0]), false),
        ("capabilities that are none", message(1, words(UInt16(0), UInt16(1)) + Array("{{{".utf8) + [0]), false),
        ("a size of nothing", message(4, size: 0, []), true),
        ("a size beyond all limits", message(4, size: .max, []), true),
        ("an unknown command", message(999, []), true),
        ("a reply", message(4, flags: 1, words(UInt32(16), UInt32(0), UInt32(0), UInt32(0))), true),
        (
          "a mapping that wraps around",
          message(2, words(UInt32(32), UInt32(3), UInt64(0), UInt64.max - 4095, page * 2)), true
        ),
        ("a mapping of nothing", message(2, words(UInt32(32), UInt32(3), UInt64(0), page, UInt64(0))), true),
        ("a mapping that is cut off", message(2, words(UInt32(32), UInt32(3))), true),
        (
          "a mapping over the kernel path's",
          message(2, words(UInt32(32), UInt32(3), UInt64(0), UInt64(1) << 56, page)), true
        ),
        ("a mapping of all there is", message(2, words(UInt32(32), UInt32(3), UInt64(0), page, UInt64(1) << 62)), true),
        (
          "a region that is not", message(5, words(UInt32(32), UInt32(0), UInt32(99), UInt32(0), UInt64(0), UInt64(0))),
          true
        ),
        ("a read beyond a region", message(9, words(UInt64.max - 3, UInt32(0), UInt32(8))), true),
        ("a write to the rings", message(10, words(UInt64(0), UInt32(1), UInt32(8), UInt64.max)), true),
        ("interrupts", message(8, words(UInt32(20), UInt32(4), UInt32(0), UInt32(0), UInt32(1))), true),
        ("a bind that is cut off", message(0x5702, [1]), true),
      ]
    }

    private static func message(
      _ command: UInt16, size: UInt32? = nil, flags: UInt32 = 0, _ body: [UInt8]
    ) -> [UInt8] {
      words(UInt16(1), command, size ?? UInt32(16 + body.count), flags, UInt32(0)) + body
    }

    private static func words(_ values: any FixedWidthInteger...) -> [UInt8] {
      values.flatMap { value in
        let bits = UInt64(truncatingIfNeeded: value)
        return (0..<value.bitWidth / 8).map { UInt8(truncatingIfNeeded: bits >> UInt64(8 * $0)) }
      }
    }

    fileprivate static func isMessage(_ bytes: [UInt8]) -> Bool {
      guard bytes.count >= 16 else { return false }
      return bytes.count >= bytes[4..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
    }
  }
}

/// One end of a connection that can say anything.
private final class Peer {
  private let socket: UnixSocket

  init(_ path: String) throws { socket = try UnixSocket.connect(to: path) }

  /// Sends; a host that has ended the connection already has not to read it.
  func send(_ bytes: [UInt8]) throws {
    do throws(SystemError) {
      try unsafe socket.sendAll(bytes.span.bytes)
    } catch {
      guard error.errno == EPIPE || error.errno == ECONNRESET else { throw error }
    }
  }

  func endSending() { _ = shutdown(socket.descriptor.number, Int32(SHUT_WR)) }

  func ask(_ bytes: [UInt8]) throws -> [UInt8] {
    try send(bytes)
    return try receive { SystemTests.HostileMessageTests.isMessage($0) }
  }

  /// What comes until it is enough, or until the end.
  func receive(_ isEnough: ([UInt8]) -> Bool) throws -> [UInt8] {
    var all: [UInt8] = []
    while !isEnough(all) {
      guard try socket.descriptor.poll(for: .readable, nanoseconds: SystemTests.patience) != [] else {
        throw SystemFailure("the host neither answers nor ends the connection")
      }
      var bytes = [UInt8](repeating: 0, count: 4096)
      let count = unsafe bytes.withUnsafeMutableBytes { buffer in
        unsafe recv(socket.descriptor.number, buffer.baseAddress, buffer.count, 0)
      }
      // A host that closes with something unread resets the connection: the end all the same.
      guard count > 0 else { return all }
      all += bytes[..<count]
    }
    return all
  }
}
