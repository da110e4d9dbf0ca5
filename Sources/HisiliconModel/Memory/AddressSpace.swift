// One domain of the model's IOMMU: the memory that a function, or a process behind a PASID, lets the device reach.
// SPDX-License-Identifier: Apache-2.0

import DeviceAccess
import LinuxSystem
import Synchronization

/// An address space of the device.
///
/// Mappings come and go while the device works. The device reaches memory only within ``withAccess(_:)``; taking a
/// mapping away waits for the sections that began before, and for no others, so that afterwards nobody uses its memory.
/// Every method may be called on any thread.
final class AddressSpace: Sendable {
  /// How long ``unmap(iova:length:timeLimit:)`` waits for requests under way: longer than the largest
  /// request takes, nanoseconds.
  static let defaultTimeLimit: UInt64 = 30_000_000_000

  /// How long one section may take for memory that is reached by messages, all of them together, nanoseconds.
  ///
  /// A client whose answers are slow must not hold an engine of others: 16 MiB in messages of 64 KiB, 20 ms each.
  static let defaultRemoteLimit: UInt64 = 5_000_000_000

  /// The limit of this address space, see ``defaultRemoteLimit``.
  let remoteLimit: UInt64
  private let table = Guarded(MappingTable())
  private let cache = TranslationCache()
  private let sections = AccessSections()
  /// Mappings that are gone from the table, until nobody can use them any more.
  private let retired = Guarded(RetiredMappings())

  /// Whether some of it is, or ever was, reached by calls to another process.
  private let hasRemote = Atomic<Bool>(false)

  /// Makes an empty address space.
  ///
  /// - Parameters:
  ///   - remoteLimit: see ``defaultRemoteLimit``.
  ///   - faults: what the device reaches where nothing is mapped, until `unmapAll`; nil: nothing.
  init(remoteLimit: UInt64 = defaultRemoteLimit, faults: RemoteBacking? = nil) {
    self.remoteLimit = remoteLimit
    guard let faults else { return }
    let mapping = Mapping(first: 0, last: .max, permissions: [.read, .write], backing: .remote(faults))
    table.withLock { $0.faults = mapping }
    hasRemote.store(true, ordering: .relaxed)
  }

  /// Whether an access may need a call to another process.
  @inline(__always)
  var mayBeRemote: Bool { hasRemote.load(ordering: .relaxed) }

  /// How many mappings there are.
  var count: Int { table.withLock { $0.count } }

  /// Lets the device reach memory.
  ///
  /// - Parameters:
  ///   - iova: the first address.
  ///   - length: bytes, at least 1; the end may be exactly 2^64.
  ///   - permissions: what the device may do.
  ///   - backing: what is behind the addresses; memory of at least `length` bytes.
  /// - Throws: `invalidRange`, `overlapping`.
  func map(
    iova: UInt64, length: UInt64, permissions: DevicePermissions, backing: MappingBacking
  ) throws(AddressSpaceError) {
    let last = try Self.last(iova, length)
    let mapping = Mapping(first: iova, last: last, permissions: permissions, backing: backing)
    if mapping.remote != nil { hasRemote.store(true, ordering: .relaxed) }
    try table.withLock { (table) throws(AddressSpaceError) in try table.insert(mapping) }
  }

  /// Takes every mapping out of a range, and returns when the device no longer uses their memory.
  ///
  /// Must not be called within an access section of the same thread.
  ///
  /// - Parameters:
  ///   - iova: the first address.
  ///   - length: bytes, at least 1; the end may be exactly 2^64.
  ///   - timeLimit: how long to wait for requests under way, nanoseconds.
  /// - Returns: the number of mappings taken away; a range without mappings is no error.
  /// - Throws: `invalidRange`, `cutsMapping` (nothing is taken away), `busy`.
  @discardableResult
  func unmap(
    iova: UInt64, length: UInt64, timeLimit: UInt64 = defaultTimeLimit
  ) throws(AddressSpaceError) -> Int {
    let last = try Self.last(iova, length)
    let removed = try table.withLock { (table) throws(AddressSpaceError) in
      let removed = try table.remove(iova, through: last)
      if !removed.isEmpty { cache.forget(iova, through: last) }
      return removed
    }
    try retire(removed, timeLimit)
    return removed.count
  }

  /// Takes every mapping away, and faults are no longer answered; returns when the device no longer uses their memory.
  ///
  /// - Returns: the number of mappings taken away, with one for faults.
  /// - Throws: `busy`.
  @discardableResult
  func unmapAll(timeLimit: UInt64 = defaultTimeLimit) throws(AddressSpaceError) -> Int {
    let removed = table.withLock { table in
      cache.forget(0, through: .max)
      return table.removeAll()
    }
    try retire(removed, timeLimit)
    return removed.count
  }

  /// Runs `body`, within which the device may reach memory.
  ///
  /// Entering never waits. Sections should be short — a request, or a batch of small ones — since whoever unmaps waits
  /// for them.
  ///
  /// - Parameters:
  ///   - excluded: what these accesses are kept away from.
  ///   - body: the accesses.
  @inline(__always)
  func withAccess<Result: ~Copyable, Failure: Error>(
    excluding excluded: ExcludedRange = .none, _ body: (borrowing MemoryAccess) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let section = sections.enter()
    defer { sections.leave(section) }
    // Named, since Swift 6.3's optimiser ends with an assertion where a temporary is lent (GenericSpecializer).
    let access = MemoryAccess(self, excluding: excluded)
    return try body(access)
  }

  /// The mapping that contains `address`; valid until the section of the caller ends.
  @inline(__always)
  func mapping(at address: UInt64) -> Unmanaged<Mapping>? {
    if let found = unsafe cache.find(address) { return unsafe found }
    return unsafe search(address)
  }

  /// What stands for `address` where nothing is mapped, and up to which address; valid as `mapping(at:)`'s.
  func faulted(at address: UInt64) -> (mapping: Unmanaged<Mapping>, last: UInt64)? {
    let found = table.withLock { table in table.faulted(address) }
    return unsafe found.map { unsafe (Unmanaged.passUnretained($0.mapping), $0.last) }
  }

  private func search(_ address: UInt64) -> Unmanaged<Mapping>? {
    let found = table.withLock { table -> Mapping? in
      let found = table.find(address)
      if let found { cache.insert(found, for: address) }
      return found
    }
    // Whoever takes the mapping out of the table keeps it until this section has ended.
    return unsafe found.map { unsafe Unmanaged.passUnretained($0) }
  }

  /// Keeps mappings until every section that may use them has ended.
  private func retire(
    _ removed: [Mapping], _ timeLimit: UInt64
  ) throws(AddressSpaceError) {
    // Where nothing was found, an attempt before this one may have given up waiting for it.
    guard let turn = retired.withLock({ $0.add(removed) }) else { return }
    guard sections.drain(nanoseconds: timeLimit) else { throw .busy }
    // What was retired before this drain began is unused too: that of one who gave up ends here. The memory is given
    // back without the lock.
    let unused = retired.withLock { $0.take(through: turn) }
    _ = consume unused
  }

  private static func last(_ iova: UInt64, _ length: UInt64) throws(AddressSpaceError) -> UInt64 {
    guard length > 0 else { throw .invalidRange }
    let (last, overflow) = iova.addingReportingOverflow(length - 1)
    guard !overflow else { throw .invalidRange }
    return last
  }
}

/// Mappings that nobody can find any more, in the order in which they were taken away.
private struct RetiredMappings {
  private var batches: [(turn: UInt64, mappings: [Mapping])] = []
  private var nextTurn: UInt64 = 0

  /// Adds mappings; the result names them and all before them, or is nil where there are none.
  mutating func add(_ mappings: [Mapping]) -> UInt64? {
    if mappings.isEmpty { return batches.last?.turn }
    defer { nextTurn += 1 }
    batches.append((nextTurn, mappings))
    return nextTurn
  }

  /// Gives back the mappings that were added up to a turn.
  mutating func take(through turn: UInt64) -> [Mapping] {
    let count = batches.prefix { $0.turn <= turn }.count
    defer { batches.removeFirst(count) }
    return batches.prefix(count).flatMap { $0.mappings }
  }
}
