// A function between the driver and the model that loses interrupts, spoils commands, or goes away.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import DeviceAccess
import LinuxSystem
import Synchronization

/// Passes everything on to another function, but for what a test has asked for.
final class FaultyFunction: DeviceFunction {
  private let function: any DeviceFunction
  /// Whether interrupts are lost.
  let losesInterrupts = Atomic<Bool>(false)
  /// Whether the function is gone.
  let isGone = Atomic<Bool>(false)
  /// The mailbox command of which the next one that sets is made one that no device knows; `max` for none.
  let spoiledCommand = Atomic<UInt64>(.max)
  private let lossHandler = Guarded((@Sendable () -> Void)?.none)
  /// Whether it hides what it has besides registers, memory and interrupts.
  private let isPlain: Bool
  let addressWidth: Int
  let numaNode: Int?

  init(_ function: any DeviceFunction, isPlain: Bool = false, addressWidth: Int = 64, numaNode: Int? = nil) {
    self.function = function
    self.isPlain = isPlain
    self.addressWidth = addressWidth
    self.numaNode = numaNode
  }

  var capabilities: DeviceCapabilities { isPlain ? [] : function.capabilities }

  func setLossHandler(_ handler: (@Sendable () -> Void)?) { lossHandler.withLock { $0 = handler } }

  /// Goes, and says so.
  func lose() {
    isGone.store(true, ordering: .relaxed)
    lossHandler.withLock { $0 }?()
  }

  private func checkPresence() throws(DeviceError) {
    if isGone.load(ordering: .relaxed) { throw DeviceError(.lost, "the device was pulled out") }
  }

  func read(region: Int, offset: UInt64, width: Int) throws(DeviceError) -> UInt64 {
    try checkPresence()
    return try function.read(region: region, offset: offset, width: width)
  }

  func write(_ value: UInt64, region: Int, offset: UInt64, width: Int) throws(DeviceError) {
    try checkPresence()
    try function.write(spoil(value, region, offset), region: region, offset: offset, width: width)
  }

  private func spoil(_ value: UInt64, _ region: Int, _ offset: UInt64) -> UInt64 {
    let mask = UInt64(HISI_MAILBOX_W0_CMD_MASK)
    let command = value & (mask | UInt64(HISI_MAILBOX_W0_GET))
    guard region == Int(HISI_BAR_REGISTERS), offset == UInt64(HISI_MAILBOX),
      spoiledCommand.compareExchange(expected: command, desired: .max, ordering: .relaxed).exchanged
    else { return value }
    return value | mask
  }

  func map(
    _ memory: DeviceMemory, iova: UInt64, permissions: DevicePermissions, pasid: UInt32?
  ) throws(DeviceError) {
    try checkPresence()
    if isPlain { try checkPages(memory, iova) }
    try function.map(memory, iova: iova, permissions: permissions, pasid: pasid)
  }

  /// What an IOMMU wants: whole pages, at addresses that it has.
  private func checkPages(_ memory: DeviceMemory, _ iova: UInt64) throws(DeviceError) {
    let page = UInt64(CurrentProcess.pageSize)
    let base = unsafe UInt64(UInt(bitPattern: memory.base))
    let isWhole = [base, iova, UInt64(memory.length)].allSatisfy { $0 % page == 0 }
    guard isWhole, addressWidth >= 64 || (iova + UInt64(memory.length) - 1) >> UInt64(addressWidth) == 0 else {
      throw DeviceError(.invalid, "no whole pages below 2^\(addressWidth)")
    }
  }

  func unmap(iova: UInt64, length: UInt64, pasid: UInt32?) throws(DeviceError) {
    try function.unmap(iova: iova, length: length, pasid: pasid)
  }

  func setInterruptHandler(vector: Int, _ handler: (@Sendable () -> Void)?) throws(DeviceError) {
    guard let handler else { return try function.setInterruptHandler(vector: vector, nil) }
    try function.setInterruptHandler(vector: vector) { [weak self] in
      guard let self, !self.losesInterrupts.load(ordering: .relaxed) else { return }
      handler()
    }
  }

  func reset() throws(DeviceError) {
    try checkPresence()
    try function.reset()
  }

  func mapRemote(
    _ memory: any RemoteMemory, iova: UInt64, length: UInt64, permissions: DevicePermissions, pasid: UInt32?
  ) throws(DeviceError) {
    try function.mapRemote(memory, iova: iova, length: length, permissions: permissions, pasid: pasid)
  }

  func createAddressSpace(pasid: UInt32, faults: (any RemoteMemory)?) throws(DeviceError) {
    try function.createAddressSpace(pasid: pasid, faults: faults)
  }

  func removeAddressSpace(pasid: UInt32) throws(DeviceError) {
    try function.removeAddressSpace(pasid: pasid)
  }

  func confine(queue: UInt16, excluding addresses: ClosedRange<UInt64>) throws(DeviceError) {
    try function.confine(queue: queue, excluding: addresses)
  }

  func mapDoorbells(queue: UInt16) throws(DeviceError) -> any QueueDoorbells {
    try function.mapDoorbells(queue: queue)
  }
}
