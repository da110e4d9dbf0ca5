// A process that its number alone does not name for ever.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A process: its number, and when it started, since numbers are used again.
public struct ProcessIdentity: Hashable, Sendable {
  /// The process's identifier.
  public let processID: Int32
  /// When it started, in clock ticks since the machine did (field 22 of `/proc/PID/stat`).
  public let startTime: UInt64

  /// Names a process by both.
  public init(processID: Int32, startTime: UInt64) {
    self.processID = processID
    self.startTime = startTime
  }

  /// The process that has a number at this moment.
  ///
  /// - Throws: `ESRCH` if there is none, `EACCES` where `/proc` hides it.
  public init(of processID: Int32) throws(SystemError) {
    let path = "/proc/\(processID)/stat"
    guard processID > 0 else { throw SystemError(errno: ESRCH, operation: "open", path: path) }
    let contents: [UInt8]
    do throws(SystemError) {
      contents = try FileDescriptor.contents(of: path, limit: 65_536)
    } catch {
      // The file is gone with the process; one that goes while it is read answers with ESRCH itself.
      throw error.errno == ENOENT ? SystemError(errno: ESRCH, operation: error.operation, path: path) : error
    }
    guard let startTime = Self.startTime(in: contents) else {
      throw SystemError(errno: EIO, operation: "read", path: path)
    }
    self.init(processID: processID, startTime: startTime)
  }

  /// This process.
  ///
  /// - Throws: what reading `/proc` throws.
  public static func current() throws(SystemError) -> ProcessIdentity {
    try ProcessIdentity(of: CurrentProcess.id)
  }

  /// Whether the process is there, and not only its number; one that has ended but was not waited for is.
  public var isPresent: Bool {
    (try? ProcessIdentity(of: processID)) == self
  }

  /// Field 22 of a line of `/proc/PID/stat`; nil for a line that has none.
  ///
  /// The second field is the program's name in parentheses, and may hold spaces and parentheses itself.
  package static func startTime(in line: [UInt8]) -> UInt64? {
    guard let end = line.lastIndex(of: UInt8(ascii: ")")) else { return nil }
    let fields = line[(end + 1)...].split(separator: UInt8(ascii: " "))
    // The first of these is field 3.
    return fields.count > 19 ? UInt64(String(decoding: fields[19], as: UTF8.self)) : nil
  }
}
