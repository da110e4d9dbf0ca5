// `wdprov completions`: the script that completes the command's words in a shell.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

struct Completions: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "completions", _superCommandName: "wdprov",
    abstract: "Print the completion script for a shell.",
    discussion: "bash: source <(wdprov completions bash)")

  @Argument(help: "bash, zsh or fish.", completion: .list(["bash", "zsh", "fish"]))
  var shell: String

  mutating func validate() throws {
    guard CompletionShell(rawValue: shell) != nil else {
      throw ValidationError("there are completions for bash, zsh and fish, not for '\(shell)'")
    }
  }

  func perform() throws(CommandFailure) -> ExitStatus {
    guard let shell = CompletionShell(rawValue: shell) else { return .usage }
    try StandardOutput.write(WDProv.completionScript(for: shell) + "\n")
    return .success
  }
}
