// The entry: finds the subcommand, has its parser read the rest, runs it, and turns errors into a line and a status.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import LinuxSystem
import WarpDrive

@main
enum Program {
  static func main() { CurrentProcess.exit(run(Array(CommandLine.arguments.dropFirst())).code) }

  /// Does what `arguments` ask for.
  private static func run(_ arguments: [String]) -> ExitStatus {
    do throws(SystemError) {
      try CurrentProcess.reserveStandardDescriptors()
      Signals.ignoreBrokenPipe()
      try Signals.onTerminationRemoveTemporaryFiles()
    } catch {
      Diagnostics.say("the process cannot be set up: \(error)")
      return .internalError
    }
    do throws(CommandFailure) {
      let status = try perform(arguments)
      try StandardOutput.finish()
      return status
    } catch {
      Diagnostics.say(error.description)
      return error.status
    }
  }

  private static func perform(_ arguments: [String]) throws(CommandFailure) -> ExitStatus {
    // The root's parser takes 0.5 ms more than a leaf's, so it sees only what no leaf understands.
    if let word = arguments.first, let command = WDProv.command(word) {
      let rest = Array(arguments.dropFirst())
      if let status = try command.perform(unparsed: rest) { return status }
      if let parsed = parse(command, rest) { return try parsed.perform() }
    }
    let error: any Error
    do {
      let parsed = try WDProv.parseAsRoot(arguments)
      if let command = parsed as? any Subcommand { return try command.perform() }
      // The bare command, and ArgumentParser's own `help` with or without a subcommand's name.
      var builtIn = parsed
      try builtIn.run()
      return .success
    } catch let thrown {
      error = thrown
    }
    if let failure = error as? CommandFailure { throw failure }
    if WDProv.exitCode(for: error) == .success {
      try StandardOutput.write(WDProv.fullMessage(for: error) + "\n")
      return .success
    }
    throw CommandFailure(.usage, WDProv.message(for: error) + " ('\(WDProv.help(arguments))' shows what there is)")
  }

  private static func parse<Command: Subcommand>(_ command: Command.Type, _ arguments: [String]) -> Command? {
    try? command.parse(arguments)
  }
}

/// A subcommand: ArgumentParser reads its arguments, the program runs it.
protocol Subcommand: ParsableCommand {
  /// Does the work.
  ///
  /// - Throws: what ends the command; what concerns one file of several is said and makes the status.
  func perform() throws(CommandFailure) -> ExitStatus

  /// Does the work if `arguments` are so simple that no parser is needed; nil where one is.
  static func perform(unparsed arguments: [String]) throws(CommandFailure) -> ExitStatus?
}

extension Subcommand {
  /// A parser is needed.
  static func perform(unparsed arguments: [String]) -> ExitStatus? { nil }
}

/// The command; it only knows its subcommands.
struct WDProv: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "wdprov",
    abstract: "Compression, hashing and encryption by name, done by the best working driver of this machine.",
    discussion: """
      Names follow the Linux kernel: gzip, zlib-deflate, deflate, sha256, hmac(sha256), cbc(aes), gcm(aes), stdrng.

      Exit status: 0 success, 1 a check failed, 64 wrong usage, 65 corrupt input, 69 unavailable driver, 70 internal \
      error, 73 output exists or cannot be made, 74 input or output error, 77 permission denied.
      """,
    version: "0.1.0",
    subcommands: subcommands)

  private static let subcommands: [any Subcommand.Type] = [
    List.self, Providers.self, Info.self, Compress.self, Decompress.self, HashCommand.self, Encrypt.self,
    Decrypt.self, Test.self, Bench.self, Batch.self, Serve.self, Device.self, MediatedDeviceCommand.self,
    PluginCommand.self,
    Doctor.self, Completions.self,
  ]

  /// The subcommand called `word`.
  static func command(_ word: String) -> (any Subcommand.Type)? {
    subcommands.first { $0.configuration.commandName == word }
  }

  /// The command line that shows the help for what `arguments` tried.
  static func help(_ arguments: [String]) -> String {
    guard let word = arguments.first, let command = command(word) else { return "wdprov --help" }
    let below = command.configuration.subcommands.compactMap { $0.configuration.commandName }
    if let second = arguments.dropFirst().first, below.contains(second) { return "wdprov \(word) \(second) --help" }
    return "wdprov \(word) --help"
  }
}
