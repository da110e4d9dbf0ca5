// The answer to a command that the device gives itself.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
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

  /// Answers from a thread that must not wait for the client, such as a device's.
  ///
  /// Where the client does not read at present, a thread of its own waits for it; where there is none to be had, the
  /// connection ends.
  ///
  /// - Parameter result: what follows the header, at most 1024 bytes, or why the command failed.
  public func answerWithoutWaiting(_ result: Result<[UInt8], VFIOUserError>) {
    guard !isAnswered.exchange(true, ordering: .acquiringAndReleasing), !header.isPosted else { return }
    guard let channel = connection.channel else { return }
    let (answer, body): (VFIOUserHeader, [UInt8])
    switch result {
    case .success(let bytes):
      precondition(bytes.count <= 1024, "an answer without waiting has at most 1024 bytes")
      (answer, body) = (VFIOUserHeader(replyTo: header, bodySize: bytes.count), bytes)
    case .failure(let error): (answer, body) = (VFIOUserHeader(replyTo: header, error: error), [])
    }
    guard !channel.trySend(answer, body) else { return }
    do throws(SystemError) {
      _ = try Thread(name: "vfio-user-reply") { try? channel.send(answer, body) }
    } catch {
      channel.close(VFIOUserError(error))
    }
  }

  private func answer(_ header: VFIOUserHeader, _ body: [UInt8]) {
    guard !isAnswered.exchange(true, ordering: .acquiringAndReleasing), !self.header.isPosted else { return }
    guard let channel = connection.channel else { return }
    // A failure has ended the connection already: there is nobody left to tell.
    try? channel.send(header, body)
  }
}
