// The driver's own memory in the function's address spaces: who is mapped where, and until when.
// SPDX-License-Identifier: Apache-2.0

import DeviceAccess
import LinuxSystem
import WarpDriveQueue

/// Makes, maps and takes back the memory of one function's driver.
///
/// Memory of which the device does not let go stays where it is, with its address, until `unmapAll`, and beyond.
final class KernelMemory: Sendable {
  private struct Entry {
    var block: DeviceBlock
    /// The address spaces that it is mapped in; nil is the function's own.
    var spaces: [UInt32?] = []
  }

  private struct State {
    var allocator: AddressAllocator
    var entries: [UInt64: Entry] = [:]
  }

  /// The addresses that are the driver's.
  let addresses: ClosedRange<UInt64>
  private let function: any DeviceFunction
  private let state: Guarded<State>

  init(_ function: any DeviceFunction) {
    self.function = function
    addresses = AddressAllocator.range(addressWidth: function.addressWidth)
    state = Guarded(State(allocator: AddressAllocator(addresses)))
  }

  /// Bytes that exist.
  var byteCount: Int { state.withLock { $0.entries.values.reduce(0) { $0 + $1.block.byteCount } } }

  /// Makes zeroed memory that is mapped nowhere yet.
  ///
  /// - Throws: `resourceExhausted`.
  func make(_ name: String, byteCount: Int) throws(QueueError) -> DeviceBlock {
    guard let address = state.withLock({ $0.allocator.allocate(UInt64(byteCount)) }) else {
      throw QueueError(
        .resourceExhausted, "no device address is left for \(byteCount) bytes: release queues or buffers")
    }
    do throws(SystemError) {
      let block = try DeviceBlock(name: name, byteCount: byteCount, address: address)
      state.withLock { $0.entries[address] = Entry(block: block) }
      return block
    } catch {
      state.withLock { $0.allocator.release(address, UInt64(byteCount)) }
      throw QueueError(.resourceExhausted, "no memory for \(name): \(error)")
    }
  }

  /// Makes zeroed memory in the function's own address space.
  func makeMapped(_ name: String, byteCount: Int) throws(QueueError) -> DeviceBlock {
    let block = try make(name, byteCount: byteCount)
    do throws(QueueError) {
      try map(block, pasid: nil)
    } catch {
      release(block)
      throw error
    }
    return block
  }

  /// Lets the device reach memory in one address space more.
  func map(_ block: DeviceBlock, pasid: UInt32?) throws(QueueError) {
    do throws(DeviceError) {
      try function.map(
        DeviceMemory(block.mapping, of: block.memory), iova: block.address, permissions: [.read, .write], pasid: pasid)
    } catch {
      throw QueueError(error)
    }
    state.withLock { $0.entries[block.address]?.spaces.append(pasid) }
  }

  /// Takes memory out of all address spaces; it exists on.
  ///
  /// - Returns: false where the device does not let go of it.
  @discardableResult
  func unmap(_ block: DeviceBlock) -> Bool {
    let spaces = state.withLock { state in
      defer { state.entries[block.address]?.spaces = [] }
      return state.entries[block.address]?.spaces ?? []
    }
    let kept = spaces.filter { !isUnmapped(block, $0) }
    state.withLock { $0.entries[block.address]?.spaces += kept }
    return kept.isEmpty
  }

  /// Takes memory back; one that the device does not let go of stays.
  func release(_ block: DeviceBlock) {
    guard unmap(block) else { return }
    state.withLock { state in
      guard state.entries.removeValue(forKey: block.address) != nil else { return }
      state.allocator.release(block.address, UInt64(block.byteCount))
    }
  }

  /// Takes everything out of all address spaces: the end of the driver.
  func unmapAll() {
    let blocks = state.withLock { $0.entries.values.map(\.block) }
    for block in blocks { release(block) }
  }

  private func isUnmapped(_ block: DeviceBlock, _ pasid: UInt32?) -> Bool {
    do throws(DeviceError) {
      try function.unmap(iova: block.address, length: UInt64(block.byteCount), pasid: pasid)
      return true
    } catch {
      // An address space that is gone, or a device that is, has nothing mapped any more.
      return error.code != .failed
    }
  }
}
