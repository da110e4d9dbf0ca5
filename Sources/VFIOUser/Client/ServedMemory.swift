// A client's memory, as the server reaches it by messages.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

/// Carries out the server's `DMA_READ` and `DMA_WRITE` on the memory that was mapped without a descriptor.
final class ServedMemory: Sendable {
  private struct Served {
    let id: UInt64
    let range: ClosedRange<UInt64>
    let permissions: VFIOUserPermissions
    let memory: any VFIOUserMemory
  }

  private struct Table {
    var entries: [Served] = []
    var nextID: UInt64 = 0
  }

  private let table = Guarded(Table())
  /// Belongs to who has the turn to read.
  private let reply = MessageBuffer(capacity: 4096)

  /// Adds memory; where two have the same address, the older one answers.
  ///
  /// - Returns: what `remove` takes.
  func add(_ range: ClosedRange<UInt64>, _ permissions: VFIOUserPermissions, _ memory: any VFIOUserMemory) -> UInt64 {
    table.withLock { table in
      table.nextID += 1
      table.entries.append(Served(id: table.nextID, range: range, permissions: permissions, memory: memory))
      return table.nextID
    }
  }

  func remove(_ id: UInt64) {
    table.withLock { table in table.entries.removeAll { $0.id == id } }
  }

  func removeAll(within range: ClosedRange<UInt64>) {
    table.withLock { table in
      table.entries.removeAll {
        $0.range.lowerBound >= range.lowerBound && $0.range.upperBound <= range.upperBound
      }
    }
  }

  /// Carries out a command of the server's and answers it, with the turn to read.
  func perform(_ slot: MessageSlot, on channel: Channel) {
    let header = slot.header
    let size = VFIOUserHeader.byteCount
    var end = size
    do throws(VFIOUserError) {
      guard slot.descriptors.count == 0 else { throw VFIOUserError(.invalid, "a server's command has no descriptors") }
      let request = try slot.withBody { (body) throws(VFIOUserError) in try VFIOUserRequest(decoding: body, of: header)
      }
      switch request {
      case .readMemory(let iova, let count):
        let memory = try memory(iova, count, for: .read)
        end = size + 16 + count
        reply.reserve(end)
        try reply.withMutableBytes(size + 16..<end) { (data) throws(VFIOUserError) in
          data.zero()
          try memory.read(iova: iova, into: &data)
        }
        encodeStructure(iova, count)
      case .writeMemory(let iova, let data):
        let memory = try memory(iova, data.count, for: .write)
        try slot.withBody { (body) throws(VFIOUserError) in
          try memory.write(iova: iova, from: body.extracting(data))
        }
        end = size + 16
        encodeStructure(iova, data.count)
      default:
        throw VFIOUserError(.unsupported, "a command that a server does not send")
      }
      reply.withMutableBytes(0..<size) { VFIOUserHeader(replyTo: header, bodySize: end - size).encode(into: &$0) }
    } catch {
      end = size
      reply.withMutableBytes(0..<size) { VFIOUserHeader(replyTo: header, error: error).encode(into: &$0) }
    }
    guard !header.isPosted else { return }
    // A failure has ended the connection: who reads next learns of it.
    try? reply.withBytes(0..<end) { (bytes) throws(VFIOUserError) in try channel.send(bytes) }
  }

  private func encodeStructure(_ iova: UInt64, _ count: Int) {
    let start = VFIOUserHeader.byteCount
    reply.withMutableBytes(start..<start + 16) { bytes in
      bytes.store(iova, at: 0)
      bytes.store(UInt64(count), at: 8)
    }
  }

  private func memory(
    _ iova: UInt64, _ count: Int, for permissions: VFIOUserPermissions
  ) throws(VFIOUserError) -> any VFIOUserMemory {
    let (last, overflow) = iova.addingReportingOverflow(UInt64(count) - 1)
    let found = table.withLock { table in
      table.entries.first { !overflow && $0.range.contains(iova) && $0.range.contains(last) }
    }
    guard let found, found.permissions.isSuperset(of: permissions) else {
      throw VFIOUserError(.fault, "an access to memory that is not mapped for it")
    }
    return found.memory
  }
}
