// Memory, interrupts, reset and everything else that is not a region.
// SPDX-License-Identifier: Apache-2.0

public import LinuxSystem

extension VFIOUserClient {
  // MARK: - Memory

  /// Lets the device reach memory that it maps itself.
  ///
  /// - Parameters:
  ///   - iova: where the device is to see it.
  ///   - length: its length in bytes.
  ///   - permissions: what the device may do with it.
  ///   - descriptor: the file that holds it; it stays the caller's.
  ///   - offset: where it begins in the file.
  /// - Throws: `exists` for a range that overlaps another, `invalid`, `failed` with what mapping reported.
  public func mapMemory(
    iova: UInt64, length: UInt64, permissions: VFIOUserPermissions = .readWrite,
    descriptor: borrowing FileDescriptor, offset: UInt64 = 0
  ) throws(VFIOUserError) {
    try map(iova, length, permissions, offset, [descriptor.number])
  }

  /// Lets the device reach memory by messages, which `memory` carries out, on any thread that waits for a reply or on one
  /// of the client's own.
  ///
  /// - Parameters:
  ///   - iova: where the device is to see it; also what `memory` gets as the address.
  ///   - length: its length in bytes.
  ///   - permissions: what the device may do with it.
  ///   - memory: does the accesses; it must not use this client.
  /// - Throws: `exists` for a range that overlaps another, `invalid`.
  public func mapMemory(
    iova: UInt64, length: UInt64, permissions: VFIOUserPermissions = .readWrite, memory: any VFIOUserMemory
  ) throws(VFIOUserError) {
    let range = try Self.range(iova, length)
    // Before the device may use it, which can be before the reply is here.
    let id = served.add(range, permissions, memory)
    do throws(VFIOUserError) {
      try startBackground()
      try map(iova, length, permissions, 0, [])
    } catch {
      served.remove(id)
      throw error
    }
  }

  /// Lets the device reach memory by some way of its own, which is agreed on elsewhere.
  ///
  /// - Parameters:
  ///   - iova: where the device is to see it.
  ///   - length: its length in bytes.
  ///   - permissions: what the device may do with it.
  /// - Throws: `exists` for a range that overlaps another, `invalid`, and what the device says.
  public func mapMemory(
    iova: UInt64, length: UInt64, permissions: VFIOUserPermissions = .readWrite
  ) throws(VFIOUserError) {
    try map(iova, length, permissions, 0, [])
  }

  private func map(
    _ iova: UInt64, _ length: UInt64, _ permissions: VFIOUserPermissions, _ offset: UInt64, _ descriptors: [Int32]
  ) throws(VFIOUserError) {
    var outgoing = command(.mapMemory, structureSize: 32)
    outgoing.descriptors = descriptors
    try channel.transact(outgoing) { bytes in
      bytes.store(32 as UInt32, at: 0)
      bytes.store(permissions.rawValue, at: 4)
      bytes.store(offset, at: 8)
      bytes.store(iova, at: 16)
      bytes.store(length, at: 24)
    } decode: { (_) throws(VFIOUserError) in
    }
  }

  /// Takes away every mapping within a range; returns when the device no longer uses them.
  ///
  /// - Throws: `invalid` for a range that cuts a mapping in two, is empty, or passes 2^64.
  public func unmapMemory(iova: UInt64, length: UInt64) throws(VFIOUserError) {
    let range = try Self.range(iova, length)
    try unmap(iova, length, flags: 0)
    served.removeAll(within: range)
  }

  /// Takes away every mapping.
  ///
  /// - Throws: as every command.
  public func unmapAllMemory() throws(VFIOUserError) {
    try unmap(0, 0, flags: VFIOUserRequest.unmapAllFlag)
    served.removeAll(within: 0...UInt64.max)
  }

  private func unmap(_ iova: UInt64, _ length: UInt64, flags: UInt32) throws(VFIOUserError) {
    try channel.transact(command(.unmapMemory, structureSize: 24)) { bytes in
      bytes.store(24 as UInt32, at: 0)
      bytes.store(flags, at: 4)
      bytes.store(iova, at: 8)
      bytes.store(length, at: 16)
    } decode: { (_) throws(VFIOUserError) in
    }
  }

  private static func range(_ iova: UInt64, _ length: UInt64) throws(VFIOUserError) -> ClosedRange<UInt64> {
    guard length >= 1, !iova.addingReportingOverflow(length - 1).overflow else {
      throw VFIOUserError(.invalid, "a range is empty or passes the end of the address space")
    }
    return iova...(iova + (length - 1))
  }

  // MARK: - Interrupts

  /// Describes a type of interrupt.
  ///
  /// - Throws: `invalid` for an index that the device does not have.
  public func interruptType(_ index: Int) throws(VFIOUserError) -> VFIOUserInterruptType {
    try channel.transact(command(.interruptInformation, structureSize: 16)) { bytes in
      bytes.store(16 as UInt32, at: 0)
      bytes.store(UInt32(truncatingIfNeeded: index), at: 8)
    } decode: { (reply) throws(VFIOUserError) -> VFIOUserInterruptType in
      try reply.withBody { (body) throws(VFIOUserError) in
        try Self.check(body, atLeast: 16)
        return VFIOUserInterruptType(
          count: Int(body.uint32(at: 12)), flags: VFIOUserInterruptType.Flags(rawValue: body.uint32(at: 4)))
      }
    }
  }

  /// Sets what happens with interrupts.
  ///
  /// More counters than one message may carry are sent with several; if one of these fails, the earlier ones hold.
  ///
  /// - Parameters:
  ///   - index: the type of interrupt (0: INTx, 1: MSI, 2: MSI-X, 3: error, 4: request).
  ///   - start: the first interrupt.
  ///   - count: how many; 0 with `.trigger` and `.none` disables all of the type.
  ///   - action: what is meant.
  ///   - data: for which of them, or with which counters.
  /// - Throws: `invalid` for interrupts that the device does not have, or counts that contradict each other.
  public func setInterrupts(
    index: Int, start: Int, count: Int, action: VFIOUserInterruptAction, data: VFIOUserInterruptData
  ) throws(VFIOUserError) {
    switch data {
    case .none:
      try setInterrupts(index, start, count, action, dataFlag: 1 << 0, [], [])
    case .flags(let flags):
      guard flags.count == count else { throw VFIOUserError(.invalid, "not one flag for each interrupt") }
      try setInterrupts(index, start, count, action, dataFlag: 1 << 1, flags.map { $0 ? 1 : 0 }, [])
    case .counters(let counters):
      guard counters.isEmpty || counters.count == count else {
        throw VFIOUserError(.invalid, "not one counter for each interrupt")
      }
      let most = max(
        min(
          capabilities.maxDescriptors ?? VFIOUserCapabilities.defaultMaxDescriptors, ReceivedDescriptors.most), 1)
      var done = 0
      repeat {
        let part = counters.isEmpty ? count : min(count - done, most)
        let numbers = counters.isEmpty ? [] : counters[done..<done + part].map { $0.descriptor.number }
        try setInterrupts(index, start + done, part, action, dataFlag: 1 << 2, [], numbers)
        done += part
      } while done < count
    }
  }

  private func setInterrupts(
    _ index: Int, _ start: Int, _ count: Int, _ action: VFIOUserInterruptAction, dataFlag: UInt32, _ flags: [UInt8],
    _ descriptors: [Int32]
  ) throws(VFIOUserError) {
    let actionFlag: UInt32 =
      switch action {
      case .mask: 1 << 3
      case .unmask: 1 << 4
      case .trigger: 1 << 5
      }
    var outgoing = command(.setInterrupts, structureSize: 20)
    outgoing.descriptors = descriptors
    try unsafe channel.transact(outgoing, data: flags.span.bytes) { bytes in
      bytes.store(UInt32(20 + flags.count), at: 0)
      bytes.store(actionFlag | dataFlag, at: 4)
      bytes.store(UInt32(truncatingIfNeeded: index), at: 8)
      bytes.store(UInt32(truncatingIfNeeded: start), at: 12)
      bytes.store(UInt32(truncatingIfNeeded: count), at: 16)
    } decode: { (_) throws(VFIOUserError) in
    }
  }

  // MARK: - The rest

  /// Resets the device.
  ///
  /// - Parameter timeLimit: how long that may take, in nanoseconds; the client's own limit unless given.
  /// - Throws: as every command.
  public func reset(timeLimit: UInt64? = nil) throws(VFIOUserError) {
    try channel.transact(command(.reset, structureSize: 0, timeLimit: timeLimit)) { _ in
    } decode: { (_) throws(VFIOUserError) in
    }
  }

  /// Gets, sets or probes a feature of the device.
  ///
  /// - Parameters:
  ///   - feature: the feature's index.
  ///   - operation: what is to be done.
  ///   - data: what goes with it.
  ///   - capacity: the most bytes of data in the reply.
  /// - Returns: the data of the reply.
  /// - Throws: `failed` with `ENOTTY` for a feature that the device does not have.
  public func feature(
    _ feature: UInt16, _ operation: VFIOUserFeatureOperation, data: [UInt8] = [], capacity: Int = 4096
  ) throws(VFIOUserError) -> [UInt8] {
    try unsafe channel.transact(command(.feature, structureSize: 8), data: data.span.bytes) { bytes in
      bytes.store(UInt32(8 + max(capacity, data.count)), at: 0)
      bytes.store(UInt32(feature) | operation.rawValue, at: 4)
    } decode: { (reply) throws(VFIOUserError) -> [UInt8] in
      try reply.withBody { (body) throws(VFIOUserError) in
        try Self.check(body, atLeast: 8)
        return body.array(8..<body.byteCount)
      }
    }
  }

  /// Reads the device's state for a migration.
  ///
  /// - Returns: at most `count` bytes; fewer are the end.
  /// - Throws: `unsupported` if the device cannot be migrated.
  public func readMigrationData(_ count: Int) throws(VFIOUserError) -> [UInt8] {
    try channel.transact(command(.readMigrationData, structureSize: 8)) { bytes in
      bytes.store(UInt32(8 + count), at: 0)
      bytes.store(UInt32(count), at: 4)
    } decode: { (reply) throws(VFIOUserError) -> [UInt8] in
      try reply.withBody { (body) throws(VFIOUserError) in
        try Self.check(body, atLeast: 8)
        return body.array(8..<body.byteCount)
      }
    }
  }

  /// Gives the device a migrated state.
  ///
  /// - Throws: `unsupported` if the device cannot be migrated.
  public func writeMigrationData(_ data: [UInt8]) throws(VFIOUserError) {
    try unsafe channel.transact(command(.writeMigrationData, structureSize: 8), data: data.span.bytes) { bytes in
      bytes.store(UInt32(8 + data.count), at: 0)
      bytes.store(UInt32(data.count), at: 4)
    } decode: { (_) throws(VFIOUserError) in
    }
  }

  /// Sends a command that the protocol does not have.
  ///
  /// - Parameters:
  ///   - number: the command's number.
  ///   - body: what follows the header; at most 4096 bytes.
  ///   - timeLimit: how long the reply may take, in nanoseconds; the client's own limit unless given.
  /// - Returns: the reply's body.
  /// - Throws: `unsupported` if the device does not have the command, or what it threw.
  public func perform(
    command number: UInt16, body: [UInt8] = [], timeLimit: UInt64? = nil
  ) throws(VFIOUserError) -> [UInt8] {
    let outgoing = command(VFIOUserCommand(rawValue: number), structureSize: 0, timeLimit: timeLimit)
    return try unsafe channel.transact(outgoing, data: body.span.bytes) { _ in
    } decode: { (reply) throws(VFIOUserError) -> [UInt8] in
      reply.withBody { (body) in body.array(0..<body.byteCount) }
    }
  }
}
