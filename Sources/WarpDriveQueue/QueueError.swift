// Why a queue did not do what it was asked.
// SPDX-License-Identifier: Apache-2.0

/// An error of the user library: a code, and a sentence that says what to do next.
public struct QueueError: Error, Hashable, Sendable {
  /// The kinds of error; the raw values are those of errno, or of UADK's `wd.h` from 61 on.
  public enum Code: Int32, Hashable, Sendable {
    /// No device, algorithm or transport of that name (ENOENT).
    case notFound = 2
    /// The device or the library failed (EIO).
    case failed = 5
    /// Nothing has come yet (EAGAIN); only from calls that do not wait.
    case again = 11
    /// Memory, descriptors or the locked-memory limit ran out (ENOMEM).
    case resourceExhausted = 12
    /// Not allowed: socket mode, a foreign PASID, a child of the process that opened the queue (EACCES).
    case denied = 13
    /// The ring is full, or no queue is free (EBUSY).
    case busy = 16
    /// Already mapped or shared, or open (EEXIST).
    case exists = 17
    /// The device is gone, or its host (ENODEV).
    case deviceLost = 19
    /// An argument out of its range, or a call in the wrong state (EINVAL).
    case invalid = 22
    /// The device or the sharing mode does not have this (EOPNOTSUPP).
    case unsupported = 95
    /// A time limit passed (ETIMEDOUT).
    case timedOut = 110
    /// The device is being reset: request another queue, or use software (`WD_HW_EACCESS`).
    case resetting = 62
    /// Another version of the protocol at the other end (EPROTO).
    case version = 71
  }

  /// What kind of error it is.
  public let code: Code
  /// What happened, for people, and what to do next.
  public let message: String

  /// Makes an error.
  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }
}
