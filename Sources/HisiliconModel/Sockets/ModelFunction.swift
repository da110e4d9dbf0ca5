// A function of the model as a driver in the same process uses it.
// SPDX-License-Identifier: Apache-2.0

public import DeviceAccess
import LinuxSystem
import Synchronization

/// A function of an accelerator, without a socket in between.
///
/// A function has one user at a time: an object of this type, or a socket's client. The object disconnects when it goes.
public final class ModelFunction: DeviceFunction {
  private let function: Function
  private let interrupts: InterruptThread
  /// Keeps the accelerator as long as its function is used.
  let accelerator: Accelerator

  /// Connects to a function.
  ///
  /// - Parameters:
  ///   - accelerator: the device.
  ///   - index: the function; 0 is the physical one.
  /// - Throws: `invalid` for a function that there is not, `failed` for one that is in use or when there is no thread
  ///   to be had, `lost` after a shutdown.
  public init(_ accelerator: Accelerator, function index: Int = 0) throws(DeviceError) {
    let function = try accelerator.function(index)
    try function.claim()
    do throws(SystemError) {
      interrupts = try InterruptThread(name: "model-irq-\(index)")
    } catch {
      function.release()
      throw DeviceError(.failed, "no thread for interrupts: \(error)")
    }
    self.function = function
    self.accelerator = accelerator
    function.isConnected.store(true, ordering: .releasing)
  }

  deinit {
    function.release()
    interrupts.end()
  }

  /// Reads a register or bytes of configuration space.
  ///
  /// - Throws: `invalid` for a place that the function does not have, `lost` after a shutdown.
  public func read(region: Int, offset: UInt64, width: Int) throws(DeviceError) -> UInt64 {
    try checkPresence()
    return try function.read(region: region, offset: offset, width: width)
  }

  /// Writes a register, a doorbell or bytes of configuration space; its effects are complete when it returns.
  ///
  /// - Throws: as `read`.
  public func write(_ value: UInt64, region: Int, offset: UInt64, width: Int) throws(DeviceError) {
    try checkPresence()
    try function.write(value, region: region, offset: offset, width: width)
  }

  /// Everything; and it is a model.
  public var capabilities: DeviceCapabilities {
    [.emulated, .addressSpaces, .pageFaults, .remoteMemory, .doorbellPages, .confinement]
  }

  /// Maps memory, which its owner keeps until `unmap` returns; a mapping that it is part of is kept here as well.
  ///
  /// - Throws: `invalid` for an empty or overlapping range or an unknown PASID, `lost` after a shutdown.
  public func map(
    _ memory: DeviceMemory, iova: UInt64, permissions: DevicePermissions, pasid: UInt32?
  ) throws(DeviceError) {
    guard memory.length > 0 else { throw DeviceError(.invalid, "an empty range cannot be mapped") }
    // Whoever maps memory keeps it until it is unmapped: the protocol says so.
    try map(iova, UInt64(memory.length), permissions, pasid, .memory(MappedMemory(memory)))
  }

  /// Maps another process's memory, which is asked for the same addresses as the device uses, in pieces of 64 KiB at
  /// most; all that one request asks for may take 5 s.
  ///
  /// - Throws: `invalid` for an empty or overlapping range or an unknown PASID, `lost` after a shutdown.
  public func mapRemote(
    _ memory: any RemoteMemory, iova: UInt64, length: UInt64, permissions: DevicePermissions, pasid: UInt32?
  ) throws(DeviceError) {
    try map(iova, length, permissions, pasid, .remote(RemoteBacking(memory)))
  }

  private func map(
    _ iova: UInt64, _ length: UInt64, _ permissions: DevicePermissions, _ pasid: UInt32?, _ backing: MappingBacking
  ) throws(DeviceError) {
    try checkPresence()
    let space = try function.addressSpace(pasid)
    do throws(AddressSpaceError) {
      try space.map(iova: iova, length: length, permissions: permissions, backing: backing)
    } catch {
      throw DeviceError(.invalid, "\(length) bytes at 0x\(String(iova, radix: 16)): \(error)")
    }
  }

  /// Takes mappings away; returns when no request uses them.
  ///
  /// - Throws: `invalid` for a range that cuts a mapping or an unknown PASID, `failed` when a request does not end.
  public func unmap(iova: UInt64, length: UInt64, pasid: UInt32?) throws(DeviceError) {
    let space = try function.addressSpace(pasid)
    do throws(AddressSpaceError) {
      try space.unmap(iova: iova, length: length)
    } catch {
      throw DeviceError(
        error == .busy ? .failed : .invalid, "\(length) bytes at 0x\(String(iova, radix: 16)): \(error)")
    }
  }

  /// Sets what is called, on a thread of this object's own, once for each interrupt of a vector.
  ///
  /// - Throws: `invalid` for a vector that the function does not have, `lost` after a shutdown.
  public func setInterruptHandler(vector: Int, _ handler: (@Sendable () -> Void)?) throws(DeviceError) {
    try checkPresence()
    interrupts.setHandler(vector: vector, handler)
    var sink: InterruptVectors.Sink?
    if handler != nil { sink = { [interrupts] in interrupts.raise(vector) } }
    try function.connectInterrupt(vector: vector, sink)
  }

  /// Resets the function; memory, PASIDs and handlers stay.
  ///
  /// - Throws: `lost` after a shutdown.
  public func reset() throws(DeviceError) {
    try checkPresence()
    function.reset()
  }

  /// Makes an address space for a PASID, for `map` and for queues whose contexts name it.
  ///
  /// Where nothing is mapped the device reaches `faults`, with the addresses that requests name (device page faults);
  /// what is mapped goes before.
  ///
  /// - Throws: `invalid` for a PASID outside of 1 to 65,535 or one that exists.
  public func createAddressSpace(pasid: UInt32, faults: (any RemoteMemory)? = nil) throws(DeviceError) {
    try checkPresence()
    try function.createAddressSpace(pasid, faults: faults.map { RemoteBacking($0) })
  }

  /// Takes a PASID's address space away, once nobody uses its memory; stop its queues before.
  ///
  /// - Throws: `invalid` for a PASID that the function does not have, `failed` when a request does not end.
  public func removeAddressSpace(pasid: UInt32) throws(DeviceError) {
    try function.removeAddressSpace(pasid)
  }

  /// Keeps a queue's requests away from a part of the function's own address space, until its next submission context:
  /// an access there ends a request with a translation fault, and is counted.
  ///
  /// Rings, and queues of PASIDs, are not concerned.
  ///
  /// - Throws: `invalid` for a queue that the function does not have, `lost` after a shutdown.
  public func confine(queue number: UInt16, excluding addresses: ClosedRange<UInt64>) throws(DeviceError) {
    let excluded = ExcludedRange(first: addresses.lowerBound, last: addresses.upperBound)
    try queue(number).confine(excluded, in: function.memory)
  }

  /// A queue that the function has at present.
  ///
  /// - Throws: `invalid` for one that it has not, `lost` after a shutdown.
  func queue(_ number: UInt16) throws(DeviceError) -> QueuePair {
    try checkPresence()
    guard let queue = function.queue(number) else {
      throw DeviceError(.invalid, "function \(function.index) has no queue \(number)")
    }
    return queue
  }

  private func checkPresence() throws(DeviceError) {
    guard accelerator.isWorking else { throw DeviceError(.lost, "the accelerator has shut down") }
  }
}
