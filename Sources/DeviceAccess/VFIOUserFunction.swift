// A function at the other end of a vfio-user socket.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
public import VFIOUser

/// A PCI function that a vfio-user server offers, as its driver uses it.
///
/// Memory whose file is known (`DeviceMemory.file`) is mapped by the server; other memory, and that of other processes, is
/// reached by messages.
public final class VFIOUserFunction: DeviceFunction {
  /// `VFIO_PCI_MSI_IRQ_INDEX`.
  private static let messageSignalled = 1

  private let client: VFIOUserClient
  private let interrupts: InterruptCounters
  private let watch: Watch
  private let isConnected = Guarded(false)

  /// What the watching thread knows; it must not keep the function.
  private final class Watch: Sendable {
    struct State {
      var isLost = false
      var onLoss: (@Sendable () -> Void)?
    }

    let state = Guarded(State())

    func lose() {
      let handler = state.withLock { state -> (@Sendable () -> Void)? in
        state.isLost = true
        return state.onLoss.take()
      }
      handler?()
    }
  }

  /// Connects to a server.
  ///
  /// - Parameters:
  ///   - path: the server's socket file.
  ///   - timeLimit: how long an access may take, in nanoseconds.
  /// - Throws: `failed` where nobody listens, or another client is served.
  public convenience init(path: String, timeLimit: UInt64 = 10_000_000_000) throws(DeviceError) {
    let client: VFIOUserClient
    do throws(VFIOUserError) {
      client = try VFIOUserClient(path: path, timeLimit: timeLimit)
    } catch {
      throw DeviceError(.failed, "\(path): \(error.message); is a server running there, and free?")
    }
    try self.init(client)
  }

  /// Uses a connection, which belongs to this object from now on.
  ///
  /// - Throws: `lost`, `failed` when there are no descriptors or threads to be had.
  public init(_ client: VFIOUserClient) throws(DeviceError) {
    let count = try Self.translate { () throws(VFIOUserError) in
      try client.interruptType(Self.messageSignalled).count
    }
    let watch = Watch()
    do throws(SystemError) {
      interrupts = try InterruptCounters(
        // MSI has 32 vectors at most.
        count: min(count, 32), name: "vfio-user-irq", hangUp: client.hangUpEntry
      ) {
        // The connection stays open as long as its descriptor is waited for.
        withExtendedLifetime(client) { watch.lose() }
      }
    } catch {
      throw DeviceError(.failed, "no thread for interrupts: \(error)")
    }
    self.watch = watch
    self.client = client
  }

  deinit {
    interrupts.end()
    client.disconnect()
  }

  /// Whether the connection has ended; the function does not come back.
  public var isLost: Bool { watch.state.withLock { $0.isLost } || client.isDisconnected }

  /// Sets what is called once, on a thread of this object's, when the connection ends; at once if it has.
  public func setLossHandler(_ handler: (@Sendable () -> Void)?) {
    let isLate = watch.state.withLock { state in
      if !state.isLost { state.onLoss = handler }
      return state.isLost
    }
    if isLate { handler?() }
  }

  /// What is behind a socket is a program; memory of other processes is reached by messages.
  public var capabilities: DeviceCapabilities { [.emulated, .remoteMemory] }

  /// Reads a register or bytes of configuration space.
  ///
  /// - Throws: `invalid` for a place that the function does not have, `lost` once the connection has ended.
  public func read(region: Int, offset: UInt64, width: Int) throws(DeviceError) -> UInt64 {
    try Self.translate { () throws(VFIOUserError) in try client.read(region: region, offset: offset, width: width) }
  }

  /// Writes a register or bytes of configuration space; complete when it returns.
  ///
  /// - Throws: as `read`.
  public func write(_ value: UInt64, region: Int, offset: UInt64, width: Int) throws(DeviceError) {
    try Self.translate { () throws(VFIOUserError) in
      try client.write(value, region: region, offset: offset, width: width)
    }
  }

  /// Maps memory by its file, or serves it by messages.
  ///
  /// - Throws: `invalid` for an empty or overlapping range or any PASID, `lost`, `failed`.
  public func map(
    _ memory: DeviceMemory, iova: UInt64, permissions: DevicePermissions, pasid: UInt32?
  ) throws(DeviceError) {
    try Self.check(pasid)
    guard memory.length > 0 else { throw DeviceError(.invalid, "an empty range cannot be mapped") }
    let permissions = VFIOUserPermissions(rawValue: permissions.rawValue)
    try Self.translate { () throws(VFIOUserError) in
      if let file = memory.file {
        try client.mapMemory(
          iova: iova, length: UInt64(memory.length), permissions: permissions, descriptor: file.descriptor,
          offset: memory.fileOffset)
      } else {
        try client.mapMemory(
          iova: iova, length: UInt64(memory.length), permissions: permissions,
          memory: ServedDeviceMemory(memory, iova: iova))
      }
    }
  }

  /// Serves another process's memory by messages.
  ///
  /// - Throws: as `map`.
  public func mapRemote(
    _ memory: any RemoteMemory, iova: UInt64, length: UInt64, permissions: DevicePermissions, pasid: UInt32?
  ) throws(DeviceError) {
    try Self.check(pasid)
    try Self.translate { () throws(VFIOUserError) in
      try client.mapMemory(
        iova: iova, length: length, permissions: VFIOUserPermissions(rawValue: permissions.rawValue),
        memory: ServedRemoteMemory(memory))
    }
  }

  /// Takes mappings away; returns when the device no longer uses them.
  ///
  /// - Throws: `invalid` for a range that is empty or cuts a mapping, or any PASID; `lost`.
  public func unmap(iova: UInt64, length: UInt64, pasid: UInt32?) throws(DeviceError) {
    try Self.check(pasid)
    try Self.translate { () throws(VFIOUserError) in try client.unmapMemory(iova: iova, length: length) }
  }

  /// Sets what is called, on a thread of this object's own, after interrupts of a vector.
  ///
  /// - Throws: `invalid` for a vector that the function does not have, `lost`.
  public func setInterruptHandler(vector: Int, _ handler: (@Sendable () -> Void)?) throws(DeviceError) {
    guard interrupts.counters.indices.contains(vector) else {
      throw DeviceError(.invalid, "no interrupt vector \(vector): the function has \(interrupts.counters.count)")
    }
    interrupts.setHandler(vector: vector, handler)
    guard handler != nil, !isConnected.withLock({ $0 }) else { return }
    // All at once, as hardware enables them; twice is the same as once.
    try Self.translate { () throws(VFIOUserError) in
      try client.setInterrupts(
        index: Self.messageSignalled, start: 0, count: interrupts.counters.count, action: .trigger,
        data: .counters(interrupts.counters))
    }
    isConnected.withLock { $0 = true }
  }

  /// Resets the function; memory and handlers stay.
  ///
  /// - Throws: `lost`, `failed`.
  public func reset() throws(DeviceError) {
    try Self.translate { () throws(VFIOUserError) in try client.reset() }
  }

  private static func check(_ pasid: UInt32?) throws(DeviceError) {
    if let pasid { throw DeviceError(.invalid, "the function has no PASID \(pasid)") }
  }

  private static func translate<Result>(_ body: () throws(VFIOUserError) -> Result) throws(DeviceError) -> Result {
    do throws(VFIOUserError) {
      return try body()
    } catch {
      switch error.code {
      case .invalid, .exists, .notFound, .tooLarge, .fault: throw DeviceError(.invalid, error.message)
      case .disconnected, .timedOut, .protocolViolation: throw DeviceError(.lost, error.message)
      case .unsupported, .busy, .failed: throw DeviceError(.failed, error.message)
      }
    }
  }
}

/// Memory of this process, which the device reaches by messages.
///
/// `@unchecked Sendable`: constant; the memory is shared with a device anyway.
private final class ServedDeviceMemory: VFIOUserMemory, @unchecked Sendable {
  private let memory: DeviceMemory
  private let iova: UInt64

  init(_ memory: DeviceMemory, iova: UInt64) {
    self.memory = memory
    self.iova = iova
  }

  func read(iova address: UInt64, into data: inout MutableRawSpan) throws(VFIOUserError) {
    let place = try place(address, data.byteCount)
    unsafe data.withUnsafeMutableBytes { buffer in
      unsafe buffer.copyMemory(from: UnsafeRawBufferPointer(start: memory.base + place, count: buffer.count))
    }
    if memory.mapping?.isPoisoned == true { throw VFIOUserError(.fault, "the memory's file became shorter") }
  }

  func write(iova address: UInt64, from data: RawSpan) throws(VFIOUserError) {
    let place = try place(address, data.byteCount)
    unsafe data.withUnsafeBytes { buffer in
      unsafe UnsafeMutableRawBufferPointer(start: memory.base + place, count: buffer.count).copyMemory(from: buffer)
    }
  }

  private func place(_ address: UInt64, _ count: Int) throws(VFIOUserError) -> Int {
    guard address >= iova, address - iova <= UInt64(memory.length), count <= memory.length - Int(address - iova) else {
      throw VFIOUserError(.fault, "an access outside of the memory")
    }
    return Int(address - iova)
  }
}

/// Another process's memory, which the device reaches by messages.
private final class ServedRemoteMemory: VFIOUserMemory {
  private let memory: any RemoteMemory

  init(_ memory: any RemoteMemory) {
    self.memory = memory
  }

  func read(iova: UInt64, into data: inout MutableRawSpan) throws(VFIOUserError) {
    let isRead = unsafe data.withUnsafeMutableBytes { unsafe memory.read(address: iova, into: $0) }
    guard isRead else { throw VFIOUserError(.fault, "the process's memory cannot be read there") }
  }

  func write(iova: UInt64, from data: RawSpan) throws(VFIOUserError) {
    let isWritten = unsafe data.withUnsafeBytes { unsafe memory.write(address: iova, from: $0) }
    guard isWritten else { throw VFIOUserError(.fault, "the process's memory cannot be written there") }
  }
}
