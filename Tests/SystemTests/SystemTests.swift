// What all tests of whole systems share: a host and its clients as processes of their own, as users start them.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HostControl
import LinuxSystem
import TestPrograms
import Testing

/// One test after the other: each starts up to ten processes that use every processor.
@Suite("Hosts and their clients, as processes", .serialized)
struct SystemTests {
  /// Whether the long forms run: `make soak` says so.
  static let isLong = CurrentProcess.environmentVariable("WDPROV_SOAK") == "1"

  /// Whether AddressSanitizer runs, which keeps freed memory and takes its time.
  static let isSanitized = CurrentProcess.environmentVariable("ASAN_OPTIONS") != nil

  /// How long what must happen may take, in nanoseconds: much longer than it does on any machine.
  static let patience: UInt64 = 120_000_000_000

  /// Waits until something holds.
  ///
  /// - Returns: how long it took, in nanoseconds.
  @discardableResult
  static func eventually(_ what: String, _ condition: () throws -> Bool) throws -> UInt64 {
    let start = MonotonicClock.now()
    while try !condition() {
      guard MonotonicClock.now() - start < patience else { throw SystemFailure("not within the limit: \(what)") }
      usleep(2_000)
    }
    return MonotonicClock.now() - start
  }
}

/// Why a test could not go on.
struct SystemFailure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

/// A program that runs with files for its output, so that no pipe can fill up.
final class Program {
  /// The built command: `$WDPROV_BINARY`, or the one beside this test program.
  static let wdprov = CurrentProcess.environmentVariable("WDPROV_BINARY") ?? beside("wdprov")
  /// The client of these tests.
  static let queueClient = beside("QueueClient")

  private static func beside(_ name: String) -> String {
    URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
      .appending(path: name).path
  }

  let process: ChildProcess
  private let folder: URL
  private var termination: ChildProcess.Termination?

  /// Starts a program; its standard input stays open until `finish`.
  init(_ path: String, _ arguments: [String], environment: [String: String] = [:]) throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "wdprov-system-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    for name in ["output", "errors"] { try Data().write(to: folder.appending(path: name)) }
    process = try ChildProcess(
      path, arguments, environment: ProcessInfo.processInfo.environment.merging(environment) { $1 }, input: .pipe,
      output: .file(folder.appending(path: "output").path), errors: folder.appending(path: "errors").path)
  }

  deinit {
    if termination == nil { _ = try? end(SIGKILL) }
    // A leftover folder is no failure of the test.
    try? FileManager.default.removeItem(at: folder)
  }

  /// What it has written up to now: whole lines.
  func lines() throws -> [String] {
    try text().split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
  }

  /// All that it has written up to now.
  func text() throws -> String { String(decoding: try contents("output"), as: UTF8.self) }

  /// What it has written to standard error up to now.
  func errors() throws -> String { String(decoding: try contents("errors"), as: UTF8.self) }

  // Not by `Data(contentsOf:)`, which leaks a page for each empty file.
  private func contents(_ name: String) throws -> Data {
    try FileHandle(forReadingFrom: folder.appending(path: name)).readToEnd() ?? Data()
  }

  /// The words behind `word` of the first line that begins with it; waits for that line.
  func words(after word: String) throws -> [String] {
    var found: [String]?
    try SystemTests.eventually("a line '\(word) …'") {
      // Whether it has ended is asked first: what it wrote before is there then.
      let hasEnded = hasEnded
      found = try lines().first { $0.hasPrefix(word + " ") || $0 == word }?.split(separator: " ").map(String.init)
      guard found == nil, hasEnded else { return found != nil }
      throw SystemFailure("ended without a line '\(word) …': \(try lines()) \(try errors())")
    }
    return Array((found ?? []).dropFirst())
  }

  /// Whether it has ended.
  var hasEnded: Bool {
    var information = unsafe siginfo_t()
    return unsafe waitid(P_PID, id_t(process.identifier), &information, WEXITED | WNOWAIT | WNOHANG) == 0
      && information.si_signo != 0
  }

  /// Sends a signal and waits for the end.
  @discardableResult
  func end(_ signal: Int32) throws -> ChildProcess.Termination {
    if termination == nil { process.send(signal) }
    return try wait()
  }

  /// Waits for the end; a second call returns the same.
  @discardableResult
  func wait() throws -> ChildProcess.Termination {
    if let termination { return termination }
    let result = try process.wait(seconds: Double(SystemTests.patience / 1_000_000_000))
    termination = result
    return result
  }

  /// Ends its standard input, waits for its end, which must be a good one, and returns its last line's words.
  @discardableResult
  func finish(_ expected: Int32 = 0, location: SourceLocation = #_sourceLocation) throws -> [String] {
    try process.input?.close()
    let termination = try wait()
    let (lines, errors) = (try lines(), try errors())
    #expect(termination == .exit(expected), "\(lines) \(errors)", sourceLocation: location)
    return lines.last?.split(separator: " ").map(String.init) ?? []
  }
}

/// A running `wdprov serve`, ended with the test.
final class Host {
  static let device = "hisi_zip-0"

  let runDirectory: String
  let program: Program
  /// The queues that were free when it had started: all of them, unless clients of an earlier host have come back.
  let queueCount: Int

  /// Starts a host and waits until it takes requests.
  ///
  /// - Parameter runDirectory: where a host was before; nil makes a folder of its own.
  init(_ arguments: [String] = [], in runDirectory: String? = nil) throws {
    let path =
      runDirectory ?? FileManager.default.temporaryDirectory.appending(path: "wdprov-\(UUID().uuidString)").path
    self.runDirectory = path
    let program = try Program(Program.wdprov, ["serve", "--run-dir", path] + arguments)
    self.program = program
    try SystemTests.eventually("a host in \(path)") {
      guard !program.hasEnded else { throw SystemFailure("the host has ended: \(try program.errors())") }
      return (try? Self.ask(path, "list")) != nil
    }
    queueCount = try Self.freeQueues(path)
  }

  deinit {
    _ = try? program.end(SIGKILL)
    try? FileManager.default.removeItem(atPath: runDirectory)
  }

  /// Starts a client that does one thing.
  func client(_ arguments: Any...) throws -> Program {
    try Program(Program.queueClient, [runDirectory, Self.device] + arguments.map { "\($0)" })
  }

  /// Starts clients that check all they do, and waits until each has got something.
  func workers(_ count: Int, depth: Int = 16, _ mode: String = "work") throws -> [Program] {
    let workers = try (0..<count).map { try client(mode, $0 + 1, depth) }
    for worker in workers { _ = try worker.words(after: "ready") }
    return workers
  }

  /// Runs the command on this host.
  func wdprov(_ arguments: String...) throws -> Program {
    try Program(Program.wdprov, arguments, environment: ["WDPROV_RUN_DIR": runDirectory])
  }

  /// Asks over the control socket.
  @discardableResult
  func ask(_ operation: String, _ members: [(key: String, value: JSONValue)] = []) throws -> JSONValue {
    try Self.ask(runDirectory, operation, members)
  }

  private static func ask(
    _ path: String, _ operation: String, _ members: [(key: String, value: JSONValue)] = []
  ) throws -> JSONValue {
    try ControlConnection(RunDirectory(path)).ask(operation, members).value
  }

  /// How many queues the host says are free.
  func freeQueues() throws -> Int { try Self.freeQueues(runDirectory) }

  private static func freeQueues(_ path: String) throws -> Int {
    let text = try String(contentsOfFile: "\(path)/class/uacce/\(device)/available_instances", encoding: .utf8)
    guard let count = Int(text.dropLast()) else { throw SystemFailure("'\(text)' queues are free") }
    return count
  }

  /// Waits until so many queues are free, and returns how long that took in nanoseconds.
  @discardableResult
  func awaitFreeQueues(_ count: Int) throws -> UInt64 {
    try SystemTests.eventually("\(count) free queues") { try freeQueues() == count }
  }

  /// The mediated devices, as `mdev list` shows them.
  func mediatedDevices() throws -> [JSONValue] { try ask("mdev-list")["devices"]?.elements ?? [] }

  /// Waits until so many clients' queues work, and there are no others.
  func awaitStartedQueues(_ count: Int) throws {
    try SystemTests.eventually("\(count) queues at work") {
      let devices = try mediatedDevices()
      return devices.count == count && devices.allSatisfy { $0["state"]?.text == "STARTED" }
    }
  }

  /// How many descriptors it has.
  var descriptorCount: Int {
    get throws { try FileManager.default.contentsOfDirectory(atPath: "/proc/\(program.process.identifier)/fd").count }
  }

  /// Its resident memory in KiB.
  var residentKiB: Int {
    get throws {
      let text = try String(contentsOfFile: "/proc/\(program.process.identifier)/status", encoding: .utf8)
      let line = text.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
      return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) } ?? 0
    }
  }

  /// Ends clients that worked beside others' mischief: all of their requests were answered, and none asked for a new queue.
  static func expectUnharmed(_ workers: [Program]) throws {
    for worker in workers {
      #expect(try worker.finish().first == "done")
      #expect(try worker.count("requests") > 0 && worker.count("resets") == 0)
    }
  }

  /// Others noticed nothing, and nothing is left.
  func expectIntact(_ workers: [Program]) throws {
    try Self.expectUnharmed(workers)
    try awaitFreeQueues(queueCount)
    try finish()
  }

  /// Ends it as an administrator does: by SIGTERM, with everything in order.
  func finish(location: SourceLocation = #_sourceLocation) throws {
    let (termination, errors) = (try program.end(SIGTERM), try program.errors())
    #expect(termination == .exit(0), "\(errors)", sourceLocation: location)
  }
}

extension Program {
  /// The value of `name=value` among the words of the last line.
  func count(_ name: String) throws -> Int {
    let words = try lines().last?.split(separator: " ") ?? []
    return words.first { $0.hasPrefix(name + "=") }.flatMap { Int($0.dropFirst(name.count + 1)) } ?? 0
  }
}
