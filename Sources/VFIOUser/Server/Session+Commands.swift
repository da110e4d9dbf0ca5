// What a server does with each command.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

extension Session {
  /// Carries out a command and answers it.
  ///
  /// - Throws: what the client is to see.
  func perform(_ request: VFIOUserRequest, _ header: VFIOUserHeader) throws(VFIOUserError) {
    switch request {
    case .readRegion(let region, let offset, let count):
      try readRegion(header, region, offset, count)
    case .writeRegion(let region, let offset, let data):
      try writeRegion(header, region, offset, data)
    case .writeRegions(let count, let writes):
      try writeRegions(header, count, writes)
    case .mapMemory(let iova, let length, let fileOffset, let permissions):
      try mapMemory(iova, length, fileOffset, permissions)
      try respond(header, bodySize: 0)
    case .unmapMemory(let iova, let length):
      try unmapMemory(iova...(iova + (length - 1)))
      try repeatUnmapping(header)
    case .unmapAllMemory:
      try unmapMemory(0...UInt64.max)
      try repeatUnmapping(header)
    case .deviceInformation:
      try respond(header, bodySize: 16) { (body) throws(VFIOUserError) in
        body.store(16 as UInt32, at: 0)
        body.store(self.information.flags.rawValue, at: 4)
        body.store(UInt32(self.information.regions.count), at: 8)
        body.store(UInt32(self.information.interrupts.count), at: 12)
      }
    case .regionInformation(let region, let capacity):
      try describeRegion(header, region, capacity)
    case .regionWriteEvents(let region, let capacity):
      try describeWriteEvents(header, region, capacity)
    case .interruptInformation(let index):
      try describeInterrupts(header, index)
    case .setInterrupts(let index, let start, let count, let action, let data):
      try setInterrupts(index, start, count, action, data)
      try respond(header, bodySize: 0)
    case .reset:
      guard information.flags.contains(.reset) else { throw VFIOUserError(.unsupported, "the device has no reset") }
      try device.reset()
      try respond(header, bodySize: 0)
    case .feature(let index, let operation, let capacity, let data):
      try feature(header, index, operation, capacity, data)
    case .readMigrationData(let count):
      try readMigrationData(header, count)
    case .writeMigrationData(let data):
      try device.writeMigrationData(try withBody { (body) throws(VFIOUserError) in body.array(data) })
      try respond(header, bodySize: 0)
    case .other(let command, let body):
      guard body.count <= 4096 else { throw VFIOUserError(.tooLarge, "a command of the device's own is too long") }
      let bytes = try withBody { (whole) throws(VFIOUserError) in whole.array(body) }
      device.perform(command: command, body: bytes, reply: VFIOUserReply(to: header, on: connection))
    case .version, .readMemory, .writeMemory:
      throw VFIOUserError(.unsupported, "a command that a client does not send")
    }
  }

  // MARK: - Regions

  private func region(
    _ index: UInt32, _ offset: UInt64, _ count: Int, for permissions: VFIOUserPermissions
  ) throws(VFIOUserError) {
    guard index < information.regions.count else { throw VFIOUserError(.invalid, "no such region") }
    let region = information.regions[Int(index)]
    guard region.size >= UInt64(count), offset <= region.size - UInt64(count) else {
      throw VFIOUserError(.invalid, "an access outside the region")
    }
    guard region.permissions.isSuperset(of: permissions) else {
      throw VFIOUserError(.invalid, "the region does not permit this access")
    }
  }

  private func readRegion(
    _ header: VFIOUserHeader, _ index: UInt32, _ offset: UInt64, _ count: Int
  ) throws(VFIOUserError) {
    try region(index, offset, count, for: .read)
    try respond(header, bodySize: 16 + count) { (body) throws(VFIOUserError) in
      body.store(offset, at: 0)
      body.store(index, at: 8)
      body.store(UInt32(count), at: 12)
      try body.withRange(16..<16 + count) { (data) throws(VFIOUserError) in
        try self.device.readRegion(Int(index), offset: offset, into: &data)
      }
    }
  }

  private func writeRegion(
    _ header: VFIOUserHeader, _ index: UInt32, _ offset: UInt64, _ data: Range<Int>
  ) throws(VFIOUserError) {
    try region(index, offset, data.count, for: .write)
    try withBody { (body) throws(VFIOUserError) in
      try self.device.writeRegion(Int(index), offset: offset, from: body.extracting(data))
    }
    guard !header.isPosted else { return }
    try respond(header, bodySize: 16) { (body) throws(VFIOUserError) in
      body.store(offset, at: 0)
      body.store(index, at: 8)
      body.store(UInt32(data.count), at: 12)
    }
  }

  private func writeRegions(_ header: VFIOUserHeader, _ count: Int, _ range: Range<Int>) throws(VFIOUserError) {
    // All are checked before the first is done, so that a malformed one does not leave half of them done.
    let writes = try withBody { (body) throws(VFIOUserError) in
      var writes: [VFIOUserRegionWrite] = []
      writes.reserveCapacity(count)
      for start in stride(from: range.lowerBound, to: range.upperBound, by: VFIOUserRegionWrite.byteCount) {
        let write = try VFIOUserRegionWrite(decoding: body.extracting(start..<start + VFIOUserRegionWrite.byteCount))
        try self.region(write.region, write.offset, write.count, for: .write)
        writes.append(write)
      }
      return writes
    }
    for write in writes {
      let value = [write.value.littleEndian]
      try unsafe device.writeRegion(
        Int(write.region), offset: write.offset, from: value.span.bytes.extracting(first: write.count))
    }
    try respond(header, bodySize: 8) { (body) throws(VFIOUserError) in body.store(UInt64(count), at: 0) }
  }

  // MARK: - Memory

  private func mapMemory(
    _ iova: UInt64, _ length: UInt64, _ fileOffset: UInt64, _ permissions: VFIOUserPermissions
  ) throws(VFIOUserError) {
    let range = iova...(iova + (length - 1))
    guard !mappings.overlaps(range) else { throw VFIOUserError(.exists, "a mapping over another") }
    guard mappings.ranges.count < VFIOUserCapabilities.defaultMaxMappings else {
      throw VFIOUserError(errno: SystemError.noSpace, "too many mappings")
    }
    var mapping: SharedMapping?
    if let descriptor = takeDescriptor(0) {
      guard let byteCount = Int(exactly: length) else { throw VFIOUserError(.invalid, "a mapping that is too large") }
      do throws(SystemError) {
        mapping = try SharedMapping(
          descriptor, offset: fileOffset, byteCount: byteCount,
          permissions: SharedMapping.Permissions(rawValue: UInt8(permissions.rawValue)))
      } catch {
        throw VFIOUserError(error)
      }
    }
    try device.mapMemory(iova: iova, length: length, permissions: permissions, mapping: mapping)
    mappings.insert(range)
  }

  private func unmapMemory(_ range: ClosedRange<UInt64>) throws(VFIOUserError) {
    guard let removed = mappings.removeAll(within: range) else {
      throw VFIOUserError(.invalid, "a range that cuts a mapping in two")
    }
    for each in removed {
      // The client may have stopped answering while it waits for this command; then nobody else needs to wait for it.
      channel.cancelAccesses(to: each)
      device.unmapMemory(iova: each.lowerBound, length: each.upperBound - each.lowerBound &+ 1)
    }
  }

  /// Answers with the command's own structure.
  private func repeatUnmapping(_ header: VFIOUserHeader) throws(VFIOUserError) {
    let structure = try withBody { (body) throws(VFIOUserError) in body.array(0..<24) }
    try respond(header, bodySize: structure.count) { (body) throws(VFIOUserError) in
      unsafe body.copy(structure.span.bytes, at: 0)
    }
  }

  // MARK: - Interrupts

  private func describeInterrupts(_ header: VFIOUserHeader, _ index: UInt32) throws(VFIOUserError) {
    guard index < information.interrupts.count else { throw VFIOUserError(.invalid, "no such type of interrupt") }
    let type = information.interrupts[Int(index)]
    try respond(header, bodySize: 16) { (body) throws(VFIOUserError) in
      body.store(16 as UInt32, at: 0)
      body.store(type.flags.rawValue, at: 4)
      body.store(index, at: 8)
      body.store(UInt32(type.count), at: 12)
    }
  }

  private func setInterrupts(
    _ index: UInt32, _ start: UInt32, _ count: UInt32, _ action: VFIOUserInterruptAction,
    _ data: VFIOUserRequest.InterruptData
  ) throws(VFIOUserError) {
    guard index < information.interrupts.count else { throw VFIOUserError(.invalid, "no such type of interrupt") }
    let type = information.interrupts[Int(index)]
    if count == 0 {
      // "Disable them all" is the one action on no interrupt; where there is none it is done already.
      guard action == .trigger, data == .none, start == 0 else {
        throw VFIOUserError(.invalid, "an action on no interrupt")
      }
      if type.count == 0 { return }
    }
    guard UInt64(start) + UInt64(count) <= UInt64(type.count) else {
      throw VFIOUserError(.invalid, "interrupts that the device does not have")
    }
    let given: VFIOUserInterruptData
    switch data {
    case .none:
      given = .none
    case .flags(let range):
      given = .flags(try withBody { (body) throws(VFIOUserError) in body.array(range).map { $0 != 0 } })
    case .counters:
      given = .counters(try takeCounters(count))
    }
    try device.setInterrupts(index: Int(index), start: Int(start), count: Int(count), action: action, data: given)
  }

  private func takeCounters(_ count: UInt32) throws(VFIOUserError) -> [EventCounter] {
    guard descriptorCount == 0 || descriptorCount == Int(count) else {
      throw VFIOUserError(.invalid, "not one counter for each interrupt")
    }
    var counters: [EventCounter] = []
    for index in 0..<descriptorCount {
      guard let descriptor = takeDescriptor(index) else { continue }
      do throws(SystemError) {
        counters.append(try EventCounter(adopting: descriptor))
      } catch {
        throw VFIOUserError(.invalid, "an interrupt's descriptor is no event counter")
      }
    }
    return counters
  }

  // MARK: - Features and migration

  private func feature(
    _ header: VFIOUserHeader, _ index: UInt16, _ operation: VFIOUserFeatureOperation, _ capacity: UInt32,
    _ range: Range<Int>
  ) throws(VFIOUserError) {
    let given = try withBody { (body) throws(VFIOUserError) in body.array(range) }
    let got = try device.feature(index, operation, data: given)
    // A set or a probe is answered with what it said.
    let data = operation == .get ? got : given
    guard 8 + data.count <= Int(capacity), data.count <= VFIOUserHeader.largestTransfer else {
      throw VFIOUserError(.tooLarge, "the feature's data does not fit into the reply")
    }
    try respond(header, bodySize: 8 + data.count) { (body) throws(VFIOUserError) in
      body.store(UInt32(8 + data.count), at: 0)
      body.store(UInt32(index) | operation.rawValue, at: 4)
      unsafe body.copy(data.span.bytes, at: 8)
    }
  }

  private func readMigrationData(_ header: VFIOUserHeader, _ count: Int) throws(VFIOUserError) {
    let data = try device.readMigrationData(count)
    guard data.count <= count else { throw VFIOUserError(.failed, "the device gave more than was asked for") }
    try respond(header, bodySize: 8 + data.count) { (body) throws(VFIOUserError) in
      body.store(UInt32(8 + data.count), at: 0)
      body.store(UInt32(data.count), at: 4)
      unsafe body.copy(data.span.bytes, at: 8)
    }
  }
}
