// decompress on files whose indexes lie, and on what else a file with indexes may be.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@Suite("An index is a hint: what it says wrong changes nothing")
struct IndexTests {
  let folder: TemporaryFolder
  let tool: Tool
  let members: [IndexedMember]
  let plain: Data

  init() throws {
    folder = try TemporaryFolder()
    tool = Tool(folder)
    let parts = [Sample.text.prefix(70_000), Sample.noise(3000), Data(count: 100_000), Sample.text.suffix(40_000)]
    members = try parts.map { [tool] in try IndexedMember(tool, $0) }
    plain = parts.reduce(Data(), +)
  }

  /// The file, of which one member was replaced.
  private func file(_ member: Int = -1, _ other: Data = Data()) -> Data {
    members.indices.map { member == $0 ? other : members[$0].data() }.reduce(Data(), +)
  }

  /// Expects several threads to make of files what one does; returns that.
  @discardableResult
  private func expectSame(_ files: [Data], _ arguments: String...) throws -> Tool.Outcome {
    let names = files.indices.map { "file-\($0).gz" }
    for (name, data) in zip(names, files) { try folder.create(name, data) }
    let reference = try tool.run(["decompress", "-c", "-j", "1"] + arguments + names)
    let outcome = try tool.run(["decompress", "-c", "-j", "4"] + arguments + names)
    #expect(outcome.status == reference.status, "\(outcome)")
    #expect(outcome.errors == reference.errors)
    #expect(outcome.output == reference.output)
    // The last of them by a pipe too, which gives a member in many pieces.
    let line = "cat \(names.last ?? "") | $wdprov decompress \(arguments.joined(separator: " "))"
    let piped = try (tool.shell("\(line) -j 1"), tool.shell("\(line) -j 3"))
    #expect(piped.0.status == piped.1.status)
    #expect(piped.0.errors == piped.1.errors)
    #expect(piped.0.output == piped.1.output)
    return reference
  }

  private func repeated(_ data: Data, _ count: Int) -> Data {
    (0..<count).reduce(into: Data()) { all, _ in all += data }
  }

  @Test("a true index, in all members or in some")
  func truth() throws {
    let files = [file()] + members.indices.map { file($0, members[$0].plainest) }
    #expect(try expectSame(files).output == repeated(plain, files.count))
    #expect(try tool.shell("gunzip -c file-0.gz | wc -c").text == "\(plain.count)\n")
  }

  @Test("sizes that are too small, too large, overlap, point past the end or are absurd", arguments: 0..<4)
  func sizes(member: Int) throws {
    let one = members[member]
    let next = members[(member + 1) % 4].storedSize
    let stored = [
      0, 1, 17, 24, 25, one.storedSize - 1, one.storedSize + 1, one.storedSize + 8, one.storedSize + 24,
      one.storedSize + next, 1 << 19, 1 << 21, 1 << 31, Int(UInt32.max),
    ]
    var files = stored.map { file(member, one.data(stored: $0)) }
    let plains = [0, 1, one.plainSize - 1, one.plainSize + 1, 1 << 19, 1 << 19 + 1, Int(UInt32.max)]
    files += plains.map { file(member, one.data(plain: $0)) }
    let outcome = try expectSame(files)
    #expect(outcome.status == 0)
    #expect(outcome.output == repeated(plain, files.count), "gunzip reads no index")
  }

  @Test("a member inside another, where an index says that one ends")
  func nested() throws {
    // A stored block (RFC 1951 section 3.2.4) has a whole member in it, which a false index makes the next one.
    let inner = members[1].data()
    let outer = try IndexedMember(tool, inner)
    #expect(outer.plainest.range(of: inner) != nil)
    let false1 = outer.data(stored: outer.storedSize - inner.count - 8) + members[0].data()
    #expect(try expectSame([false1]).output == inner + Sample.text.prefix(70_000))
  }

  @Test("a checksum, a length, a byte of the data, a byte of the header that is wrong", arguments: 0..<4)
  func corruption(member: Int) throws {
    let offsets = [0, 2, 3, 10, 12, 14, 24, 30, members[member].storedSize / 2, -8, -4]
    let files = offsets.map { offset in
      var data = members[member].data()
      data[offset < 0 ? data.count + offset : offset] ^= 0x40
      return file(member, data)
    }
    let outcome = try expectSame(files)
    #expect(outcome.status == 65)
    #expect(outcome.errors.contains("file-9.gz: "), "a checksum")
    #expect(outcome.errors.contains("file-10.gz: "), "a length")
  }

  @Test("a file that ends early, at each of several places")
  func truncation() throws {
    let (data, second) = (file(), members[0].storedSize)
    let counts = [
      2, 10, 12, 23, 24, 25, second - 1, second, second + 1, second + 2, second + 23, second + 24, second + 500,
      data.count - 9, data.count - 1,
    ]
    let outcome = try expectSame(counts.map { data.prefix($0) })
    #expect(outcome.status == 65)
    // Behind a whole member stands nothing, or a byte that begins none.
    let sound = counts.indices.filter { counts[$0] == second || counts[$0] == second + 1 }
    for index in counts.indices {
      #expect(outcome.errors.contains("file-\(index).gz: the input ends") == !sound.contains(index))
    }
  }

  @Test("what follows is another's member, padding, or rubbish")
  func behind() throws {
    let word = Data("foreign".utf8)
    let foreign = try tool.run("compress", input: word).output
    let sound = [file() + foreign + file(), foreign + file(), file() + Data(count: 70_000)]
    let outcome = try expectSame(sound)
    #expect(outcome.output == plain + word + plain + word + plain + plain)
    #expect(outcome.errors.isEmpty)
    let trailing = try expectSame([file() + Data([0x1F]), file() + Data("rubbish".utf8)])
    #expect(trailing.status == 0)
    #expect(trailing.errors.contains("file-0.gz: 1 bytes follow the data"))
    #expect(trailing.errors.contains("file-1.gz: 7 bytes follow the data"))
    #expect(try expectSame([file() + Data(count: 512), file() + Data("rubbish".utf8)], "--strict").status == 65)
    #expect(try expectSame([file()], "--single").output == Sample.text.prefix(70_000))
  }

  @Test("limits hold, and are met exactly")
  func limits() throws {
    try folder.create("file.gz", file())
    for limit in [1, 69_999, 70_001, plain.count - 1] {
      let outcomes = try ["1", "4"].map { try tool.run("decompress", "-c", "-j", $0, "--limit", "\(limit)", "file.gz") }
      for outcome in outcomes {
        #expect(outcome.status == 65)
        #expect(outcome.errors == outcomes[0].errors)
        #expect(outcome.output.count <= limit)
        #expect(plain.starts(with: outcome.output))
      }
    }
    #expect(try expectSame([file()], "--limit", "\(plain.count)").output == plain)
    #expect(try expectSame([file()], "--ratio-limit", "2").status == 65)
    #expect(try expectSame([file()], "--ratio-limit", "1033").output == plain)
  }

  @Test("a bomb in a member takes no more memory than any member")
  func bomb() throws {
    // 32 MiB in a member that claims to be half a mebibyte.
    let bomb = try IndexedMember(tool, Data(count: 1 << 25))
    let data = bomb.data(plain: 1 << 19) + members[0].data()
    let outcome = try tool.shell("$wdprov decompress -j 4 | wc -c", input: data)
    #expect(outcome.text == "\(1 << 25 + 70_000)\n")
    let limited = try tool.run("decompress", "-j", "4", "--limit", "1M", input: data)
    #expect(limited.status == 65)
    #expect(limited.output.count <= 1 << 20)
  }

  @Test("members that come slowly are written as they come")
  func slowPipe() throws {
    try folder.create("file.gz", file())
    let first = members[0].storedSize
    // The rest is sent only once the first member has come out.
    let outcome = try tool.shell(
      """
      mkfifo answer
      (head -c \(first + 10) file.gz; read -r <answer; tail -c +\(first + 11) file.gz) |
        timeout 60 $wdprov decompress -j 3 | (head -c 70000 >out; echo >answer; cat >>out)
      wc -c <out
      """)
    #expect(outcome.text == "\(plain.count)\n", "\(outcome)")
  }
}
