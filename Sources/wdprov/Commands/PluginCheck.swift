// `wdprov plugin check`: everything that a plugin must do, tried in a process that may crash or hang.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import HostControl
import LinuxSystem
import WarpDrive
import WarpDriveConformance
import WarpDrivePlugins

struct PluginCheck: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "check", _superCommandName: "wdprov plugin",
    abstract: "Check a plugin: its start, then each of its drivers; exits 1 where something is wrong.",
    discussion: """
      The start is tried in a process of its own: that it loads, returns, and registers what the ABI allows. Then the \
      conformance kit runs in another: known answers, data of every size at the edges of memory that may not be touched, \
      wrong and truncated input, threads, what is left behind; other drivers of the same algorithms decode what it \
      encodes and the reverse. A crash or a hang is reported with the check that it happened in.
      """)

  @Argument(help: ArgumentHelp("The shared object.", valueName: "path"), completion: .file(extensions: ["so"]))
  var path: String

  @Option(help: ArgumentHelp("The seed of the random data; equal seeds give equal cases.", valueName: "n"))
  var seed = Conformance.defaultSeed

  @Option(
    name: .customLong("time-limit"),
    help: ArgumentHelp("How long the start and each check may take, in seconds.", valueName: "s"))
  var timeLimit = 120.0

  @Flag(help: "Print JSON.")
  var json = false

  @Flag(name: .customLong("in-this-process"), help: .hidden)
  var isChild = false

  mutating func validate() throws {
    if !(timeLimit > 0 && timeLimit <= 86_400) { throw ValidationError("--time-limit takes seconds, at most 86400") }
  }

  func perform() throws(CommandFailure) -> ExitStatus {
    let nanoseconds = UInt64(timeLimit * 1e9)
    if isChild { return try PluginTrial(path: path, seed: seed, nanoseconds: nanoseconds).run() }
    let absolute: String
    do throws(SystemError) {
      absolute = try Pathname.canonical(path)
    } catch {
      throw CommandFailure(.unavailable, "\(path): \(error.message)")
    }
    var findings = PluginFindings(path: absolute)
    let examination = PluginExamination(absolute, timeLimit: nanoseconds)
    findings.note = examination.objection?.message
    do throws(ProviderError) {
      (findings.provider, findings.version, findings.drivers) = try examination.attempt()
      findings.add(.init(driver: nil, check: "start", outcome: "passed", message: nil))
    } catch {
      findings.add(.init(driver: nil, check: "start", outcome: "failed", message: error.message))
    }
    if findings.isPassed { try watch(&findings, absolute, nanoseconds) }
    try StandardOutput.write(json ? findings.json.document : findings.text)
    return findings.isPassed ? .success : .checkFailed
  }

  /// Runs the checks in another process of this program, and reads what it finds.
  private func watch(
    _ findings: inout PluginFindings, _ path: String, _ nanoseconds: UInt64
  ) throws(CommandFailure) {
    let arguments = ["plugin", "check", "--in-this-process", "--seed", String(seed), path]
    do throws(SystemError) {
      var child = try SpawnedProcess(SpawnedProcess.thisProgram, arguments)
      var rest: [UInt8] = []
      while true {
        guard let bytes = try child.read(nanoseconds: nanoseconds) else {
          child.kill()
          _ = child.wait()
          findings.end("does not come back: it was stopped after \(timeLimit) s")
          return
        }
        if bytes.isEmpty { break }
        rest += bytes
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
          findings.take(JSONValue(parsing: rest[..<end]))
          rest.removeSubrange(...end)
        }
      }
      switch child.wait() {
      case .exited(0): break
      case .exited(let status): findings.end("ended the process with status \(status)")
      case .signalled(let signal): findings.end("crashed with signal \(signal)")
      }
    } catch {
      throw CommandFailure(.internalError, "the checks cannot be run in a process of their own: \(error.message)")
    }
  }
}

/// The process in which a plugin is loaded and checked; it writes a line of JSON before and after each check.
private struct PluginTrial {
  let path: String
  let seed: UInt64
  let nanoseconds: UInt64

  func run() throws(CommandFailure) -> ExitStatus {
    let registry: Registry
    let provider: String
    do throws(ProviderError) {
      // Without the machine's plugins, of which one may be this one.
      registry = try .standard(configuration: .init(plugins: .init(areUsed: false)))
      provider = try PluginExamination(path, timeLimit: nanoseconds).load(into: registry)
    } catch {
      try write("register", nil, ("failed", error.message))
      return .success
    }
    try write("register", nil, ("passed", nil))
    let conformance = Conformance(registry: registry, seed: seed, effort: effort)
    var failure: CommandFailure?
    func tell(_ check: Check, _ driver: String, _ outcome: (String, String?)?) {
      do throws(CommandFailure) { try write(check.name, driver, outcome) } catch { failure = failure ?? error }
    }
    for algorithm in registry.algorithms where algorithm.providerName == provider {
      let driver = algorithm.driverName
      _ = conformance.check(
        algorithm, report: { tell($0.check, driver, Self.outcome($0)) }, begin: { tell($0, driver, nil) })
      guard algorithm.state != .quarantined else { continue }
      let resources = Conformance.resources(algorithm.kind)
      tell(resources, driver, nil)
      tell(resources, driver, Self.outcome(conformance.checkResources(algorithm)))
    }
    if let failure { throw failure }
    return .success
  }

  private var effort: Effort {
    CurrentProcess.environmentVariable("WDPROV_CHECK_EFFORT") == nil ? .normal : .environment
  }

  private static func outcome(_ result: CheckResult) -> (String, String?) {
    switch result.outcome {
    case .passed: ("passed", nil)
    case .failed(let failing): ("failed", failing.description)
    case .notApplicable(let reason): ("not applicable", reason)
    }
  }

  private func write(_ check: String, _ driver: String?, _ outcome: (String, String?)?) throws(CommandFailure) {
    let line = JSONValue.object([
      ("driver", JSONValue(driver)), ("check", .string(check)), ("outcome", JSONValue(outcome?.0)),
      ("message", JSONValue(outcome?.1)),
    ])
    try StandardOutput.write(line.line + "\n")
  }
}
