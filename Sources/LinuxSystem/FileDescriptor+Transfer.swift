// Reading, writing and waiting.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

extension FileDescriptor {
  /// Reads once, at most as many bytes as the output has room for, and appends them to it.
  ///
  /// A descriptor that does not block (a terminal or pipe shared with another program) is waited for.
  ///
  /// - Returns: the number of bytes read; 0 is the end of the file, or an output without room.
  /// - Throws: `EISDIR` for a directory, `EIO`, and what else `read(2)` lists.
  @discardableResult
  public func read(into output: inout OutputRawSpan) throws(SystemError) -> Int {
    try unsafe output.withUnsafeMutableBytes { (buffer, initialized) throws(SystemError) in
      let free = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[initialized...])
      let count = try unsafe read(into: free)
      initialized += count
      return count
    }
  }

  /// Reads until the output is full or the file ends.
  ///
  /// - Returns: the number of bytes read; less than the room only at the end of the file.
  /// - Throws: as `read(into:)`; what was read before is in the output.
  @discardableResult
  public func fill(_ output: inout OutputRawSpan) throws(SystemError) -> Int {
    var total = 0
    while output.freeCapacity > 0 {
      let count = try read(into: &output)
      if count == 0 { break }
      total += count
    }
    return total
  }

  /// Writes all the bytes, in as many calls as that takes.
  ///
  /// A descriptor that does not block is waited for.
  ///
  /// - Throws: `ENOSPC` or `EDQUOT` for a full disk, `EPIPE` when nobody reads (see `Signals.ignoreBrokenPipe()`),
  ///   `EFBIG`, `EIO`, and what else `write(2)` lists. How many bytes were written before is not known then.
  public func writeAll(_ bytes: RawSpan) throws(SystemError) {
    // The pointer is used within the closure only, always inside the span.
    try unsafe bytes.withUnsafeBytes { (buffer) throws(SystemError) in
      var rest = unsafe buffer
      while let base = rest.baseAddress, rest.count > 0 {
        let count = try whenReady("write", .writable) { unsafe Glibc.write(number, base, rest.count) }
        // POSIX leaves a result of 0 open; going round for ever is the one wrong answer.
        if count == 0 { throw SystemError(errno: EIO, operation: "write") }
        unsafe rest = UnsafeRawBufferPointer(rebasing: rest[count...])
      }
    }
  }

  /// Reads a whole small file, such as one of `/proc`.
  ///
  /// - Parameters:
  ///   - path: the file's path.
  ///   - limit: the most bytes that it may have.
  /// - Throws: `EFBIG` for a longer file, and what opening and reading throw.
  public static func contents(of path: String, limit: Int) throws(SystemError) -> [UInt8] {
    let file = try open(path, .readOnly)
    var contents: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 16_384)
    while true {
      let count: Int
      do throws(SystemError) {
        count = try readChunk(of: file, into: &chunk)
      } catch {
        throw error.about(path)
      }
      if count == 0 { return contents }
      if count > limit - contents.count { throw SystemError(errno: EFBIG, operation: "read", path: path) }
      contents += chunk[..<count]
    }
  }

  /// Reads once into an array; 0 is the end of the file.
  static func readChunk(
    of file: borrowing FileDescriptor, into chunk: inout [UInt8]
  ) throws(SystemError) -> Int {
    var span = chunk.mutableSpan
    return try unsafe span.withUnsafeMutableBytes { (buffer) throws(SystemError) in try unsafe file.read(into: buffer) }
  }

  private func read(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int {
    guard let base = buffer.baseAddress, buffer.count > 0 else { return 0 }
    return try whenReady("read", .readable) { unsafe Glibc.read(number, base, buffer.count) }
  }

  /// Makes a call, and again each time the descriptor was not ready for it but is now.
  private func whenReady(
    _ operation: String, _ event: PollEvents, _ body: () -> Int
  ) throws(SystemError) -> Int {
    while true {
      do throws(SystemError) {
        return try systemCall(operation, body)
      } catch  where error.errno == EAGAIN || error.errno == EWOULDBLOCK {
        _ = try poll(for: event, nanoseconds: .max)
      }
    }
  }
}

/// What a descriptor is ready for (`poll(2)`).
public struct PollEvents: OptionSet, Sendable {
  /// The kernel's flags.
  public let rawValue: Int16

  /// Makes events from the kernel's flags.
  public init(rawValue: Int16) {
    self.rawValue = rawValue
  }

  /// `POLLIN`: reading does not wait.
  public static let readable = PollEvents(rawValue: Int16(POLLIN))
  /// `POLLOUT`: writing does not wait.
  public static let writable = PollEvents(rawValue: Int16(POLLOUT))
  /// `POLLERR`: an error waits to be fetched, or nobody reads the other end; reported always.
  public static let error = PollEvents(rawValue: Int16(POLLERR))
  /// `POLLHUP`: the other end is closed; reported always.
  public static let hangUp = PollEvents(rawValue: Int16(POLLHUP))
  /// `POLLRDHUP`: the other end of a stream socket sends no more; there may be something left to read.
  public static let peerHangUp = PollEvents(rawValue: Int16(clinux_poll_peer_hang_up))
}

extension FileDescriptor {
  /// Waits until the descriptor is ready, or until the time limit has passed.
  ///
  /// - Parameters:
  ///   - events: what to wait for; errors and hang-ups end the wait as well.
  ///   - nanoseconds: the time limit, kept to a millisecond; 0 only looks, `UInt64.max` waits for ever.
  /// - Returns: what the descriptor is ready for; empty is the time limit.
  /// - Throws: `EBADF` if the descriptor is not open, `ENOMEM`.
  public func poll(for events: PollEvents, nanoseconds: UInt64) throws(SystemError) -> PollEvents {
    let deadline = MonotonicClock.deadline(after: nanoseconds)
    while true {
      let left = MonotonicClock.remaining(until: deadline)
      // Rounded up, so that the last wait does not become a busy loop.
      let milliseconds = Int32(clamping: left / 1_000_000 + (left % 1_000_000 == 0 ? 0 : 1))
      var entry = pollfd(fd: number, events: events.rawValue, revents: 0)
      let ready = unsafe Glibc.poll(&entry, 1, milliseconds)
      if ready == -1 && errno != EINTR { throw SystemError(errno: errno, operation: "poll") }
      if ready > 0 {
        if Int32(entry.revents) & POLLNVAL != 0 { throw SystemError(errno: EBADF, operation: "poll") }
        return PollEvents(rawValue: entry.revents)
      }
      if left == 0 { return [] }
    }
  }
}
