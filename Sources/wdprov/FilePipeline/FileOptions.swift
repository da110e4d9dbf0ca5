// What gzip's options say about files, as compress and decompress hand it to the transfer.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// The options that compress and decompress have in common.
///
/// Each of the two declares them itself, and not through an option group: a group costs 0.25 ms at start-up, since the
/// runtime looks its types up among all conformances of the program (measured; the goal of the whole is 2.6 ms).
protocol FileCommand: Subcommand {
  var algorithm: String? { get }
  var driver: String? { get }
  var threads: Int? { get }
  var output: String? { get }
  var keep: Bool { get }
  var force: Bool { get }
  var standardOutput: Bool { get }
  var verbose: Bool { get }
  var usesName: Bool { get }
  var ignoresName: Bool { get }
  var files: [String] { get }
}

/// What becomes of the files.
struct FileOptions {
  let output: String?
  let keep: Bool
  let force: Bool
  let isToStandardOutput: Bool
  let isVerbose: Bool
  let files: [String]
}

extension FileCommand {
  var options: FileOptions {
    FileOptions(
      output: output, keep: keep, force: force, isToStandardOutput: standardOutput || output == "-",
      isVerbose: verbose, files: files)
  }

  /// Refuses options that contradict each other.
  func validateFileOptions() throws {
    if let threads, threads < 0 { throw ValidationError("-j takes the number of threads, or 0") }
    if usesName, ignoresName { throw ValidationError("-N and -n contradict each other") }
    guard let output else { return }
    if files.count > 1 { throw ValidationError("-o names one output, and there are \(files.count) files") }
    if standardOutput, output != "-" { throw ValidationError("-c and -o name two outputs") }
    if output.isEmpty { throw ValidationError("-o needs the name of a file") }
  }
}
