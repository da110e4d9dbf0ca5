// What the library knows about files and their names.
// SPDX-License-Identifier: Apache-2.0

import Glibc
import LinuxSystem
import TestPrograms
import Testing

@Suite("FileStatus, Pathname, DirectoryListing")
struct FileStatusTests {
  private let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
  }

  @Test("every kind of file is told apart")
  func kinds() throws {
    try directory.write([1, 2, 3], to: "file")
    #expect(unsafe symlink("file", directory.file("link")) == 0)
    #expect(unsafe mkfifo(directory.file("fifo"), 0o600) == 0)
    var sockets: [Int32] = [-1, -1]
    #expect(unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &sockets) == 0)
    let socket = FileDescriptor(owning: sockets[0])
    let peer = FileDescriptor(owning: sockets[1])
    #expect(try Pathname.status(of: directory.file("file")).kind == .regular)
    #expect(try Pathname.status(of: directory.path).kind == .directory)
    #expect(try Pathname.status(of: "/dev/null").kind == .characterDevice)
    #expect(try Pathname.status(of: directory.file("fifo")).kind == .fifo)
    #expect(try socket.status().kind == .socket)
    #expect(try peer.status().kind == .socket)
    #expect(try Pathname.status(of: directory.file("link")).kind == .regular)
    #expect(try Pathname.status(of: directory.file("link"), followingLinks: false).kind == .symlink)
  }

  @Test("mode, owner, times and size are what was set", arguments: [UInt32(0o600), 0o444, 0o4755, 0o1777, 0])
  func metadata(mode: UInt32) throws {
    let path = directory.file("file")
    let file = try FileDescriptor.open(path, .writeOnly, options: .create)
    try file.writeAll([UInt8](repeating: 7, count: 1234))
    try file.setOwner(userID: geteuid(), groupID: nil)
    try file.setMode(mode)
    let (access, modification) = (
      FileTime(seconds: 1_000_000_000, nanoseconds: 5), FileTime(seconds: -1, nanoseconds: 999_999_999)
    )
    try file.setTimes(access: access, modification: modification)
    let status = try file.status()
    #expect(status.mode == mode)
    #expect(status.size == 1234)
    #expect(status.linkCount == 1)
    #expect(status.userID == geteuid())
    #expect(status.accessTime == access)
    #expect(status.modificationTime == modification)
    #expect(status.modificationTime < status.accessTime)
    #expect(try Pathname.status(of: path) == status)
    try file.sync()
  }

  @Test(
    "nanoseconds that mean something else to the kernel are refused", arguments: [-1, 1_000_000_000, 1_073_741_823])
  func badTimes(nanoseconds: Int64) throws {
    try directory.write([], to: "file")
    let file = try FileDescriptor.open(directory.file("file"), .writeOnly)
    let before = try file.status()
    let (good, bad) = (FileTime(seconds: 0), FileTime(seconds: 0, nanoseconds: nanoseconds))
    #expect(errorNumber { try file.setTimes(access: good, modification: bad) } == SystemError.invalidArgument)
    #expect(errorNumber { try file.setTimes(access: bad, modification: good) } == SystemError.invalidArgument)
    #expect(try file.status() == before)
  }

  @Test("two names of one file are the same file")
  func sameFile() throws {
    try directory.write([], to: "a")
    try directory.write([], to: "b")
    #expect(unsafe link(directory.file("a"), directory.file("c")) == 0)
    let a = try Pathname.status(of: directory.file("a"))
    #expect(a.linkCount == 2)
    #expect(try a.isSameFile(as: Pathname.status(of: directory.file("c"))))
    #expect(try !a.isSameFile(as: Pathname.status(of: directory.file("b"))))
  }

  @Test("names are removed, changed and listed in order")
  func names() throws {
    for name in ["b", "a", "é", "Z"] { try directory.write([], to: name) }
    try Pathname.makeDirectory(directory.file("d"), mode: 0o700)
    #expect(try directory.names() == ["Z", "a", "b", "d", "é"])
    try Pathname.rename(directory.file("a"), to: directory.file("c"))
    try Pathname.unlink(directory.file("b"))
    #expect(try directory.names() == ["Z", "c", "d", "é"])
    #expect(errorNumber { try Pathname.makeDirectory(directory.file("d")) } == SystemError.exists)
    #expect(errorNumber { try Pathname.unlink(directory.file("d")) } == SystemError.isDirectory)
    #expect(errorNumber { try Pathname.unlink(directory.file("b")) } == SystemError.notFound)
    #expect(errorNumber { try Pathname.removeDirectory(directory.path) } == ENOTEMPTY)
    try Pathname.removeDirectory(directory.file("d"))
    #expect(errorNumber { _ = try DirectoryListing.names(in: directory.file("d")) } == SystemError.notFound)
    #expect(errorNumber { _ = try DirectoryListing.names(in: directory.file("c")) } == SystemError.notDirectory)
  }

  @Test("a name that no string can express is an error, not another name")
  func notUnicode() throws {
    let bytes = Array(directory.path.utf8CString.dropLast()) + [0x2F, CChar(bitPattern: 0xFF), 0]
    let number = unsafe open(bytes, O_CREAT | O_WRONLY | O_CLOEXEC, 0o600)
    try #require(number >= 0)
    let file = FileDescriptor(owning: number)
    #expect(errorNumber { _ = try directory.names() } == SystemError.notUnicode)
    #expect(unsafe unlink(bytes) == 0)
    #expect(try file.status().linkCount == 0)
  }

  @Test("paths are made absolute as they are, and canonical without links")
  func paths() throws {
    let canonical = try Pathname.canonical(directory.path)
    #expect(unsafe symlink(".", directory.file("loop")) == 0)
    try Pathname.makeDirectory(directory.file("d"))
    #expect(try Pathname.canonical(directory.file("loop/./loop/d/..") + "/") == canonical)
    #expect(errorNumber { _ = try Pathname.canonical(directory.file("none")) } == SystemError.notFound)
    #expect(try Pathname.absolute("/a/../b") == "/a/../b")
    #expect(try Pathname.absolute("x/y") == Pathname.canonical(".") + "/x/y")
    #expect(errorNumber { _ = try Pathname.absolute("") } == SystemError.notFound)
  }
}
