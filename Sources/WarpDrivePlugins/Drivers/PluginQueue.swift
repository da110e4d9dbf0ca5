// Requests of a plugin's queue: sent, received, each answered exactly once whatever the plugin does.
// SPDX-License-Identifier: Apache-2.0

import CWarpDrivePlugin
import LinuxSystem
import WarpDriveCore

/// A compression format of a plugin whose requests complete later.
struct PluginQueuedCompressionDriver: QueuedCompressionDriver {
  /// How long a request may take, in nanoseconds.
  private static let timeLimit: UInt64 = 60_000_000_000

  private let base: PluginCompressionDriver
  private let operations: PluginOperations<wdprov_queue>

  var descriptor: AlgorithmDescriptor { base.descriptor }
  var knownAnswers: [KnownAnswer] { base.knownAnswers }

  init(_ base: PluginCompressionDriver, _ driver: PluginDriver) throws(ProviderError) {
    self.base = base
    let name = driver.descriptor.driverName
    var compression = unsafe wdprov_compression()
    try unsafe ABIReader.read(driver.table.compression, into: &compression, "the compression of \(name)")
    var table = wdprov_queue()
    try unsafe ABIReader.read(compression.queue, into: &table, "the queue of \(name)")
    try unsafe ABIReader.require(
      table.open != nil && table.close != nil && table.send != nil && table.receive != nil,
      "one of open, close, send, receive of \(name)")
    operations = PluginOperations(table, of: driver, .compression)
  }

  func makeTransform(
    _ direction: CompressionDirection, _ options: CompressionOptions
  ) throws(ProviderError) -> any CompressionTransform & ~Copyable {
    try base.makeTransform(direction, options)
  }

  func makeQueue(_ options: CompressionOptions) throws(ProviderError) -> any RequestQueue {
    guard case .compression(let properties) = descriptor.properties else {
      throw ProviderError(.invalidState, "\(descriptor.driverName) is no compression")
    }
    return PluginQueue(
      try PluginLane(operations, .compress, options, properties),
      try PluginLane(operations, .decompress, options, properties), operations, timeLimit: Self.timeLimit)
  }
}

/// The plugin's queue of one direction.
@safe final class PluginLane: Sendable {
  private let queue: OwnedContext<UInt8>
  private let operations: PluginOperations<wdprov_queue>
  let depth: Int

  init(
    _ operations: PluginOperations<wdprov_queue>, _ direction: CompressionDirection, _ options: CompressionOptions,
    _ properties: CompressionProperties
  ) throws(ProviderError) {
    self.operations = operations
    let table = unsafe operations.table
    var depth: UInt32 = 0
    let made = try unsafe OptionsTable.withTable(direction, options, properties) { (shown) throws(ProviderError) in
      try unsafe operations.created { unsafe table.pointee.open($0, shown, $1, &depth) }
    }
    queue = unsafe operations.own(made, table.pointee.close)
    guard (1...1 << 20).contains(depth) else { throw operations.misconduct("opened a queue of \(depth) requests") }
    self.depth = Int(depth)
  }

  func send(_ request: inout wdprov_request) -> Int32 {
    unsafe operations.table.pointee.send(queue.pointer, &request)
  }

  /// At most `maximum` completions.
  func receive(_ maximum: Int, timeout: UInt64) throws(ProviderError) -> [wdprov_completion] {
    var blank = wdprov_completion()
    blank.abi_version = WDPROV_ABI_VERSION
    blank.size = UInt32(MemoryLayout<wdprov_completion>.size)
    var completions = [wdprov_completion](repeating: blank, count: maximum)
    let count = unsafe operations.table.pointee.receive(queue.pointer, &completions, UInt32(maximum), timeout)
    if count < 0 { throw operations.failure(count, "receive") }
    guard count <= maximum else { throw operations.misconduct("received \(count) completions of at most \(maximum)") }
    return Array(completions.prefix(Int(count)))
  }
}

/// A plugin's queues of both directions as one.
final class PluginQueue: RequestQueue {
  /// A request that the plugin has.
  @safe private final class Slot: Sendable {
    let request: Guarded<QueueRequest?>
    let segments: OwnedContext<wdprov_segment>
    let inputSize: Int
    let outputSize: Int
    let deadline: UInt64

    init(
      _ request: consuming sending QueueRequest, _ segments: consuming OwnedContext<wdprov_segment>, deadline: UInt64
    ) {
      inputSize = request.input.byteCount
      outputSize = request.output.byteCount
      self.request = Guarded(request)
      unsafe self.segments = segments
      self.deadline = deadline
    }
  }

  private struct State: ~Copyable {
    var next: UInt64 = 1
    var inFlight: [UInt64: Slot] = [:]
    /// Nobody waits for these, and the plugin still has their memory.
    var abandoned: [UInt64: Slot] = [:]
    var done: [UInt64: Slot] = [:]
    var completed: [Completion] = []
    var failure: ProviderError?
  }

  let depth: Int
  private let compressing: PluginLane
  private let decompressing: PluginLane
  private let operations: PluginOperations<wdprov_queue>
  private let timeLimit: UInt64
  private let state = Guarded(State())
  /// How long one direction is waited for while the other has requests too, in nanoseconds.
  private static let slice: UInt64 = 1_000_000

  init(
    _ compressing: PluginLane, _ decompressing: PluginLane, _ operations: PluginOperations<wdprov_queue>,
    timeLimit: UInt64
  ) {
    self.compressing = compressing
    self.decompressing = decompressing
    self.operations = operations
    self.timeLimit = timeLimit
    depth = min(compressing.depth, decompressing.depth)
  }

  func send(_ request: consuming QueueRequest) throws(ProviderError) -> SendResult {
    let lane = request.direction == .compress ? compressing : decompressing
    var table = unsafe wdprov_request()
    unsafe table.abi_version = WDPROV_ABI_VERSION
    unsafe table.size = UInt32(MemoryLayout<wdprov_request>.size)
    let inputCount = request.input.segmentCount
    let outputCount = request.output.segmentCount
    let segments = unsafe Self.segments(&request)
    unsafe table.input = UnsafePointer(segments.pointer)
    unsafe table.input_count = inputCount
    unsafe table.output = UnsafePointer(segments.pointer + inputCount)
    unsafe table.output_count = outputCount
    let slot = unsafe Slot(request, segments, deadline: MonotonicClock.deadline(after: timeLimit))
    let (tag, failure) = state.withLock { state -> (UInt64?, ProviderError?) in
      if let failure = state.failure { return (nil, failure) }
      guard state.inFlight.count + state.abandoned.count < depth else { return (nil, nil) }
      let tag = state.next
      state.next += 1
      state.inFlight[tag] = slot
      return (tag, nil)
    }
    if let failure { throw failure }
    guard let tag else { return try .busy(Self.takeBack(slot)) }
    unsafe table.tag = tag
    let result = unsafe lane.send(&table)
    if result == 0 { return .accepted(Ticket(number: tag)) }
    _ = state.withLock { $0.inFlight.removeValue(forKey: tag) }
    if result == -WDPROV_ERROR_BUSY { return try .busy(Self.takeBack(slot)) }
    throw operations.failure(result, "send")
  }

  private static func takeBack(_ slot: Slot) throws(ProviderError) -> QueueRequest {
    guard let request = slot.request.withLock({ $0.take() }) else {
      throw ProviderError(.busy, "the queue is full")
    }
    return request
  }

  /// The places of a request's memory, which its lists keep where it is.
  private static func segments(_ request: inout QueueRequest) -> OwnedContext<wdprov_segment> {
    let count = request.input.segmentCount + request.output.segmentCount
    let table = UnsafeMutablePointer<wdprov_segment>.allocate(capacity: max(1, count))
    var index = 0
    for place in 0..<request.input.segmentCount {
      let start = unsafe request.input.bytes(at: place).withUnsafeBytes {
        unsafe UnsafeMutableRawPointer(mutating: $0.baseAddress)
      }
      unsafe (table + index).initialize(to: wdprov_segment(bytes: start, count: request.input.byteCount(at: place)))
      index += 1
    }
    for place in 0..<request.output.segmentCount {
      var bytes = request.output.mutableBytes(at: place)
      let start = unsafe bytes.withUnsafeMutableBytes { $0.baseAddress }
      unsafe (table + index).initialize(to: wdprov_segment(bytes: start, count: request.output.byteCount(at: place)))
      index += 1
    }
    return unsafe OwnedContext(table) { raw in unsafe raw.deallocate() }
  }

  func receive(_ maximum: Int, timeout: UInt64) -> [Completion] {
    guard maximum > 0 else { return [] }
    let deadline = MonotonicClock.deadline(after: timeout)
    while true {
      collect(maximum, until: deadline)
      let ready = state.withLock { state in
        let ready = Array(state.completed.prefix(maximum))
        state.completed.removeFirst(ready.count)
        return ready
      }
      if !ready.isEmpty || MonotonicClock.now() >= deadline { return ready }
      if state.withLock({ $0.inFlight.isEmpty }) { Thread.sleep(nanoseconds: Self.slice) }
    }
  }

  /// Takes what the plugin has, and gives up what takes too long.
  private func collect(_ maximum: Int, until deadline: UInt64) {
    guard state.withLock({ $0.completed.isEmpty && !($0.inFlight.isEmpty && $0.abandoned.isEmpty) }) else { return }
    do throws(ProviderError) {
      for lane in [compressing, decompressing] {
        let left = min(MonotonicClock.remaining(until: deadline), Self.slice)
        for completion in try lane.receive(maximum, timeout: left) { try take(completion) }
      }
    } catch {
      fail(error)
    }
    let now = MonotonicClock.now()
    state.withLock { state in
      for (tag, slot) in state.inFlight where slot.deadline <= now {
        state.inFlight[tag] = nil
        state.abandoned[tag] = slot
        state.completed.append(
          completion(
            tag,
            .failure(
              ProviderError(
                .timedOut, "\(operations.driverName) did not answer within \(timeLimit / 1_000_000_000) s",
                driver: operations.driverName))))
      }
    }
  }

  private func take(_ answer: wdprov_completion) throws(ProviderError) {
    let (slot, isWanted) = state.withLock { state -> (Slot?, Bool) in
      if let slot = state.inFlight.removeValue(forKey: answer.tag) { return (slot, true) }
      return (state.abandoned.removeValue(forKey: answer.tag), false)
    }
    guard let slot else {
      throw operations.misconduct("answered request \(answer.tag), which it does not have or has answered before")
    }
    guard isWanted else { return }
    let result: Result<RequestResult, ProviderError>
    if answer.status != 0 {
      result = .failure(operations.failure(answer.status, "complete a request"))
    } else if answer.consumed > UInt64(slot.inputSize) || answer.produced > UInt64(slot.outputSize) {
      result = .failure(operations.misconduct("says that it used or wrote more bytes than a request has"))
    } else {
      let consumed = Int(answer.consumed)
      result = .success(
        RequestResult(
          consumed: consumed, produced: Int(answer.produced), trailing: slot.inputSize - consumed, usedFallback: false))
    }
    let completion = completion(answer.tag, result)
    state.withLock { state in
      state.done[answer.tag] = slot
      state.completed.append(completion)
    }
  }

  /// Nothing comes any more: whoever waits is told, once.
  private func fail(_ error: ProviderError) {
    state.withLock { state in
      state.failure = error
      for (tag, slot) in state.inFlight {
        state.abandoned[tag] = slot
        state.completed.append(completion(tag, .failure(error)))
      }
      state.inFlight = [:]
    }
  }

  private func completion(_ tag: UInt64, _ result: Result<RequestResult, ProviderError>) -> Completion {
    Completion(ticket: Ticket(number: tag), result: result, driverName: operations.driverName)
  }

  func take(_ ticket: Ticket) -> QueueRequest? {
    guard let slot = state.withLock({ $0.done.removeValue(forKey: ticket.number) }) else { return nil }
    return slot.request.withLock { $0.take() }
  }

  func detach(_ ticket: Ticket) {
    state.withLock { state in
      if let slot = state.inFlight.removeValue(forKey: ticket.number) { state.abandoned[ticket.number] = slot }
      state.done.removeValue(forKey: ticket.number)
      state.completed.removeAll { $0.ticket == ticket }
    }
  }
}
