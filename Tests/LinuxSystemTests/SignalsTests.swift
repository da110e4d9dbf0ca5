// What signals leave behind. Each test's signal ends a process of its own.
// SPDX-License-Identifier: Apache-2.0

import Glibc
import LinuxSystem
import TestPrograms
import Testing

@Suite("Signals")
struct SignalsTests {
  private let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
  }

  /// In a child process: makes an output file with a temporary name, and checks that the name is there.
  private static func openOutput(in path: String) throws -> OutputFile {
    let file = try OutputFile(path: "\(path)/out", mode: 0o600, withoutName: false)
    guard try DirectoryListing.names(in: path).count == 1 else {
      throw SystemError(errno: ENOENT, operation: "test", path: path)
    }
    return file
  }

  @Test("a fatal signal removes the temporary file, and the process dies of it")
  func interrupted() async throws {
    let path = directory.path
    await #expect(processExitsWith: .signal(SIGINT)) { [path = path as String] in try Self.die(of: SIGINT, in: path) }
    #expect(try directory.names() == [])
    await #expect(processExitsWith: .signal(SIGTERM)) { [path = path as String] in try Self.die(of: SIGTERM, in: path) }
    #expect(try directory.names() == [])
    await #expect(processExitsWith: .signal(SIGHUP)) { [path = path as String] in try Self.die(of: SIGHUP, in: path) }
    #expect(try directory.names() == [])
    await #expect(processExitsWith: .signal(SIGXFSZ)) { [path = path as String] in try Self.die(of: SIGXFSZ, in: path) }
    #expect(try directory.names() == [])
  }

  private static func die(of signal: Int32, in path: String) throws {
    try Signals.onTerminationRemoveTemporaryFiles()
    let file = try openOutput(in: path)
    kill(getpid(), signal)
    // Delivery may take a moment if another thread gets it.
    _ = Gate().wait(nanoseconds: 60_000_000_000)
    try file.commit(replacing: false)
  }

  @Test("a signal that comes while files are made and dropped leaves none")
  func interruptedWhileMaking() async throws {
    let path = directory.path
    for _ in 0..<4 {
      await #expect(processExitsWith: .signal(SIGTERM)) { [path = path as String] in
        try Signals.onTerminationRemoveTemporaryFiles()
        let threads = try ThreadGroup(count: 3) { _ in
          while (try? OutputFile(path: "\(path)/out", mode: 0o600, withoutName: false)) != nil {}
        }
        _ = Gate().wait(nanoseconds: UInt64.random(in: 1_000_000...20_000_000))
        kill(getpid(), SIGTERM)
        threads.join()
      }
      #expect(try directory.names() == [])
    }
  }

  @Test("a file that was committed survives")
  func committed() async throws {
    let path = directory.path
    await #expect(processExitsWith: .signal(SIGTERM)) { [path = path as String] in
      try Signals.onTerminationRemoveTemporaryFiles()
      let file = try Self.openOutput(in: path)
      try file.commit(replacing: false)
      Signals.die(of: .terminate)
    }
    #expect(try directory.names() == ["out"])
  }

  @Test("dying of a signal by choice removes the temporary file, also when the signal was ignored")
  func chosen() async throws {
    let path = directory.path
    await #expect(processExitsWith: .signal(SIGPIPE)) { [path = path as String] in
      Signals.ignoreBrokenPipe()
      let file = try Self.openOutput(in: path)
      if try file.descriptor.status().size == 0 { Signals.die(of: .brokenPipe) }
    }
    #expect(try directory.names() == [])
  }

  @Test("a signal that the parent had ignored stays ignored")
  func ignored() async throws {
    let path = directory.path
    await #expect(processExitsWith: .exitCode(7)) { [path = path as String] in
      signal(SIGHUP, SIG_IGN)
      try Signals.onTerminationRemoveTemporaryFiles()
      let file = try Self.openOutput(in: path)
      raise(SIGHUP)
      try file.commit(replacing: false)
      CurrentProcess.exit(7)
    }
    #expect(try directory.names() == ["out"])
  }

  @Test("the first request to end is announced, the second ends the process")
  func announced() async throws {
    await #expect(processExitsWith: .signal(SIGTERM)) {
      let requests = try EventCounter()
      try Signals.onTermination(signal: requests)
      kill(getpid(), SIGTERM)
      guard requests.wait(nanoseconds: 60_000_000_000) == 1 else { CurrentProcess.exit(1) }
      kill(getpid(), SIGTERM)
      _ = Gate().wait(nanoseconds: 60_000_000_000)
    }
    await #expect(processExitsWith: .exitCode(7)) {
      signal(SIGHUP, SIG_IGN)
      let requests = try EventCounter()
      try Signals.onTermination(signal: requests)
      raise(SIGHUP)
      raise(SIGINT)
      CurrentProcess.exit(requests.wait(nanoseconds: 60_000_000_000) == 1 ? 7 : 1)
    }
  }

  @Test("a file beyond the limit on file size ends the process, and nothing remains")
  func fileSizeLimit() async throws {
    let path = directory.path
    await #expect(processExitsWith: .signal(SIGXFSZ)) { [path = path as String] in
      try Signals.onTerminationRemoveTemporaryFiles()
      let file = try Self.openOutput(in: path)
      // The kernel sends this signal to the thread that writes, and the threads of Swift's executor block signals.
      var set = sigset_t()
      guard unsafe sigaddset(&set, SIGXFSZ) == 0, unsafe pthread_sigmask(SIG_UNBLOCK, &set, nil) == 0 else { return }
      var limit = rlimit(rlim_cur: 4096, rlim_max: 4096)
      guard unsafe setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0 else { return }
      try file.descriptor.writeAll([UInt8](repeating: 1, count: 10_000))
    }
    #expect(try directory.names() == [])
  }
}
