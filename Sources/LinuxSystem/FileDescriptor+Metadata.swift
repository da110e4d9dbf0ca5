// What an open file is, and changing that.
// SPDX-License-Identifier: Apache-2.0

import Glibc

extension FileDescriptor {
  /// What the kernel knows about the file.
  ///
  /// - Throws: `EBADF` if the descriptor is not open.
  public func status() throws(SystemError) -> FileStatus {
    var status = stat()
    _ = try systemCall("fstat") { unsafe fstat(number, &status) }
    return FileStatus(status)
  }

  /// Sets the permission bits.
  ///
  /// - Parameter mode: the low 12 bits of `st_mode`; the umask does not matter.
  /// - Throws: `EPERM` for another user's file, `EROFS`.
  public func setMode(_ mode: UInt32) throws(SystemError) {
    _ = try systemCall("fchmod") { fchmod(number, mode) }
  }

  /// Gives the file to a user and a group.
  ///
  /// The kernel removes set-user-ID and set-group-ID with that.
  ///
  /// - Parameters:
  ///   - userID: the new owner; nil leaves it.
  ///   - groupID: the new group; nil leaves it.
  /// - Throws: `EPERM` without the privilege to do so.
  public func setOwner(userID: UInt32?, groupID: UInt32?) throws(SystemError) {
    // (uid_t)-1 means "as it is": chown(2).
    _ = try systemCall("fchown") { fchown(number, userID ?? .max, groupID ?? .max) }
  }

  /// Sets the times of the last reading and of the last change, to the precision of the file system.
  ///
  /// - Throws: `EPERM` for another user's file, `EROFS`, `EINVAL` for nanoseconds out of range.
  public func setTimes(access: FileTime, modification: FileTime) throws(SystemError) {
    // Two values of nanoseconds mean "now" and "leave" to the kernel; here they would only be mistakes.
    for time in [access, modification] where !(0..<1_000_000_000).contains(time.nanoseconds) {
      throw SystemError(errno: EINVAL, operation: "futimens")
    }
    let times = [access.timespec, modification.timespec]
    _ = try systemCall("futimens") { unsafe futimens(number, times) }
  }

  /// Waits until content and status are on the disk.
  ///
  /// - Throws: `EIO`, `ENOSPC` or `EDQUOT` for data that is lost, `EINVAL` for what cannot be synchronised (a pipe).
  public func sync() throws(SystemError) {
    _ = try systemCall("fsync") { fsync(number) }
  }

  /// Takes the file's one exclusive lock, which the kernel releases when the descriptor is closed (`flock(2)`).
  ///
  /// It binds only those who ask for it.
  ///
  /// - Returns: whether it was taken; false if another open file has it.
  /// - Throws: `ENOLCK`, and `EOPNOTSUPP` on a file system without locks.
  public func tryLock() throws(SystemError) -> Bool {
    do throws(SystemError) {
      _ = try systemCall("flock") { flock(number, LOCK_EX | LOCK_NB) }
      return true
    } catch  where error.errno == EWOULDBLOCK {
      return false
    }
  }

  /// Tells the kernel that the file will be read from its start to its end, so that it reads ahead.
  ///
  /// A hint: what cannot take it, such as a pipe, is left as it is.
  public func adviseSequential() {
    _ = posix_fadvise(number, 0, 0, POSIX_FADV_SEQUENTIAL)
  }

  /// Whether this is a terminal.
  public var isTerminal: Bool {
    isatty(number) == 1
  }
}
