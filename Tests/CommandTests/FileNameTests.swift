// compress and decompress: names, overwriting, what is left behind.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@Suite("Files have gzip's names and gzip's fate")
struct FileNameTests {
  let folder: TemporaryFolder
  let tool: Tool

  init() throws {
    folder = try TemporaryFolder()
    tool = Tool(folder)
    try folder.create("f", Sample.text)
  }

  @Test(
    "FILE becomes FILE.gz, and back", arguments: [("gzip", "f.gz"), ("zlib-deflate", "f.zz"), ("deflate", "f.deflate")])
  func replaces(algorithm: String, compressed: String) throws {
    #expect(try tool.run("compress", "-a", algorithm, "f").status == 0)
    #expect(try folder.names == [compressed])
    #expect(try folder.contents(compressed).count < Sample.text.count / 3)
    #expect(try tool.run("decompress", compressed).status == 0)
    #expect(try folder.names == ["f"])
    #expect(try folder.contents("f") == Sample.text)
  }

  @Test("an alias names the format as well as the name does")
  func alias() throws {
    #expect(try tool.run("compress", "-a", "zlib", "f").status == 0)
    #expect(try folder.names == ["f.zz"])
  }

  @Test(".tgz becomes .tar")
  func tgz() throws {
    #expect(try tool.run("compress", "-o", "a.tgz", "f").status == 0)
    #expect(try tool.run("decompress", "a.tgz").status == 0)
    #expect(try folder.names == ["a.tar", "f"])
  }

  @Test("-k keeps the input")
  func keeps() throws {
    #expect(try tool.run("compress", "-k", "f").status == 0)
    #expect(try folder.names == ["f", "f.gz"])
    #expect(try folder.contents("f") == Sample.text)
  }

  @Test("-c writes to standard output and keeps the input")
  func standardOutput() throws {
    let compressed = try tool.run("compress", "-c", "f")
    #expect(compressed.status == 0)
    #expect(try folder.names == ["f"])
    #expect(try tool.run("decompress", input: compressed.output).output == Sample.text)
    #expect(try tool.run("decompress", "-c", "-", input: compressed.output).output == Sample.text)
  }

  @Test("-o names the output and keeps the input; - is standard output")
  func output() throws {
    #expect(try tool.run("compress", "-o", "g", "f").status == 0)
    #expect(try folder.names == ["f", "g"])
    #expect(try tool.run("decompress", "-o", "-", "g").output == Sample.text)
    #expect(try tool.run("decompress", "-o", "h", input: folder.contents("g")).status == 0)
    #expect(try folder.contents("h") == Sample.text)
  }

  @Test("-o with several files, and -c with -o, are wrong usage")
  func contradictions() throws {
    try folder.create("g", Sample.text)
    #expect(try tool.run("compress", "-o", "x", "f", "g").status == 64)
    #expect(try tool.run("compress", "-c", "-o", "x", "f").status == 64)
    #expect(try tool.run("compress", "-n", "-N", "f").status == 64)
    #expect(try tool.run("compress", "-1", "-9", "f").status == 64)
    #expect(try tool.run("compress", "-j", "-1", "f").status == 64)
    #expect(try folder.names == ["f", "g"])
  }

  @Test("an output that exists is left alone (73), and the other files are done")
  func refusesToOverwrite() throws {
    try folder.create("g", Sample.text)
    try folder.create("f.gz", Data("mine".utf8))
    let outcome = try tool.run("compress", "f", "g")
    #expect(outcome.status == 73)
    #expect(outcome.errors == "wdprov: f.gz: exists and is not overwritten without -f\n")
    #expect(try folder.names == ["f", "f.gz", "g.gz"])
    #expect(try folder.contents("f.gz") == Data("mine".utf8))
    #expect(try tool.run("compress", "-o", "f.gz", "f").status == 73)
  }

  @Test("-f overwrites")
  func overwrites() throws {
    try folder.create("f.gz", Data("mine".utf8))
    #expect(try tool.run("compress", "-f", "f").status == 0)
    #expect(try folder.names == ["f.gz"])
    #expect(try tool.run("decompress", "-c", "f.gz").output == Sample.text)
  }

  @Test("a suffix of the format stays as it is (64), an unknown one too")
  func suffixes() throws {
    try folder.create("f.gz", Sample.text)
    let twice = try tool.run("compress", "f.gz")
    #expect(twice.status == 64)
    #expect(twice.errors.contains("has a suffix of gzip files already"))
    let unknown = try tool.run("decompress", "f")
    #expect(unknown.status == 64)
    #expect(unknown.errors.contains("has no known suffix"))
    #expect(try folder.names == ["f", "f.gz"])
  }

  @Test("mode and times are kept")
  func attributes() throws {
    let time = Date(timeIntervalSince1970: 1_000_000_000)
    try folder.set("f", mode: 0o640, modified: time)
    #expect(try tool.run("compress", "f").status == 0)
    #expect(try folder.mode("f.gz") == 0o640)
    #expect(try folder.modified("f.gz") == time)
    try folder.set("f.gz", mode: 0o600)
    #expect(try tool.run("decompress", "f.gz").status == 0)
    #expect(try folder.mode("f") == 0o600)
    #expect(try folder.modified("f") == time)
  }

  @Test(
    "what is no replaceable file stays as it is (74)",
    arguments: ["directory", "link", "pipe", "second", "setuid", "sticky"])
  func otherThings(name: String) throws {
    let setUp = try tool.shell(
      """
      mkdir directory; ln -s f link; mkfifo pipe; ln f second
      cp f setuid; chmod 4755 setuid; cp f sticky; chmod 1755 sticky
      """)
    #expect(setUp.status == 0, "\(setUp)")
    let before = try folder.names
    let outcome = try tool.run("compress", name)
    #expect(outcome.status == 74)
    #expect(outcome.errors.hasPrefix("wdprov: \(name) "))
    #expect(outcome.errors.hasSuffix("left as it is\n"))
    #expect(try folder.names == before)
  }

  @Test("a device stays as it is, and -c reads it")
  func device() throws {
    let outcome = try tool.run("compress", "/dev/null")
    #expect(outcome.status == 74)
    #expect(outcome.errors.contains("is not a regular file"))
    let empty = try tool.run("compress", "-c", "/dev/null")
    #expect(empty.status == 0)
    #expect(try tool.run("decompress", input: empty.output).output.isEmpty)
  }

  @Test("-f takes a link and a file with two names")
  func force() throws {
    #expect(try tool.shell("ln -s f link; cp f a; ln a b").status == 0)
    #expect(try tool.run("compress", "-f", "link").status == 0)
    #expect(try tool.run("compress", "-f", "a").status == 0)
    #expect(try folder.names == ["a.gz", "b", "f", "link.gz"])
  }

  @Test("a file that is missing (74) or unreadable (77) is named")
  func unreadable() throws {
    let missing = try tool.run("compress", "nothing")
    #expect(missing.status == 74)
    #expect(missing.errors == "wdprov: nothing: No such file or directory\n")
    #expect(try tool.run("decompress", "nothing.gz").status == 74)
    #expect(try tool.run("compress", "-o", "no/such/folder", "f").status == 73)
    // Root reads everything, so that there is nothing to see.
    guard getuid() != 0 else { return }
    try folder.set("f", mode: 0)
    #expect(try tool.run("compress", "f").status == 77)
  }

  @Test("name and time stand in the header, unless -n; -N restores them")
  func header() throws {
    let time = Date(timeIntervalSince1970: 1_000_000_000)
    try folder.set("f", modified: time)
    #expect(try tool.run("compress", "f").status == 0)
    #expect(try tool.shell("mv f.gz g.gz && touch g.gz && gzip -lN g.gz").text.contains(" f\n"))
    #expect(try tool.run("decompress", "-k", "-N", "g.gz").status == 0)
    #expect(try folder.names == ["f", "g.gz"])
    #expect(try folder.modified("f") == time)
    let plain = try tool.run("compress", "-n", "-c", "f")
    // RFC 1952 section 2.3: no flag, no time.
    #expect(plain.output.dropFirst(3).prefix(5) == Data([0, 0, 0, 0, 0]))
  }

  @Test("a name in the header cannot lead into another folder")
  func headerPath() throws {
    #expect(try tool.shell("mkdir sub; cp f sub/evil; python3 -c \"\(Self.evilHeader)\"").status == 0)
    #expect(try tool.run("decompress", "-k", "-N", "e.gz").status == 0)
    #expect(try folder.names == ["e.gz", "escaped", "f", "sub"])
  }

  private static let evilHeader = """
    import gzip
    data = bytearray(gzip.compress(b'hi', mtime=0))
    data[3] |= 8
    data[10:10] = b'../../escaped' + bytes(1)
    open('e.gz', 'wb').write(data)
    """

  @Test("-v says what became of a file and who did it")
  func verbose() throws {
    let outcome = try tool.run("compress", "-v", "f")
    #expect(outcome.errors.hasPrefix("wdprov: f -> f.gz: \(Sample.text.count) -> "))
    #expect(outcome.errors.contains("(gzip-zlib)"))
    #expect(outcome.output.isEmpty)
  }

  @Test("levels: as a number, as a digit, together with other letters")
  func levels() throws {
    let sizes = try [["-l", "1"], ["-1"], ["--fast"], ["-9"], ["--best"], ["-l9"]].map { level in
      try tool.run(["compress", "-nkc"] + level + ["f"]).output.count
    }
    #expect(sizes[0] == sizes[1] && sizes[1] == sizes[2])
    #expect(sizes[3] == sizes[4] && sizes[4] == sizes[5])
    #expect(sizes[3] < sizes[0])
    #expect(try tool.run("compress", "-kc9", "f").output.count >= sizes[3])
    let wrong = try tool.run("compress", "-l", "10", "f")
    #expect(wrong.status == 64)
    #expect(wrong.errors.contains("level 10 is outside 0 to 9"))
    #expect(try folder.names == ["f"])
  }
}
