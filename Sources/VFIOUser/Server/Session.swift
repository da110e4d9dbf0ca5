// One client, from its first message to its last.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

/// Carries out one client's commands, in their order, on one thread.
final class Session {
  let channel: Channel
  let device: any VFIOUserDevice
  /// What the device has; asked for once a client was admitted.
  private(set) var information = VFIOUserDeviceInformation(flags: [], regions: [], interrupts: [])
  let connection: ConnectionReference
  private let peer: UnixSocket.PeerCredentials
  private let options: VFIOUserServer.Options
  private let counters: ServerCounters
  private let slot = MessageSlot()
  private let reply = MessageBuffer(capacity: 4096)
  private var isConnected = false
  var mappings = MappingTable()
  /// How many descriptors the client takes with one message.
  var mostDescriptors = VFIOUserCapabilities.defaultMaxDescriptors

  init(
    _ channel: Channel, device: any VFIOUserDevice, peer: UnixSocket.PeerCredentials,
    options: VFIOUserServer.Options, counters: ServerCounters
  ) {
    self.channel = channel
    self.device = device
    self.peer = peer
    self.options = options
    self.counters = counters
    connection = ConnectionReference(channel)
  }

  /// Serves until the client is gone, breaks the protocol, or the server stops; then cleans up.
  ///
  /// - Returns: why it ended.
  func run() -> VFIOUserError {
    let reason = serve()
    if reason.code == .protocolViolation { counters.violations.add() }
    // First, so that no thread of the device waits for the client any more.
    channel.close(reason)
    if isConnected { device.disconnected() }
    connection.drop()
    return reason
  }

  private func serve() -> VFIOUserError {
    let deadline = MonotonicClock.deadline(after: options.negotiationTimeLimit)
    while true {
      do throws(VFIOUserError) {
        try channel.nextCommand(into: slot, before: isConnected ? nil : deadline)
        try carryOut(slot.header)
      } catch {
        return error
      }
    }
  }

  /// Carries out a command and answers it.
  ///
  /// - Throws: why the connection has to end.
  private func carryOut(_ header: VFIOUserHeader) throws(VFIOUserError) {
    counters.commands.add()
    defer { slot.closeDescriptors() }
    let request: VFIOUserRequest
    do throws(VFIOUserError) {
      request = try slot.withBody { (body) throws(VFIOUserError) in try VFIOUserRequest(decoding: body, of: header) }
      try checkDescriptors(of: request)
    } catch {
      counters.failures.add()
      // Nobody would learn of it, and a sender of malformed messages is not one to go on with.
      if header.isPosted { throw VFIOUserError(.protocolViolation, "a posted command is malformed: \(error.message)") }
      try refuse(header, error)
      return
    }
    do throws(VFIOUserError) {
      if case .version(let major, let minor, let capabilities) = request {
        try negotiate(header, major, minor, capabilities)
      } else {
        guard isConnected else { throw VFIOUserError(.protocolViolation, "the first command is not the version") }
        try perform(request, header)
      }
    } catch {
      if channel.end != nil { throw error }
      counters.failures.add()
      try refuse(header, error)
      // Without a version there is nothing to talk about.
      if !isConnected { throw error }
    }
  }

  private func checkDescriptors(of request: VFIOUserRequest) throws(VFIOUserError) {
    let most: Int
    switch request {
    case .mapMemory: most = 1
    case .setInterrupts(_, _, let count, _, .counters): most = Int(clamping: count)
    default: most = 0
    }
    guard !slot.descriptors.isTruncated, slot.descriptors.count <= most else {
      throw VFIOUserError(.invalid, "a command came with descriptors that it does not have")
    }
  }

  private func negotiate(
    _ header: VFIOUserHeader, _ major: UInt16, _ minor: UInt16, _ range: Range<Int>
  ) throws(VFIOUserError) {
    guard !isConnected else { throw VFIOUserError(.invalid, "the version is agreed on already") }
    // Nothing above 0.0 exists; a client of a later minor version takes this one, of another major does not.
    guard major == 0 else { throw VFIOUserError(.unsupported, "only version 0 of the protocol is supported") }
    let proposed = try slot.withBody { (body) throws(VFIOUserError) in
      try VFIOUserCapabilities(parsing: body.extracting(range))
    }
    mostDescriptors = min(
      proposed.maxDescriptors ?? VFIOUserCapabilities.defaultMaxDescriptors, ReceivedDescriptors.most)
    let memory = ClientMemory(
      connection, largest: proposed.maxTransfer ?? VFIOUserCapabilities.defaultMaxTransfer,
      timeLimit: options.memoryTimeLimit)
    try device.admit(peer)
    // From here on the device is told when the client goes.
    isConnected = true
    information = device.information
    device.connected(memory: memory, peer: peer)
    // Who sent no text is not known to read one.
    let text = range.isEmpty ? [] : VFIOUserCapabilities.own.proposed(by: proposed).text()
    try respond(header, bodySize: 4 + text.count) { body in
      body.store(0 as UInt16, at: 0)
      body.store(0 as UInt16, at: 2)
      unsafe body.copy(text.span.bytes, at: 4)
    }
  }

  private func refuse(_ header: VFIOUserHeader, _ error: VFIOUserError) throws(VFIOUserError) {
    guard !header.isPosted else { return }
    let size = VFIOUserHeader.byteCount
    reply.withMutableBytes(0..<size) { VFIOUserHeader(replyTo: header, error: error).encode(into: &$0) }
    try reply.withBytes(0..<size) { (bytes) throws(VFIOUserError) in try channel.send(bytes) }
  }

  /// Answers a command, unless nobody wants to know.
  ///
  /// - Parameters:
  ///   - header: the command's.
  ///   - bodySize: the size of the answer without its header.
  ///   - descriptors: numbers of descriptors to attach.
  ///   - encode: writes the body, which is zeroed before. What it throws goes to the caller, and nothing is sent.
  func respond(
    _ header: VFIOUserHeader, bodySize: Int, descriptors: [Int32] = [],
    encode: (inout MutableRawSpan) throws(VFIOUserError) -> Void = { (_) throws(VFIOUserError) in }
  ) throws(VFIOUserError) {
    let start = VFIOUserHeader.byteCount
    let end = start + bodySize
    reply.reserve(end)
    try reply.withMutableBytes(start..<end) { (body) throws(VFIOUserError) in
      body.zero()
      try encode(&body)
    }
    guard !header.isPosted else { return }
    reply.withMutableBytes(0..<start) { VFIOUserHeader(replyTo: header, bodySize: bodySize).encode(into: &$0) }
    try reply.withBytes(0..<end) { (bytes) throws(VFIOUserError) in
      try channel.send(bytes, descriptors: descriptors)
    }
  }

  /// Lends the command's body.
  func withBody<Result>(_ body: (RawSpan) throws(VFIOUserError) -> Result) throws(VFIOUserError) -> Result {
    try slot.withBody(body)
  }

  /// Takes a descriptor that came with the command.
  func takeDescriptor(_ index: Int) -> FileDescriptor? {
    slot.descriptors.take(index)
  }

  /// How many descriptors came with the command.
  var descriptorCount: Int { slot.descriptors.count }
}
