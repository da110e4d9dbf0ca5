// Why a host did not do what it was asked, or why none could be asked.
// SPDX-License-Identifier: Apache-2.0

package import LinuxSystem

/// Why a host did not do what it was asked, or why it could not be asked.
package struct ControlFailure: Error, Hashable, Sendable {
  /// The kinds of failure; the words go over the socket.
  package enum Code: String, Sendable {
    /// A request that is malformed or has a value out of range.
    case invalidArgument
    /// No device, type or algorithm of that name.
    case notFound
    /// Something of that name is there already.
    case exists
    /// Not allowed to this user, or a folder that may not be trusted.
    case denied
    /// Everything is in use: try again, or elsewhere.
    case busy
    /// More bytes than a message may have.
    case limitExceeded
    /// Memory or descriptors ran out.
    case resourceExhausted
    /// The device, or this host of it, does not have that.
    case unsupported
    /// The input of a request is corrupt.
    case corruptInput
    /// The input of a request ends too early.
    case truncatedInput
    /// The output does not fit into the room that the request gave it.
    case outputTooSmall
    /// A time limit passed.
    case timedOut
    /// The device is being reset.
    case resetting
    /// The device is gone, or its host is ending.
    case deviceLost
    /// The host or its device failed.
    case backendFailure
    /// Another version of the protocol.
    case version
    /// No host answers: there is none, or it is gone.
    case unavailable
    /// A file or folder of the host's cannot be made.
    case cannotCreate
    /// A file of the host's cannot be written.
    case inputOutput
  }

  /// What kind of failure it is.
  package let code: Code
  /// What happened, for people, and what to do next.
  package let message: String

  /// Makes a failure.
  package init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  /// A file, folder or socket that could not be made.
  package init(creating path: String, _ error: SystemError) {
    let code: Code =
      switch error.errno {
      case SystemError.accessDenied, SystemError.notPermitted: .denied
      // The folder took the new file, the disk did not: that is no refusal to create.
      case SystemError.noSpace, SystemError.quotaExceeded, SystemError.inputOutput, SystemError.tooLarge: .inputOutput
      default: .cannotCreate
      }
    self.init(code, "\(path): \(error.message)")
  }
}
