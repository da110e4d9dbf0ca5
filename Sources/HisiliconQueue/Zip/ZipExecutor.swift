// Who executes a stream's requests: a queue of the kernel path or of the user path, with memory that it reaches.
// SPDX-License-Identifier: Apache-2.0

public import CHisilicon
public import WarpDriveQueue

/// Memory that a queue's device reaches; it goes back to its pool with its last reference.
public protocol ZipBuffer: AnyObject, Sendable {
  /// The bytes; they must not be used after the buffer's last reference is gone.
  var bytes: UnsafeMutableRawBufferPointer { get }
  /// The first byte as the device knows it.
  var deviceAddress: UInt64 { get }
}

/// A queue of one direction, as a stream uses it.
///
/// Calls may come from any thread. A stream's requests all go to one queue: the engine keeps its state there.
public protocol ZipExecutor: AnyObject, Sendable {
  /// Which way its requests go.
  var direction: ZipDirection { get }
  /// The type of its SQEs: 3 for hardware revision 0x30 and later, 0 before.
  var sqeType: UInt32 { get }

  /// Takes memory, whose content is anything.
  ///
  /// - Throws: `resourceExhausted`, and what a lost device leads to.
  func allocate(_ byteCount: Int) throws(QueueError) -> any ZipBuffer

  /// Takes a context for a stream: `HISI_ZIP_STREAM_CONTEXT_SIZE` bytes, the stream's name until the lease goes.
  ///
  /// - Throws: `busy` where all are taken, and as `allocate`.
  func takeContext() throws(QueueError) -> ZipContextLease

  /// Executes a request, in any order with those of other threads.
  ///
  /// - Parameters:
  ///   - request: the request; its tag is the executor's.
  ///   - nanoseconds: the most time it may take.
  /// - Returns: the request as it came back.
  /// - Throws: `busy`, `timedOut`, `resetting`, `deviceLost`, `failed`. The device may still be using the request's
  ///   memory then: see `keep`.
  func execute(_ request: hisi_zip_sqe, timeLimit nanoseconds: UInt64) throws(QueueError) -> hisi_zip_sqe

  /// Keeps the memory of a request that was given up until the device can no longer touch it.
  func keep(_ buffers: [any ZipBuffer])
}
