// What a host and its clients say to each other: one JSON object a line, a reply for each request, in order.
// SPDX-License-Identifier: Apache-2.0

import WarpDrive

/// The limits of the control socket, and the forms of its replies.
enum ControlProtocol {
  /// The most bytes of a request.
  static let requestLimit = 1 << 16
  /// The most bytes of a reply: the registers of every function are a few hundred KiB.
  static let replyLimit = 1 << 24
  /// How long a request may take to arrive, counted from the last reply, in nanoseconds.
  static let requestTimeLimit: UInt64 = 30_000_000_000
  /// How long a client may take to read a reply, in nanoseconds.
  static let replyTimeLimit: UInt64 = 5_000_000_000
  /// How long a host may take to answer, in nanoseconds: a reset waits for requests under way.
  static let answerTimeLimit: UInt64 = 35_000_000_000
  /// How many clients are served at once.
  static let mostClients = 16

  /// A reply for what was done.
  static func success(_ members: [(key: String, value: JSONValue)]) -> JSONValue {
    .object([("ok", true), ("schema", 1)] + members)
  }

  /// A reply for what was not done.
  static func failure(_ failure: ControlFailure) -> JSONValue {
    .object([
      ("ok", false), ("schema", 1), ("error", .string(failure.code.rawValue)), ("message", .string(failure.message)),
    ])
  }
}

/// Why a host did not do what it was asked.
struct ControlFailure: Error {
  /// The kinds of failure; the words are those of `ProviderError.Code`.
  enum Code: String {
    case invalidArgument, notFound, denied, busy, limitExceeded, deviceLost, backendFailure

    /// How the command ends.
    var status: ExitStatus {
      switch self {
      case .invalidArgument, .notFound, .limitExceeded: .usage
      case .denied: .permission
      case .busy, .deviceLost: .unavailable
      case .backendFailure: .internalError
      }
    }
  }

  let code: Code
  let message: String

  init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }
}
