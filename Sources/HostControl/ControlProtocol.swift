// What a host and its clients say to each other: one JSON object a line, bytes behind it, a reply for each request.
// SPDX-License-Identifier: Apache-2.0

package import LinuxSystem

/// The limits of the control socket, and the forms of its replies.
///
/// A request or reply with a member `length` is followed by as many raw bytes: its payload. Requests are answered in
/// their order.
package enum ControlProtocol {
  /// The member that says how many bytes follow.
  package static let lengthMember = "length"
  /// The most bytes of a request's line.
  package static let requestLimit = 1 << 16
  /// The most bytes of a reply's line: the registers of every function are a few hundred KiB.
  package static let replyLimit = 1 << 24
  /// The most bytes of a payload.
  package static let payloadLimit = 1 << 26
  /// The most bytes of payloads that a host has in memory at once, of all clients.
  package static let payloadBudget = 1 << 28
  /// How long a request may take to arrive, counted from the last reply, and its payload from the line, in nanoseconds.
  package static let requestTimeLimit: UInt64 = 30_000_000_000
  /// How long a client may take to read a reply, in nanoseconds.
  package static let replyTimeLimit: UInt64 = 5_000_000_000
  /// How long a host may take to answer, in nanoseconds: a reset waits for requests under way.
  package static let answerTimeLimit: UInt64 = 35_000_000_000
  /// How many clients are served at once.
  package static let mostClients = 64
  /// How many of them may be one user's who is neither the host's nor root.
  package static let mostClientsOfOthers = 16

  /// A reply for what was done.
  package static func success(_ members: [(key: String, value: JSONValue)]) -> JSONValue {
    .object([("ok", true), ("schema", 1)] + members)
  }

  /// A reply for what was not done.
  package static func failure(_ failure: ControlFailure) -> JSONValue {
    .object([
      ("ok", false), ("schema", 1), ("error", .string(failure.code.rawValue)), ("message", .string(failure.message)),
    ])
  }
}

/// What a client asks for.
package struct ControlRequest: Sendable {
  /// The line: an object with a string `op`, or anything else that is JSON.
  package var value: JSONValue
  /// The bytes behind the line.
  package var payload: [UInt8] = []
  /// Who asks, as the kernel knew it when it connected.
  package var peer: UnixSocket.PeerCredentials
  /// Whether that is the host's own user, or root: others may use devices and not change them.
  package var isOwner: Bool

  /// Makes a request.
  package init(_ value: JSONValue, payload: [UInt8] = [], peer: UnixSocket.PeerCredentials, isOwner: Bool) {
    self.value = value
    self.payload = payload
    self.peer = peer
    self.isOwner = isOwner
  }
}

/// What a host answers.
package struct ControlReply: Sendable {
  /// The line.
  package var value: JSONValue
  /// The bytes behind it; the line says how many.
  package var payload: [UInt8] = []

  /// A reply for what was done; with a payload, of whatever length, the line has its `length`.
  package init(_ members: [(key: String, value: JSONValue)], payload: [UInt8]? = nil) {
    let length = payload.map { [(key: ControlProtocol.lengthMember, value: JSONValue.integer($0.count))] } ?? []
    value = ControlProtocol.success(length + members)
    self.payload = payload ?? []
  }

  /// A reply for what was not done.
  package init(_ failure: ControlFailure) {
    value = ControlProtocol.failure(failure)
  }

  /// A reply as it was received.
  init(_ value: JSONValue, payload: [UInt8]) {
    self.value = value
    self.payload = payload
  }
}
