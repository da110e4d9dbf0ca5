// Why a device function did not do what it was asked.
// SPDX-License-Identifier: Apache-2.0

/// Why a device function did not do what it was asked.
public struct DeviceError: Error, Hashable, Sendable {
  /// The kinds of failure.
  public enum Code: Hashable, Sendable {
    /// An argument that the function cannot have.
    case invalid
    /// The device is gone or does not answer.
    case lost
    /// The device or the system refused; the message says which.
    case failed
  }

  /// What kind of failure it is.
  public let code: Code
  /// What happened, for people, and what to do next.
  public let message: String

  /// Makes an error.
  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }
}
