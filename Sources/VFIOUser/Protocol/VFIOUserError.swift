// Why a command of the vfio-user protocol did not succeed.
// SPDX-License-Identifier: Apache-2.0

public import LinuxSystem

/// A command that failed, or a connection that cannot go on.
public struct VFIOUserError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The kinds of failure, each with the error number that goes into a reply.
  public enum Code: Hashable, Sendable {
    /// An argument that the device or the protocol does not have (`EINVAL`).
    case invalid
    /// A command or a feature that is not supported (`EOPNOTSUPP`).
    case unsupported
    /// A mapping that overlaps another (`EEXIST`).
    case exists
    /// A mapping that does not exist (`ENOENT`).
    case notFound
    /// Someone else uses the device, or it cannot do this now (`EBUSY`).
    case busy
    /// More than one message may carry, or a reply that does not fit (`E2BIG`).
    case tooLarge
    /// Memory that cannot be accessed (`EFAULT`).
    case fault
    /// The other end did not answer in time (`ETIMEDOUT`).
    case timedOut
    /// The connection has ended (`ENXIO`).
    case disconnected
    /// The other end does not keep to the protocol (`EPROTO`).
    case protocolViolation
    /// The system or the device refused; `errno` says why.
    case failed
  }

  /// What kind of failure it is.
  public let code: Code
  /// The error number that a reply carries, or carried (`errno(3)`).
  public let errno: Int32
  /// What happened, for people.
  public let message: String

  /// Makes an error with the number of its kind (`EIO` for `.failed`).
  public init(_ code: Code, _ message: String) {
    self.code = code
    errno = code.errno
    self.message = message
  }

  /// Makes an error from the number in a reply.
  public init(errno: Int32, _ message: String) {
    code = Code.allWithNumbers.first { $0.errno == errno } ?? .failed
    self.errno = errno
    self.message = message
  }

  /// Makes an error from a failed system call.
  public init(_ error: SystemError) {
    code = error.errno == SystemError.timedOut ? .timedOut : .failed
    errno = error.errno
    message = error.description
  }

  /// One line: what happened and the error number.
  public var description: String {
    "\(message) (\(SystemError(errno: errno, operation: "vfio-user").message))"
  }
}

extension VFIOUserError.Code {
  fileprivate static let allWithNumbers: [VFIOUserError.Code] = [
    .invalid, .unsupported, .exists, .notFound, .busy, .tooLarge, .fault, .timedOut, .disconnected, .protocolViolation,
  ]

  /// The error number of this kind of failure.
  fileprivate var errno: Int32 {
    switch self {
    case .invalid: SystemError.invalidArgument
    case .unsupported: SystemError.notSupported
    case .exists: SystemError.exists
    case .notFound: SystemError.notFound
    case .busy: SystemError.busy
    case .tooLarge: SystemError.argumentTooLarge
    case .fault: SystemError.badAddress
    case .timedOut: SystemError.timedOut
    case .disconnected: SystemError.noSuchAddress
    case .protocolViolation: SystemError.protocolError
    case .failed: SystemError.inputOutput
    }
  }
}
