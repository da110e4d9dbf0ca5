// Messages that no honest client sends.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import TestPrograms
import Testing
import VFIOUser

@Suite("Server: bad input")
struct MalformedTests {
  /// What came of a message.
  private enum Outcome {
    case error
    case disconnected
    case accepted
  }

  /// What must not happen.
  private struct Unexpected: Error {
    var what: String
  }

  /// A message and the descriptors to attach to it.
  private struct Attempt {
    var bytes: [UInt8]
    var descriptors = 0
    /// Whether the connection has to end; otherwise an error is the answer.
    var isFatal = false
  }

  @Test(
    "each of 10,000 malformed messages gets an error or a disconnect; no descriptor is left, and the server serves on")
  func tenThousand() async {
    // In a process of its own, where nobody else has descriptors.
    await #expect(processExitsWith: .success) { try Self.sendTenThousand() }
  }

  private static func sendTenThousand() throws {
    let fixture = try Fixture()
    let before = try openDescriptors()
    var random = SeededGenerator(seed: 0x5EED)
    let null = try FileDescriptor.open("/dev/null", .readWrite)
    var peer = try RawPeer(path: fixture.path)
    var outcomes = (errors: 0, disconnects: 0)
    for round in 0..<10_000 {
      let attempt = attempt(&random)
      let descriptors = [Int32](repeating: null.number, count: attempt.descriptors)
      switch outcome(of: attempt, descriptors, peer) {
      case .error:
        outcomes.errors += 1
        try #require(!attempt.isFatal, "round \(round) was to end the connection: \(attempt.bytes.prefix(64))")
      case .disconnected:
        outcomes.disconnects += 1
        peer = try RawPeer(path: fixture.path)
      case .accepted:
        throw Unexpected(what: "round \(round) was accepted: \(attempt.bytes.prefix(64))")
      }
    }
    try #require(outcomes.errors + outcomes.disconnects == 10_000)
    try #require(outcomes.errors > 1000 && outcomes.disconnects > 1000)
    // The server still does what it is for.
    try #require(try peer.ask(message(1, 9, bytes(UInt64(5), UInt32(1), UInt32(1))))?.body.last == 5)
    peer.socket.shutDown()
    try useRegister(fixture)
    let statistics = fixture.server.statistics
    try #require(statistics.commands >= outcomes.errors)
    try #require(statistics.violations > 1000)
    let (device, server) = (fixture.device, fixture.server)
    try #require(eventually { !server.hasClient && device.memory == nil })
    try #require(device.state.withLock { $0.mappings.isEmpty && $0.counters.isEmpty })
    // Of this test: the device for the descriptors and the last peer.
    try expectDescriptors(before, and: 2)
  }

  private static func useRegister(_ fixture: Fixture) throws {
    let client = try fixture.client()
    try client.write(3, region: 0, offset: 0, width: 4)
    #expect(try client.read(region: 0, offset: 0, width: 4) == 3)
  }

  private static func outcome(
    of attempt: Attempt, _ descriptors: [Int32], _ peer: RawPeer
  ) -> Outcome {
    guard succeeds({ () throws(SystemError) in try peer.send(attempt.bytes, descriptors: descriptors) }) else {
      return .disconnected
    }
    if attempt.isFatal && attempt.bytes.count < 16 { peer.socket.shutDown() }
    var reply: RawPeer.Message?
    guard succeeds({ () throws(SystemError) in reply = try peer.receive() }), let reply else { return .disconnected }
    return reply.isError && reply.error != 0 ? .error : .accepted
  }

  /// Whether a body succeeds; otherwise the other end has closed, or the test has failed.
  private static func succeeds(_ body: () throws(SystemError) -> Void) -> Bool {
    do throws(SystemError) {
      try body()
      return true
    } catch {
      let isClosed = error.errno == SystemError.brokenPipe || error.errno == SystemError.connectionReset
      if !isClosed { Issue.record(error) }
      return false
    }
  }

  /// A message that is wrong in one of many ways.
  private static func attempt(_ random: inout SeededGenerator) -> Attempt {
    let id = UInt16.random(in: 0 ... .max, using: &random)
    switch Int.random(in: 0..<10, using: &random) {
    case 0:
      // A size that no message has.
      let size: UInt32 =
        Bool.random(using: &random)
        ? .random(in: 0..<16, using: &random) : .random(in: (1 << 20) + 4097 ... .max, using: &random)
      return Attempt(bytes: message(id, 9, size: size, [UInt8](repeating: 0, count: 16)), isFatal: true)
    case 1:
      // A type that does not exist.
      return Attempt(bytes: message(id, 9, flags: .random(in: 2..<16, using: &random)), isFatal: true)
    case 2:
      // A reply that nobody waits for, with or without a body and descriptors.
      let body = noise(.random(in: 0..<64, using: &random), &random)
      return Attempt(
        bytes: message(id, .random(in: 0..<20, using: &random), flags: 1, body),
        descriptors: .random(in: 0..<3, using: &random), isFatal: true)
    case 3:
      // A message that ends before its end.
      let whole = right(id, &random)
      return Attempt(bytes: Array(whole.prefix(.random(in: 1..<16, using: &random))), isFatal: true)
    case 4:
      // A command that does not exist, or that a client does not send.
      let commands: [UInt16] = [0, 11, 12, 14, 19, 100, 0x4000, .max]
      let command = commands.randomElement(using: &random) ?? 0
      return Attempt(bytes: message(id, command, noise(.random(in: 0..<80, using: &random), &random)))
    case 5:
      // A body that is too short or too long; posted, it ends the connection.
      var bytes = right(id, &random)
      if bytes.count > 16 && Bool.random(using: &random) {
        bytes.removeLast(.random(in: 1...bytes.count - 16, using: &random))
      } else {
        bytes += noise(.random(in: 1..<64, using: &random), &random)
      }
      let isPosted = Int.random(in: 0..<4, using: &random) == 0
      return Attempt(bytes: sized(bytes, flags: isPosted ? 0x10 : 0), isFatal: isPosted)
    case 6:
      // Flags that a command does not have.
      return Attempt(bytes: sized(right(id, &random), flags: 1 << UInt32.random(in: 5..<32, using: &random)))
    case 7:
      // Descriptors that the command does not have, or too many, or ones that are no counters and no memory.
      return withDescriptors(id, &random)
    case 8:
      return wrongFields(id, &random)
    default:
      // Capabilities after the version is agreed on.
      return Attempt(bytes: message(id, 1, bytes(UInt16(0), UInt16(0)) + noise(8, &random) + [0]))
    }
  }

  private static func noise(_ count: Int, _ random: inout SeededGenerator) -> [UInt8] {
    (0..<count).map { _ in UInt8.random(in: 0 ... .max, using: &random) }
  }

  /// The same bytes with a size that is theirs, and flags.
  private static func sized(_ message: [UInt8], flags: UInt32) -> [UInt8] {
    Array(message[0..<4]) + bytes(UInt32(message.count), flags) + message[12...]
  }

  /// A command that would be right.
  private static func right(_ id: UInt16, _ random: inout SeededGenerator) -> [UInt8] {
    let bodies: [(UInt16, [UInt8])] = [
      (2, bytes(UInt32(32), UInt32(3), UInt64(0), UInt64(0x100_0000), UInt64(4096))),
      (3, bytes(UInt32(24), UInt32(0), UInt64(0), UInt64(4096))),
      (4, bytes(UInt32(16), UInt32(0), UInt64(0))),
      (5, bytes(UInt32(32), UInt32(0), UInt32(0), UInt32(0), UInt64(0), UInt64(0))),
      (6, bytes(UInt32(16), UInt32(0), UInt32(2), UInt32(0))),
      (7, bytes(UInt32(16), UInt32(0), UInt32(1), UInt32(0))),
      (8, bytes(UInt32(20), UInt32(0x21), UInt32(1), UInt32(0), UInt32(0))),
      (9, bytes(UInt64(0), UInt32(0), UInt32(4))),
      (10, bytes(UInt64(0), UInt32(0), UInt32(4), UInt32(1))),
      (13, []),
      (15, bytes(UInt64(1), UInt64(0), UInt32(0), UInt32(4), UInt64(1))),
      (17, bytes(UInt32(12), UInt32(4))),
    ]
    let (command, body) = bodies.randomElement(using: &random) ?? (13, [])
    return message(id, command, body)
  }

  private static func withDescriptors(_ id: UInt16, _ random: inout SeededGenerator) -> Attempt {
    switch Int.random(in: 0..<4, using: &random) {
    case 0:
      // /dev/null is no memory.
      let iova = UInt64.random(in: 0..<1000, using: &random) * 4096
      return Attempt(
        bytes: message(id, 2, bytes(UInt32(32), UInt32(3), UInt64(0), iova, UInt64(4096))), descriptors: 1)
    case 1:
      // It is no counter either, and not for as many interrupts as it says.
      let count = UInt32.random(in: 1...16, using: &random)
      return Attempt(
        bytes: message(id, 8, bytes(UInt32(20), UInt32(0x24), UInt32(1), UInt32(0), count)),
        descriptors: .random(in: 1...16, using: &random))
    case 2:
      return Attempt(
        bytes: message(id, 2, bytes(UInt32(32), UInt32(3), UInt64(0), UInt64(0), UInt64(4096))),
        descriptors: .random(in: 2...16, using: &random))
    default:
      let commands: [(UInt16, [UInt8])] = [
        (4, bytes(UInt32(16), UInt32(0), UInt64(0))), (9, bytes(UInt64(0), UInt32(0), UInt32(4))), (13, []),
      ]
      let (command, body) = commands.randomElement(using: &random) ?? (13, [])
      return Attempt(bytes: message(id, command, body), descriptors: .random(in: 1...16, using: &random))
    }
  }

  /// A right structure with fields that no device has.
  private static func wrongFields(_ id: UInt16, _ random: inout SeededGenerator) -> Attempt {
    let far = UInt64.random(in: 4096 ... .max, using: &random)
    let index = UInt32.random(in: 9 ... .max, using: &random)
    let cases: [(UInt16, [UInt8])] = [
      (2, bytes(UInt32(32), UInt32.random(in: 4 ... .max, using: &random), UInt64(0), UInt64(0), UInt64(4096))),
      (2, bytes(UInt32(32), UInt32(3), UInt64(0), 0 &- far, far &+ 1)),
      (2, bytes(UInt32(32), UInt32(3), UInt64(0), far, UInt64(0))),
      (3, bytes(UInt32(24), UInt32(0), 0 &- far, far &+ 1 | 1 << 63)),
      (3, bytes(UInt32(24), UInt32(4), UInt64(0), far)),
      (4, bytes(UInt32.random(in: 0..<16, using: &random), UInt32(0), UInt64(0))),
      (5, bytes(UInt32(32), UInt32(0), index, UInt32(0), UInt64(0), UInt64(0))),
      (6, bytes(UInt32(16), UInt32(0), index, UInt32(0))),
      (7, bytes(UInt32(16), UInt32(0), index, UInt32(0))),
      (8, bytes(UInt32(20), UInt32(0x21), index, UInt32(0), UInt32(1))),
      (8, bytes(UInt32(20), UInt32(0x21), UInt32(1), index | 64, UInt32(1))),
      (8, bytes(UInt32(20), UInt32(0x21), UInt32(1), UInt32(1), index | 64)),
      (8, bytes(UInt32(20), UInt32(0x3F), UInt32(1), UInt32(0), UInt32(1))),
      (8, bytes(UInt32(20), UInt32(0x22), UInt32(1), UInt32(0), index)),
      (9, bytes(far, UInt32(0), UInt32(4))),
      (9, bytes(UInt64(0), index, UInt32(4))),
      (9, bytes(UInt64(0), UInt32(0), UInt32.random(in: 4097 ... .max, using: &random))),
      (9, bytes(UInt64(0), UInt32(0), UInt32(0))),
      (10, bytes(far, UInt32(0), UInt32(4), UInt32(1))),
      (10, bytes(UInt64(0), UInt32(1), UInt32(4), UInt32(1))),
      (10, bytes(UInt64(0), UInt32(0), index, UInt32(1))),
      (15, bytes(far, UInt64(0), UInt32(0), UInt32(4), UInt64(1))),
      (15, bytes(UInt64(1), far, UInt32(0), UInt32(4), UInt64(1))),
      (15, bytes(UInt64(1), UInt64(0), UInt32(0), index, UInt64(1))),
      (16, bytes(UInt32(64), UInt32.random(in: 0...0xFFFF, using: &random))),
      (16, bytes(UInt32(64), 0x1_0002 as UInt32)),
      (17, bytes(UInt32(8), UInt32(0))),
      (18, bytes(UInt32(8), index, UInt8(1))),
    ]
    let (command, body) = cases.randomElement(using: &random) ?? (0, [])
    return Attempt(bytes: message(id, command, body))
  }

  @Test("more descriptors than one message may carry are an error, and all of them are closed")
  func tooManyDescriptors() async {
    await #expect(processExitsWith: .success) { for count in [17, 100, 253] { try Self.sendDescriptors(count) } }
  }

  private static func sendDescriptors(_ count: Int) throws {
    let fixture = try Fixture()
    let peer = try RawPeer(path: fixture.path)
    let counter = try EventCounter()
    let before = try openDescriptors()
    let body = bytes(UInt32(20), UInt32(0x24), UInt32(1), UInt32(0), UInt32(16))
    try peer.sendMany(message(5, 8, body), [Int32](repeating: counter.descriptor.number, count: count))
    try #require(try peer.receive()?.error == 22)
    try #require(try peer.ask(message(6, 13))?.isError == false)
    try expectDescriptors(before)
  }

  @Test("descriptors within a message belong to it if they come with its header, and are closed otherwise")
  func descriptorsWithin() async {
    await #expect(processExitsWith: .success) { try Self.sendDescriptorsWithin() }
  }

  private static func sendDescriptorsWithin() throws {
    let fixture = try Fixture()
    let peer = try RawPeer(path: fixture.path)
    let counter = try EventCounter()
    let before = try openDescriptors()
    let whole = message(5, 9, bytes(UInt64(5), UInt32(1), UInt32(1)))
    for cut in [16, 20, 31] {
      try peer.send(Array(whole[..<cut]))
      try peer.send(Array(whole[cut...]), descriptors: [counter.descriptor.number])
      try #require(try peer.receive()?.body.last == 5, "cut at \(cut)")
    }
    try peer.send(Array(whole[..<7]))
    try peer.send(Array(whole[7...]), descriptors: [counter.descriptor.number])
    // A register is not read with a descriptor, if the kernel gives it together with the rest of the header.
    _ = try peer.receive()
    try #require(try peer.ask(message(6, 13))?.isError == false)
    try expectDescriptors(before)
  }
}
