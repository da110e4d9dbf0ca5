// A device that answers every message with itself: for tests of the library, and of programs on it.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

/// The user driver of `wd_dummy_v1`: messages come back as they were sent, in their order.
public struct DummyAdapter: QueueAdapter {
  /// The `device_api` of `DummySource`'s devices.
  public static let deviceAPI = "wd_dummy_v1"
  /// Bytes of a message, and the most messages in flight.
  private let messageSize: Int
  private let depth: Int

  /// Makes the driver.
  ///
  /// - Parameters:
  ///   - messageSize: bytes of a message, at least 1.
  ///   - depth: the most messages in flight at once, at least 1.
  public init(messageSize: Int = 128, depth: Int = 1023) {
    precondition(messageSize > 0 && depth > 0, "a queue has messages, and room for one")
    self.messageSize = messageSize
    self.depth = depth
  }

  /// `wd_dummy_v1`.
  public var deviceAPIs: [String] { [Self.deviceAPI] }

  /// Starts the queue; there is nothing to map.
  public func open(_ transport: any QueueTransport, type: UInt16) throws(QueueError) -> any QueueDriver {
    _ = try transport.perform(QueueCommand.start, [])
    return DummyDriver(messageSize: messageSize, depth: depth)
  }
}

/// Messages on their way back.
private final class DummyDriver: QueueDriver {
  let messageSize: Int
  let depth: Int
  private let messages = Guarded<[[UInt8]]>([])

  init(messageSize: Int, depth: Int) {
    self.messageSize = messageSize
    self.depth = depth
  }

  func send(_ message: RawSpan) throws(QueueError) {
    guard message.byteCount == messageSize else { throw wrongSize(message.byteCount) }
    let copy = unsafe message.withUnsafeBytes { unsafe [UInt8]($0) }
    let isFull = messages.withLock { messages in
      guard messages.count < depth else { return true }
      messages.append(copy)
      return false
    }
    if isFull { throw QueueError(.busy, "the ring is full: receive completed messages first") }
  }

  func receive(into message: inout MutableRawSpan) throws(QueueError) -> Bool {
    guard message.byteCount == messageSize else { throw wrongSize(message.byteCount) }
    guard let next = messages.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) else { return false }
    unsafe message.withUnsafeMutableBytes { unsafe $0.copyBytes(from: next) }
    return true
  }

  func requestNotification() {}

  func flush(nanoseconds: UInt64) {}

  func close() { messages.withLock { $0 = [] } }

  private func wrongSize(_ count: Int) -> QueueError {
    QueueError(.invalid, "a message has \(messageSize) bytes, not \(count)")
  }
}

/// Devices in this process whose queues `DummyAdapter` drives.
public final class DummySource: QueueSource {
  /// One device, and what it has left.
  private final class Device: Sendable {
    let attributes: QueueAttributes
    let free: Guarded<Int>

    init(_ attributes: QueueAttributes) {
      self.attributes = attributes
      free = Guarded(attributes.availableInstances)
    }
  }

  private let all: [Device]

  /// Makes devices.
  ///
  /// - Parameter devices: what they say of themselves; `availableInstances` is how many queues each has.
  public init(_ devices: [QueueAttributes] = [DummySource.usual]) {
    all = devices.map { Device($0) }
  }

  /// A device `dummy-0` with four queues for the algorithm `dummy`.
  public static let usual = QueueAttributes(
    device: "dummy-0", deviceAPI: DummyAdapter.deviceAPI, algorithms: ["dummy"], dmaFlags: .sharedVirtual,
    flags: [.sharedVirtual, .emulated], availableInstances: 4)

  /// The devices, with how many queues each has left.
  public func devices() throws(QueueError) -> [QueueAttributes] {
    all.map { device in
      var attributes = device.attributes
      attributes.availableInstances = device.free.withLock { $0 }
      return attributes
    }
  }

  /// Opens a queue of a device.
  ///
  /// - Throws: `notFound`, `busy`.
  public func open(device name: String) throws(QueueError) -> any QueueTransport {
    guard let device = all.first(where: { $0.attributes.device == name }) else {
      throw QueueError(.notFound, "no device '\(name)'")
    }
    let isTaken = device.free.withLock { free in
      guard free > 0 else { return false }
      free -= 1
      return true
    }
    guard isTaken else { throw QueueError(.busy, "every queue of \(name) is taken") }
    return DummyTransport(device.attributes) { device.free.withLock { $0 += 1 } }
  }
}

/// A queue with nothing behind it.
private final class DummyTransport: QueueTransport {
  let attributes: QueueAttributes
  private let giveBack: Guarded<(@Sendable () -> Void)?>

  init(_ attributes: QueueAttributes, giveBack: @escaping @Sendable () -> Void) {
    self.attributes = attributes
    self.giveBack = Guarded(giveBack)
  }

  deinit {
    close()
  }

  func map(_ region: QueueRegion) throws(QueueError) -> SharedMapping {
    throw QueueError(.invalid, "a dummy queue has no regions")
  }

  func doorbell() throws(QueueError) -> QueueDoorbell {
    throw QueueError(.invalid, "a dummy queue has no doorbells")
  }

  func perform(_ command: UInt16, _ body: [UInt8]) throws(QueueError) -> [UInt8] {
    guard command == QueueCommand.start else { throw QueueError(.unsupported, "a dummy queue can only be started") }
    return []
  }

  /// Everything is answered at once, so that there is nothing to wait for but the time.
  func wait(nanoseconds: UInt64) throws(QueueError) -> Bool {
    Thread.sleep(nanoseconds: nanoseconds)
    return false
  }

  func share(
    _ memory: UnsafeMutableRawBufferPointer, file: SharedMemory?, offset: UInt64, isReadOnly: Bool
  ) throws(QueueError) -> UInt64 {
    UInt64(UInt(bitPattern: memory.baseAddress))
  }

  func unshare(deviceAddress: UInt64, byteCount: Int) throws(QueueError) {}

  func close() {
    giveBack.withLock { $0.take() }?()
  }
}
