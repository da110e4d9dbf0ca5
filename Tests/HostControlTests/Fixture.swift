// A run folder of a test's own, and a host in it that answers as the test wants.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HostControl
import LinuxSystem
import TestPrograms

/// A folder that goes with its last user.
final class TestFolder {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appending(path: "wdprov-control-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(
      atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
  }

  deinit {
    // A leftover folder is no failure of the test.
    try? FileManager.default.removeItem(atPath: path)
  }

  var directory: RunDirectory { get throws { try RunDirectory(path) } }

  /// Makes a file, in the place of one that there is.
  func write(_ text: String, to name: String) throws {
    try Data(text.utf8).write(to: URL(filePath: path + "/" + name), options: .atomic)
  }
}

/// A host whose answers a closure makes, ended with the test.
final class TestHost {
  let folder: TestFolder
  let server: ControlServer

  /// Echoes the operation and the payload unless `answer` does otherwise.
  init(
    payloadBudget: Int = ControlProtocol.payloadBudget,
    _ answer: @escaping @Sendable (ControlRequest) -> ControlReply = TestHost.echo
  ) throws {
    folder = try TestFolder()
    server = try ControlServer(path: folder.directory.controlSocket, payloadBudget: payloadBudget) { _ in
    } answer: { request in
      answer(request)
    }
    try server.start()
  }

  deinit { server.stop() }

  static let echo: @Sendable (ControlRequest) -> ControlReply = { request in
    ControlReply(
      [("op", request.value["op"] ?? .null), ("owner", .bool(request.isOwner))],
      payload: request.value[ControlProtocol.lengthMember] == nil ? nil : request.payload.reversed())
  }

  func connect() throws -> ControlConnection { try ControlConnection(folder.directory) }

  /// A connection below the protocol.
  func raw() throws -> RawConnection { try RawConnection(folder.directory.controlSocket) }
}

/// A socket on which anything can be said.
final class RawConnection {
  private static let limit: UInt64 = 60_000_000_000
  let socket: UnixSocket

  init(_ path: String) throws { socket = try UnixSocket.connect(to: path) }

  func send(_ text: String) throws { try unsafe socket.sendAll(Array(text.utf8).span.bytes) }

  /// Everything until the host ends the connection, or until `count` bytes are there.
  func receive(_ count: Int = .max) throws -> String {
    var received: [UInt8] = []
    while received.count < count {
      guard try socket.descriptor.poll(for: .readable, nanoseconds: Self.limit) != [] else { break }
      var chunk = [UInt8](repeating: 0, count: min(4096, count - received.count))
      // A host that closes with something unread resets the connection: the end all the same.
      let length = (try? unsafe chunk.withUnsafeMutableBytes { try unsafe socket.receive(into: $0) }) ?? 0
      if length == 0 { break }
      received += chunk[..<length]
    }
    return String(decoding: received, as: UTF8.self)
  }

  /// The next line.
  func line() throws -> String {
    var text = ""
    while !text.hasSuffix("\n") {
      let next = try receive(1)
      if next.isEmpty { break }
      text += next
    }
    return text
  }
}

/// The code of the failure that a body throws; nil if it throws none, or another kind.
func code(_ body: () throws -> Void) -> ControlFailure.Code? {
  thrown(ControlFailure.self, by: body)?.code
}
