// This process: who started it, what it uses.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

/// The process this code runs in.
public enum CurrentProcess {
  /// The process's identifier.
  public static var id: Int32 {
    getpid()
  }

  /// The user whose rights the process has; 0 is root.
  public static var effectiveUserID: UInt32 {
    geteuid()
  }

  /// Another number in a child process than in its parent; asking makes no system call.
  ///
  /// Whoever holds something that a child must not use remembers the number, and compares. A child made by `clone(2)`
  /// itself, around the C library, is not noticed.
  public static var generation: UInt32 {
    clinux_fork_generation()
  }

  /// Lets another process reach this one's memory as a debugger does, where the Yama module would refuse it
  /// (`PR_SET_PTRACER`).
  ///
  /// There is one such process at a time. Without Yama nothing is to be allowed, and nothing is done.
  ///
  /// - Parameter process: its identifier; nil takes the permission back.
  /// - Throws: `EINVAL` for a process that there is not.
  public static func allowTracer(_ process: Int32?) throws(SystemError) {
    do throws(SystemError) {
      _ = try systemCall("prctl") { clinux_allow_tracer(process ?? 0) }
    } catch  where error.errno == EINVAL && !hasYama {
      return
    }
  }

  private static var hasYama: Bool {
    (try? Pathname.status(of: "/proc/sys/kernel/yama/ptrace_scope")) != nil
  }

  /// How many bytes of memory the process may lock, besides what privileges allow (`RLIMIT_MEMLOCK`); nil: any number.
  public static var lockableByteCount: UInt64? {
    let limit = clinux_lockable_bytes()
    return limit == .max ? nil : limit
  }

  /// Whether the program has more rights than who started it: set-user-ID, set-group-ID, or file capabilities
  /// (`AT_SECURE`, `getauxval(3)`).
  public static var isSetuid: Bool {
    clinux_is_secure_execution()
  }

  /// Who may set an environment variable that a program obeys.
  public enum EnvironmentTrust: Sendable {
    /// Anyone: the variable does no harm.
    case anyone
    /// Only who has the program's rights anyway: the variable does not exist where `CurrentProcess.isSetuid`.
    case untrusted
  }

  /// The value of an environment variable; nil if it is not set or not valid UTF-8.
  ///
  /// - Parameters:
  ///   - name: the variable's name.
  ///   - trust: whether a set-user-ID program reads it; `.untrusted`, which is the default, hides it there.
  public static func environmentVariable(_ name: String, _ trust: EnvironmentTrust = .untrusted) -> String? {
    if trust == .untrusted && isSetuid { return nil }
    guard let value = unsafe getenv(name) else { return nil }
    return unsafe String(validatingCString: value)
  }

  /// The size of a page of memory in bytes.
  public static var pageSize: Int {
    sysconf(Int32(_SC_PAGESIZE))
  }

  /// The most memory that the process ever had resident, in bytes.
  public static var peakResidentBytes: Int {
    // ru_maxrss counts KiB on Linux: getrusage(2).
    usage().ru_maxrss * 1024
  }

  /// How many bytes of `malloc`'s the program has not freed (`mallinfo2`); 0 where a sanitizer's allocator serves it.
  public static var allocatedBytes: Int {
    clinux_allocated_bytes()
  }

  /// How many threads the process has.
  public static var threadCount: Int {
    (try? DirectoryListing.names(in: "/proc/self/task"))?.count ?? 1
  }

  /// The processor time that all threads of the process used so far, in user code and in the kernel, in nanoseconds.
  public static var cpuNanoseconds: UInt64 {
    let usage = usage()
    return nanoseconds(usage.ru_utime) + nanoseconds(usage.ru_stime)
  }

  /// Gives standard input, output and error to `/dev/null` where the caller has closed them, in the direction that
  /// fails: otherwise the next file that is opened would become, say, standard output.
  ///
  /// - Throws: what opening `/dev/null` throws.
  public static func reserveStandardDescriptors() throws(SystemError) {
    for number in STDIN_FILENO...STDERR_FILENO {
      guard fcntl(number, F_GETFD) == -1 && errno == EBADF else { continue }
      let flags = number == STDIN_FILENO ? O_WRONLY : O_RDONLY
      // The kernel gives the lowest free number, which is this one; it stays open for the life of the process.
      _ = try systemCall("open", path: "/dev/null") { unsafe open("/dev/null", flags) }
    }
  }

  /// Ends the process.
  ///
  /// Values on the stack are not ended: commit or drop output files before.
  ///
  /// - Parameter status: what the parent sees, from 0 to 255.
  public static func exit(_ status: Int32) -> Never {
    Glibc.exit(status)
  }

  private static func usage() -> rusage {
    var usage = rusage()
    // Cannot fail: the selector is valid and so is the address.
    _ = unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage
  }

  private static func nanoseconds(_ time: timeval) -> UInt64 {
    UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_usec) * 1_000
  }
}
