// Taking memory away while the device uses it.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import DeviceAccess
import LinuxSystem
import Synchronization
import Testing

@testable import HisiliconModel

/// Counts memories that were freed.
final class FreedCounter: Sendable {
  private let value = Atomic<Int>(0)
  var count: Int { value.load(ordering: .acquiring) }
  func add() { value.wrappingAdd(1, ordering: .acquiringAndReleasing) }
}

@Suite("Memory: changes under way") struct MemoryConcurrencyTests {
  private static let longTime: UInt64 = 60_000_000_000

  @Test("unmapping waits for the section that began before, and its memory stays until then")
  func waits() throws {
    let freed = FreedCounter()
    let space = AddressSpace()
    let (entered, leave, unmapped) = (Gate(), Gate(), Gate())
    do {
      let memory = TestMemory(4096) { freed.add() }
      try space.map(iova: 0, length: 4096, permissions: .read, backing: memory.backing())
    }
    let reader = try Thread(name: "reader") {
      space.withAccess { memory in
        let before = try? memory.load(0, as: UInt8.self)
        entered.open()
        #expect(leave.wait(nanoseconds: Self.longTime))
        #expect(before == TestMemory.fill)
        #expect(freed.count == 0)
      }
    }
    #expect(entered.wait(nanoseconds: Self.longTime))
    let isLeaving = Atomic<Bool>(false)
    let remover = try Thread(name: "remover") {
      #expect(throws: Never.self) { try space.unmap(iova: 0, length: 4096) }
      #expect(leave.isOpen)
      #expect(freed.count == 1)
      unmapped.open()
    }
    // The mapping is gone for newcomers while the remover waits, and newcomers do not wait for it.
    let deadline = MonotonicClock.deadline(after: Self.longTime)
    while space.count > 0, MonotonicClock.now() < deadline {}
    _ = space.withAccess { memory in
      #expect(throws: TranslationFault(.unmapped, at: 0, .read)) { try memory.load(0, as: UInt8.self) }
    }
    #expect(!unmapped.isOpen)
    isLeaving.store(true, ordering: .relaxed)
    leave.open()
    #expect(unmapped.wait(nanoseconds: Self.longTime))
    reader.join()
    remover.join()
  }

  @Test("unmapping gives up after its time limit; the memory outlives the section all the same")
  func timeLimit() throws {
    let freed = FreedCounter()
    let space = AddressSpace()
    do {
      let memory = TestMemory(4096) { freed.add() }
      try space.map(iova: 0, length: 4096, permissions: .read, backing: memory.backing())
      try space.map(iova: 4096, length: 4096, permissions: .read, backing: TestMemory(4096).backing())
    }
    space.withAccess { memory in
      #expect(throws: AddressSpaceError.busy) {
        try space.unmap(iova: 0, length: 4096, timeLimit: 3_000_000)
      }
      #expect(space.count == 1)
      #expect(freed.count == 0)
      // Asking again does not make it unused.
      #expect(throws: AddressSpaceError.busy) { try space.unmap(iova: 0, length: 4096, timeLimit: 0) }
      #expect(throws: AddressSpaceError.busy) { try space.unmapAll(timeLimit: 0) }
      #expect(freed.count == 0)
    }
    #expect(try space.unmap(iova: 0, length: 4096) == 0)
    #expect(freed.count == 1)
  }

  @Test("readers never see memory that was given back, whatever comes and goes")
  func churn() throws {
    let space = AddressSpace()
    let isDone = Atomic<Bool>(false)
    let pages: UInt64 = 64
    let seen = Atomic<Int>(0)
    let wrong = Atomic<Int>(0)
    withThreads(
      2,
      { _ in
        var page: UInt64 = 0
        while !isDone.load(ordering: .acquiring) {
          page = (page &* 5 &+ 1) % pages
          space.withAccess { memory in
            guard let value = try? memory.load(page << 12, as: UInt64.self) else { return }
            seen.wrappingAdd(1, ordering: .relaxed)
            if value != page { wrong.wrappingAdd(1, ordering: .relaxed) }
          }
        }
      },
      meanwhile: {
        var random = SeededGenerator(8)
        for round in 0..<3000 {
          let page = UInt64.random(in: 0..<pages, using: &random)
          let memory = TestMemory(4096)
          memory.store(page, at: 0)
          if (try? space.map(iova: page << 12, length: 4096, permissions: .read, backing: memory.backing())) == nil {
            #expect(throws: Never.self) { try space.unmap(iova: page << 12, length: 4096) }
          }
          if round % 500 == 499 { #expect(throws: Never.self) { try space.unmapAll() } }
        }
        isDone.store(true, ordering: .releasing)
      })
    #expect(wrong.load(ordering: .relaxed) == 0)
  }

  @Test("memory is unmapped under running jobs: each ends well or with a fault, and the rest goes on")
  func unmapUnderJobs() throws {
    let space = AddressSpace()
    let freed = FreedCounter()
    let isDone = Atomic<Bool>(false)
    let outcomes = Guarded<[UInt32: Int]>([:])
    let content = SampleKind.prose.bytes(60_000)
    withThreads(
      2,
      { index in
        guard var engine = try? ZipEngine() else { return }
        let contexts = StreamContexts()
        let target = TestMemory(1 << 17)
        let place = UInt64(index + 1) << 32
        #expect(throws: Never.self) {
          try space.map(iova: place, length: 1 << 17, permissions: .write, backing: target.backing())
        }
        while !isDone.load(ordering: .acquiring) {
          var sqe = EngineRig.sqe(
            HISI_ZIP_REQUEST_ZLIB, from: TestBuffer(address: 0x10_0000), content.count,
            to: TestBuffer(address: place), room: 1 << 17)
          space.withAccess {
            engine.execute(&sqe, direction: .compress, revision: HISI_QM_HW_V3, memory: $0, contexts: contexts)
          }
          let status = sqe.dw3 & HISI_ZIP_DW3_STATUS_MASK
          if status == HISI_ZIP_STATUS_OK {
            #expect(Reference.decompressed(target.read(0..<Int(sqe.produced)), .zlib) == content)
          }
          outcomes.withLock { $0[status, default: 0] += 1 }
        }
      },
      meanwhile: {
        for _ in 0..<100 {
          let source = TestMemory(content.count) { freed.add() }
          source.write(content, at: 0)
          #expect(throws: Never.self) {
            try space.map(
              iova: 0x10_0000, length: UInt64(content.count), permissions: .read, backing: source.backing())
            try space.unmap(iova: 0x10_0000, length: UInt64(content.count))
          }
        }
        isDone.store(true, ordering: .releasing)
      })
    let known = [HISI_ZIP_STATUS_OK, HISI_ZIP_STATUS_TRANSLATION_FAULT]
    #expect(outcomes.withLock { $0.keys.allSatisfy(known.contains) })
    #expect(freed.count == 100)
  }

  /// Runs `body` on threads, with their numbers, and something on this one; returns when all have ended.
  private func withThreads(
    _ count: Int, _ body: @escaping @Sendable (Int) -> Void, meanwhile: () -> Void
  ) {
    var gates: [Gate] = []
    for index in 0..<count {
      let ended = Gate()
      #expect(throws: Never.self) {
        _ = try Thread(name: "device \(index)") {
          body(index)
          ended.open()
        }
      }
      gates.append(ended)
    }
    meanwhile()
    for gate in gates { #expect(gate.wait(nanoseconds: Self.longTime)) }
  }
}
