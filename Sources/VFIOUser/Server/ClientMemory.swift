// The client's memory, reached by messages.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import Synchronization

/// Memory that a client mapped without a descriptor: `DMA_READ` and `DMA_WRITE` on the same socket.
final class ClientMemory: VFIOUserMemory {
  /// How the client lays out these two commands.
  private enum Layout: UInt8 {
    case unknown
    /// As specified: an address, a 64-bit count, the data. QEMU 11.1.3 has this one.
    case specified
    /// As QEMU's first versions with this device had it: a 32-bit count, the data right behind it at offset 12, and four
    /// bytes at the end.
    case packed
  }

  private let connection: ConnectionReference
  private let largest: Int
  private let timeLimit: UInt64
  private let layout = Atomic<UInt8>(Layout.unknown.rawValue)

  /// - Parameters:
  ///   - largest: the most bytes that one message may carry.
  ///   - timeLimit: how long the client may take for each, in nanoseconds.
  init(_ connection: ConnectionReference, largest: Int, timeLimit: UInt64) {
    self.connection = connection
    self.largest = min(max(largest, 1), VFIOUserHeader.largestTransfer)
    self.timeLimit = timeLimit
  }

  func read(iova: UInt64, into data: inout MutableRawSpan) throws(VFIOUserError) {
    let channel = try connected(iova, data.byteCount)
    let dataStart = try layout(of: channel, at: iova) == .packed ? 12 : 16
    var done = 0
    while done < data.byteCount {
      let count = min(data.byteCount - done, largest)
      let address = iova + UInt64(done)
      try channel.transact(command(.readMemory, address, count)) { bytes in
        bytes.store(address, at: 0)
        bytes.store(UInt64(count), at: 8)
      } decode: { (reply) throws(VFIOUserError) in
        try reply.withBody { (body) throws(VFIOUserError) in
          guard body.byteCount == 16 + count, body.uint64(at: 0) == address, body.uint32(at: 8) == count else {
            throw VFIOUserError(.protocolViolation, "memory was read that nobody asked for")
          }
          data.copy(body.extracting(dataStart..<dataStart + count), at: done)
        }
      }
      done += count
    }
  }

  func write(iova: UInt64, from data: RawSpan) throws(VFIOUserError) {
    let channel = try connected(iova, data.byteCount)
    let isPacked = try layout(of: channel, at: iova) == .packed
    var done = 0
    while done < data.byteCount {
      let count = min(data.byteCount - done, largest)
      let address = iova + UInt64(done)
      let piece = data.extracting(done..<done + count)
      if isPacked {
        var outgoing = command(.writeMemory, address, count)
        outgoing.structureSize = 12
        let padded = piece.array(0..<count) + [0, 0, 0, 0]
        try unsafe channel.transact(outgoing, data: padded.span.bytes) { bytes in
          bytes.store(address, at: 0)
          bytes.store(UInt32(count), at: 8)
        } decode: { (_) throws(VFIOUserError) in
        }
      } else {
        try channel.transact(command(.writeMemory, address, count), data: piece) { bytes in
          bytes.store(address, at: 0)
          bytes.store(UInt64(count), at: 8)
        } decode: { (_) throws(VFIOUserError) in
          // Some clients repeat the address and the count, some do not; the header says all.
        }
      }
      done += count
    }
  }

  private func connected(_ iova: UInt64, _ count: Int) throws(VFIOUserError) -> Channel {
    guard count > 0, !iova.addingReportingOverflow(UInt64(count) - 1).overflow else {
      throw VFIOUserError(.fault, "an access to no memory, or past the end of the address space")
    }
    guard let channel = connection.channel else { throw VFIOUserError(.disconnected, "the client is gone") }
    return channel
  }

  private func command(_ command: VFIOUserCommand, _ iova: UInt64, _ count: Int) -> OutgoingCommand {
    var outgoing = OutgoingCommand(
      command, structureSize: 16, deadline: MonotonicClock.deadline(after: timeLimit))
    outgoing.iovas = iova...(iova + UInt64(count) - 1)
    return outgoing
  }

  /// Finds out which layout the client has, once.
  ///
  /// A read whose count is one byte in its lower half and impossible as a whole: who sees 64 bits refuses it as too
  /// large, who sees 32 answers with one byte.
  private func layout(of channel: Channel, at iova: UInt64) throws(VFIOUserError) -> Layout {
    if let known = Layout(rawValue: layout.load(ordering: .relaxed)), known != .unknown { return known }
    var outgoing = command(.readMemory, iova, 1)
    outgoing.takesErrors = true
    let found = try channel.transact(outgoing) { bytes in
      bytes.store(iova, at: 0)
      bytes.store(0xFFFF_FFFF_0000_0001 as UInt64, at: 8)
    } decode: { (reply) throws(VFIOUserError) -> Layout in
      guard reply.header.isError else { return .packed }
      let number = Int32(truncatingIfNeeded: reply.header.errorNumber)
      // What else is refused is the address, in whichever layout.
      guard number == SystemError.argumentTooLarge || number == SystemError.invalidArgument else {
        throw VFIOUserError(errno: number, "the client refused an access to its memory")
      }
      return .specified
    }
    layout.store(found.rawValue, ordering: .relaxed)
    return found
  }
}
