// What an output file promises: all or nothing.
// SPDX-License-Identifier: Apache-2.0

import Glibc
import LinuxSystem
import TestPrograms
import Testing

/// With `withoutName` the file system's own support is used, otherwise a temporary name as on file systems without it.
@Suite("OutputFile")
struct OutputFileTests {
  private let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
  }

  private func output(_ name: String, withoutName: Bool, mode: UInt32 = 0o666) throws -> OutputFile {
    let file = try OutputFile(path: directory.file(name), mode: mode, withoutName: withoutName)
    try file.descriptor.writeAll([UInt8]("new".utf8))
    return file
  }

  @Test("the file appears when it is committed, complete", arguments: [true, false], [true, false])
  func commit(withoutName: Bool, replacing: Bool) throws {
    let file = try output("out", withoutName: withoutName)
    #expect(try !directory.names().contains("out"))
    try file.commit(replacing: replacing)
    #expect(try directory.names() == ["out"])
    #expect(try directory.read("out") == Array("new".utf8))
    #expect(try Pathname.status(of: directory.file("out")).linkCount == 1)
  }

  @Test("a file that is not committed leaves nothing", arguments: [true, false])
  func dropped(withoutName: Bool) throws {
    do {
      let file = try output("out", withoutName: withoutName)
      #expect(try file.descriptor.status().size == 3)
      // On a file system that has unnamed files there is no name even now; a temporary name is hidden.
      #expect(try directory.names().allSatisfy { $0.hasPrefix(".warpdrive-") })
    }
    #expect(try directory.names() == [])
  }

  @Test("an existing file is not replaced unless that is wanted", arguments: [true, false])
  func exists(withoutName: Bool) throws {
    try directory.write(Array("old".utf8), to: "out")
    let first = try output("out", withoutName: withoutName)
    let firstError = Self.commitError(of: first, replacing: false)
    #expect(firstError == SystemError.exists)
    #expect(try directory.read("out") == Array("old".utf8))
    #expect(try directory.names() == ["out"])
    let second = try output("out", withoutName: withoutName)
    try second.commit(replacing: true)
    #expect(try directory.read("out") == Array("new".utf8))
    #expect(try directory.names() == ["out"])
  }

  @Test("of several that do not replace, the first to commit wins", arguments: [true, false])
  func race(withoutName: Bool) throws {
    let path = directory.file("out")
    let results = TimedSemaphore(value: 0)
    let threads = try ThreadGroup(count: 8) { _ in
      guard let file = try? OutputFile(path: path, mode: 0o600, withoutName: withoutName) else { return }
      if (try? file.commit(replacing: false)) != nil { results.signal() }
    }
    threads.join()
    #expect(results.tryWait())
    #expect(!results.tryWait())
    #expect(try directory.names() == ["out"])
  }

  @Test("a symbolic link is replaced and not followed", arguments: [true, false])
  func symbolicLink(withoutName: Bool) throws {
    try directory.write(Array("old".utf8), to: "target")
    #expect(unsafe symlink("target", directory.file("out")) == 0)
    let first = try output("out", withoutName: withoutName)
    let firstError = Self.commitError(of: first, replacing: false)
    #expect(firstError == SystemError.exists)
    let second = try output("out", withoutName: withoutName)
    try second.commit(replacing: true)
    #expect(try directory.read("target") == Array("old".utf8))
    #expect(try Pathname.status(of: directory.file("out"), followingLinks: false).kind == .regular)
  }

  @Test("a directory, a device, a pipe is never replaced", arguments: [true, false])
  func special(withoutName: Bool) throws {
    try Pathname.makeDirectory(directory.file("dir"))
    #expect(unsafe mkfifo(directory.file("fifo"), 0o600) == 0)
    let first = try output("dir", withoutName: withoutName)
    let firstError = Self.commitError(of: first, replacing: true)
    #expect(firstError == SystemError.isDirectory)
    let second = try output("fifo", withoutName: withoutName)
    let secondError = Self.commitError(of: second, replacing: true)
    #expect(secondError == SystemError.exists)
    #expect(try directory.names() == ["dir", "fifo"])
    #expect(try Pathname.status(of: directory.file("fifo")).kind == .fifo)
  }

  @Test("mode, times and owner are those given to the open file", arguments: [true, false])
  func metadata(withoutName: Bool) throws {
    let file = try output("out", withoutName: withoutName, mode: 0o600)
    #expect(try file.descriptor.status().mode == 0o600)
    let time = FileTime(seconds: 86_400, nanoseconds: 123_456_789)
    try file.descriptor.setOwner(userID: geteuid(), groupID: getegid())
    try file.descriptor.setMode(0o640)
    try file.descriptor.setTimes(access: time, modification: time)
    try file.descriptor.sync()
    try file.commit(replacing: false)
    let status = try Pathname.status(of: directory.file("out"))
    #expect(status.mode == 0o640)
    #expect(status.modificationTime == time)
    #expect(status.accessTime == time)
  }

  @Test("it does not matter that the directory is moved meanwhile", arguments: [true, false])
  func movedDirectory(withoutName: Bool) throws {
    try Pathname.makeDirectory(directory.file("before"))
    let first = try output("before/out", withoutName: withoutName)
    let second = try output("before/dropped", withoutName: withoutName)
    try Pathname.rename(directory.file("before"), to: directory.file("after"))
    try first.commit(replacing: true)
    #expect(try second.descriptor.status().size == 3)
    _ = consume second
    #expect(try DirectoryListing.names(in: directory.file("after")) == ["out"])
  }

  @Test("a path that cannot become a file is refused at once")
  func badPaths() throws {
    try directory.write([], to: "file")
    let bad: [(String, Int32)] = [
      ("", SystemError.notFound), (directory.file("none/out"), SystemError.notFound),
      (directory.file("file/out"), SystemError.notDirectory), (directory.file("file/"), SystemError.isDirectory),
      (directory.file("."), SystemError.isDirectory), (directory.file(".."), SystemError.isDirectory),
      ("/", SystemError.isDirectory), (directory.file(String(repeating: "n", count: 256)), SystemError.nameTooLong),
    ]
    for (path, number) in bad {
      let error = #expect(throws: SystemError.self) { _ = try OutputFile(path: path) }
      #expect(error?.errno == number, "\(path)")
      #expect(error?.path == path || path.contains("none") || path.contains("file/out"))
    }
    #expect(try directory.names() == ["file"])
  }

  @Test("the longest name that the file system has is possible", arguments: [true, false])
  func longName(withoutName: Bool) throws {
    let name = String(repeating: "n", count: 255)
    let file = try output(name, withoutName: withoutName)
    try file.commit(replacing: true)
    #expect(try directory.names() == [name])
  }

  @Test("the table of temporary names has an end, and is whole again after")
  func tooMany() async throws {
    // In a process of its own, because other tests need the table.
    await #expect(processExitsWith: .exitCode(64)) { [path = directory.path as String] in
      var held: [Held] = []
      let number = errorNumber {
        while held.count < 1000 { held.append(try Held("\(path)/out")) }
      }
      let count = try DirectoryListing.names(in: path).count
      held = []
      guard number == SystemError.tooManyOpenFiles, try DirectoryListing.names(in: path).isEmpty else { return }
      let file = try OutputFile(path: "\(path)/out", mode: 0o600, withoutName: false)
      try file.commit(replacing: false)
      CurrentProcess.exit(Int32(count))
    }
    #expect(try directory.names() == ["out"])
  }

  /// A file that an array can hold.
  private final class Held {
    let file: OutputFile

    init(_ path: String) throws {
      file = try OutputFile(path: path, mode: 0o600, withoutName: false)
    }
  }

  /// The number of the error that committing a file ends with.
  private static func commitError(of file: consuming OutputFile, replacing: Bool) -> Int32? {
    do throws(SystemError) {
      try file.commit(replacing: replacing)
      return nil
    } catch {
      return error.errno
    }
  }
}
