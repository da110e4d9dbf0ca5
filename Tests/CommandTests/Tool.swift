// Runs the built command as a user does, with files for its streams so that no pipe can fill up.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestPrograms

/// The built `wdprov`, and what a run of it came to.
struct Tool {
  /// The command under test: `$WDPROV_BINARY`, or the one that was built beside this test program.
  static let path: String = {
    if let named = ProcessInfo.processInfo.environment["WDPROV_BINARY"], !named.isEmpty { return named }
    return URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
      .appending(path: "wdprov").path
  }()

  /// The end of a run.
  struct Outcome: CustomStringConvertible {
    /// The exit status; meaningless where a signal ended it.
    let status: Int32
    /// The signal that ended it, or nil.
    let signal: Int32?
    let output: Data
    let errors: String

    /// The output as text.
    var text: String { String(decoding: output, as: UTF8.self) }
    /// The lines of the output.
    var lines: [String] { text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) }

    var description: String {
      "status \(status)\(signal.map { ", signal \($0)" } ?? ""), \(output.count) bytes, stderr: \(errors)"
    }

    /// The output as a JSON object with the contract's schema number.
    func json() throws -> [String: Any] {
      guard let object = try JSONSerialization.jsonObject(with: output) as? [String: Any] else {
        throw ToolError("the output is no JSON object: \(text.prefix(200))")
      }
      guard object["schema"] as? Int == 1 else { throw ToolError("the object has no schema 1") }
      return object
    }
  }

  let folder: TemporaryFolder
  var environment: [String: String] = [:]

  init(_ folder: TemporaryFolder, environment: [String: String] = [:]) {
    self.folder = folder
    self.environment = environment
  }

  /// Runs the command in the folder.
  func run(_ arguments: [String], input: Data = Data()) throws -> Outcome {
    try start(Tool.path, arguments, input: input).wait()
  }

  /// Runs the command in the folder.
  func run(_ arguments: String..., input: Data = Data()) throws -> Outcome { try run(arguments, input: input) }

  /// Runs a line of bash in the folder, where `$wdprov` is the command.
  func shell(_ line: String, input: Data = Data()) throws -> Outcome {
    try start("/bin/bash", ["-c", "set -o pipefail; " + line], input: input).wait()
  }

  /// Starts a program in the folder.
  func start(_ program: String, _ arguments: [String], input: Data? = Data()) throws -> Running {
    // Nothing of the machine's own rules, and the same language everywhere.
    var environment = [
      "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/nonexistent", "wdprov": Tool.path,
      "WDPROV_CHECK_EFFORT": "quick",
    ]
    // A sanitizer's settings have to reach the command too.
    for name in ["ASAN_OPTIONS", "TSAN_OPTIONS", "SWIFT_BACKTRACE"] {
      environment[name] = ProcessInfo.processInfo.environment[name]
    }
    environment.merge(self.environment) { $1 }
    return try Running(program, arguments, folder: folder, environment: environment, input: input)
  }
}

/// A program that runs.
struct Running {
  let process: ChildProcess
  private let streams: TemporaryFolder

  fileprivate init(
    _ program: String, _ arguments: [String], folder: TemporaryFolder, environment: [String: String], input: Data?
  ) throws {
    streams = try TemporaryFolder()
    let source: ChildProcess.Stream = if let input { .file(try streams.create("input", input).path) } else { .pipe }
    process = try ChildProcess(
      program, arguments, folder: folder.url.path, environment: environment, input: source,
      output: .file(streams.create("output").path), errors: streams.create("errors").path)
  }

  /// Whether it has not ended, as far as is known.
  var isRunning: Bool { FileManager.default.fileExists(atPath: "/proc/\(process.identifier)/exe") }

  /// What it has written to standard error up to now.
  func errors() throws -> String { String(decoding: try streams.contents("errors"), as: UTF8.self) }

  /// What it has written to standard output up to now.
  func output() throws -> String { String(decoding: try streams.contents("output"), as: UTF8.self) }

  /// Waits for its end, which comes by force after ten minutes: a test fails rather than hangs.
  func wait() throws -> Tool.Outcome {
    let (status, signal): (Int32, Int32?) =
      switch try process.wait() {
      case .exit(let status): (status, nil)
      case .signal(let number): (number, number)
      }
    return try Tool.Outcome(
      status: status, signal: signal, output: streams.contents("output"),
      errors: String(decoding: streams.contents("errors"), as: UTF8.self))
  }
}

/// Why a run could not be judged.
struct ToolError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
