// Reading messages, by whoever has the turn.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

extension VFIOUserError {
  /// The other end closed the connection.
  static var endOfStream: VFIOUserError { VFIOUserError(.disconnected, "the other end closed the connection") }

  /// A read or write of the socket failed.
  fileprivate init(connectionLost error: SystemError) {
    self =
      error.errno == SystemError.timedOut
      ? VFIOUserError(.timedOut, "the other end stopped within a message")
      : VFIOUserError(.disconnected, "the connection ended: \(error.message)")
  }
}

extension Channel {
  /// Waits for the next command, on the one thread that serves.
  ///
  /// - Parameters:
  ///   - slot: receives it; what it had before is gone.
  ///   - deadline: when to give up; nil never.
  /// - Throws: why the connection ended, `timedOut` where it has to.
  func nextCommand(into slot: MessageSlot, before deadline: UInt64? = nil) throws(VFIOUserError) {
    while true {
      switch try chooseServiceStep(slot) {
      case .taken:
        return
      case .park:
        _ = serviceWakeUp.wait(nanoseconds: .max)
      case .read:
        let received = try readOne(into: slot, deadline: deadline, for: nil)
        passTurn()
        if received == .command { return }
        if let deadline, MonotonicClock.now() >= deadline {
          throw VFIOUserError(.timedOut, "the client says nothing")
        }
      }
    }
  }

  private enum ServiceStep {
    case taken
    case read
    case park
  }

  private func chooseServiceStep(_ slot: MessageSlot) throws(VFIOUserError) -> ServiceStep {
    try state.withLock { (state) throws(VFIOUserError) in
      state.serviceIsParked = false
      if let end = state.end { throw end }
      if state.isStopping { throw VFIOUserError(.disconnected, "the server stops") }
      if !state.commands.isEmpty {
        let first = state.commands.removeFirst()
        slot.exchange(with: first)
        first.closeDescriptors()
        state.waitingBytes -= Int(slot.header.size)
        // A reader may have stopped since too much was waiting.
        if !state.isReading { wakeReader(&state) }
        return .taken
      }
      if !state.isReading {
        state.isReading = true
        state.serviceIsReading = true
        return .read
      }
      state.serviceIsParked = true
      return .park
    }
  }

  /// What a message turned out to be.
  enum Received {
    /// Nothing came in time.
    case nothing
    /// A command, which is in the slot.
    case command
    /// A reply, which was handed to who waits for it.
    case reply
  }

  /// Reads one message, with the turn to read; a failure ends the connection.
  ///
  /// - Parameters:
  ///   - slot: receives it.
  ///   - deadline: when to give up waiting for its start; nil never.
  ///   - waiter: whose slot it is; its own reply stays there.
  /// - Throws: why the connection ended. The turn to read is kept, as nobody else can read any more.
  func readOne(into slot: MessageSlot, deadline: UInt64?, for waiter: ReplyWaiter?) throws(VFIOUserError) -> Received {
    do throws(VFIOUserError) {
      guard try readMessage(into: slot, deadline: deadline) else { return .nothing }
      if slot.header.isCommand { return .command }
      try deliver(slot, reader: waiter)
      return .reply
    } catch {
      close(error)
      throw end ?? error
    }
  }

  /// Reads one message where only the reply of one command can come: header and body at once.
  ///
  /// - Parameters:
  ///   - waiter: who sent the command, and has the turn.
  ///   - bodySize: the size of its reply's body.
  /// - Throws: why the connection ended.
  func readAlone(into waiter: ReplyWaiter, bodySize: Int) throws(VFIOUserError) -> Received {
    let (slot, start) = (waiter.slot, VFIOUserHeader.byteCount)
    do throws(VFIOUserError) {
      slot.buffer.reserve(start + bodySize)
      let count: Int
      do throws(SystemError) {
        var received = try unsafe slot.buffer.withBuffer(0..<start + bodySize) { (buffer) throws(SystemError) in
          try unsafe socket.receive(into: buffer)
        }
        if received > 0 && received < start { received += try receive(received..<start, of: slot) }
        count = received
      } catch {
        if error.errno == SystemError.temporarilyUnavailable { return .nothing }
        throw VFIOUserError(connectionLost: error)
      }
      guard count >= start else { throw .endOfStream }
      slot.header = try slot.buffer.withBytes(0..<start) { (bytes) throws(VFIOUserError) in
        try VFIOUserHeader(decoding: bytes)
      }
      let end = Int(slot.header.size)
      guard count <= end else {
        throw VFIOUserError(.protocolViolation, "something follows the reply that nobody asked for")
      }
      if slot.header.isReply && slot.header.messageID != waiter.messageID {
        throw VFIOUserError(.protocolViolation, "a reply to no command")
      }
      try receiveRest(count..<end, of: slot)
      return slot.header.isReply ? .reply : .command
    } catch {
      close(error)
      throw self.end ?? error
    }
  }

  private func receiveRest(_ range: Range<Int>, of slot: MessageSlot) throws(VFIOUserError) {
    guard !range.isEmpty else { return }
    slot.buffer.reserve(range.upperBound)
    do throws(SystemError) {
      if try receive(range, of: slot) < range.count { throw SystemError(errno: 0, operation: "recv") }
    } catch {
      throw error.errno == 0 ? .endOfStream : VFIOUserError(connectionLost: error)
    }
  }

  private func readMessage(into slot: MessageSlot, deadline: UInt64?) throws(VFIOUserError) -> Bool {
    let size = VFIOUserHeader.byteCount
    do throws(SystemError) {
      if let deadline, case .server = role {
        let now = MonotonicClock.now()
        guard now < deadline, try socket.descriptor.poll(for: .readable, nanoseconds: deadline - now) != [] else {
          return false
        }
      }
      // Exactly the header: more would take bytes of the next message, and this one's descriptors would be lost in it.
      var count = try unsafe slot.buffer.withBuffer(0..<size) { (buffer) throws(SystemError) in
        try unsafe socket.receive(into: buffer, descriptors: &slot.descriptors)
      }
      if count > 0 && count < size { count += try receive(count..<size, of: slot) }
      if count < size { throw SystemError(errno: 0, operation: "recv") }
    } catch {
      if error.errno == 0 { throw .endOfStream }
      if error.errno == SystemError.temporarilyUnavailable { return false }
      throw VFIOUserError(connectionLost: error)
    }
    slot.header = try slot.buffer.withBytes(0..<size) { (bytes) throws(VFIOUserError) in
      try VFIOUserHeader(decoding: bytes)
    }
    try receiveRest(size..<Int(slot.header.size), of: slot)
    return true
  }

  private func receive(_ range: Range<Int>, of slot: MessageSlot) throws(SystemError) -> Int {
    try unsafe slot.buffer.withBuffer(range) { (buffer) throws(SystemError) in
      try unsafe socket.receiveAll(into: buffer, nanoseconds: Self.transferLimit)
    }
  }

  /// Gives a reply to who waits for it.
  private func deliver(_ slot: MessageSlot, reader: ReplyWaiter?) throws(VFIOUserError) {
    try state.withLock { (state) throws(VFIOUserError) in
      let id = slot.header.messageID
      if let index = state.waiters.firstIndex(where: { $0.messageID == id && !$0.isDone }) {
        let waiter = state.waiters[index]
        waiter.isDone = true
        if waiter !== reader {
          waiter.slot.exchange(with: slot)
          waiter.wakeUp.signal()
        }
      } else if let index = state.abandoned.firstIndex(of: id) {
        // Its command's time was up; that it comes at all is no fault.
        state.abandoned.remove(at: index)
        slot.closeDescriptors()
      } else {
        throw VFIOUserError(.protocolViolation, "a reply to no command")
      }
    }
  }

  /// Gives the turn to read to who waits for it.
  func passTurn() {
    state.withLock { state in
      state.isReading = false
      state.serviceIsReading = false
      wakeReader(&state)
    }
  }

  /// Makes `nextCommand` throw: now if it waits, otherwise when the command that is being carried out is answered.
  func stopServing() {
    state.withLock { state in
      state.isStopping = true
      serviceWakeUp.signal()
      // The thread is in the kernel: what has arrived is still read, then comes the end of the stream.
      if state.serviceIsReading { socket.shutDownReceiving() }
    }
  }

  /// With the lock held and nobody reading: wakes a thread that sleeps, to read.
  func wakeReader(_ state: inout State) {
    if state.serviceIsParked {
      state.serviceIsParked = false
      serviceWakeUp.signal()
    } else if let waiter = state.waiters.first(where: { $0.isParked && !$0.isDone }) {
      waiter.isParked = false
      waiter.wakeUp.signal()
    }
  }
}
