// `wdprov hash NAME`: digests of files as sha256sum prints and checks them.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import HostControl
import WarpDrive

struct HashCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "hash", _superCommandName: "wdprov",
    abstract: "Print or check digests of files, as sha256sum does.",
    discussion: """
      With --check each line of SUMS is a digest, two spaces and a file's name; a file that differs or cannot be read \
      makes the exit status 1.
      """)

  @Argument(help: "The hash: sha256, sha3-512, crc32, or another that is listed.")
  var name: String

  @Argument(help: ArgumentHelp("The files; '-' or none is standard input.", valueName: "file"), completion: .file())
  var files: [String] = []

  @Option(
    help: ArgumentHelp("Check the digests that are listed in SUMS; '-' is standard input.", valueName: "sums"),
    completion: .file())
  var check: String?

  @Option(help: ArgumentHelp("Bytes of digest, for hashes of any length (SHAKE).", valueName: "n"))
  var length: Int?

  @Option(help: ArgumentHelp("The driver that has to do it, as listed.", valueName: "driver"))
  var driver: String?

  @Flag(help: "Print JSON.")
  var json = false

  mutating func validate() throws {
    if let length, length < 1 { throw ValidationError("--length takes a number of bytes, 1 or more") }
    if check != nil, length != nil { throw ValidationError("--check takes the length from each digest") }
  }

  func perform() throws(CommandFailure) -> ExitStatus {
    let registry = try Registry.machine()
    let algorithm: Algorithm
    do throws(ProviderError) {
      algorithm = try registry.choose(name, driver: driver, .hash)
    } catch {
      throw CommandFailure(error)
    }
    var digester = try FileDigester(algorithm, in: registry)
    if let check { return try verify(check, &digester) }
    return try compute(&digester)
  }

  // MARK: Computing

  private func compute(_ digester: inout FileDigester) throws(CommandFailure) -> ExitStatus {
    guard length == nil || length == digester.digestSize || digester.isExtendable else {
      throw CommandFailure(
        .usage, "\(digester.algorithm.name) has digests of \(digester.digestSize) bytes; --length is for SHAKE")
    }
    var status = ExitStatus.success
    var results: [JSONValue] = []
    for file in files.isEmpty ? ["-"] : files {
      do throws(CommandFailure) {
        let line = ChecksumLine(digest: try digester.digest(of: file, count: length), name: file)
        if json {
          results.append(.object([("name", .string(file)), ("digest", .string(Hexadecimal.encode(line.digest)))]))
        } else {
          try StandardOutput.write(line.text)
        }
      } catch {
        Diagnostics.say(error.description)
        if status == .success { status = error.status }
        results.append(.object([("name", .string(file)), ("error", .string(error.description))]))
      }
    }
    if json { try StandardOutput.write(document(digester, results)) }
    return status
  }

  private func document(_ digester: borrowing FileDigester, _ results: [JSONValue]) -> String {
    JSONValue.object([
      ("schema", 1), ("algorithm", .string(digester.algorithm.name)), ("driver", .string(digester.lastDriverName)),
      ("files", .array(results)),
    ]).document
  }

  // MARK: Checking

  private func verify(_ sums: String, _ digester: inout FileDigester) throws(CommandFailure) -> ExitStatus {
    var lines = try LineReader(sums == "-" ? InputFile.standard() : InputFile.open(sums), limit: 1 << 20)
    var tally = ChecksumTally()
    var wanted = Set(files)
    var results: [JSONValue] = []
    var bytes: [UInt8] = []
    while true {
      let outcome = try lines.next(into: &bytes)
      if outcome == .end { break }
      if outcome == .line, bytes.isEmpty || bytes.first == UInt8(ascii: "#") { continue }
      guard outcome == .line, let line = ChecksumLine(parsing: bytes),
        line.digest.count == digester.digestSize || digester.isExtendable
      else {
        tally.malformed += 1
        continue
      }
      guard files.isEmpty || files.contains(line.name) else { continue }
      wanted.remove(line.name)
      let verdict = judge(line, &digester, &tally)
      if json {
        results.append(.object([("name", .string(line.name)), ("verdict", .string(verdict))]))
      } else {
        try StandardOutput.write("\(ChecksumLine.escaped(line.name)): \(verdict)\n")
      }
    }
    for name in wanted.sorted() {
      Diagnostics.say("\(name): no digest of it is listed in \(sums)")
      tally.unlisted += 1
    }
    if json { try StandardOutput.write(document(digester, results)) }
    for warning in tally.warnings(about: sums) { Diagnostics.say(warning) }
    return tally.isGood ? .success : .checkFailed
  }

  /// The word for one line, counted.
  private func judge(
    _ line: ChecksumLine, _ digester: inout FileDigester, _ tally: inout ChecksumTally
  ) -> String {
    do throws(CommandFailure) {
      let digest = try digester.digest(of: line.name, count: line.digest.count)
      guard digest == line.digest else {
        tally.different += 1
        return "FAILED"
      }
      tally.matching += 1
      return "OK"
    } catch {
      Diagnostics.say(error.description)
      tally.unreadable += 1
      return "FAILED open or read"
    }
  }
}

/// How the lines of a list came out.
private struct ChecksumTally {
  var matching = 0
  var different = 0
  var unreadable = 0
  var malformed = 0
  var unlisted = 0

  /// Whether something was checked and all of it was right.
  ///
  /// As with sha256sum, lines that are none only warn.
  var isGood: Bool { matching > 0 && different + unreadable + unlisted == 0 }

  func warnings(about sums: String) -> [String] {
    func lines(_ count: Int, _ what: String) -> [String] { count == 0 ? [] : ["\(count) \(what)"] }
    let checked = matching + different + unreadable
    return (checked == 0 && unlisted == 0 ? ["\(sums): no line is a digest of this hash and a name"] : [])
      + lines(malformed, "line(s) of \(sums) are no digest of this hash and a name")
      + lines(unreadable, "listed file(s) could not be read") + lines(different, "computed digest(s) did not match")
  }
}
