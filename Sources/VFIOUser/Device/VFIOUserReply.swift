// The answer to a command that the device gives itself.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Answers one command, exactly once and from any thread; dropped without an answer, the command fails (`EIO`).
///
/// An answer after the client has gone goes nowhere. Of several answers only the first counts.
public final class VFIOUserReply: Sendable {
  private let connection: ConnectionReference
  private let header: VFIOUserHeader
  private let isAnswered = Atomic<Bool>(false)

  init(to header: VFIOUserHeader, on connection: ConnectionReference) {
    self.header = header
    self.connection = connection
  }

  deinit {
    fail(VFIOUserError(.failed, "the device gave no answer"))
  }

  /// Answers with success.
  ///
  /// - Parameter body: what follows the header; at most 1 MiB.
  public func succeed(_ body: [UInt8] = []) {
    precondition(body.count <= VFIOUserHeader.largestTransfer, "a reply has at most 1 MiB")
    answer(VFIOUserHeader(replyTo: header, bodySize: body.count), body)
  }

  /// Answers with failure.
  public func fail(_ error: VFIOUserError) {
    answer(VFIOUserHeader(replyTo: header, error: error), [])
  }

  private func answer(_ header: VFIOUserHeader, _ body: [UInt8]) {
    guard !isAnswered.exchange(true, ordering: .acquiringAndReleasing), !self.header.isPosted else { return }
    guard let channel = connection.channel else { return }
    // A failure has ended the connection already: there is nobody left to tell.
    try? channel.send(header, body)
  }
}
