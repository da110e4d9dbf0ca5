// What the command needs to know about a terminal.
// SPDX-License-Identifier: Apache-2.0

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
}
