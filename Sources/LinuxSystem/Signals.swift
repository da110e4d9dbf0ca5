// How the process takes signals.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

/// What the process does about signals; for programs, not for libraries.
public enum Signals {
  /// A signal that ends a program.
  public enum Signal: Sendable, CaseIterable {
    /// `SIGINT`: the user pressed control-C.
    case interrupt
    /// `SIGTERM`: someone asked the program to end.
    case terminate
    /// `SIGHUP`: the terminal is gone.
    case hangUp
    /// `SIGPIPE`: nobody reads what the program writes.
    case brokenPipe

    /// The kernel's number.
    public var number: Int32 {
      switch self {
      case .interrupt: SIGINT
      case .terminate: SIGTERM
      case .hangUp: SIGHUP
      case .brokenPipe: SIGPIPE
      }
    }
  }

  /// From now on writing to a pipe that nobody reads is the error `EPIPE` and not the end of the process.
  public static func ignoreBrokenPipe() {
    _ = signal(SIGPIPE, SIG_IGN)
  }

  /// From now on a signal that ends the process first removes the temporary files of output files that are not
  /// complete; the process then dies of that signal, so that the shell sees it.
  ///
  /// For `SIGINT`, `SIGTERM`, `SIGHUP`, and the limits on processor time and file size (`SIGXCPU`, `SIGXFSZ`); one that
  /// the parent had set to be ignored (`nohup`) stays ignored.
  ///
  /// - Throws: what `sigaction(2)` reports; not expected.
  public static func onTerminationRemoveTemporaryFiles() throws(SystemError) {
    _ = try systemCall("sigaction") { clinux_remove_temporary_files_on_termination() }
  }

  /// From now on the first signal that asks the process to end signals `counter` and does nothing else, so that the
  /// program can end in order; the next one removes the temporary files and ends the process at once.
  ///
  /// For `SIGINT`, `SIGTERM` and `SIGHUP`; one that the parent had set to be ignored (`nohup`) stays ignored, one that
  /// it had blocked is heard. To be called once, on the main thread.
  ///
  /// - Parameter counter: what is signalled; it is kept for the life of the process.
  /// - Throws: what `sigaction(2)` reports; not expected.
  public static func onTermination(signal counter: EventCounter) throws(SystemError) {
    announcement.withLock { $0 = counter }
    _ = try systemCall("sigaction") { clinux_announce_termination(counter.descriptor.number) }
  }

  private static let announcement = Guarded(EventCounter?.none)

  /// Removes the temporary files and ends the process by a signal with its default action, as if nobody had handled it.
  public static func die(of signal: Signal) -> Never {
    clinux_die_by_signal(signal.number)
  }
}
