// The mailbox of a function: one command at a time, each with a time limit.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import LinuxSystem
import Synchronization
import WarpDriveQueue

/// Carries out mailbox commands; threads take turns.
final class Mailbox: Sendable {
  /// What a context is passed in: larger than any of them.
  static let contextSize = 64

  /// Commands that have ended with an error, or not at all.
  let failures = Atomic<UInt64>(0)
  private let registers: FunctionRegisters
  private let turn = TimedSemaphore(value: 1)
  private let limit: UInt64
  private let drainLimit: UInt64
  /// Where contexts are put for the device, and at which offset.
  private let block: DeviceBlock
  private let offset: Int

  /// Makes the driver's side of a mailbox.
  ///
  /// - Parameters:
  ///   - limit: how long a command may take, nanoseconds.
  ///   - drainLimit: how long one may take that waits for requests.
  ///   - block: memory of the function's own address space, with `contextSize` bytes at `offset` for contexts.
  init(_ registers: FunctionRegisters, limit: UInt64, drainLimit: UInt64, block: DeviceBlock, offset: Int) {
    self.registers = registers
    self.limit = limit
    self.drainLimit = drainLimit
    self.block = block
    self.offset = offset
  }

  /// Carries out a command.
  ///
  /// - Returns: the data that a command which asks for some was answered with.
  /// - Throws: `timedOut` for a mailbox that stays busy, `failed` for a status other than 0, `deviceLost`.
  @discardableResult
  func perform(
    _ command: UInt32, queue: UInt16 = 0, base: UInt64 = 0, isGet: Bool = false
  ) throws(QueueError) -> UInt64 {
    try inTurn { () throws(QueueError) in try execute(command, queue: queue, base: base, isGet: isGet) }
  }

  /// Gives the device a context.
  ///
  /// - Throws: as `perform`.
  func set(_ command: UInt32, queue: UInt16 = 0, _ context: some BitwiseCopyable & Sendable) throws(QueueError) {
    try inTurn { () throws(QueueError) in
      block.store(context, at: offset)
      _ = try execute(command, queue: queue, base: block.address + UInt64(offset), isGet: false)
    }
  }

  /// Asks the device for a context.
  ///
  /// - Throws: as `perform`.
  func get<Context: BitwiseCopyable & Sendable>(
    _ command: UInt32, queue: UInt16, as type: Context.Type
  ) throws(QueueError) -> Context {
    try inTurn { () throws(QueueError) in
      _ = try execute(command, queue: queue, base: block.address + UInt64(offset), isGet: true)
      return block.load(offset, as: type)
    }
  }

  private func inTurn<Result>(_ body: () throws(QueueError) -> Result) throws(QueueError) -> Result {
    // Whoever is before this one has both waits, and a few may be.
    guard turn.wait(nanoseconds: 8 * (limit + drainLimit)) else {
      failures.wrappingAdd(1, ordering: .relaxed)
      throw QueueError(.timedOut, "the mailbox is in use for too long: reset the device")
    }
    defer { turn.signal() }
    do throws(QueueError) {
      return try body()
    } catch {
      failures.wrappingAdd(1, ordering: .relaxed)
      throw error
    }
  }

  private func execute(
    _ command: UInt32, queue: UInt16, base: UInt64, isGet: Bool
  ) throws(QueueError) -> UInt64 {
    try waitUntilIdle(limit, command)
    let word = command | HISI_MAILBOX_W0_BUSY | (isGet ? HISI_MAILBOX_W0_GET : 0)
    // The higher half last: the write that covers the last word begins the command.
    try registers.write64(UInt64(word) | UInt64(queue) << 16 | base << 32, HISI_MAILBOX)
    try registers.write64(base >> 32, HISI_MAILBOX + 8)
    let isDrain = command == HISI_MAILBOX_CMD_STOP_QP || command == HISI_MAILBOX_CMD_FLUSH_QM
    try waitUntilIdle(isDrain ? drainLimit : limit, command)
    let answer = try registers.read(HISI_MAILBOX)
    let status = answer >> HISI_MAILBOX_W0_STATUS_SHIFT & HISI_MAILBOX_W0_STATUS_MASK
    guard status == 0 else {
      throw QueueError(.failed, "mailbox command 0x\(String(command, radix: 16)) of queue \(queue): status \(status)")
    }
    guard isGet else { return 0 }
    return UInt64(try registers.read(HISI_MAILBOX + 8)) << 32 | UInt64(try registers.read(HISI_MAILBOX + 4))
  }

  private func waitUntilIdle(_ nanoseconds: UInt64, _ command: UInt32) throws(QueueError) {
    let isIdle = try registers.wait(HISI_MAILBOX, mask: HISI_MAILBOX_W0_BUSY, value: 0, nanoseconds: nanoseconds)
    guard isIdle else {
      throw QueueError(
        .timedOut, "the mailbox stays busy at command 0x\(String(command, radix: 16)): the device has to be reset")
    }
  }
}
