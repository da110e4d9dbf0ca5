// What a host makes of clients that break the protocol: an error for them, nothing for others.
// SPDX-License-Identifier: Apache-2.0

import HostControl
import LinuxSystem
import Testing

@Suite("A host's session with a client")
struct SessionTests {
  let host: TestHost

  init() throws { host = try TestHost() }

  @Test(
    "a length that is none ends the connection with an error, since what follows cannot be told apart",
    arguments: ["-1", "1.5", "\"4\"", "null", "67108865", "18446744073709551616", "{}", "true"])
  func lengths(length: String) throws {
    let raw = try host.raw()
    try raw.send(#"{"op":"x","length":\#(length)}"# + "\n1234")
    let answer = try raw.receive()
    #expect(answer.contains("limitExceeded") && answer.hasSuffix("\n"), "\(answer)")
    #expect(try host.connect().ask("list").value["op"]?.text == "list")
  }

  @Test("bytes that look like requests are bytes")
  func payloadWithLines() throws {
    let raw = try host.raw()
    let payload = #"{"op":"inner"}"# + "\n"
    try raw.send(#"{"op":"outer","length":\#(payload.utf8.count)}"# + "\n" + payload + #"{"op":"next"}"# + "\n")
    #expect(try raw.line().contains(#""op":"outer""#))
    #expect(try raw.receive(payload.utf8.count) == String(payload.reversed()))
    #expect(try raw.line().contains(#""op":"next""#))
  }

  @Test("a client that goes in the middle of its bytes gets no answer, and nobody waits for it")
  func vanishing() throws {
    for sent in ["", "1", "123"] {
      let raw = try host.raw()
      try raw.send(#"{"op":"x","length":67108864}"# + "\n" + sent)
      raw.socket.shutDown()
    }
    #expect(try unsafe host.connect().ask("list", payload: ([7] as [UInt8]).span.bytes).payload == [7])
  }

  @Test("bytes beyond what a host takes at once are taken and forgotten: busy, and the connection goes on")
  func budget() throws {
    let (hasBegun, mayEnd) = (Gate(), Gate())
    let host = try TestHost(payloadBudget: 1000) { request in
      if request.value["op"]?.text == "slow" {
        hasBegun.open()
        _ = mayEnd.wait(nanoseconds: 60_000_000_000)
      }
      return TestHost.echo(request)
    }
    let slow = try host.raw()
    try slow.send(#"{"op":"slow","length":998}"# + "\n" + String(repeating: "x", count: 998))
    #expect(hasBegun.wait(nanoseconds: 60_000_000_000))
    let connection = try host.connect()
    let bytes: [UInt8] = [1, 2, 3]
    for _ in 0..<2 {
      do throws(ControlFailure) {
        _ = try unsafe connection.ask("list", payload: bytes.span.bytes)
        Issue.record("there is no room for three bytes")
      } catch {
        #expect(error.code == .busy)
      }
    }
    #expect(try unsafe connection.ask("list", payload: bytes.span.bytes.extracting(first: 2)).payload == [2, 1])
    mayEnd.open()
    #expect(try slow.line().contains("slow"))
    // The bytes are given back once the reply is sent, which the client may see first.
    let deadline = MonotonicClock.deadline(after: 60_000_000_000)
    while MonotonicClock.now() < deadline {
      if (try? unsafe connection.ask("again", payload: bytes.span.bytes)) != nil { return }
    }
    Issue.record("what was reserved is not given back")
  }
}
