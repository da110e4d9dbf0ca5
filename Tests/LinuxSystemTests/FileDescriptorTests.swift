// What an open file promises.
// SPDX-License-Identifier: Apache-2.0

import Glibc
import LinuxSystem
import TestPrograms
import Testing

@Suite("FileDescriptor")
struct FileDescriptorTests {
  private let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
    Signals.ignoreBrokenPipe()
  }

  /// Bytes that repeat only after 251.
  private static func pattern(_ count: Int) -> [UInt8] {
    (0..<count).map { UInt8($0 % 251) }
  }

  /// Reads with an output of `capacity` bytes until the file ends.
  private static func readAll(_ file: borrowing FileDescriptor, capacity: Int, filling: Bool) throws -> [UInt8] {
    var mapping = try AnonymousMapping(byteCount: capacity, guardPages: true)
    var all: [UInt8] = []
    while true {
      let chunk = try mapping.withOutput(of: capacity, at: .upper) { output in
        let count = try filling ? file.fill(&output) : file.read(into: &output)
        #expect(count == output.byteCount)
        return unsafe output.bytes.withUnsafeBytes { unsafe [UInt8]($0) }
      }
      if chunk.isEmpty { return all }
      all += chunk
    }
  }

  @Test("what was written is read, whatever the size of the buffer", arguments: [1, 100, 65_536], [true, false])
  func roundTrip(capacity: Int, filling: Bool) throws {
    let content = Self.pattern(1000)
    try directory.write(content, to: "file")
    let file = try FileDescriptor.open(directory.file("file"), .readOnly)
    file.adviseSequential()
    #expect(try Self.readAll(file, capacity: capacity, filling: filling) == content)
    #expect(try file.status().size == 1000)
    try file.close()
  }

  @Test("reading appends to what the output has, and an output without room reads nothing")
  func appends() throws {
    try directory.write([1, 2, 3], to: "file")
    let file = try FileDescriptor.open(directory.file("file"), .readOnly)
    var mapping = try AnonymousMapping(byteCount: 1)
    try mapping.withOutput(of: 3, at: .upper) { output in
      unsafe output.append(9, as: UInt8.self)
      let (first, second) = (try file.read(into: &output), try file.read(into: &output))
      #expect((first, second) == (2, 0))
      #expect(unsafe output.bytes.withUnsafeBytes { unsafe [UInt8]($0) } == [9, 1, 2])
    }
  }

  @Test("more than a pipe holds goes through it", arguments: [true, false])
  func largeWrite(nonBlocking: Bool) throws {
    let content = Self.pattern(1 << 20)
    var pipe = try Pipe(nonBlocking: nonBlocking)
    let writing = try pipe.takeWriting()
    let reading = try pipe.takeReading()
    let number = writing.number
    let received = Received()
    let thread = try Thread(name: "reader") { [received] in
      received.bytes = try? Self.readAll(reading, capacity: 10_000, filling: true)
    }
    #expect(number >= 0)
    try writing.writeAll(content)
    try writing.close()
    thread.join()
    #expect(received.bytes == content)
  }

  @Test("a signal neither loses nor repeats data")
  func interruption() throws {
    // Without SA_RESTART, so that the kernel interrupts calls and does not repeat them itself.
    var action = sigaction()
    unsafe action.__sigaction_handler.sa_handler = { _ in }
    #expect(unsafe sigaction(SIGUSR1, &action, nil) == 0)
    let content = Self.pattern(1 << 18)
    var pipe = try Pipe()
    let writing = try pipe.takeWriting()
    let reading = try pipe.takeReading()
    let received = Received()
    let identity = Identity()
    let known = Gate()
    let thread = try Thread(name: "reader") {
      identity.thread = pthread_self()
      known.open()
      received.bytes = try? Self.readAll(reading, capacity: 1000, filling: true)
    }
    #expect(known.wait(nanoseconds: 60_000_000_000))
    for start in stride(from: 0, to: content.count, by: content.count / 16) {
      // Time for the reader to sleep in the kernel before it is interrupted.
      _ = Gate().wait(nanoseconds: 2_000_000)
      #expect(pthread_kill(identity.thread, SIGUSR1) == 0)
      try writing.writeAll(Array(content[start..<start + content.count / 16]))
    }
    try writing.close()
    thread.join()
    #expect(received.bytes == content)
  }

  @Test("a full device is ENOSPC")
  func fullDevice() throws {
    let full = try FileDescriptor.open("/dev/full", .writeOnly)
    #expect(errorNumber { try full.writeAll([UInt8(1)]) } == SystemError.noSpace)
  }

  @Test("a pipe that nobody reads is EPIPE")
  func closedPipe() throws {
    var pipe = try Pipe()
    pipe.reading = nil
    let writing = try pipe.takeWriting()
    #expect(errorNumber { try writing.writeAll([UInt8(1)]) } == SystemError.brokenPipe)
    try writing.writeAll([UInt8]())
  }

  @Test("a directory is not written, and not read as a file")
  func directoryAsFile() throws {
    #expect(errorNumber { _ = try FileDescriptor.open(directory.path, .writeOnly) } == SystemError.isDirectory)
    #expect(
      errorNumber { _ = try FileDescriptor.contents(of: directory.path, limit: 10) } == SystemError.isDirectory)
    try directory.write([], to: "file")
    let file = directory.file("file")
    #expect(
      errorNumber { _ = try FileDescriptor.open(file, .readOnly, options: .directory) } == SystemError.notDirectory)
  }

  @Test("an exclusive name is taken once, and a link is not followed where that is not wanted")
  func exclusive() throws {
    let path = directory.file("file")
    let first = try FileDescriptor.open(path, .writeOnly, options: [.create, .exclusive], mode: 0o640)
    #expect(try first.status().mode & ~0o640 == 0)
    #expect(
      errorNumber { _ = try FileDescriptor.open(path, .writeOnly, options: [.create, .exclusive]) }
        == SystemError.exists)
    #expect(unsafe symlink(path, directory.file("link")) == 0)
    #expect(
      errorNumber { _ = try FileDescriptor.open(directory.file("link"), .readOnly, options: .noFollow) }
        == SystemError.tooManyLinks)
  }

  @Test("an error says what failed on what")
  func errorText() {
    let error = #expect(throws: SystemError.self) { _ = try FileDescriptor.open("/no such/file", .readOnly) }
    #expect(error == SystemError(errno: SystemError.notFound, operation: "open", path: "/no such/file"))
    #expect(error?.description == "/no such/file: No such file or directory (open)")
    #expect(SystemError(errno: ENOSPC, operation: "write").description == "No space left on device (write)")
    #expect(
      SystemError(errno: ENOSPC, operation: "write").about("out").description == "out: No space left on device (write)")
    #expect(SystemError(errno: 9999, operation: "x").message == "Unknown error 9999")
  }

  @Test("a path with a zero byte names nothing")
  func zeroByte() throws {
    try directory.write([], to: "file")
    let path = directory.file("file") + "\0.gz"
    #expect(errorNumber { _ = try FileDescriptor.open(path, .readOnly) } == SystemError.invalidArgument)
    #expect(errorNumber { _ = try Pathname.status(of: path) } == SystemError.invalidArgument)
    #expect(errorNumber { try Pathname.unlink(path) } == SystemError.invalidArgument)
    #expect(errorNumber { try Pathname.rename(directory.file("file"), to: path) } == SystemError.invalidArgument)
    #expect(errorNumber { _ = try Pathname.canonical(path) } == SystemError.invalidArgument)
    #expect(errorNumber { _ = try OutputFile(path: path) } == SystemError.invalidArgument)
    #expect(errorNumber { _ = try DirectoryListing.names(in: path) } == SystemError.invalidArgument)
    #expect(try directory.names() == ["file"])
  }

  @Test("a descriptor is closed once, when its value goes or by close()")
  func closedOnce() throws {
    var pipe = try Pipe()
    let reading = try pipe.takeReading()
    pipe.writing = nil
    // The end of file shows that the only writing end is closed.
    #expect(try Self.readAll(reading, capacity: 1, filling: false) == [])
    let number = reading.number
    try reading.close()
    let reopened = try FileDescriptor.open("/dev/null", .readOnly)
    #expect(number >= 0)
    #expect(try reopened.status().kind == .characterDevice)
  }

  @Test("what the limit does not allow is not read")
  func limit() throws {
    try directory.write(Self.pattern(40_000), to: "file")
    let path = directory.file("file")
    #expect(try FileDescriptor.contents(of: path, limit: 40_000) == Self.pattern(40_000))
    #expect(errorNumber { _ = try FileDescriptor.contents(of: path, limit: 39_999) } == SystemError.tooLarge)
  }

  /// What a thread received; ordered by joining it.
  private final class Received: @unchecked Sendable {
    var bytes: [UInt8]?
  }

  /// Which thread it is; ordered by a gate.
  private final class Identity: @unchecked Sendable {
    var thread = pthread_t()
  }
}

@Suite("FileDescriptor: waiting")
struct PollTests {
  @Test("an empty pipe is writable and not readable; the time limit is kept")
  func pipe() throws {
    var pipe = try Pipe()
    let reading = try pipe.takeReading()
    let writing = try pipe.takeWriting()
    let start = MonotonicClock.now()
    #expect(try reading.poll(for: .readable, nanoseconds: 20_000_000) == [])
    #expect(MonotonicClock.now() - start >= 20_000_000)
    #expect(try writing.poll(for: .writable, nanoseconds: .max) == .writable)
    try writing.writeAll([UInt8(1)])
    #expect(try reading.poll(for: .readable, nanoseconds: 0) == .readable)
  }

  @Test("a closed other end ends every wait")
  func hangUp() throws {
    var first = try Pipe()
    first.writing = nil
    let reading = try first.takeReading()
    #expect(try reading.poll(for: .readable, nanoseconds: .max).contains(.hangUp))
    var second = try Pipe()
    second.reading = nil
    let writing = try second.takeWriting()
    #expect(try writing.poll(for: .writable, nanoseconds: .max).contains(.error))
  }
}

@Suite("Terminal")
struct TerminalTests {
  @Test("a terminal knows that it is one and how wide it is", arguments: [UInt16(1), 80, 400])
  func terminal(columns: UInt16) throws {
    // TIOCSPTLCK and TIOCGPTN of asm-generic/ioctls.h, which Swift cannot import: unlock it, and tell its number.
    let controlling = try FileDescriptor.open("/dev/ptmx", .readWrite)
    var (lock, number): (Int32, Int32) = (0, -1)
    try #require(unsafe ioctl(controlling.number, 0x4004_5431, &lock) == 0)
    try #require(unsafe ioctl(controlling.number, 0x8004_5430, &number) == 0)
    let terminal = try FileDescriptor.open("/dev/pts/\(number)", .readWrite)
    let isTerminal = Terminal.isTerminal(terminal)
    #expect(isTerminal)
    var size = winsize(ws_row: 24, ws_col: 0, ws_xpixel: 0, ws_ypixel: 0)
    #expect(unsafe ioctl(terminal.number, UInt(TIOCSWINSZ), &size) == 0)
    #expect(Terminal.columns(of: terminal) == nil)
    size.ws_col = columns
    #expect(unsafe ioctl(terminal.number, UInt(TIOCSWINSZ), &size) == 0)
    #expect(Terminal.columns(of: terminal) == Int(columns))
  }

  @Test("what is no terminal has no width")
  func noTerminal() throws {
    let null = try FileDescriptor.open("/dev/null", .readWrite)
    let isTerminal = Terminal.isTerminal(null)
    #expect(!isTerminal)
    #expect(Terminal.columns(of: null) == nil)
  }
}
