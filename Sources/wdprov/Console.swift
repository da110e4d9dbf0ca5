// The three standard streams: data to stdout, messages to stderr, and what becomes of a closed pipe.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import WarpDrive

/// Standard output, for data.
enum StandardOutput {
  /// The name that messages use.
  static let name = "standard output"

  /// Writes text as UTF-8.
  static func write(_ text: String) throws(CommandFailure) { try write(Array(text.utf8).rawSpan) }

  /// Writes bytes; a reader that went away ends the program as it would end any other, by `SIGPIPE`.
  static func write(_ bytes: RawSpan) throws(CommandFailure) {
    do throws(SystemError) {
      try FileDescriptor.standardOutput.writeAll(bytes)
    } catch {
      throw failure(error)
    }
  }

  /// Reports what writing may have held back until now, such as a full disk behind a network file system.
  static func finish() throws(CommandFailure) {
    do throws(SystemError) {
      try FileDescriptor.standardOutput.close()
    } catch {
      throw failure(error)
    }
  }

  private static func failure(_ error: SystemError) -> CommandFailure {
    if error.errno == SystemError.brokenPipe { Signals.die(of: .brokenPipe) }
    return CommandFailure(writing: name, error)
  }

  /// Whether a person looks at it.
  static var isTerminal: Bool { Terminal.isTerminal(.standardOutput) }
}

/// Standard error, for messages.
enum Diagnostics {
  /// Writes one message, with the program's name in front.
  ///
  /// Where stderr is closed there is nobody to tell.
  static func say(_ message: String) {
    try? FileDescriptor.standardError.writeAll(Array("wdprov: \(message)\n".utf8).rawSpan)
  }

  /// Writes text as it is: the progress line of a terminal.
  static func draw(_ text: String) {
    try? FileDescriptor.standardError.writeAll(Array(text.utf8).rawSpan)
  }

  /// The columns of the terminal on which colours and a progress bar may be drawn; nil where neither may be.
  ///
  /// `NO_COLOR` counts where it is set to something (no-color.org).
  static var drawingColumns: Int? {
    guard Terminal.isTerminal(.standardError),
      (CurrentProcess.environmentVariable("NO_COLOR", .anyone) ?? "").isEmpty
    else { return nil }
    return Terminal.columns(of: .standardError) ?? 80
  }
}
