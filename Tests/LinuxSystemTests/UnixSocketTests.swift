// What sockets that pass descriptors promise.
// SPDX-License-Identifier: Apache-2.0

import Glibc
import LinuxSystem
import TestPrograms
import Testing

@Suite("UnixSocket")
struct UnixSocketTests {
  private let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
  }

  private static func pair() throws -> UnixSocket.Pair { try UnixSocket.pair() }

  private static func take(_ end: inout UnixSocket?) throws -> UnixSocket {
    guard let socket = end.take() else { throw SystemError(errno: EBADF, operation: "test") }
    return socket
  }

  private static func receive(
    _ socket: borrowing UnixSocket, _ count: Int, _ descriptors: inout ReceivedDescriptors
  ) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var span = bytes.mutableSpan
    let received = try unsafe span.withUnsafeMutableBytes { (buffer) throws(SystemError) in
      try unsafe socket.receive(into: buffer, descriptors: &descriptors)
    }
    return Array(bytes[..<received])
  }

  private static func send(
    _ socket: borrowing UnixSocket, _ first: [UInt8], _ second: [UInt8] = [], descriptors: [Int32] = []
  ) throws(SystemError) {
    try unsafe socket.sendAll(first.span.bytes, second.span.bytes, descriptors: descriptors)
  }

  /// Looks at a descriptor, if there is one, and closes it.
  private static func look<Value>(
    at descriptor: consuming FileDescriptor?, _ body: (borrowing FileDescriptor) throws -> Value
  ) rethrows -> Value? {
    guard let descriptor = consume descriptor else { return nil }
    return try body(descriptor)
  }

  @Test("two pieces are sent as one, with their descriptors")
  func message() throws {
    var pair = try Self.pair()
    let first = try Self.take(&pair.first)
    let second = try Self.take(&pair.second)
    let memory = try SharedMemory(name: "test", byteCount: 100)
    try Self.send(first, [1, 2], [3, 4, 5], descriptors: [memory.descriptor.number])
    var descriptors = ReceivedDescriptors()
    #expect(try Self.receive(second, 2, &descriptors) == [1, 2])
    let count1 = descriptors.count
    #expect(count1 == 1)
    let received = try Self.look(at: descriptors.take(0)) { try $0.status() }
    #expect(try received?.isSameFile(as: memory.descriptor.status()) == true)
    // Once, and none that did not come.
    #expect(Self.look(at: descriptors.take(0)) { $0.number } == nil)
    #expect(Self.look(at: descriptors.take(1)) { $0.number } == nil)
    #expect(try Self.receive(second, 10, &descriptors) == [3, 4, 5])
    let count0 = descriptors.count
    #expect(count0 == 0)
  }

  @Test("received descriptors are closed on execution, and closed if nobody takes them")
  func ownership() throws {
    var pair = try Self.pair()
    let first = try Self.take(&pair.first)
    let second = try Self.take(&pair.second)
    var pipe = try Pipe()
    let reading = try pipe.takeReading()
    let writing = try pipe.takeWriting()
    try Self.send(first, [1], descriptors: [writing.number, writing.number])
    try writing.close()
    do {
      var descriptors = ReceivedDescriptors()
      _ = try Self.receive(second, 1, &descriptors)
      let count2 = descriptors.count
      #expect(count2 == 2)
      let flags = Self.look(at: descriptors.take(1)) { fcntl($0.number, F_GETFD) }
      #expect(flags == FD_CLOEXEC)
    }
    // No writing end is left, or this would not be the end of the pipe.
    #expect(try reading.poll(for: .readable, nanoseconds: 60_000_000_000).contains(.hangUp))
  }

  @Test("at most 16 descriptors are sent, and a second message's are not the first's")
  func limits() throws {
    var pair = try Self.pair()
    let first = try Self.take(&pair.first)
    let second = try Self.take(&pair.second)
    let null = try FileDescriptor.open("/dev/null", .readWrite)
    #expect(
      errorNumber { try Self.send(first, [1], descriptors: [Int32](repeating: null.number, count: 17)) }
        == SystemError.invalidArgument)
    try Self.send(first, [1, 2])
    try Self.send(first, [3, 4], descriptors: [Int32](repeating: null.number, count: 16))
    var descriptors = ReceivedDescriptors()
    #expect(try Self.receive(second, 2, &descriptors) == [1, 2])
    let count0 = descriptors.count
    #expect(count0 == 0)
    #expect(try Self.receive(second, 2, &descriptors) == [3, 4])
    let (count, isTruncated) = (descriptors.count, descriptors.isTruncated)
    #expect((count, isTruncated) == (16, false))
  }

  @Test("more than the other end holds is sent when it reads")
  func large() throws {
    var pair = try Self.pair()
    let first = try Self.take(&pair.first)
    let second = try Self.take(&pair.second)
    let content = (0..<3 << 20).map { UInt8(truncatingIfNeeded: $0 % 251) }
    let thread = try Thread(name: "sender") { try? Self.send(first, Array(content[..<7]), Array(content[7...])) }
    var received = [UInt8](repeating: 0, count: content.count)
    var span = received.mutableSpan
    let count = try unsafe span.withUnsafeMutableBytes { (buffer) throws(SystemError) in
      try unsafe second.receiveAll(into: buffer)
    }
    thread.join()
    #expect(count == content.count)
    #expect(received == content)
  }

  @Test("waits have limits: for what is sent, for what is read, for the rest of something")
  func waits() throws {
    var pair = try Self.pair()
    let first = try Self.take(&pair.first)
    let second = try Self.take(&pair.second)
    try first.setSendLimit(nanoseconds: 1_000_000)
    #expect(
      errorNumber { try Self.send(first, [UInt8](repeating: 0, count: 4 << 20)) }
        == SystemError.temporarilyUnavailable)
    try first.setReceiveLimit(nanoseconds: 1)
    var descriptors = ReceivedDescriptors()
    #expect(errorNumber { _ = try Self.receive(first, 1, &descriptors) } == SystemError.temporarilyUnavailable)
    try Self.send(second, [1])
    var two: [UInt8] = [0, 0]
    let start = MonotonicClock.now()
    #expect(
      errorNumber {
        var span = two.mutableSpan
        try unsafe span.withUnsafeMutableBytes { (buffer) throws(SystemError) in
          _ = try unsafe first.receiveAll(into: buffer, nanoseconds: 20_000_000)
        }
      } == SystemError.timedOut)
    #expect(MonotonicClock.now() - start >= 20_000_000)
    #expect(two == [1, 0])
  }

  @Test("a closed other end is the end of the stream, and EPIPE for who writes")
  func closed() throws {
    var pair = try Self.pair()
    let first = try Self.take(&pair.first)
    let before = first.isHungUp
    pair.second = nil
    let after = first.isHungUp
    #expect((before, after) == (false, true))
    var descriptors = ReceivedDescriptors()
    #expect(try Self.receive(first, 1, &descriptors) == [])
    #expect(errorNumber { try Self.send(first, [1]) } == SystemError.brokenPipe)
  }

  @Test("shutting down wakes who waits; the incoming direction alone leaves the other open")
  func shutDown() throws {
    var pair = try Self.pair()
    let first = try Self.take(&pair.first)
    let second = try Self.take(&pair.second)
    try Self.send(second, [1])
    first.shutDownReceiving()
    var descriptors = ReceivedDescriptors()
    // What had arrived is still read.
    #expect(try Self.receive(first, 10, &descriptors) == [1])
    #expect(try Self.receive(first, 10, &descriptors) == [])
    try Self.send(first, [2])
    #expect(try Self.receive(second, 10, &descriptors) == [2])
    first.shutDown()
    #expect(errorNumber { try Self.send(first, [2]) } == SystemError.brokenPipe)
  }

  @Test("a listening socket has the mode asked for, takes connections, and knows who connected")
  func listening() throws {
    let path = directory.file("socket")
    let listener = try UnixSocket.listen(on: path, mode: 0o600)
    let status = try Pathname.status(of: path)
    #expect(status.kind == .socket)
    #expect(status.mode & ~0o600 == 0)
    let early = try listener.accept(nanoseconds: 0) == nil
    #expect(early)
    let client = try UnixSocket.connect(to: path)
    guard let served = try listener.accept(nanoseconds: 60_000_000_000) else {
      Issue.record("nobody connected")
      return
    }
    let (peer, own) = (try served.peerCredentials, try client.peerCredentials)
    #expect(peer.processID == CurrentProcess.id)
    #expect(peer.userID == geteuid() && peer.groupID == getegid())
    #expect(own.processID == CurrentProcess.id)
    try Self.send(client, [5])
    var descriptors = ReceivedDescriptors()
    #expect(try Self.receive(served, 5, &descriptors) == [5])
  }

  @Test("shutting down a listening socket ends its wait for connections")
  func endOfListening() throws {
    let listener = try UnixSocket.listen(on: directory.file("socket"))
    let number = listener.descriptor.number
    let outcome = Mailbox()
    let thread = try Thread(name: "acceptor") {
      outcome.value = Int(errorNumber { _ = try listener.accept() } ?? 0)
    }
    // Whether it waits already or will: the result is the same.
    #expect(shutdown(number, Int32(SHUT_RDWR)) == 0)
    thread.join()
    #expect(outcome.value == Int(EINVAL))
  }

  @Test("a socket file that nobody listens on is replaced; any other file, and one in use, is not")
  func leftBehind() throws {
    let path = directory.file("socket")
    do { _ = try UnixSocket.listen(on: path) }
    #expect(errorNumber { _ = try UnixSocket.connect(to: path) } == SystemError.connectionRefused)
    let listener = try UnixSocket.listen(on: path)
    #expect(errorNumber { _ = try UnixSocket.listen(on: path) } == SystemError.addressInUse)
    _ = try UnixSocket.connect(to: path)
    withExtendedLifetime(listener.descriptor.number) {}
    try directory.write([1], to: "file")
    #expect(errorNumber { _ = try UnixSocket.listen(on: directory.file("file")) } == SystemError.addressInUse)
    #expect(try directory.read("file") == [1])
  }

  @Test("a path that is too long, has a zero byte, or names nothing is an error")
  func paths() throws {
    let long = "/tmp/" + String(repeating: "x", count: 103)
    #expect(errorNumber { _ = try UnixSocket.listen(on: long) } == SystemError.nameTooLong)
    #expect(errorNumber { _ = try UnixSocket.connect(to: long) } == SystemError.nameTooLong)
    #expect(errorNumber { _ = try UnixSocket.connect(to: "/tmp/a\0b") } == SystemError.invalidArgument)
    #expect(errorNumber { _ = try UnixSocket.connect(to: directory.file("none")) } == SystemError.notFound)
    #expect(errorNumber { _ = try UnixSocket.listen(on: directory.file("none/none")) } == SystemError.notFound)
  }
}
