// The machine's groups by name.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

/// The machine's groups.
public enum GroupDatabase {
  /// The number of a group of this name; a name of digits only is a number where no group has it.
  ///
  /// - Throws: `ENOENT` for a group that there is not, `EINVAL` for a name with a zero byte, `EIO` and others where the
  ///   database cannot be read.
  public static func groupID(named name: String) throws(SystemError) -> UInt32 {
    try refuseZeroByte(in: name, "getgrnam_r")
    var group: UInt32 = 0
    var number: Int32
    repeat { number = unsafe clinux_find_group(name, &group) } while number == EINTR
    if number == 0 { return group }
    // (gid_t)-1 means "as it is": chown(2).
    if number == ENOENT, let number = UInt32(name), number != .max { return number }
    throw SystemError(errno: number, operation: "getgrnam_r", path: name)
  }
}
