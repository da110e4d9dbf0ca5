// A connection as those see it who may outlive it.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

/// Leads to a channel until the connection ends, and then no longer keeps its descriptor open.
final class ConnectionReference: Sendable {
  private let current: Guarded<Channel?>

  init(_ channel: Channel) {
    current = Guarded(channel)
  }

  /// The channel; nil once the connection has ended.
  var channel: Channel? { current.withLock { $0 } }

  /// Forgets the channel.
  func drop() { current.withLock { $0 = nil } }
}

extension Channel {
  /// Sends a header and a body.
  ///
  /// - Throws: why the connection ended.
  func send(_ header: VFIOUserHeader, _ body: [UInt8] = []) throws(VFIOUserError) {
    let bytes = MessageBuffer(capacity: VFIOUserHeader.byteCount)
    bytes.withMutableBytes(0..<VFIOUserHeader.byteCount) { header.encode(into: &$0) }
    try bytes.withBytes(0..<VFIOUserHeader.byteCount) { (first) throws(VFIOUserError) in
      try unsafe send(first, body.span.bytes)
    }
  }

  /// Sends a short message unless that would take waiting: for another sender, or for the other end to read.
  ///
  /// - Returns: whether nothing is left to be done: it was sent, or the connection has ended.
  func trySend(_ header: VFIOUserHeader, _ body: [UInt8]) -> Bool {
    let bytes = MessageBuffer(capacity: VFIOUserHeader.byteCount + body.count)
    bytes.withMutableBytes(0..<VFIOUserHeader.byteCount) { header.encode(into: &$0) }
    bytes.withMutableBytes(VFIOUserHeader.byteCount..<VFIOUserHeader.byteCount + body.count) { bytes in
      unsafe bytes.copy(body.span.bytes, at: 0)
    }
    return bytes.withBytes(0..<VFIOUserHeader.byteCount + body.count) { trySend($0) }
  }
}
