// Requests and replies with and without bytes behind them, over one connection and many.
// SPDX-License-Identifier: Apache-2.0

import HostControl
import LinuxSystem
import Testing

@Suite("A connection to a host")
struct ConnectionTests {
  @Test("requests are answered one after the other, bytes and all", arguments: [0, 1, 4095, 65_536, 65_537, 3 << 20])
  func payloads(byteCount: Int) throws {
    let host = try TestHost()
    let connection = try host.connect()
    let sent = (0..<byteCount).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    for round in 0..<3 {
      let reply = try unsafe connection.ask("op\(round)", [("note", 1)], payload: sent.span.bytes)
      #expect(reply.value["op"]?.text == "op\(round)")
      #expect(reply.payload == sent.reversed())
      #expect(reply.value["length"]?.count == UInt64(byteCount))
      let plain = try connection.ask("plain")
      #expect(plain.payload.isEmpty && plain.value["length"] == nil && plain.value["schema"]?.count == 1)
      #expect(plain.value["owner"]?.flag == true)
    }
  }

  @Test("a failure has the host's code and words, and the connection goes on")
  func failure() throws {
    let host = try TestHost { request in
      if request.value["op"]?.text == "fail" { return ControlReply(ControlFailure(.corruptInput, "bad at 7")) }
      return TestHost.echo(request)
    }
    let connection = try host.connect()
    for _ in 0..<2 {
      #expect(throws: ControlFailure(.corruptInput, "bad at 7")) {
        try unsafe connection.ask("fail", payload: ([1, 2, 3] as [UInt8]).span.bytes)
      }
      #expect(try connection.ask("fine").value["op"]?.text == "fine")
    }
  }

  @Test("a second request at the same time is refused, and the first one gets its reply")
  func oneAtATime() throws {
    let (hasBegun, mayEnd) = (Gate(), Gate())
    let host = try TestHost { request in
      if request.value["op"]?.text == "slow" {
        hasBegun.open()
        _ = mayEnd.wait(nanoseconds: 60_000_000_000)
      }
      return TestHost.echo(request)
    }
    let connection = try host.connect()
    let isDone = Guarded(false)
    let thread = try Thread(name: "slow") {
      let reply = try? connection.ask("slow")
      isDone.withLock { $0 = reply?.value["op"]?.text == "slow" }
    }
    #expect(hasBegun.wait(nanoseconds: 60_000_000_000))
    #expect(code { _ = try connection.ask("other") } == .busy)
    mayEnd.open()
    thread.join()
    #expect(isDone.withLock { $0 })
    #expect(try connection.ask("next").value["op"]?.text == "next")
  }

  @Test("a host that ends is unavailable, during a request, after one, and to newcomers")
  func end() throws {
    let host = try TestHost()
    let connection = try host.connect()
    _ = try connection.ask("one")
    #expect(connection.isUsable)
    host.server.stop()
    #expect(code { _ = try unsafe connection.ask("two", payload: ([1] as [UInt8]).span.bytes) } == .unavailable)
    #expect(code { _ = try connection.ask("three") } == .busy, "it is of no more use")
    #expect(!connection.isUsable)
    #expect(code { _ = try host.connect() } == .unavailable)
  }

  @Test(
    "what is no reply is not believed",
    arguments: [
      ("nonsense\n", ControlFailure.Code.backendFailure), ("{}\n", .backendFailure), ("", .unavailable),
      (#"{"ok":true,"length":-1}"# + "\n", .backendFailure),
      (#"{"ok":true,"length":67108865}"# + "\n", .backendFailure),
      (#"{"ok":true,"length":8}"# + "\n1234", .unavailable), (#"{"ok":false,"error":"frob"}"# + "\n", .backendFailure),
      (#"{"ok":true"#, .unavailable),
    ])
  func nonsense(reply: String, expected: ControlFailure.Code) throws {
    let folder = try TestFolder()
    let listener = try UnixSocket.listen(on: folder.directory.controlSocket)
    let connection = try ControlConnection(folder.directory)
    guard let peer = try listener.accept(nanoseconds: 60_000_000_000) else {
      Issue.record("nobody connects")
      return
    }
    try unsafe peer.sendAll(Array(reply.utf8).span.bytes)
    peer.shutDown()
    #expect(code { _ = try connection.ask("list") } == expected)
  }

  @Test("more bytes than a request may have are not sent")
  func tooMuch() throws {
    let host = try TestHost()
    let connection = try host.connect()
    let much = [UInt8](repeating: 0, count: ControlProtocol.payloadLimit + 1)
    #expect(code { _ = try unsafe connection.ask("op", payload: much.span.bytes) } == .limitExceeded)
    #expect(try connection.ask("op").value["op"]?.text == "op")
  }

  @Test("many at once keep their answers apart")
  func many() throws {
    let host = try TestHost()
    let wrong = Guarded(0)
    let threads = try (0..<8).map { number in
      let connection = try host.connect()
      return try Joined {
        for round in 0..<50 {
          let sent = [UInt8](repeating: UInt8(number), count: 1000 * number + round)
          let reply = try? unsafe connection.ask("op\(number).\(round)", payload: sent.span.bytes)
          if reply?.payload != sent || reply?.value["op"]?.text != "op\(number).\(round)" {
            wrong.withLock { $0 += 1 }
          }
        }
      }
    }
    for thread in threads { thread.join() }
    #expect(wrong.withLock { $0 } == 0)
  }
}

/// A thread in an array.
private final class Joined: Sendable {
  private let thread = Guarded(Thread?.none)

  init(_ body: @escaping @Sendable () -> Void) throws {
    try thread.withLock { (thread) throws(SystemError) in thread = try Thread(name: "client", body) }
  }

  func join() { thread.withLock { $0.take() }?.join() }
}
