// hash: what sha256sum prints and checks.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@Suite("hash prints and checks as sha256sum does")
struct HashTests {
  let folder: TemporaryFolder
  let tool: Tool
  // FIPS 180-2 appendix B.1.
  static let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

  init() throws {
    folder = try TemporaryFolder()
    tool = Tool(folder)
    try folder.create("abc", Data("abc".utf8))
    try folder.create("text", Sample.text)
  }

  @Test("the output is sha256sum's, for files and for standard input")
  func output() throws {
    #expect(try tool.run("hash", "sha256", "abc").text == "\(Self.abc)  abc\n")
    #expect(try tool.run("hash", "sha256", input: Data("abc".utf8)).text == "\(Self.abc)  -\n")
    for name in ["md5", "sha1", "sha224", "sha256", "sha384", "sha512"] {
      let outcome = try tool.shell("diff <($wdprov hash \(name) abc text) <(\(name)sum abc text)")
      #expect(outcome.status == 0, "\(name): \(outcome.text)")
    }
  }

  @Test("names are escaped as sha256sum escapes them, and read back")
  func escaping() throws {
    try folder.create("new\nline", Data("abc".utf8))
    try folder.create("back\\slash", Data("abc".utf8))
    let line =
      "$wdprov hash sha256 * >SUMS; sha256sum abc back* new* text | diff - SUMS && $wdprov hash sha256 --check SUMS"
    let outcome = try tool.shell(line)
    #expect(outcome.status == 0, "\(outcome)")
    #expect(outcome.text == "abc: OK\nback\\\\slash: OK\nnew\\nline: OK\ntext: OK\n")
  }

  @Test("checksums are printed as numbers are")
  func checksums() throws {
    // The check values of the CRC catalogue and of RFC 1950 for "123456789".
    #expect(try tool.run("hash", "crc32", input: Data("123456789".utf8)).text == "cbf43926  -\n")
    #expect(try tool.run("hash", "adler32", input: Data("123456789".utf8)).text == "091e01de  -\n")
  }

  @Test("--length asks for more or less of a SHAKE, and of nothing else")
  func length() throws {
    let long = try tool.run("hash", "shake128", "--length", "200", "abc").text
    let short = try tool.run("hash", "shake128", "--length", "5", "abc").text
    #expect(long.split(separator: " ")[0].count == 400)
    #expect(long.hasPrefix(short.prefix(10)))
    #expect(try tool.run("hash", "sha256", "--length", "5", "abc").status == 64)
    #expect(try tool.run("hash", "shake128", "--length", "0", "abc").status == 64)
  }

  @Test("--check tells right from wrong, and exits 1 for any that is wrong")
  func check() throws {
    try folder.create("SUMS", Data("\(Self.abc)  abc\n\(Self.abc) *text\n".utf8))
    let outcome = try tool.run("hash", "sha256", "--check", "SUMS")
    #expect(outcome.status == 1)
    #expect(outcome.text == "abc: OK\ntext: FAILED\n")
    #expect(outcome.errors == "wdprov: 1 computed digest(s) did not match\n")
    #expect(try tool.run("hash", "sha256", "--check", "SUMS", "abc").status == 0, "only the file that is named")
    #expect(try tool.run("hash", "sha256", "--check", "SUMS", "abc", "other").status == 1)
    let input = try folder.contents("SUMS")
    #expect(try tool.run("hash", "sha256", "--check", "-", input: input).status == 1)
  }

  @Test("what --check cannot read is a failure, lines that are none are counted")
  func badLists() throws {
    try folder.create("SUMS", Data("\(Self.abc)  missing\nrubbish\n\(Self.abc)  abc\n\n# note\nabcd  abc\n".utf8))
    let outcome = try tool.run("hash", "sha256", "--check", "SUMS")
    #expect(outcome.status == 1)
    #expect(outcome.text == "missing: FAILED open or read\nabc: OK\n")
    #expect(outcome.errors.contains("missing: No such file or directory"))
    #expect(outcome.errors.contains("2 line(s) of SUMS are no digest of this hash and a name"))
    try folder.create("EMPTY", Data("rubbish\n".utf8))
    #expect(try tool.run("hash", "sha256", "--check", "EMPTY").status == 1)
    #expect(try tool.run("hash", "sha256", "--check", "NOTHING").status == 74)
  }

  @Test("a directory or missing file is said (74), the others are done")
  func unreadable() throws {
    let outcome = try tool.run("hash", "sha256", "/", "abc", "nothing")
    #expect(outcome.status == 74)
    #expect(outcome.text == "\(Self.abc)  abc\n")
    #expect(outcome.errors == "wdprov: /: Is a directory\nwdprov: nothing: No such file or directory\n")
  }

  @Test("--json has the digests and the errors")
  func json() throws {
    let outcome = try tool.run("hash", "sha256", "--json", "abc", "nothing")
    #expect(outcome.status == 74)
    let object = try outcome.json()
    #expect(object["algorithm"] as? String == "sha256")
    #expect(object["driver"] as? String == "sha256-openssl")
    let files = try #require(object["files"] as? [[String: Any]])
    #expect(files.map { $0["digest"] as? String } == [Self.abc, nil])
    #expect(files.last?["error"] as? String == "nothing: No such file or directory")
    try folder.create("SUMS", Data("\(Self.abc)  abc\n".utf8))
    let checked = try tool.run("hash", "SHA-256", "--check", "SUMS", "--json").json()
    #expect((checked["files"] as? [[String: Any]])?.first?["verdict"] as? String == "OK")
  }

  @Test("the hash has to be one")
  func kinds() throws {
    #expect(try tool.run("hash", "gzip", "abc").status == 64)
    let unknown = try tool.run("hash", "sha265", "abc")
    #expect(unknown.status == 64)
    #expect(unknown.errors.contains("did you mean"))
    #expect(try tool.run("hash", "sha256", "--driver", "sha1-openssl", "abc").status == 64)
    #expect(try tool.run("hash", "sha256", "--driver", "sha256-openssl", "abc").status == 0)
  }
}
