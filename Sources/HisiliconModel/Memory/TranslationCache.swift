// The mappings that were used last, found without a lock.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// A small cache of the mapping table, chosen by page.
///
/// It is read within access sections only. A mapping enters it and leaves it under the table's lock; it is released only
/// when the sections that may have found it here have left.
///
/// `@unchecked Sendable`: a constant pointer to atomics that live as long as this value.
@safe struct TranslationCache: ~Copyable, @unchecked Sendable {
  private static let slotBits = 6
  private static let slotCount = 1 << slotBits
  private static let pageShift: UInt64 = 12

  private let slots: UnsafeMutablePointer<Atomic<Unmanaged<Mapping>?>>

  init() {
    unsafe slots = .allocate(capacity: Self.slotCount)
    for index in 0..<Self.slotCount { unsafe (slots + index).initialize(to: Atomic(nil)) }
  }

  deinit {
    unsafe slots.deinitialize(count: Self.slotCount)
    unsafe slots.deallocate()
  }

  /// A mapping that contains `address`, if it is here.
  @inline(__always)
  func find(_ address: UInt64) -> Unmanaged<Mapping>? {
    guard let found = unsafe slots[Self.slot(address)].load(ordering: .acquiring) else { return nil }
    let isHit = unsafe found._withUnsafeGuaranteedRef { $0.first <= address && address <= $0.last }
    return unsafe isHit ? found : nil
  }

  /// Keeps `mapping` for the page of `address`.
  func insert(_ mapping: Mapping, for address: UInt64) {
    unsafe slots[Self.slot(address)].store(Unmanaged.passUnretained(mapping), ordering: .releasing)
  }

  /// Forgets every mapping that touches a range, given by its first and last address.
  func forget(_ first: UInt64, through last: UInt64) {
    for index in 0..<Self.slotCount {
      // The table's lock is held, so that nobody else changes the slot, and the mapping is still in the table's hands.
      guard let found = unsafe slots[index].load(ordering: .relaxed) else { continue }
      let isTouched = unsafe found._withUnsafeGuaranteedRef { $0.last >= first && $0.first <= last }
      if isTouched { unsafe slots[index].store(nil, ordering: .releasing) }
    }
  }

  @inline(__always)
  private static func slot(_ address: UInt64) -> Int {
    // Fibonacci hashing: neighbouring pages, and pages at power-of-two distances, fall on different slots.
    Int(truncatingIfNeeded: ((address >> pageShift) &* 0x9e37_79b9_7f4a_7c15) >> UInt64(64 - slotBits))
  }
}
