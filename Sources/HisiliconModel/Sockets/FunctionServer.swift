// A function of the model as a vfio-user device.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
public import DeviceAccess
public import LinuxSystem
import Synchronization
public import VFIOUser

/// Serves one function of an accelerator; give it to a `VFIOUserServer`.
///
/// Doorbells stay trapped: a page of memory would keep the last of several doorbells only.
public final class FunctionServer: VFIOUserDevice {
  private let function: Function
  /// Keeps the accelerator as long as its function is served.
  private let accelerator: Accelerator
  private let remote = Guarded((any VFIOUserMemory)?.none)

  /// Serves a function.
  ///
  /// - Parameters:
  ///   - accelerator: the device.
  ///   - index: the function; 0 is the physical one.
  /// - Throws: `invalid` for a function that there is not, `failed` for one that is in use, `lost` after a shutdown.
  public init(_ accelerator: Accelerator, function index: Int = 0) throws(DeviceError) {
    let function = try accelerator.function(index)
    try function.claim()
    self.function = function
    self.accelerator = accelerator
  }

  deinit {
    function.release()
  }

  /// BAR 2, BAR 4 with doorbell isolation, configuration space, and the MSI vectors.
  public var information: VFIOUserDeviceInformation {
    var regions: [Int: VFIOUserRegion] = [:]
    for index in 0..<8 {
      let size = function.regionSize(index)
      if size > 0 { regions[index] = VFIOUserRegion(size: size) }
    }
    return .pci(regions: regions, msiCount: function.interrupts.count)
  }

  /// A client came: the function is as after a reset.
  public func connected(memory: any VFIOUserMemory, peer: UnixSocket.PeerCredentials) {
    remote.withLock { $0 = memory }
    function.isConnected.store(true, ordering: .releasing)
  }

  /// Reads a register of 1, 2, 4, 8 or 16 bytes, or any bytes of configuration space.
  public func readRegion(_ region: Int, offset: UInt64, into data: inout MutableRawSpan) throws(VFIOUserError) {
    do throws(DeviceError) {
      if data.byteCount <= 8 && Self.isRegisterWidth(data.byteCount) {
        data.storeRegister(try function.read(region: region, offset: offset, width: data.byteCount))
        return
      }
      if region == Function.configurationRegion {
        let start = Int(truncatingIfNeeded: offset)
        for (index, byte) in try function.readConfiguration(start..<start + data.byteCount).enumerated() {
          data.storeBytes(of: byte, toByteOffset: index, as: UInt8.self)
        }
        return
      }
      for part in try Self.parts(of: data.byteCount, region: region, offset: offset) {
        var value = try function.read(region: region, offset: offset + UInt64(part.lowerBound), width: part.count)
        for index in part {
          data.storeBytes(of: UInt8(truncatingIfNeeded: value), toByteOffset: index, as: UInt8.self)
          value >>= 8
        }
      }
    } catch {
      throw VFIOUserError(.invalid, error.message)
    }
  }

  /// Writes a register of 1, 2, 4, 8 or 16 bytes, or any bytes of configuration space; complete when it returns.
  public func writeRegion(_ region: Int, offset: UInt64, from data: RawSpan) throws(VFIOUserError) {
    do throws(DeviceError) {
      if data.byteCount <= 8 && Self.isRegisterWidth(data.byteCount) {
        try function.write(data.registerValue, region: region, offset: offset, width: data.byteCount)
        return
      }
      for part in try Self.parts(of: data.byteCount, region: region, offset: offset) {
        let value = data.extracting(part).registerValue
        try function.write(value, region: region, offset: offset + UInt64(part.lowerBound), width: part.count)
      }
    } catch {
      throw VFIOUserError(.invalid, error.message)
    }
  }

  /// Maps memory for the function; without a descriptor, it is reached by messages to the client.
  public func mapMemory(
    iova: UInt64, length: UInt64, permissions: VFIOUserPermissions, mapping: SharedMapping?
  ) throws(VFIOUserError) {
    let backing: MappingBacking
    if let mapping {
      backing = .memory(MappedMemory(mapping))
    } else if let memory = remote.withLock({ $0 }) {
      backing = .remote(Self.remoteBacking(memory))
    } else {
      throw VFIOUserError(.disconnected, "there is no client whose memory this could be")
    }
    do throws(AddressSpaceError) {
      try function.memory.map(
        iova: iova, length: length, permissions: DevicePermissions(rawValue: permissions.rawValue & 3),
        backing: backing)
    } catch {
      throw VFIOUserError(error == .overlapping ? .exists : .invalid, "the range cannot be mapped: \(error)")
    }
  }

  /// Takes a mapping away; returns when no request uses it, or notes one that does not end.
  public func unmapMemory(iova: UInt64, length: UInt64) {
    do throws(AddressSpaceError) {
      try function.memory.unmap(iova: iova, length: length)
    } catch {
      // The server checks ranges; what is left is a request that does not end, whose memory is kept until it does.
      function.platform.notice(function.index, "memory was taken away while a request used it: \(error)")
    }
  }

  /// Connects MSI vectors to counters, disconnects them, or raises them for a test.
  public func setInterrupts(
    index: Int, start: Int, count: Int, action: VFIOUserInterruptAction, data: VFIOUserInterruptData
  ) throws(VFIOUserError) {
    guard index == Self.messageSignalled, action == .trigger else {
      throw VFIOUserError(.unsupported, "only MSI, and only its triggers can be set")
    }
    let vectors = start..<start + count
    switch data {
    case .none where count == 0:
      function.disconnectInterrupts()
    case .none:
      for vector in vectors { function.interrupts.fire(vector) }
    case .flags(let flags):
      for (vector, isRaised) in zip(vectors, flags) where isRaised { function.interrupts.fire(vector) }
    case .counters(let counters):
      for (offset, vector) in vectors.enumerated() {
        let counter = offset < counters.count ? counters[offset] : nil
        try connect(vector, counter)
      }
    }
  }

  /// Resets the function; memory and interrupts stay.
  public func reset() throws(VFIOUserError) {
    function.reset()
  }

  /// Forgets the client: interrupts, memory, and the state of the function.
  public func disconnected() {
    function.disconnect()
    remote.withLock { $0 = nil }
  }

  /// The index of MSI among the types of interrupts (`VFIO_PCI_MSI_IRQ_INDEX`).
  private static let messageSignalled = 1

  private func connect(_ vector: Int, _ counter: EventCounter?) throws(VFIOUserError) {
    do throws(DeviceError) {
      var sink: InterruptVectors.Sink?
      if let counter { sink = { counter.signal() } }
      try function.connectInterrupt(vector: vector, sink)
    } catch {
      throw VFIOUserError(.invalid, error.message)
    }
  }

  private static func isRegisterWidth(_ count: Int) -> Bool {
    count == 1 || count == 2 || count == 4 || count == 8
  }

  /// The accesses that an access of unusual length is made of: bytes of configuration space, or the two halves of a
  /// 16-byte access to registers, the lower first.
  private static func parts(of count: Int, region: Int, offset: UInt64) throws(DeviceError) -> [Range<Int>] {
    if region == Function.configurationRegion { return (0..<count).map { $0..<$0 + 1 } }
    guard count == 16 else { throw DeviceError(.invalid, "registers have 1, 2, 4, 8 or 16 bytes, not \(count)") }
    return [0..<8, 8..<16]
  }

  private static func remoteBacking(_ memory: any VFIOUserMemory) -> RemoteBacking {
    unsafe RemoteBacking(
      read: { iova, buffer in
        do throws(VFIOUserError) {
          var bytes = unsafe MutableRawSpan(_unsafeBytes: buffer)
          try memory.read(iova: iova, into: &bytes)
          return true
        } catch {
          return false
        }
      },
      write: { iova, buffer in
        do throws(VFIOUserError) {
          try memory.write(iova: iova, from: unsafe buffer.bytes)
          return true
        } catch {
          return false
        }
      })
  }
}
