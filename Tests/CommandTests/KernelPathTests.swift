// The kernel path over the control socket, below the command: bytes behind a line, typed errors, and members of a group.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import LinuxSystem
import Testing

@Suite("A host compresses for others")
struct KernelPathTests {
  let served: Served

  init() throws { served = try Served() }

  /// A reply with the bytes behind it.
  private func ask(
    _ connection: ControlConnection, _ operation: String, _ members: String, _ input: Data
  ) throws -> (reply: [String: Any], bytes: Data) {
    try connection.send(#"{"op":"\#(operation)","length":\#(input.count),\#(members)}"# + "\n")
    try connection.send(input)
    let line = try #require(try connection.line())
    let reply = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    return (reply, try connection.bytes(reply["length"] as? Int ?? 0))
  }

  @Test(
    "there and back, on one connection, with what the stream did not use",
    arguments: ["gzip", "zlib-deflate", "deflate"])
  func roundTrip(algorithm: String) throws {
    let connection = try ControlConnection(served.controlSocket)
    for size in [1, 100, 70_000] {
      let plain = Data(Sample.text.prefix(size))
      let packed = try ask(connection, "compress", #""alg":"\#(algorithm)","room":200000,"level":1"#, plain)
      #expect(packed.reply["ok"] as? Bool == true, "\(packed.reply)")
      #expect(packed.reply["consumed"] as? Int == size && packed.reply["produced"] as? Int == packed.bytes.count)
      if algorithm == "gzip" { #expect(try served.tool.shell("gzip -dc", input: packed.bytes).output == plain) }
      let back = try ask(
        connection, "decompress", #""alg":"\#(algorithm)","room":\#(size)"#, packed.bytes + Data("rest".utf8))
      #expect(back.bytes == plain && back.reply["consumed"] as? Int == packed.bytes.count, "\(back.reply)")
    }
  }

  @Test("errors are typed, and the connection goes on")
  func errors() throws {
    let connection = try ControlConnection(served.controlSocket)
    let packed = try ask(connection, "compress", #""alg":"gzip","room":200000"#, Sample.text).bytes
    var corrupt = packed
    corrupt[corrupt.count / 2] ^= 0xff
    let requests: [(operation: String, members: String, input: Data, error: String)] = [
      ("compress", #""alg":"frob","room":100"#, Sample.text, "notFound"),
      ("compress", #""alg":"gzip""#, Sample.text, "invalidArgument"),
      ("compress", #""room":100"#, Sample.text, "invalidArgument"),
      ("compress", #""alg":"gzip","room":67108865"#, Sample.text, "invalidArgument"),
      ("compress", #""alg":"gzip","room":100,"level":99"#, Sample.text, "invalidArgument"),
      ("compress", #""alg":"gzip","room":100,"window":99"#, Sample.text, "invalidArgument"),
      ("compress", #""alg":"gzip","room":100"#, Sample.text, "outputTooSmall"),
      ("decompress", #""alg":"gzip","room":1000"#, packed, "outputTooSmall"),
      ("decompress", #""alg":"gzip","room":400000"#, corrupt, "corruptInput"),
      ("decompress", #""alg":"gzip","room":400000"#, Data("no gzip at all".utf8), "corruptInput"),
      ("decompress", #""alg":"gzip","room":400000"#, packed.prefix(packed.count - 9), "truncatedInput"),
    ]
    for request in requests {
      let outcome = try ask(connection, request.operation, request.members, request.input)
      #expect(outcome.reply["error"] as? String == request.error, "\(request.members): \(outcome.reply)")
    }
    #expect(try connection.ask(#"{"op":"list"}"#)["ok"] as? Bool == true)
  }

  @Test("bytes behind a request that has none to do with them are passed over")
  func unusedBytes() throws {
    let connection = try ControlConnection(served.controlSocket)
    let reply = try ask(connection, "list", #""note":1"#, Data(#"{"op":"frob"}"#.utf8) + Data("\n".utf8))
    #expect(reply.reply["ok"] as? Bool == true)
    #expect(try connection.ask(#"{"op":"mdev-list"}"#)["ok"] as? Bool == true)
  }

  @Test(
    "malformed requests are errors for who sends them, and for nobody else",
    arguments: [
      #"{"op":"compress","alg":1}"#, #"{"op":"compress","alg":"gzip","room":-1}"#, #"{"op":"mdev-create"}"#,
      #"{"op":"mdev-create","type":1}"#, #"{"op":"mdev-create","type":"hisi_zip","uuid":7}"#,
      #"{"op":"mdev-remove"}"#, #"{"op":"mdev-remove","uuid":""}"#,
    ])
  func malformed(request: String) throws {
    let connection = try ControlConnection(served.controlSocket)
    #expect(try connection.ask(request)["error"] as? String == "invalidArgument")
    #expect(try connection.ask(#"{"op":"mdev-types"}"#)["ok"] as? Bool == true)
  }
}

@Suite("A host for a group", .enabled(if: geteuid() == 0))
struct GroupTests {
  @Test("a member of the group has queues and sends requests, and changes no device")
  func member() throws {
    let served = try Served(["--group", "12345", "--vf-socket", "vf"])
    #expect(try served.folder.mode("run") == 0o750)
    for name in ["run/control.sock", "run/hisi_zip-0.sock", "vf"] {
      #expect(try served.folder.mode(name) == 0o660, "\(name)")
      #expect(try Pathname.status(of: served.folder.path(name)).groupID == 12345)
    }
    try served.folder.set(".", mode: 0o711)
    let (member, stranger) = ("--regid=12345", "--regid=12346")
    #expect(try ask(served, member, #"{"op":"list"}"#).contains(#""ok":true"#))
    let created = try ask(served, member, #"{"op":"mdev-create","type":"hisi_zip-hisi_zip"}"#)
    #expect(created.contains(#""user":65534"#))
    for request in [
      #"{"op":"reset","device":"hisi_zip-0"}"#, #"{"op":"inject","device":"hisi_zip-0","error":"qm-3"}"#,
    ] {
      #expect(try ask(served, member, request).contains(#""error":"denied""#))
    }
    let own = try served.tool.run("mdev", "create", "hisi_zip-hisi_zip").text.prefix(36)
    #expect(try ask(served, member, #"{"op":"mdev-remove","uuid":"\#(own)"}"#).contains(#""error":"denied""#))
    #expect(try ask(served, stranger, #"{"op":"list"}"#).isEmpty)
  }

  /// Sends a line as user 65534; nothing where the socket cannot be reached.
  private func ask(_ served: Served, _ group: String, _ request: String) throws -> String {
    let script = """
      use IO::Socket::UNIX; $s = IO::Socket::UNIX->new(Peer => $ARGV[0]) or exit 0; print $s "$ARGV[1]\\n"; \
      $s->flush; print scalar <$s>;
      """
    let client = try served.tool.start(
      "/usr/bin/setpriv",
      ["--reuid=65534", group, "--clear-groups", "perl", "-e", script, served.controlSocket, request])
    return try client.wait().text
  }
}
