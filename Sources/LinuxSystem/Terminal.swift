// What the command needs to know about a terminal.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

/// Terminals.
public enum Terminal {
  /// Whether a descriptor is a terminal.
  public static func isTerminal(_ descriptor: borrowing FileDescriptor) -> Bool {
    descriptor.isTerminal
  }

  /// The width of a terminal in columns; nil where there is no terminal or it does not know.
  public static func columns(of descriptor: borrowing FileDescriptor) -> Int? {
    var size = winsize()
    let number = descriptor.number
    guard unsafe ioctl(number, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
    return Int(size.ws_col)
  }

  /// Asks on the terminal of the process, whatever its standard streams are, and appends the line that is typed there.
  ///
  /// The line is not shown. The keys for suspending and aborting do nothing meanwhile; one that interrupts ends the process,
  /// where `Signals.onTerminationRemoveTemporaryFiles()` was called with the terminal as it was before.
  ///
  /// - Parameters:
  ///   - prompt: what is written before.
  ///   - output: gets the line without its line feed; of a longer one than it has room for, the rest is lost.
  /// - Throws: `ENXIO` where the process has no terminal, `EIO` where it is in the background.
  public static func readHidden(_ prompt: String, into output: inout OutputRawSpan) throws(SystemError) {
    let terminal = try FileDescriptor.open("/dev/tty", .readWrite)
    let number = terminal.number
    // Before the question, so that no answer comes too early.
    _ = try systemCall("tcsetattr") { clinux_terminal_hide(number) }
    defer { clinux_terminal_show() }
    let text = Array(prompt.utf8)
    // Bytes have no padding.
    try unsafe terminal.writeAll(text.span.bytes)
    // In its line mode a terminal gives no more than one line.
    while output.freeCapacity > 0 {
      let count = try terminal.read(into: &output)
      guard count > 0, !output.endsLine else { break }
    }
    if output.endsLine { output.removeLast(1) }
  }
}

extension OutputRawSpan {
  fileprivate var endsLine: Bool {
    guard byteCount > 0 else { return false }
    // Within the bytes that were written; every pattern of bits is a byte.
    return unsafe bytes.unsafeLoad(fromByteOffset: byteCount - 1, as: UInt8.self) == UInt8(ascii: "\n")
  }
}
