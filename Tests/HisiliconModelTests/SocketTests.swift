// Functions on vfio-user sockets.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import DeviceAccess
import HisiliconModel
import LinuxSystem
import Testing
import VFIOUser

@Suite("Functions on sockets", .serialized)
struct SocketTests {
  @Test("a client sees a PCI function with its regions and MSI vectors", arguments: Revision.allCases)
  func description(_ revision: Revision) throws {
    let socket = try ServedFunction { options in
      options.revision = revision
      options.isolatesDoorbells = revision == .v3
    }
    let client = try socket.client()
    let information = try client.deviceInformation()
    #expect(information.flags == [.reset, .pci])
    #expect(information.regionCount == 9)
    for (index, size) in [0: 0, 2: 0x40_0000, 4: revision == .v3 ? 64 << 20 : 0, 6: 0, 7: 4096] as [Int: UInt64] {
      let region = try client.region(index)
      #expect(region.size == size, "region \(index)")
      #expect(region.mappableAreas.isEmpty, "doorbells stay trapped")
    }
    #expect(try client.interruptType(1).count == (revision == .v1 ? 1 : 4))
    #expect(try client.interruptType(2).count == 0)
  }

  @Test("configuration space is read in one piece, and registers by 1, 2, 4, 8 and 16 bytes")
  func widths() throws {
    let socket = try ServedFunction()
    let client = try socket.client()
    let space = try bytes(client, region: 7, offset: 0, count: 4096)
    #expect(Array(space[..<4]) == [0xe5, 0x19, 0x50, 0xa2])
    #expect(
      try bytes(client, region: 2, offset: 0x3100, count: 16) == [1, 0x6f, 0, 0, 0, 8, 0, 4, 0, 4, 0, 4, 0, 0, 1, 0])
    #expect(try client.read(region: 2, offset: 0x3100, width: 8) == 0x0400_0800_0000_6f01)
    #expect(try client.read(region: 2, offset: 0x3101, width: 1) == 0x6f)
    #expect(throws: VFIOUserError.self) { try bytes(client, region: 2, offset: 0x3100, count: 12) }
    #expect(throws: VFIOUserError.self) { try client.read(region: 2, offset: 0x3102, width: 4) }
    #expect(throws: VFIOUserError.self) { try client.read(region: 0, offset: 0, width: 4) }
  }

  private func bytes(_ client: VFIOUserClient, region: Int, offset: UInt64, count: Int) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var span = bytes.mutableSpan
    try unsafe span.withUnsafeMutableBytes { buffer in
      var raw = unsafe MutableRawSpan(_unsafeBytes: buffer)
      try client.readRegion(region, offset: offset, into: &raw)
    }
    return bytes
  }

  @Test("a mailbox command is one 16-byte write")
  func wholeMailbox() throws {
    let socket = try ServedFunction()
    let client = try socket.client()
    let command: [UInt8] = [0x04, 0x20, 0, 0, 0, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    try unsafe client.writeRegion(2, offset: 0x300, from: command.span.bytes, isPosted: false)
    #expect(try client.read(region: 2, offset: 0x300, width: 4) == 4)
    #expect(socket.accelerator.status.functions[0].mailboxCommands == 1)
  }

  @Test(
    "a driver brings the function up, submits requests, and gets completions and interrupts", arguments: [true, false])
  func requests(_ isShared: Bool) throws {
    let socket = try ServedFunction()
    let device = try socket.device(isShared: isShared)
    defer { device.end() }
    let driver = try TestDriver(device, memory: socket.memory(isShared: isShared))
    try driver.bringUp()
    let compressor = try TestQueue(driver, number: 0, isArmed: true)
    let decompressor = try TestQueue(driver, number: 1, type: HISI_SQC_TYPE_DECOMPRESS, isArmed: true)
    let text = [UInt8]((0..<9000).map { UInt8(truncatingIfNeeded: $0 / 11) })
    for round in 0..<3 {
      let request = try driver.request(text, room: 10_000)
      let compressed = try compressor.run(request.entry)
      #expect(compressed.dw3 & HISI_ZIP_DW3_STATUS_MASK == HISI_ZIP_STATUS_OK, "round \(round)")
      try driver.waitForInterrupt(HISI_VECTOR_EQ)
      #expect(try driver.takeEvents() == [0])
      try compressor.acknowledge(arm: true)
      let back = try driver.request(
        driver.buffer.bytes(request.target, count: Int(compressed.produced)), room: 10_000)
      let decompressed = try decompressor.run(back.entry)
      #expect(driver.buffer.bytes(back.target, count: Int(decompressed.produced)) == text)
      try driver.waitForInterrupt(HISI_VECTOR_EQ)
      #expect(try driver.takeEvents() == [1])
      try decompressor.acknowledge(arm: true)
    }
    try driver.perform(HISI_MAILBOX_CMD_STOP_QP, queue: 0)
  }

  @Test("a reset by the protocol or by configuration space keeps memory and interrupts", arguments: [true, false])
  func reset(_ isByProtocol: Bool) throws {
    let socket = try ServedFunction()
    let device = try socket.device()
    defer { device.end() }
    let driver = try TestDriver(device, memory: socket.memory())
    for _ in 0..<3 {
      try driver.bringUp()
      let queue = try TestQueue(driver, number: 0, isArmed: true)
      _ = try queue.run(try driver.request([1, 2, 3]).entry)
      try driver.waitForInterrupt(HISI_VECTOR_EQ)
      if isByProtocol { try device.reset() } else { try device.write(0x8000, region: 7, offset: 0x48, width: 2) }
      #expect(!socket.accelerator.status.functions[0].events.isConfigured)
    }
    #expect(socket.accelerator.status.functions[0].resets == 3)
  }

  @Test("memory that is unmapped is not used any more: its requests fail, the queue goes on")
  func unmapping() throws {
    let socket = try ServedFunction()
    let extra = try DevicePages(sharedAt: 0x9000_0000, byteCount: 1 << 20)
    let device = try socket.device(extra: extra)
    defer { device.end() }
    let driver = try TestDriver(device, memory: socket.memory())
    try driver.bringUp()
    let queue = try TestQueue(driver, number: 0)
    try device.map(extra.memory, iova: extra.iova, permissions: .read, pasid: nil)
    let target = try driver.buffer.allocate(1000)
    let request = flatRequest(from: extra.iova, count: 500, to: target, room: 1000)
    #expect(try queue.run(request).dw3 & HISI_ZIP_DW3_STATUS_MASK == HISI_ZIP_STATUS_OK)
    let intoReadOnly = flatRequest(from: target, count: 500, to: extra.iova, room: 1000)
    #expect(
      try queue.run(intoReadOnly).dw3 & HISI_ZIP_DW3_STATUS_MASK == HISI_ZIP_STATUS_TRANSLATION_FAULT,
      "the device may only read it")
    try device.unmap(iova: extra.iova, length: UInt64(extra.byteCount), pasid: nil)
    #expect(try queue.run(request).dw3 & HISI_ZIP_DW3_STATUS_MASK == HISI_ZIP_STATUS_TRANSLATION_FAULT)
    #expect(socket.accelerator.status.functions[0].mappingCount == 1)
  }

  @Test("memory whose file is truncated ends its requests as faults, and the server stays up")
  func truncation() throws {
    let socket = try ServedFunction()
    let extra = try DevicePages(sharedAt: 0x9000_0000, byteCount: 1 << 20)
    let device = try socket.device(extra: extra)
    defer { device.end() }
    let driver = try TestDriver(device, memory: socket.memory())
    try driver.bringUp()
    let queue = try TestQueue(driver, number: 0)
    try device.map(extra.memory, iova: extra.iova, permissions: .read, pasid: nil)
    let request = flatRequest(
      from: extra.iova + 0x8_0000, count: 500, to: try driver.buffer.allocate(1000), room: 1000)
    #expect(try queue.run(request).dw3 & HISI_ZIP_DW3_STATUS_MASK == HISI_ZIP_STATUS_OK)
    try extra.file?.resize(to: 4096)
    #expect(try queue.run(request).dw3 & HISI_ZIP_DW3_STATUS_MASK == HISI_ZIP_STATUS_TRANSLATION_FAULT)
    #expect(try queue.run(try driver.request([1]).entry).consumed == 1, "other memory is not harmed")
  }

  @Test("a client that disconnects with requests in flight leaves a function as after a reset")
  func disconnection() throws {
    let socket = try ServedFunction()
    for _ in 0..<3 {
      let device = try socket.device()
      let driver = try TestDriver(device, memory: socket.memory())
      try driver.bringUp()
      let queue = try TestQueue(driver, number: 0, depth: 1024)
      let request = try driver.request([UInt8](repeating: 3, count: 20_000), room: 30_000).entry
      for _ in 0..<1000 { queue.write(request) }
      try queue.ring()
      // The doorbell is posted: what is read afterwards is answered after it was obeyed.
      #expect(try driver.read32(HISI_QM_MEM_INIT_DONE) == 1)
      device.end()
      try Patience.wait(for: "the clean-up") { !socket.server.hasClient }
      let status = socket.accelerator.status.functions[0]
      #expect(!status.isConnected)
      #expect(status.mappingCount == 0)
      #expect(!status.queues.contains { $0.isRunning })
    }
  }

  @Test("two functions on two sockets work at the same time")
  func twoFunctions() throws {
    let socket = try ServedFunction(functions: 2) { options in options.virtualFunctionCount = 1 }
    let devices = [try socket.device(), try socket.device(function: 1)]
    defer { for device in devices { device.end() } }
    let drivers = try devices.enumerated().map { try TestDriver($1, memory: socket.memory(function: $0)) }
    try drivers[0].bringUp()
    try drivers[1].startEvents()
    let queues = try drivers.map { try TestQueue($0, number: 0, isArmed: true) }
    for queue in queues { try queue.submit(try queue.driver.request([1, 2, 3, 4]).entry) }
    for queue in queues {
      _ = try queue.wait()
      try queue.driver.waitForInterrupt(HISI_VECTOR_EQ)
    }
    #expect(throws: DeviceError.self, "a function that is served") { try ModelFunction(socket.accelerator) }
  }

  @Test("a client can have its interrupts raised for a test, and takes them away")
  func raising() throws {
    let socket = try ServedFunction()
    let device = try socket.device()
    defer { device.end() }
    let driver = try TestDriver(device, memory: socket.memory())
    try device.client.setInterrupts(index: 1, start: 2, count: 1, action: .trigger, data: .none)
    try driver.waitForInterrupt(2)
    try device.client.setInterrupts(
      index: 1, start: 0, count: 4, action: .trigger, data: .flags([true, false, false, true]))
    try driver.waitForInterrupt(0)
    try driver.waitForInterrupt(3)
    #expect(throws: VFIOUserError.self) {
      try device.client.setInterrupts(index: 1, start: 0, count: 1, action: .mask, data: .none)
    }
    try device.client.setInterrupts(index: 1, start: 0, count: 0, action: .trigger, data: .none)
    #expect(try device.read(region: 7, offset: 0x82, width: 2) & 1 == 0, "MSI is off")
    try socket.accelerator.inject(Injection(.spuriousInterrupt))
    #expect(socket.accelerator.status.functions[0].interrupts == [1, 0, 1, 1])
  }

  @Test("an accelerator that shuts down answers what was accepted")
  func shutdown() throws {
    let socket = try ServedFunction()
    let device = try socket.device()
    defer { device.end() }
    let driver = try TestDriver(device, memory: socket.memory())
    try driver.bringUp()
    let queue = try TestQueue(driver, number: 0)
    let request = try driver.request([UInt8](repeating: 3, count: 20_000), room: 30_000).entry
    for _ in 0..<30 { queue.write(request) }
    try queue.ring()
    #expect(try driver.read32(HISI_QM_MEM_INIT_DONE) == 1)
    socket.accelerator.shutdown()
    for _ in 0..<30 { #expect(queue.poll() != nil) }
    socket.server.stop()
  }

  @Test("a queue's doorbells can be a page of memory")
  func mappedDoorbells() throws {
    let rig = try TestRig()
    let device = try #require(rig.driver.device as? ModelFunction)
    let queue = try TestQueue(rig.driver, number: 4)
    #expect(throws: DeviceError.self) { try device.doorbellPage(queue: 64) }
    let doorbells = try device.doorbellPage(queue: 4)
    for size in [1, 1, 3000] {
      let slot = queue.write(try rig.driver.request([UInt8](repeating: 8, count: size)).entry)
      doorbells.ringSubmission(index: UInt16(queue.tail))
      #expect(try UInt32(queue.wait().sq_head) == slot)
      doorbells.ringCompletion(index: UInt16(queue.head), arm: false)
    }
    let status = try #require(rig.accelerator.status.functions[0].queues.first)
    #expect(status.counters.completions == 3)
    #expect(rig.accelerator.status.poller.doorbells > 0)
  }
}

/// An accelerator with functions on sockets.
private final class ServedFunction {
  let accelerator: Accelerator
  private let servers: [VFIOUserServer]
  private let paths: [String]
  private var memories: [Int: DevicePages] = [:]

  var server: VFIOUserServer { servers[0] }

  init(functions: Int = 1, _ change: (inout Accelerator.Options) -> Void = { _ in }) throws {
    var options = Accelerator.Options()
    change(&options)
    let accelerator = try Accelerator(options)
    self.accelerator = accelerator
    let folder = CurrentProcess.environmentVariable("TMPDIR") ?? "/tmp"
    let name = UInt64.random(in: 0 ... .max)
    let paths = (0..<functions).map { "\(folder)/model-\(name)-\($0).sock" }
    self.paths = paths
    servers = try (0..<functions).map { try VFIOUserServer(FunctionServer(accelerator, function: $0), path: paths[$0]) }
  }

  deinit {
    for server in servers { server.stop() }
    accelerator.shutdown(drainingFor: 0)
  }

  func client(function: Int = 0) throws -> VFIOUserClient {
    try VFIOUserClient(path: paths[function], timeLimit: Patience.nanoseconds)
  }

  /// The memory that a driver of a function uses; of its own at each connection.
  func memory(function: Int = 0, isShared: Bool = true) throws -> DevicePages {
    guard let memory = memories[function] else { throw DriverFailure("no device yet") }
    return memory
  }

  func device(function: Int = 0, isShared: Bool = true, extra: DevicePages? = nil) throws -> SocketDevice {
    let iova: UInt64 = 0x1_0000_0000
    let memory =
      try isShared
      ? DevicePages(sharedAt: iova, byteCount: 16 << 20) : DevicePages(iova: iova, byteCount: 16 << 20)
    memories[function] = memory
    return try SocketDevice(client(function: function), memories: [memory] + (extra.map { [$0] } ?? []))
  }
}
