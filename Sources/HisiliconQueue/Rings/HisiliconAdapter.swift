// The user driver of HiSilicon's queues: the entries hisi_qm_v1, v2 and v3 of the adapter table.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
public import WarpDriveQueue

/// Brings HiSilicon queues up; messages are the engine's requests of 128 bytes (`hisi_zip_sqe`).
public struct HisiliconAdapter: QueueAdapter {
  /// Makes the driver.
  public init() {}

  /// The generations whose doorbells and rings are known.
  public var deviceAPIs: [String] { ["hisi_qm_v1", "hisi_qm_v2", "hisi_qm_v3"] }

  /// Sets the queue's type, asks for its layout, starts it, and maps its rings and doorbells.
  ///
  /// With PASIDs the start gives the queue an address space of its own.
  ///
  /// - Throws: `version` where the device's side describes rings that this driver does not know; else what it says.
  public func open(_ transport: any QueueTransport, type: UInt16) throws(QueueError) -> any QueueDriver {
    try HisiliconQueueDriver(transport, type: type)
  }
}

/// One HiSilicon queue; `pair` is for code that wants its requests typed.
public final class HisiliconQueueDriver: QueueDriver {
  /// The rings.
  public let pair: RingPair

  /// The modes in which a start is a bind.
  private static let bound: DMAFlags = [.multiProcess, .sharedVirtual, .sharedVirtualLocked]
  /// How long `flush` sleeps between two looks, in nanoseconds.
  private static let pause: UInt64 = 50_000

  init(_ transport: any QueueTransport, type: UInt16) throws(QueueError) {
    let attributes = transport.attributes
    let context = try transport.perform(QueueCommand.setContext, [0, 0] + type.littleEndianBytes)
    let information = try transport.perform(QueueCommand.getInformation, [])
    guard context.count >= 4, information.count >= 8 else {
      throw QueueError(.version, "the device's side describes the queue in \(information.count) bytes")
    }
    func word(_ bytes: [UInt8], _ offset: Int) -> Int { Int(UInt16(littleEndianBytes: bytes[offset...])) }
    guard word(information, 0) == RingLayout.submissionSize, word(information, 2) == 0 else {
      throw QueueError(.version, "requests of \(word(information, 0)) bytes are unknown: update this program")
    }
    if attributes.dmaFlags.isDisjoint(with: Self.bound) {
      _ = try transport.perform(QueueCommand.start, [])
    } else {
      _ = try transport.perform(QueueCommand.bindPASID, [0, 0, 0, 0])
    }
    pair = try RingPair(
      rings: transport.map(.rings), submissionDepth: word(information, 4), completionDepth: word(information, 6),
      number: UInt16(word(context, 0)), isVersion1: attributes.deviceAPI == "hisi_qm_v1",
      doorbell: transport.doorbell())
  }

  /// 128.
  public var messageSize: Int { RingLayout.submissionSize }
  /// The rings' capacity.
  public var depth: Int { pair.capacity }

  /// Puts a request into the ring.
  public func send(_ message: RawSpan) throws(QueueError) {
    try pair.send(bytes: message)
  }

  /// Takes the next completed request.
  public func receive(into message: inout MutableRawSpan) throws(QueueError) -> Bool {
    try pair.receive(into: &message) != nil
  }

  /// Puts requests into the ring, and rings once for all.
  public func send(batch messages: RawSpan) throws(QueueError) -> Int {
    try pair.send(batch: messages)
  }

  /// Takes the next completed requests.
  public func receive(batch messages: inout MutableRawSpan) throws(QueueError) -> Int {
    try pair.receive(batch: &messages)
  }

  /// Arms the completion queue until it is withdrawn.
  public func requestNotification() throws(QueueError) {
    pair.requestNotice()
  }

  /// Ends one `requestNotification`.
  public func withdrawNotification() {
    pair.withdrawNotice()
  }

  /// Waits until every request in flight is answered.
  ///
  /// - Throws: `timedOut`, `resetting`, `deviceLost`.
  public func flush(nanoseconds: UInt64) throws(QueueError) {
    let deadline = MonotonicClock.deadline(after: nanoseconds)
    while try !pair.isAnswered() {
      guard MonotonicClock.now() < deadline else {
        throw QueueError(.timedOut, "\(pair.inFlight) requests are not answered yet")
      }
      Thread.sleep(nanoseconds: Self.pause)
    }
  }

  /// Ends the use of the rings.
  public func close() {
    _ = pair.abandon()
  }
}
