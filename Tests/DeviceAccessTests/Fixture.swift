// Directories, errors and waits for the tests.
// SPDX-License-Identifier: Apache-2.0

import DeviceAccess
import Glibc
import LinuxSystem
import TestPrograms

extension TemporaryDirectory {
  /// Makes a link to a directory of this one, and the directory.
  func link(_ name: String, to target: String) throws {
    try makeDirectory(target)
    try makeDirectory(name.split(separator: "/").dropLast().joined(separator: "/"))
    guard unsafe symlink(file(target), file(name)) == 0 else {
      throw SystemError(errno: errno, operation: "symlink")
    }
  }
}

/// The error that a body throws; nil if it throws none, or another kind.
func deviceError(_ body: () throws -> Void) -> DeviceError? {
  do {
    try body()
    return nil
  } catch {
    return error as? DeviceError
  }
}

/// Far beyond what anything takes, in nanoseconds.
let patience: UInt64 = 60_000_000_000
