// Queues of devices that the kernel's own driver owns: /dev/hisi_zip-N.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

/// Devices of the kernel's uacce class.
///
/// Written from the kernel's headers (`<misc/uacce/uacce.h>`, `<misc/uacce/hisi_qm.h>`) and its documentation of sysfs,
/// and tested against a tree and calls of the test's own. It was never run on hardware.
public struct UACCESource: QueueSource {
  private let deviceDirectory: String
  private let reader: AttributeReader
  private let calls: UACCECalls

  /// Looks at the kernel's class.
  ///
  /// - Parameters:
  ///   - deviceDirectory: where the nodes are.
  ///   - classDirectory: where the attributes are.
  ///   - calls: how the kernel is called.
  public init(
    deviceDirectory: String = "/dev", classDirectory: String = "/sys/class/uacce", calls: UACCECalls = .kernel
  ) {
    self.deviceDirectory = deviceDirectory
    reader = AttributeReader(uacce: classDirectory, sdmdev: nil)
    self.calls = calls
  }

  /// The devices that the kernel shows.
  ///
  /// - Throws: `notFound` for a kernel without the class.
  public func devices() throws(QueueError) -> [QueueAttributes] {
    try reader.devices()
  }

  /// Opens a queue: opening the node takes it.
  ///
  /// - Throws: as `QueueSource.open`.
  public func open(device: String) throws(QueueError) -> any QueueTransport {
    let attributes = try reader.attributes(of: device)
    guard attributes.flags.contains(.sharedVirtual) else {
      throw QueueError(.unsupported, "\(device) does not use this process's addresses: boot with an IOMMU and SVA")
    }
    let sizes = (try reader.regionSize(.doorbells, of: device), try reader.regionSize(.rings, of: device))
    let file: any UACCEFile
    do throws(SystemError) {
      file = try calls.open("\(deviceDirectory)/\(device)")
    } catch {
      throw QueueError(error, "no queue of \(device)")
    }
    return try UACCETransport(file, attributes: attributes, doorbellBytes: sizes.0, ringBytes: sizes.1)
  }
}

/// A queue of the kernel's: requests of its node instead of messages.
final class UACCETransport: QueueTransport {
  let attributes: QueueAttributes
  private let state: Guarded<State>
  private let owner = OwnProcess()
  private let hasRegisterOfVersion1: Bool

  private struct State {
    var file: (any UACCEFile)?
    var rings: SharedMapping?
    var doorbells: SharedMapping?
  }

  /// Where a queue's doorbell is in its region: all generations but the first, isolated or not.
  private static let doorbellOffset = 0x1000
  private static let doorbellOffsetOfVersion1 = 0x340

  /// Takes over an open node, and maps its regions: before anything else, as the kernel's driver wants it.
  init(
    _ file: any UACCEFile, attributes: QueueAttributes, doorbellBytes: Int, ringBytes: Int
  ) throws(QueueError) {
    self.attributes = attributes
    hasRegisterOfVersion1 = attributes.deviceAPI == "hisi_qm_v1"
    do throws(SystemError) {
      let doorbells = try file.map(pageOffset: QueueRegion.doorbells.rawValue, byteCount: doorbellBytes)
      let rings = try file.map(pageOffset: QueueRegion.rings.rawValue, byteCount: ringBytes)
      state = Guarded(State(file: file, rings: rings, doorbells: doorbells))
    } catch {
      throw QueueError(error, "no regions of a queue of \(attributes.device)")
    }
  }

  deinit {
    close()
  }

  func map(_ region: QueueRegion) throws(QueueError) -> SharedMapping {
    guard region != .pool else { throw QueueError(.invalid, "the kernel's queues have no pool") }
    let mapping = state.withLock { state in
      region == .rings ? state.rings.take() : state.doorbells.take()
    }
    guard let mapping else { throw QueueError(.exists, "the region \(region) is mapped already") }
    return mapping
  }

  func doorbell() throws(QueueError) -> QueueDoorbell {
    .registers(
      try map(.doorbells), offset: hasRegisterOfVersion1 ? Self.doorbellOffsetOfVersion1 : Self.doorbellOffset)
  }

  func perform(_ command: UInt16, _ body: [UInt8]) throws(QueueError) -> [UInt8] {
    switch command {
    case QueueCommand.setContext:
      guard body.count == 4 else { throw QueueError(.invalid, "a context has 4 bytes") }
      return try control(UacceRequest.setContext, body)
    case QueueCommand.getInformation:
      return try control(UacceRequest.setInformation, [UInt8](repeating: 0, count: 16))
    case QueueCommand.start:
      return try control(UacceRequest.startQueue, [])
    case QueueCommand.bindPASID:
      // Opening the node has bound the process; what is left is the start.
      _ = try control(UacceRequest.startQueue, [])
      return [0, 0, 0, 0] + attributes.flags.rawValue.littleEndianBytes
    default:
      throw QueueError(.unsupported, "the kernel's queues do not have command 0x\(String(command, radix: 16))")
    }
  }

  private func control(_ request: UInt, _ body: [UInt8]) throws(QueueError) -> [UInt8] {
    let file = try openFile()
    var argument = body
    do throws(SystemError) {
      try file.control(request, &argument)
    } catch {
      throw QueueError(error, "request 0x\(String(request, radix: 16)) of \(attributes.device)")
    }
    return argument
  }

  func wait(nanoseconds: UInt64) throws(QueueError) -> Bool {
    let file = try openFile()
    do throws(SystemError) {
      let ready = try file.wait(nanoseconds: nanoseconds)
      guard ready.isDisjoint(with: [.error, .hangUp]) else {
        throw SystemError(errno: SystemError.noDevice, operation: "poll")
      }
      return !ready.isEmpty
    } catch {
      if error.errno == SystemError.noDevice {
        throw QueueError(.resetting, "the kernel has stopped the queue of \(attributes.device): request another")
      }
      throw QueueError(error, "a queue of \(attributes.device)")
    }
  }

  /// Nothing has to be done: the device faults on what it needs.
  func share(
    _ memory: UnsafeMutableRawBufferPointer, file: SharedMemory?, offset: UInt64, isReadOnly: Bool
  ) throws(QueueError) -> UInt64 {
    _ = try openFile()
    return UInt64(UInt(bitPattern: memory.baseAddress))
  }

  func unshare(deviceAddress: UInt64, byteCount: Int) throws(QueueError) {
    _ = try openFile()
  }

  func close() {
    // A child's copy of the descriptor is closed with the child, and stops nothing.
    guard owner.isCurrent else { return }
    guard let file = state.withLock({ $0.file.take() }) else { return }
    var none: [UInt8] = []
    // A queue that was not started has nothing to put; closing the node gives it back in any case.
    try? file.control(UacceRequest.putQueue, &none)
  }

  private func openFile() throws(QueueError) -> any UACCEFile {
    try owner.check()
    guard let file = state.withLock({ $0.file }) else { throw QueueError(.invalid, "the queue was closed") }
    return file
  }
}
