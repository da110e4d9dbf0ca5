// What a request on a program's own queue lies in: the queue's pool, copied to or filled by the caller at once.
// SPDX-License-Identifier: Apache-2.0

import HisiliconQueue
public import WarpDriveCore
import WarpDriveQueue

/// A buffer of a queue's pool that a request's list lies in.
private final class PooledSegment: Sendable {
  let executor: UserExecutor
  let buffer: any ZipBuffer

  init(_ byteCount: Int, _ executor: UserExecutor) throws(QueueError) {
    self.executor = executor
    buffer = try executor.allocate(byteCount)
  }

  /// A list of one segment over the buffer's first bytes.
  static func list(_ byteCount: Int, _ executor: UserExecutor) throws(QueueError) -> ScatterList {
    let segment = try PooledSegment(byteCount, executor)
    let memory = unsafe UnsafeMutableRawBufferPointer(rebasing: segment.buffer.bytes[..<byteCount])
    // Nobody finds what another request left.
    unsafe memory.initializeMemory(as: UInt8.self, repeating: 0)
    var list = ScatterList()
    unsafe list.append(memory, keptBy: segment)
    return list
  }
}

extension ZipRequestQueue {
  /// A request whose memory the device reaches, for the caller to fill: its payload goes there and back without a copy.
  ///
  /// Both lists have one segment, of zeros. The memory goes back to the queue's pool with the request, which keeps the
  /// queue from being given back; take what is in flight, and send it again with other content. A device that fails may
  /// still write to the memory of its requests: such a request comes back with ordinary memory instead.
  ///
  /// - Parameters:
  ///   - direction: which way the data runs.
  ///   - input: bytes of input, at least 1 and at most 4 MiB.
  ///   - room: bytes of room for the result, at least 1 and at most 8 MiB; a compression also has its header there.
  /// - Throws: ``ProviderError/Code/invalidArgument`` for sizes out of range, ``ProviderError/Code/busy`` where every queue
  ///   is taken, ``ProviderError/Code/resourceExhausted`` where the pool is: use lists of ordinary memory then.
  public func makeRequest(
    _ direction: CompressionDirection, input: Int, room: Int
  ) throws(ProviderError) -> QueueRequest {
    guard (1...ZipMessage.largestWhole).contains(input), (1...ZipMessage.largest).contains(room) else {
      throw ProviderError(
        .invalidArgument, "\(input) bytes with room for \(room): a request has 1 byte to 4 MiB, and room to 8 MiB"
      )
    }
    do throws(QueueError) {
      let executor = try provider.path.queue(way(direction), format)
      return QueueRequest(
        direction, input: try PooledSegment.list(input, executor), output: try PooledSegment.list(room, executor))
    } catch {
      throw ProviderError(error)
    }
  }

  private func way(_ direction: CompressionDirection) -> ZipDirection {
    direction == .compress ? .compress : .decompress
  }

  /// Where a request goes; its payload is copied there unless it lies in the queue's pool already.
  ///
  /// - Returns: nil where it is not for the engine as a whole, or there is no queue or memory for it.
  func makeFlight(for request: borrowing QueueRequest) -> Flight? {
    let (direction, byteCount) = (request.direction, request.input.byteCount)
    guard (1...ZipMessage.largestWhole).contains(byteCount), let (header, used) = header(request) else { return nil }
    let isCompression = direction == .compress
    let body = byteCount - used
    do throws(QueueError) {
      let executor: UserExecutor
      let (source, destination): (any ZipBuffer, any ZipBuffer)
      var space: Int
      let pooled = pooled(request)
      if let (input, output) = pooled {
        (executor, source, destination) = (input.executor, input.buffer, output.buffer)
        // All of the buffer is this request's, also behind the list's end.
        space = unsafe min(output.buffer.bytes.count - header.count, ZipMessage.largest)
      } else {
        executor = try provider.path.queue(way(direction), format)
        let room = request.output.byteCount
        space = min(isCompression ? ZipStream.roomForOutput(of: body) : max(room, 512), ZipMessage.largest)
        source = try executor.allocate(byteCount)
        destination = try executor.allocate(header.count + space)
        unsafe request.input.copy(to: source.bytes)
      }
      guard space > 0 else { return nil }
      unsafe destination.bytes.copyBytes(from: header)
      let message = try ZipMessage(
        format, from: ZipBufferReference(address: source.deviceAddress + UInt64(used), byteCount: body),
        to: ZipBufferReference(address: destination.deviceAddress + UInt64(header.count), byteCount: space),
        sqeType: executor.sqeType, window: window(direction))
      return Flight(
        executor: executor, message: message, source: source, destination: destination,
        headerCount: isCompression ? header.count : used, isDirect: pooled != nil)
    } catch {
      return nil
    }
  }

  /// The buffers of a request that lies in the pool of one queue that works and is its own; else nil.
  private func pooled(_ request: borrowing QueueRequest) -> (input: PooledSegment, output: PooledSegment)? {
    guard request.input.segmentCount == 1, request.output.segmentCount == 1,
      let input = request.input.keeper(at: 0) as? PooledSegment,
      let output = request.output.keeper(at: 0) as? PooledSegment, input.executor.queue === output.executor.queue
    else { return nil }
    let queue = input.executor.queue
    guard queue.failure == nil, queue.direction == way(request.direction),
      queue.algorithms.contains(format.name)
    else { return nil }
    return (input, output)
  }

  private func window(_ direction: CompressionDirection) -> ZipWindow {
    guard direction == .compress else { return .largest }
    let bits = options.windowBits ?? ZipCompressionDriver.windowBits(level: options.level ?? 6)
    return ZipWindow(bits: bits) ?? .largest
  }

  /// The header to write, or how much of the input is one; nil where there is none that is sound.
  private func header(_ request: borrowing QueueRequest) -> (header: [UInt8], used: Int)? {
    switch request.direction {
    case .compress:
      var fields = GzipFields()
      if let header = options.header {
        guard let wanted = try? GzipFields(header) else { return nil }
        fields = wanted
      }
      return (ZipFraming.header(format, window: window(.compress), fields: fields), 0)
    case .decompress:
      var reader = ZipHeaderReader(format, windowBits: options.windowBits ?? 15)
      var used = 0
      for index in 0..<request.input.segmentCount where !reader.isComplete {
        guard let count = try? reader.read(request.input.bytes(at: index)) else { return nil }
        used += count
      }
      guard reader.isComplete, used < request.input.byteCount else { return nil }
      return ([], used)
    }
  }
}

extension ScatterList {
  /// Copies all bytes to the front of a buffer; the caller has checked that they fit.
  fileprivate func copy(to buffer: UnsafeMutableRawBufferPointer) {
    var done = 0
    for index in 0..<segmentCount {
      unsafe bytes(at: index).withUnsafeBytes { source in
        unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[done...]).copyMemory(from: source)
      }
      done += byteCount(at: index)
    }
  }
}
