// The file in which measurements are kept: what it keeps, and when it does not count.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import TestPrograms
import Testing

@testable import WarpDrive

@Suite("Measurement cache") struct MeasurementCacheTests {
  private static let table: MeasurementTable = {
    let cells = [64, 4096].map { size in
      MeasurementCell(
        driver: "gzip-zlib", version: "1.2.13", level: 6, size: size, inputBytes: Double(size),
        outputBytes: Double(size) / 3, nanoseconds: 1234.5)
    }
    return MeasurementTable(
      name: "gzip", operation: .compress, cells: cells,
      questions: [.init(reference: "gzip-zlib 1.2.13", level: 6, drivers: ["gzip-zlib 1.2.13", "gzip-other 2"])])
  }()

  private func cache(_ folder: String, machine: String = "a machine, 2") -> MeasurementCache {
    MeasurementCache(folder: folder) { machine }
  }

  private func file(_ folder: String) -> String { folder + "/measurements" }

  /// A cache in a new folder that has the table.
  private func filled(_ directory: borrowing TemporaryDirectory) -> String {
    let folder = directory.path + "/cache/wdprov"
    cache(folder).save(Self.table)
    return folder
  }

  @Test("what is kept is found again, bit for bit, with the tables of other names beside it")
  func roundTrip() throws {
    let directory = try TemporaryDirectory()
    let folder = filled(directory)
    #expect(cache(folder).load("gzip", .compress) == Self.table)
    #expect(cache(folder).load("gzip", .decompress) == nil)
    let other = MeasurementTable(
      name: "crc32", operation: .digest,
      cells: [
        MeasurementCell(driver: "crc32-a", version: "b\tc", size: 64, inputBytes: 64, outputBytes: 4, nanoseconds: 0.1)
      ])
    cache(folder).save(other)
    #expect(cache(folder).load("gzip", .compress) == Self.table)
    #expect(cache(folder).load("crc32", .digest)?.cells.first?.version == "b c")
  }

  @Test("the file and its folder are the user's alone")
  func modes() throws {
    let directory = try TemporaryDirectory()
    let folder = filled(directory)
    #expect(try Pathname.status(of: file(folder)).mode == 0o600)
    #expect(try Pathname.status(of: folder).mode == 0o700)
  }

  @Test("what others can write does not count, nor is it written to", arguments: [0o620, 0o602, 0o666] as [UInt32])
  func writable(_ mode: UInt32) throws {
    let directory = try TemporaryDirectory()
    let folder = filled(directory)
    try Pathname.setMode(mode, of: file(folder))
    #expect(cache(folder).load("gzip", .compress) == nil)
    try Pathname.setMode(0o600, of: file(folder))
    #expect(cache(folder).load("gzip", .compress) != nil)
    try Pathname.setMode(mode | 0o100, of: folder)
    #expect(cache(folder).load("gzip", .compress) == nil)
    let before = try Pathname.status(of: file(folder))
    cache(folder).save(Self.table)
    #expect(try Pathname.status(of: file(folder)) == before)
  }

  @Test("a file of another user does not count", .enabled(if: CurrentProcess.effectiveUserID == 0, "needs root"))
  func foreign() throws {
    let directory = try TemporaryDirectory()
    let folder = filled(directory)
    try Pathname.setOwner(of: file(folder), userID: 65_534)
    #expect(cache(folder).load("gzip", .compress) == nil)
    // It is replaced, which the folder's owner may do.
    cache(folder).save(Self.table)
    #expect(cache(folder).load("gzip", .compress) == Self.table)
  }

  @Test("a file of another machine does not count and is replaced")
  func otherMachine() throws {
    let directory = try TemporaryDirectory()
    let folder = filled(directory)
    let other = cache(folder, machine: "another machine, 64")
    #expect(other.load("gzip", .compress) == nil)
    other.save(Self.table)
    #expect(other.load("gzip", .compress) == Self.table)
    #expect(cache(folder).load("gzip", .compress) == nil)
  }

  @Test(
    "a malformed file is ignored as a whole and replaced",
    arguments: [
      "", "wdprov measurements 2\n", "{}", "wdprov measurements 1\nmachine\ta machine, 2\ncell\tgzip\tcompress\n",
      "wdprov measurements 1\nmachine\ta machine, 2\ncell\tgzip\tcompress\td\t1\t6\t64\t64\t20\tnan\n",
      "wdprov measurements 1\nmachine\ta machine, 2\nquestion\tgzip\tcompress\td 1\tsix\td 1\n",
    ])
  func malformed(_ text: String) throws {
    let directory = try TemporaryDirectory()
    let folder = filled(directory)
    let file = try FileDescriptor.open(file(folder), .writeOnly, options: .truncate)
    try file.writeAll(Array(text.utf8).rawSpan)
    #expect(cache(folder).load("gzip", .compress) == nil)
    cache(folder).save(Self.table)
    #expect(cache(folder).load("gzip", .compress) == Self.table)
  }

  @Test("a symbolic link is not followed, and a folder in the file's place is left alone")
  func notAFile() throws {
    let directory = try TemporaryDirectory()
    let folder = filled(directory)
    try Pathname.rename(file(folder), to: folder + "/elsewhere")
    try Pathname.makeDirectory(file(folder))
    #expect(cache(folder).load("gzip", .compress) == nil)
    cache(folder).save(Self.table)
    #expect(cache(folder).load("gzip", .compress) == nil)
    #expect(try Pathname.status(of: file(folder)).kind == .directory)
  }

  @Test("the policy file chooses between measurement and priority, and refuses other words")
  func policy() throws {
    for (text, rule) in [("{}", SelectionRule.measured), (#"{"selection": "priority"}"#, .priority)] {
      var configuration = MachineConfiguration()
      try PolicyFile(parsing: Array(text.utf8), path: "p").apply(to: &configuration)
      #expect(configuration.policy.selection == rule)
    }
    let error = #expect(throws: ProviderError.self) {
      try PolicyFile(parsing: Array(#"{"selection": "fastest"}"#.utf8), path: "p")
    }
    #expect(error?.message.contains("one of measured, priority") == true)
  }
}
