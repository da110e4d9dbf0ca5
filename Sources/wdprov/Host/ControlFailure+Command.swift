// How the command ends where a host did not do what it was asked.
// SPDX-License-Identifier: Apache-2.0

import HostControl

extension ControlFailure.Code {
  /// How the command ends.
  var status: ExitStatus {
    switch self {
    case .invalidArgument, .notFound, .limitExceeded, .exists, .unsupported: .usage
    case .corruptInput, .truncatedInput: .corruptInput
    case .denied: .permission
    case .busy, .deviceLost, .resetting, .timedOut, .version, .unavailable, .resourceExhausted: .unavailable
    case .backendFailure, .outputTooSmall: .internalError
    case .cannotCreate: .cannotCreate
    case .inputOutput: .inputOutput
    }
  }
}

extension CommandFailure {
  /// What a host said, or why there is none.
  init(_ failure: ControlFailure) {
    self.init(failure.code.status, failure.message)
  }
}

extension RunDirectory {
  /// The folder that a command line names, or else the usual one.
  ///
  /// - Throws: 64 where neither is known.
  static func named(_ path: String?) throws(CommandFailure) -> RunDirectory {
    do throws(ControlFailure) { return try RunDirectory(path) } catch { throw CommandFailure(error) }
  }

  /// Sends one request to the host there.
  ///
  /// - Returns: the reply, with its members `ok` and `schema`.
  /// - Throws: 69 where no host answers, 77 where it is another user's, else what the host said.
  func ask(_ operation: String, _ members: [(key: String, value: JSONValue)] = []) throws(CommandFailure) -> JSONValue {
    do throws(ControlFailure) {
      return try ControlConnection(self).ask(operation, members).value
    } catch {
      throw CommandFailure(error)
    }
  }
}
