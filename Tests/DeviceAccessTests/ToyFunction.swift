// A device on a socket that does what a test needs: registers, a copy in the client's memory, interrupts.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import VFIOUser

/// Region 2 has registers; writing an address to register 8 copies 8 bytes from there to 8 bytes further, and a number to
/// register 16 raises that vector.
final class ToyFunction: VFIOUserDevice {
  struct State {
    var registers = [UInt64](repeating: 0, count: 8)
    var mapping: (iova: UInt64, memory: SharedMapping?)?
    var remote: (any VFIOUserMemory)?
    var counters: [EventCounter] = []
    var resets = 0
  }

  let state = Guarded(State())

  var information: VFIOUserDeviceInformation {
    .pci(regions: [2: VFIOUserRegion(size: 64), 7: VFIOUserRegion(size: 256)], msiCount: 3)
  }

  func connected(memory: any VFIOUserMemory, peer: UnixSocket.PeerCredentials) {
    state.withLock { $0.remote = memory }
  }

  func readRegion(_ region: Int, offset: UInt64, into data: inout MutableRawSpan) throws(VFIOUserError) {
    guard region == 2, offset % 8 == 0, data.byteCount == 8 else { throw VFIOUserError(.invalid, "no such register") }
    data.storeBytes(of: state.withLock { $0.registers[Int(offset / 8)] }, as: UInt64.self)
  }

  func writeRegion(_ region: Int, offset: UInt64, from data: RawSpan) throws(VFIOUserError) {
    guard region == 2, offset % 8 == 0, data.byteCount == 8 else { throw VFIOUserError(.invalid, "no such register") }
    let value = unsafe data.unsafeLoadUnaligned(as: UInt64.self)
    state.withLock { $0.registers[Int(offset / 8)] = value }
    if offset == 8 { try copy(value) }
    if offset == 16 { state.withLock { $0.counters }[Int(value)].signal() }
  }

  private func copy(_ iova: UInt64) throws(VFIOUserError) {
    let (mapping, remote) = state.withLock { ($0.mapping, $0.remote) }
    guard let mapping, let remote else { throw VFIOUserError(.fault, "nothing is mapped") }
    if let memory = mapping.memory {
      let place = unsafe memory.base + Int(iova - mapping.iova)
      unsafe (place + 8).copyMemory(from: place, byteCount: 8)
      return
    }
    var bytes = [UInt8](repeating: 0, count: 8)
    var span = bytes.mutableSpan
    try unsafe span.withUnsafeMutableBytes { (buffer) throws(VFIOUserError) in
      var raw = unsafe MutableRawSpan(_unsafeBytes: buffer)
      try remote.read(iova: iova, into: &raw)
    }
    try unsafe remote.write(iova: iova + 8, from: bytes.span.bytes)
  }

  func mapMemory(
    iova: UInt64, length: UInt64, permissions: VFIOUserPermissions, mapping: SharedMapping?
  ) throws(VFIOUserError) {
    state.withLock { $0.mapping = (iova, mapping) }
  }

  func unmapMemory(iova: UInt64, length: UInt64) {
    state.withLock { $0.mapping = nil }
  }

  func setInterrupts(
    index: Int, start: Int, count: Int, action: VFIOUserInterruptAction, data: VFIOUserInterruptData
  ) throws(VFIOUserError) {
    guard index == 1, start == 0, case .counters(let counters) = data else {
      throw VFIOUserError(.unsupported, "only counters for MSI")
    }
    state.withLock { $0.counters = counters }
  }

  func reset() throws(VFIOUserError) {
    state.withLock { $0.resets += 1 }
  }

  func disconnected() {
    state.withLock { $0 = State() }
  }
}
