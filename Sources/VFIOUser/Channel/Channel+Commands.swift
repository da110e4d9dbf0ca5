// Sending commands and waiting for their replies.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

/// A command of this end: what is sent and how long the reply may take.
struct OutgoingCommand: ~Copyable {
  /// What is to be done.
  var command: VFIOUserCommand
  /// The size of the structure after the header; at most 240 bytes.
  var structureSize: Int
  /// When to give up, as a time of `MonotonicClock`.
  var deadline: UInt64
  /// The numbers of descriptors to attach.
  var descriptors: [Int32] = []
  /// The addresses that a memory access is about.
  var iovas: ClosedRange<UInt64>?
  /// Whether an error reply is for `decode` to judge, too.
  var takesErrors = false
  /// The size of the reply's body, if that is known and no descriptors come with it.
  var replySize: Int?

  init(_ command: VFIOUserCommand, structureSize: Int, deadline: UInt64) {
    self.command = command
    self.structureSize = structureSize
    self.deadline = deadline
  }
}

extension Channel {
  /// Sends a command and waits for its reply.
  ///
  /// - Parameters:
  ///   - command: what is sent.
  ///   - data: what follows the structure.
  ///   - encode: writes the structure; it is zeroed before.
  ///   - decode: reads the reply, which is no error; its body and descriptors are in the slot.
  /// - Throws: the error of the reply, `timedOut`, or why the connection ended.
  func transact<Result: ~Copyable>(
    _ command: consuming OutgoingCommand, data: RawSpan = RawSpan(), encode: (inout MutableRawSpan) -> Void,
    decode: (MessageSlot) throws(VFIOUserError) -> Result
  ) throws(VFIOUserError) -> Result {
    let waiter = try enlist(command)
    defer { dismiss(waiter) }
    try send(command, data, of: waiter, isPosted: false, encode)
    do throws(VFIOUserError) {
      if waiter.isAlone, let size = command.replySize {
        try awaitAlone(waiter, bodySize: size, until: command.deadline)
      } else {
        try awaitReply(of: waiter, until: command.deadline)
      }
    } catch {
      if error == Self.unanswered { close(error) }
      throw error
    }
    let header = waiter.slot.header
    guard header.command == command.command else {
      let error = VFIOUserError(.protocolViolation, "a reply has another command's number")
      close(error)
      throw error
    }
    if header.isError && !command.takesErrors {
      throw VFIOUserError(
        errno: Int32(truncatingIfNeeded: header.errorNumber), "the other end refused command \(header.command.rawValue)"
      )
    }
    return try decode(waiter.slot)
  }

  /// Sends a command that gets no reply.
  ///
  /// - Throws: why the connection ended.
  func post(
    _ command: consuming OutgoingCommand, data: RawSpan = RawSpan(), encode: (inout MutableRawSpan) -> Void
  ) throws(VFIOUserError) {
    let waiter = try state.withLock { (state) throws(VFIOUserError) in try register(nil, &state) }
    defer { dismiss(waiter) }
    // There is nothing to wait for: its number is free again as soon as it is sent.
    try send(command, data, of: waiter, isPosted: true, encode)
  }

  /// Ends the wait for memory accesses to a range of addresses with `fault`: the range goes.
  func cancelAccesses(to iovas: ClosedRange<UInt64>) {
    state.withLock { state in
      for waiter in state.waiters where !waiter.isDone && waiter.iovas?.overlaps(iovas) == true {
        waiter.failure = VFIOUserError(.fault, "the memory was unmapped during an access")
        waiter.wakeUp.signal()
      }
    }
  }

  private func send(
    _ command: borrowing OutgoingCommand, _ data: RawSpan, of waiter: ReplyWaiter, isPosted: Bool,
    _ encode: (inout MutableRawSpan) -> Void
  ) throws(VFIOUserError) {
    let size = VFIOUserHeader.byteCount + command.structureSize
    waiter.request.withMutableBytes(0..<size) { bytes in
      bytes.zero()
      let header = VFIOUserHeader(
        messageID: waiter.messageID, command: command.command, bodySize: command.structureSize + data.byteCount,
        isPosted: isPosted)
      header.encode(into: &bytes)
    }
    waiter.request.withMutableBytes(VFIOUserHeader.byteCount..<size) { encode(&$0) }
    let descriptors = command.descriptors
    try waiter.request.withBytes(0..<size) { (bytes) throws(VFIOUserError) in
      try send(bytes, data, descriptors: descriptors)
    }
  }

  /// Takes a waiter and a free message number.
  ///
  /// On a client, a command whose reply is known to be short is alone if nobody else waits: it takes the turn at once, and
  /// its reply is read with one call. Others send theirs when it is there, which costs them nothing: a server carries out
  /// commands in their order.
  private func enlist(_ command: borrowing OutgoingCommand) throws(VFIOUserError) -> ReplyWaiter {
    let (iovas, deadline, isShort) = (command.iovas, command.deadline, command.replySize != nil)
    while true {
      let waiter = try state.withLock { (state) throws(VFIOUserError) in
        if state.isAlone {
          if let end = state.end { throw end }
          let waiter = state.idleWaiters.popLast() ?? ReplyWaiter()
          state.delayed.append(waiter)
          return waiter
        }
        let isFirst = state.waiters.isEmpty && state.abandoned.isEmpty
        let waiter = try register(iovas, &state)
        if isShort && isFirst && !state.takesCommands && !state.isReading {
          state.isAlone = true
          state.isReading = true
          waiter.isAlone = true
        }
        return waiter
      }
      if waiter.messageID != 0 { return waiter }
      try delay(waiter, until: deadline)
    }
  }

  /// Sleeps until the one that is alone has its reply, and puts the waiter back.
  private func delay(_ waiter: ReplyWaiter, until deadline: UInt64) throws(VFIOUserError) {
    let isWoken = waiter.wakeUp.wait(nanoseconds: MonotonicClock.remaining(until: deadline))
    try state.withLock { (state) throws(VFIOUserError) in
      state.delayed.removeAll { $0 === waiter }
      while waiter.wakeUp.tryWait() {}
      if state.idleWaiters.count < Self.mostIdleWaiters { state.idleWaiters.append(waiter) }
      if let end = state.end { throw end }
      if !isWoken { throw VFIOUserError(.timedOut, "the other end did not answer in time") }
    }
  }

  /// With the lock held: takes a waiter and a free message number, which is not 0.
  private func register(_ iovas: ClosedRange<UInt64>?, _ state: inout State) throws(VFIOUserError) -> ReplyWaiter {
    if let end = state.end { throw end }
    let waiter = state.idleWaiters.popLast() ?? ReplyWaiter()
    repeat {
      state.nextID &+= 1
    } while state.nextID == 0 || Self.isTaken(state.nextID, state)
    waiter.messageID = state.nextID
    waiter.isDone = false
    waiter.isParked = false
    waiter.isAlone = false
    waiter.failure = nil
    waiter.iovas = iovas
    state.waiters.append(waiter)
    return waiter
  }

  private static var unanswered: VFIOUserError {
    VFIOUserError(.timedOut, "the other end has left too many commands without an answer")
  }

  private static func isTaken(_ id: UInt16, _ state: borrowing State) -> Bool {
    state.waiters.contains { $0.messageID == id } || state.abandoned.contains(id)
  }

  /// Puts a waiter back; also one that sent nothing.
  private func dismiss(_ waiter: ReplyWaiter) {
    waiter.slot.closeDescriptors()
    // Wake-ups that came too late must not end the next sleep.
    while waiter.wakeUp.tryWait() {}
    state.withLock { state in
      if let index = state.waiters.firstIndex(where: { $0 === waiter }) { state.waiters.remove(at: index) }
      if waiter.isAlone {
        state.isAlone = false
        state.isReading = false
        for delayed in state.delayed { delayed.wakeUp.signal() }
      }
      // Tells the one that is kept for later from one that has a command.
      waiter.messageID = 0
      if state.idleWaiters.count < Self.mostIdleWaiters { state.idleWaiters.append(waiter) }
      // This thread may have been woken to read, and leaves instead.
      if !state.isReading { wakeReader(&state) }
    }
  }

  /// Waits for the reply of a command that is alone, with the turn to read.
  private func awaitAlone(_ waiter: ReplyWaiter, bodySize: Int, until deadline: UInt64) throws(VFIOUserError) {
    while true {
      switch try readAlone(into: waiter, bodySize: bodySize) {
      case .reply:
        return
      case .command:
        _ = keepCommand(in: waiter.slot)
      case .nothing:
        guard MonotonicClock.now() >= deadline else { continue }
        state.withLock { $0.abandoned.append(waiter.messageID) }
        throw VFIOUserError(.timedOut, "the other end did not answer in time")
      }
    }
  }

  private enum WaiterStep {
    case done
    case read
    case park
  }

  private func awaitReply(of waiter: ReplyWaiter, until deadline: UInt64) throws(VFIOUserError) {
    var hasTurn = false
    // The turn is passed on whatever happens; if the connection ended, nobody needs it.
    defer { if hasTurn { passTurn() } }
    while true {
      switch try chooseStep(waiter, hasTurn: hasTurn, isLate: MonotonicClock.now() >= deadline) {
      case .done:
        return
      case .park:
        _ = waiter.wakeUp.wait(nanoseconds: MonotonicClock.remaining(until: deadline))
      case .read:
        hasTurn = true
        // In slices, so that a cancelled wait ends soon.
        let slice = min(deadline, MonotonicClock.deadline(after: Self.readSlice))
        if try readOne(into: waiter.slot, deadline: slice, for: waiter) == .command {
          if !keepCommand(in: waiter.slot) {
            hasTurn = false
            passTurn()
          }
        }
      }
    }
  }

  private func chooseStep(_ waiter: ReplyWaiter, hasTurn: Bool, isLate: Bool) throws(VFIOUserError) -> WaiterStep {
    try state.withLock { (state) throws(VFIOUserError) in
      waiter.isParked = false
      if waiter.isDone { return .done }
      if let end = state.end { throw end }
      if isLate || waiter.failure != nil {
        // Its reply may still come, and must not be taken for another's.
        state.abandoned.append(waiter.messageID)
        waiter.isDone = true
        if state.abandoned.count > Self.mostAbandoned { throw Self.unanswered }
        throw waiter.failure ?? VFIOUserError(.timedOut, "the other end did not answer in time")
      }
      if hasTurn { return .read }
      if !state.isReading && state.waitingBytes < Self.mostWaitingBytes {
        state.isReading = true
        return .read
      }
      waiter.isParked = true
      return .park
    }
  }

  /// Does with a command what this end does with one: a client carries it out, a server keeps it for its thread.
  ///
  /// - Returns: false if so much is kept that reading has to stop.
  func keepCommand(in slot: MessageSlot) -> Bool {
    switch role {
    case .client(let perform):
      perform(slot, self)
      slot.closeDescriptors()
      return true
    case .server:
      let kept = MessageSlot()
      kept.exchange(with: slot)
      return state.withLock { state in
        state.commands.append(kept)
        state.waitingBytes += Int(kept.header.size)
        if state.serviceIsParked {
          state.serviceIsParked = false
          serviceWakeUp.signal()
        }
        return state.waitingBytes < Self.mostWaitingBytes
      }
    }
  }
}
