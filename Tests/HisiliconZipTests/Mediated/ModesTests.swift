// Programs' requests in each mode of reaching memory, over a socket and in the same process.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import CZlib
import DeviceAccess
import HisiliconModel
import HisiliconQueue
import LinuxSystem
import SDMDEV
import Testing
import WarpDriveCore
import WarpDriveQueue

@testable import HisiliconZip

/// A device with its class, and a run directory with its sockets.
private final class ModesRig {
  let rig: ZipRig
  let sdmdevs = SDMDEVClass()
  let directory: String
  let server: MediatedDeviceServer
  let tree: ClassTree

  init(
    _ mode: DMAFlags, _ revision: Revision = .v3, wrap: (any DeviceFunction) -> any DeviceFunction = { $0 }
  ) throws {
    rig = try ZipRig(revision, options: { $0.dmaFlags = mode }, wrap: wrap)
    try sdmdevs.register(rig.device)
    let folder = CurrentProcess.environmentVariable("TMPDIR") ?? "/tmp"
    directory = "\(folder)/modes-\(UInt64.random(in: 0 ... .max))"
    try Pathname.makeDirectory(directory, mode: 0o700)
    server = try MediatedDeviceServer(sdmdevs, directory: directory)
    tree = try ClassTree(sdmdevs, directory: directory)
  }

  deinit {
    tree.remove()
    server.stop()
    rig.device.shutdown()
    try? Pathname.removeDirectory(directory)
  }

  func open(overSocket: Bool) throws -> any QueueTransport {
    let name = rig.device.attributes.device
    if overSocket {
      return try RunDirectorySource(directory, timeLimit: Patience.nanoseconds).open(device: name)
    }
    return try InProcessSource(sdmdevs).open(device: name)
  }
}

@Suite("Modes of reaching memory")
struct ModesTests {
  private static let modes: [DMAFlags] = [
    .singleProcess, .multiProcess, .sharedVirtual, .sharedVirtualLocked, .physical,
  ]

  /// Compresses 1000 bytes that lie at a device address, to 0x8000 behind it.
  private func request(_ address: UInt64) -> hisi_zip_sqe {
    var request = hisi_zip_sqe()
    request.input_data_length = 1000
    request.dw7 = 3 << HISI_ZIP_DW7_SQE_TYPE_SHIFT
    request.dw9 = HISI_ZIP_REQUEST_ZLIB
    request.dest_avail_out = 4096
    request.source_addr_l = UInt32(truncatingIfNeeded: address)
    request.source_addr_h = UInt32(address >> 32)
    request.dest_addr_l = UInt32(truncatingIfNeeded: address + 0x8000)
    request.dest_addr_h = UInt32((address + 0x8000) >> 32)
    return request
  }

  /// Sends a request, waits by WAIT, and returns the answer.
  private func execute(
    _ request: hisi_zip_sqe, on pair: RingPair, _ transport: any QueueTransport
  ) throws -> hisi_zip_sqe {
    try pair.send(request)
    while true {
      if let answer = try pair.receive(arming: true) { return answer.sqe }
      pair.arm()
      if let answer = try pair.receive() { return answer.sqe }
      guard try transport.wait(nanoseconds: Patience.nanoseconds) else { throw RigFailure("no completion") }
    }
  }

  private func share(
    _ mapping: SharedMapping, of memory: SharedMemory, through transport: any QueueTransport
  ) throws -> UInt64 {
    let bytes = unsafe UnsafeMutableRawBufferPointer(start: mapping.base, count: mapping.byteCount)
    return try unsafe transport.share(bytes, file: memory, offset: 0, isReadOnly: false)
  }

  private func pair(_ transport: any QueueTransport) throws -> RingPair {
    let driver = try HisiliconAdapter().open(transport, type: 0)
    return try #require(driver as? HisiliconQueueDriver).pair
  }

  @Test(
    "what a program shares is compressed where it is, and what it does not is not reached", arguments: modes,
    [false, true])
  func request(mode: DMAFlags, overSocket: Bool) throws {
    let rig = try ModesRig(mode)
    let free = rig.rig.device.attributes.availableInstances
    let transport = try rig.open(overSocket: overSocket)
    #expect(transport.attributes.dmaFlags == mode)
    let pair = try pair(transport)
    let text = (0..<1000).map { UInt8($0 % 7) }
    let (mapping, address): (SharedMapping, UInt64)
    if mode == .physical {
      let reply = try transport.perform(QueueCommand.getBuffer, [0, 0, 1, 0, 0, 0, 0, 0])
      mapping = try transport.map(.pool)
      address = reply[8...].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    } else {
      let memory = try SharedMemory(name: "program", byteCount: 1 << 16)
      mapping = try memory.map()
      address = try share(mapping, of: memory, through: transport)
    }
    unsafe mapping.withUnsafeMutableBytes { unsafe $0.copyBytes(from: text) }
    let answer = try execute(request(address), on: pair, transport)
    #expect(answer.dw3 & HISI_ZIP_DW3_STATUS_MASK == HISI_ZIP_STATUS_OK)
    #expect(answer.produced > 0 && answer.consumed == 1000)
    #expect(rig.sdmdevs.devices.first?.copiedByteCount == 0)

    let other = try SharedMemory(name: "not shared", byteCount: 1 << 16).map()
    let foreign = unsafe UInt64(UInt(bitPattern: other.base))
    let faulted = try execute(request(foreign), on: pair, transport)
    let isReached = faulted.dw3 & HISI_ZIP_DW3_STATUS_MASK == HISI_ZIP_STATUS_OK
    #expect(isReached == (mode == .sharedVirtual))
    #expect((rig.sdmdevs.devices.first?.copiedByteCount ?? 0 > 0) == (mode == .sharedVirtual))
    // The kernel path's own memory, among it this queue's rings.
    let kernel = try execute(request(rig.rig.device.reservedAddresses.lowerBound), on: pair, transport)
    #expect(kernel.dw3 & HISI_ZIP_DW3_STATUS_MASK != HISI_ZIP_STATUS_OK)

    transport.close()
    try Patience.wait(for: "the queue's return") { rig.rig.device.attributes.availableInstances == free }
    #expect(rig.sdmdevs.devices.first?.mappingCount == 0)
    #expect(rig.sdmdevs.devices.first?.pasidCount == 0)
  }

  @Test(
    "behind an IOMMU of few bits a program's memory has addresses of the device's own, for both of its ways to a queue",
    arguments: [(39, DMAFlags.singleProcess), (48, .singleProcess), (48, .physical)], [false, true])
  func fewAddressBits(_ device: (width: Int, mode: DMAFlags), overSocket: Bool) throws {
    // As a function of /dev/vfio is: no PASIDs, no doorbell pages, and mappings of whole pages.
    let rig = try ModesRig(device.mode) { FaultyFunction($0, isPlain: true, addressWidth: device.width) }
    let source: any QueueSource =
      overSocket
      ? RunDirectorySource(rig.directory, timeLimit: Patience.nanoseconds) : InProcessSource(rig.sdmdevs)
    let registry = Registry()
    let provider = WarpDriveZipProvider(source: "a test", isEmulated: true, timeLimit: Patience.nanoseconds) {
      (capability) throws(QueueError) in
      try Queue.request(capability, from: [source], adapters: AdapterTable([HisiliconAdapter()]))
    }
    try registry.register(provider)
    // Known answers in both directions are asked for before a driver is given out.
    for name in ["wd-hisi-deflate", "wd-hisi-zlib", "wd-hisi-gzip"] {
      #expect(try registry.algorithm(name).state == .live)
    }
    #expect(rig.sdmdevs.devices.first?.copiedByteCount == 0)

    let transport = try rig.open(overSocket: overSocket)
    #expect(transport.attributes.flags.contains(.translated))
    let driver = try HisiliconAdapter().open(transport, type: 0)
    let memory = try SharedMemory(name: "program", byteCount: 1 << 16)
    let mapping = try memory.map()
    if device.mode == .singleProcess {
      let address = try share(mapping, of: memory, through: transport)
      // Above the kernel path's, below what the device has; not the process's own address.
      #expect(address > rig.rig.device.reservedAddresses.upperBound && (address + 0xffff) >> UInt64(device.width) == 0)
      let pair = try #require(driver as? HisiliconQueueDriver).pair
      let answer = try execute(request(address), on: pair, transport)
      #expect(answer.dw3 & HISI_ZIP_DW3_STATUS_MASK == HISI_ZIP_STATUS_OK && answer.consumed == 1000)
      try transport.unshare(deviceAddress: address, byteCount: 1 << 16)
      let late = try execute(request(address), on: pair, transport)
      #expect(late.dw3 & HISI_ZIP_DW3_STATUS_MASK != HISI_ZIP_STATUS_OK)
    } else {
      #expect(throws: QueueError.self) { try share(mapping, of: memory, through: transport) }
    }
    transport.close()
  }

  @Test("a reset of the device ends waits and queues, and the next queue works", arguments: [false, true])
  func reset(overSocket: Bool) throws {
    let rig = try ModesRig(.sharedVirtual)
    let transport = try rig.open(overSocket: overSocket)
    let pair = try pair(transport)
    try rig.sdmdevs.devices.first?.reset()
    let error = #expect(throws: QueueError.self) { try transport.wait(nanoseconds: Patience.nanoseconds) }
    #expect(error?.code == .resetting)
    #expect(throws: QueueError.self) { try pair.send(request(0x1000)) }
    transport.close()
    let next = try rig.open(overSocket: overSocket)
    let memory = try SharedMemory(name: "program", byteCount: 1 << 16)
    let mapping = try memory.map()
    let nextPair = try self.pair(next)
    let address = try share(mapping, of: memory, through: next)
    let answer = try execute(request(address), on: nextPair, next)
    #expect(answer.dw3 & HISI_ZIP_DW3_STATUS_MASK == HISI_ZIP_STATUS_OK)
  }
}
