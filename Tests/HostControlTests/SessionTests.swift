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
    // Four announce the most that a request may have, which is all that the host takes.
    var idle: [RawConnection] = []
    for _ in 0..<ControlProtocol.payloadBudget / ControlProtocol.payloadLimit {
      let raw = try host.raw()
      try raw.send(#"{"op":"x","length":\#(ControlProtocol.payloadLimit)}"# + "\n1")
      idle.append(raw)
    }
    let connection = try host.connect()
    let deadline = MonotonicClock.deadline(after: 60_000_000_000)
    var refusal: ControlFailure?
    // Until all four have been read.
    while refusal == nil, MonotonicClock.now() < deadline {
      do throws(ControlFailure) {
        _ = try unsafe connection.ask("list", payload: ([1, 2, 3] as [UInt8]).span.bytes)
      } catch {
        refusal = error
      }
    }
    #expect(refusal?.code == .busy)
    #expect(try connection.ask("plain").value["op"]?.text == "plain")
    idle.removeAll()
    while MonotonicClock.now() < deadline {
      if (try? unsafe connection.ask("again", payload: ([1] as [UInt8]).span.bytes)) != nil { return }
    }
    Issue.record("what was reserved for clients that are gone is not given back")
  }
}
