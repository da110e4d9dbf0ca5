// A host that a test runs, and the ways to talk to it: the command, its control socket, its functions' sockets.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import LinuxSystem
import TestPrograms
import Testing

/// A running `wdprov serve`, ended with the test.
final class Served {
  let folder: TemporaryFolder
  let tool: Tool
  private let running: Running
  private var outcome: Tool.Outcome?

  /// Starts a host in a folder and waits until it takes requests.
  init(_ arguments: [String] = [], in folder: TemporaryFolder? = nil) throws {
    let folder = try folder ?? TemporaryFolder()
    self.folder = folder
    tool = Tool(folder, environment: ["WDPROV_RUN_DIR": folder.path("run")])
    running = try tool.start(Tool.path, ["serve"] + arguments)
    let deadline = Date(timeIntervalSinceNow: 60)
    while try tool.run("device", "list").status != 0 {
      guard running.isRunning, Date() < deadline else {
        throw ToolError("the host does not answer: \(try end(SIGTERM))")
      }
      usleep(20_000)
    }
  }

  deinit {
    if outcome == nil { _ = try? end(SIGKILL) }
  }

  /// The number of the host's process.
  var processIdentifier: Int32 { running.process.identifier }

  /// The control socket's file.
  var controlSocket: String { folder.path("run/control.sock") }

  /// Sends a signal and waits for the host's end.
  func end(_ signal: Int32 = SIGTERM) throws -> Tool.Outcome {
    running.process.send(signal)
    let outcome = try running.wait()
    self.outcome = outcome
    return outcome
  }

  /// Kills the host while a program compresses what comes in pieces, and checks the program's output.
  func expectRightOutput(killedDuring options: [String]) throws {
    let client = try tool.start(Tool.path, ["compress", "-c"] + options, input: nil)
    let input = try #require(client.process.input)
    var sent = Data()
    for round in 0..<40 {
      let piece = Sample.text + Sample.noise(20_000 + round)
      try input.write(contentsOf: piece)
      sent += piece
      if round == 20 { #expect(try end(SIGKILL).signal == SIGKILL) }
    }
    try input.close()
    let outcome = try client.wait()
    #expect(outcome.status == 0, "\(outcome)")
    let plain = try tool.shell("gzip -dc", input: outcome.output)
    #expect(plain.status == 0 && plain.output == sent)
  }

  /// What the host has logged up to now.
  func log() throws -> String { try running.errors() }

  /// The one device of `device status --json`.
  func status(_ arguments: String...) throws -> [String: Any] {
    let devices = try tool.run(["device", "status", "--json"] + arguments).json()["devices"] as? [[String: Any]]
    return try #require(devices?.first)
  }

  /// A function of it.
  func function(_ name: String, _ arguments: String...) throws -> [String: Any] {
    let functions = try status("--registers")["functions"] as? [[String: Any]]
    return try #require(functions?.first { $0["name"] as? String == name })
  }

  /// A register of a function, 0 where it is not shown.
  func register(_ offset: UInt32, of name: String = "pf") throws -> Int {
    let registers = try #require(try function(name)["registers"] as? [String: Int])
    return registers["0x" + String(offset, radix: 16)] ?? 0
  }
}

/// A connection to a control socket, below the command.
final class ControlConnection {
  private let socket: UnixSocket
  private var received: [UInt8] = []

  init(_ path: String) throws { socket = try UnixSocket.connect(to: path) }

  /// Sends bytes as they are.
  func send(_ text: String) throws { try unsafe socket.sendAll(Array(text.utf8).span.bytes) }

  /// Sends bytes.
  func send(_ bytes: Data) throws { try unsafe socket.sendAll(Array(bytes).span.bytes) }

  /// The next bytes behind a line.
  func bytes(_ count: Int) throws -> Data {
    while received.count < count {
      guard try socket.descriptor.poll(for: .readable, nanoseconds: 60_000_000_000) != [] else {
        throw ToolError("the host says nothing")
      }
      let chunk = try read()
      if chunk.isEmpty { throw ToolError("the host ended in the middle of its bytes") }
      received += chunk
    }
    defer { received.removeSubrange(..<count) }
    return Data(received[..<count])
  }

  /// The next line, or nil at the end of the stream.
  func line() throws -> String? {
    while true {
      if let end = received.firstIndex(of: UInt8(ascii: "\n")) {
        defer { received.removeSubrange(...end) }
        return String(decoding: received[..<end], as: UTF8.self)
      }
      guard try socket.descriptor.poll(for: .readable, nanoseconds: 60_000_000_000) != [] else {
        throw ToolError("the host says nothing")
      }
      let chunk = try read()
      if chunk.isEmpty { return nil }
      received += chunk
    }
  }

  private func read() throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 4096)
    let number = socket.descriptor.number
    let count = unsafe bytes.withUnsafeMutableBytes { buffer in
      unsafe recv(number, buffer.baseAddress, buffer.count, 0)
    }
    // A host that closes with something unread resets the connection: the end all the same.
    return Array(bytes[..<max(count, 0)])
  }

  /// Sends a request and returns the reply.
  func ask(_ request: String) throws -> [String: Any] {
    try send(request + "\n")
    let reply = try #require(try line())
    return try #require(try JSONSerialization.jsonObject(with: Data(reply.utf8)) as? [String: Any])
  }
}
