// The control socket of a host: what may connect, what it may say, and that nobody keeps others from it.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import LinuxSystem
import Testing

@Suite("A host's control socket")
struct ControlTests {
  let served: Served

  init() throws { served = try Served(["--vf-socket", "vf"]) }

  @Test("a reply for each request, in order, on one connection")
  func conversation() throws {
    let connection = try ControlConnection(served.controlSocket)
    try connection.send("{\"op\":\"list\"}\n\n{\"op\":\"frob\"}\r\n{\"op\":\"\\u0073tatus\"}\n")
    let replies = try (0..<3).map { _ in try #require(try connection.line()) }
    #expect(
      replies[0].hasPrefix(#"{"ok":true,"schema":1,"devices":[{"name":"hisi_zip-0","kind":"model","emulated":true"#))
    #expect(
      replies[1].hasPrefix(#"{"ok":false,"schema":1,"error":"invalidArgument","message":"there is no operation 'frob'"#)
    )
    #expect(replies[2].hasPrefix(#"{"ok":true,"schema":1,"devices":[{"name":"hisi_zip-0""#))
  }

  @Test(
    "what is no request is an error, and the connection goes on",
    arguments: [
      "x", "{", "[]", "{}", #"{"op":1}"#, #"{"op":"list"} x"#, #"{"op":"list",}"#, #"{"op":"list","op":}"#,
      "\"\\u12\"", "\"\\ud800\"", "\"\\ud800\\u0041\"", "01", "1.", "-", "1e", "nul", "tru", "\u{1}", #"{"a" 1}"#,
      "[1 2]",
      #"{"op":"reset"}"#, #"{"op":"reset","device":1}"#, #"{"op":"reset","device":"frob"}"#,
      #"{"op":"reset","device":"hisi_zip-0","function":2}"#, #"{"op":"reset","device":"hisi_zip-0","function":-1}"#,
      #"{"op":"reset","device":"hisi_zip-0","function":1.5}"#, #"{"op":"status","registers":1}"#,
      #"{"op":"inject","device":"hisi_zip-0"}"#, #"{"op":"inject","device":"hisi_zip-0","error":"qm-15"}"#,
      #"{"op":"inject","device":"hisi_zip-0","error":"qm-3","queue":65536}"#,
      #"{"op":"inject","device":"hisi_zip-0","error":"sqe-status-1","count":18446744073709551616}"#,
    ])
  func malformed(request: String) throws {
    let connection = try ControlConnection(served.controlSocket)
    let reply = try connection.ask(request)
    #expect(reply["ok"] as? Bool == false)
    #expect(["invalidArgument", "notFound"].contains(reply["error"] as? String))
    #expect((reply["message"] as? String)?.isEmpty == false)
    #expect(
      try connection.ask(#" { "op" : "list" , "note" : [ 1.5e3 , null , true , {} , "é\n\ud83d\ude00" ] } "#)["ok"]
        as? Bool == true)
  }

  @Test("nesting without an end is no request")
  func nesting() throws {
    let connection = try ControlConnection(served.controlSocket)
    #expect(try connection.ask(String(repeating: "[", count: 60_000))["error"] as? String == "invalidArgument")
    #expect(try connection.ask(#"{"op":"list"}"#)["ok"] as? Bool == true)
  }

  @Test("a request that is too long is the last, and so is noise without an end")
  func tooLong() throws {
    let connection = try ControlConnection(served.controlSocket)
    let reply = try connection.ask(#"{"op":"list","note":""# + String(repeating: "x", count: 70_000) + "\"}")
    #expect(reply["error"] as? String == "limitExceeded")
    #expect(try connection.line() == nil)
    let noise = try ControlConnection(served.controlSocket)
    try noise.send(String(repeating: "x", count: 70_000))
    #expect(try noise.line()?.contains("limitExceeded") == true)
  }

  @Test("clients that say nothing keep others from nothing until there are too many")
  func idleClients() throws {
    var idle: [ControlConnection] = []
    for _ in 0..<63 {
      let connection = try ControlConnection(served.controlSocket)
      try connection.send(#"{"op":"#)
      idle.append(connection)
    }
    #expect(try served.tool.run("device", "list").status == 0)
    let last = try ControlConnection(served.controlSocket)
    #expect(try last.ask(#"{"op":"list"}"#)["ok"] as? Bool == true)
    let refused = try served.tool.run("device", "list")
    #expect(refused.status == 69 && refused.errors.contains("64 clients at once"), "\(refused)")
    idle.removeAll()
    let deadline = Date(timeIntervalSinceNow: 60)
    while try served.tool.run("device", "list").status != 0, Date() < deadline { usleep(10_000) }
    #expect(try served.tool.run("device", "list").status == 0, "who has gone makes room")
    #expect(try served.end().status == 0, "also with a client that is connected")
  }

  @Test("clients that vanish in the middle leave nothing behind")
  func vanishing() throws {
    let descriptors = "/proc/\(served.processIdentifier)/fd"
    let before = try FileManager.default.contentsOfDirectory(atPath: descriptors).count
    for round in 0..<200 {
      let connection = try ControlConnection(served.controlSocket)
      try connection.send(
        String(#"{"op":"status","registers":true}"#.prefix(round % 34)) + (round % 3 == 0 ? "\n" : ""))
    }
    let deadline = Date(timeIntervalSinceNow: 60)
    var after = Int.max
    // Sessions are cleared away when the next client comes.
    while after > before + 1, Date() < deadline {
      #expect(try served.tool.run("device", "list").status == 0)
      after = try FileManager.default.contentsOfDirectory(atPath: descriptors).count
    }
    #expect(after <= before + 1)
  }

  @Test("another user is refused (77), whatever the file's permission bits are", .enabled(if: geteuid() == 0))
  func foreignUser() throws {
    let path = served.controlSocket
    try served.folder.set("run/control.sock", mode: 0o666)
    try served.folder.set("run", mode: 0o711)
    let script = """
      use IO::Socket::UNIX; $SIG{PIPE} = 'IGNORE'; $s = IO::Socket::UNIX->new(Peer => $ARGV[0]) or die; print $s "{\\"op\\":\\"list\\"}\\n"; \
      $s->flush; print scalar <$s>;
      """
    let client = try served.tool.start(
      "/usr/bin/setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups", "perl", "-e", script, path])
    let outcome = try client.wait()
    #expect(outcome.text.contains(#""ok":false"#) && outcome.text.contains("denied"), "\(outcome) \(outcome.text)")
    #expect(try served.log().contains("refused a control client"))
    #expect(try served.tool.run("device", "list").status == 0)
  }
}
