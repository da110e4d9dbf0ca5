// What shared memory, its mappings and event counters promise.
// SPDX-License-Identifier: Apache-2.0

import Glibc
import LinuxSystem
import Synchronization
import TestPrograms
import Testing

@Suite("SharedMemory")
struct SharedMemoryTests {
  private static let page = CurrentProcess.pageSize

  @Test("two mappings of one memory see the same bytes, zeroed at first")
  func shared() throws {
    let memory = try SharedMemory(name: "test", byteCount: 2 * Self.page)
    let (first, second) = (try memory.map(), try memory.map(Self.page..<2 * Self.page))
    #expect(first.byteCount == 2 * Self.page && second.byteCount == Self.page)
    #expect(unsafe first.base.load(fromByteOffset: Self.page, as: UInt64.self) == 0)
    unsafe first.base.storeBytes(of: 42, toByteOffset: Self.page + 8, as: UInt64.self)
    #expect(unsafe second.base.load(fromByteOffset: 8, as: UInt64.self) == 42)
  }

  @Test("a mapping may begin and end anywhere in the file")
  func unaligned() throws {
    let memory = try SharedMemory(name: "test", byteCount: 3 * Self.page)
    let whole = try memory.map()
    let part = try memory.map(Self.page - 1..<Self.page + 3)
    #expect(part.byteCount == 4)
    unsafe part.withUnsafeMutableBytes { unsafe $0.copyBytes(from: [1, 2, 3, 4]) }
    #expect(unsafe whole.base.loadUnaligned(fromByteOffset: Self.page - 1, as: UInt32.self) == 0x0403_0201)
    let read = try memory.map(1..<2, .read)
    #expect(read.permissions == .read)
  }

  @Test("what cannot be mapped is an error")
  func refused() throws {
    let memory = try SharedMemory(name: "test", byteCount: Self.page)
    let descriptor = try FileDescriptor.open("/dev/null", .readWrite)
    #expect(errorNumber { _ = try SharedMapping(descriptor, byteCount: 1) } == ENODEV)
    let readOnly = try FileDescriptor.open("/proc/self/exe", .readOnly)
    #expect(errorNumber { _ = try SharedMapping(readOnly, byteCount: 1) } == EACCES)
    for (offset, count) in [(0, 0), (0, -1), (0, Int.max), (UInt64.max, 1), (1 << 62, 1)] as [(UInt64, Int)] {
      #expect(
        errorNumber { _ = try SharedMapping(memory.descriptor, offset: offset, byteCount: count) }
          == SystemError.invalidArgument)
    }
    #expect(errorNumber { _ = try memory.map(-1..<1) } == SystemError.invalidArgument)
    for (name, count) in [("x", 0), ("x", -1), ("a\0b", 1), (String(repeating: "x", count: 250), 1)] {
      #expect(
        errorNumber { _ = try SharedMemory(name: name, byteCount: count) } == SystemError.invalidArgument)
    }
  }

  @Test("sealed memory keeps its size")
  func seals() throws {
    let sealed = try SharedMemory(name: "test", byteCount: Self.page)
    #expect(sealed.seals == [.shrink, .grow])
    #expect(errorNumber { try sealed.resize(to: 1) } == SystemError.notPermitted)
    #expect(errorNumber { try sealed.resize(to: 2 * Self.page) } == SystemError.notPermitted)
    try sealed.add(.seal)
    #expect(errorNumber { try sealed.add(.write) } == SystemError.notPermitted)
    let open = try SharedMemory(name: "test", byteCount: Self.page, seals: [])
    #expect(open.seals == [])
    try open.resize(to: 10)
    #expect(try open.descriptor.status().size == 10)
    let mapping = try open.map()
    #expect(errorNumber { try open.add(.write) } == SystemError.busy)
    withExtendedLifetime(mapping) {}
  }

  @Test("a file that becomes shorter under a mapping poisons it: zeros are read, and nothing dies")
  func truncated() throws {
    let memory = try SharedMemory(name: "test", byteCount: 4 * Self.page, seals: [])
    let mapping = try memory.map()
    let other = try memory.map()
    unsafe mapping.base.storeBytes(of: 7, toByteOffset: 3 * Self.page, as: UInt8.self)
    #expect(!mapping.isPoisoned)
    try memory.resize(to: Self.page)
    // What is left of the file is still read.
    #expect(unsafe mapping.base.load(fromByteOffset: 0, as: UInt8.self) == 0)
    #expect(!mapping.isPoisoned)
    #expect(unsafe mapping.base.load(fromByteOffset: 3 * Self.page, as: UInt8.self) == 0)
    #expect(mapping.isPoisoned)
    #expect(!other.isPoisoned)
    // It is memory of this process's own from now on.
    unsafe mapping.base.storeBytes(of: 8, toByteOffset: 2 * Self.page, as: UInt8.self)
    #expect(unsafe mapping.base.load(fromByteOffset: 2 * Self.page, as: UInt8.self) == 8)
    #expect(unsafe other.base.load(fromByteOffset: 2 * Self.page, as: UInt8.self) == 0)
    #expect(other.isPoisoned)
  }

  @Test("writing beyond the new end poisons as reading does, on many threads at once")
  func truncatedOnThreads() throws {
    let memory = try SharedMemory(name: "test", byteCount: 64 * Self.page, seals: [])
    let mapping = try memory.map()
    try memory.resize(to: 0)
    let threads = try ThreadGroup(count: 4) { index in
      for number in 0..<16 {
        unsafe mapping.base.storeBytes(of: 1, toByteOffset: (index * 16 + number) * Self.page, as: UInt8.self)
      }
    }
    threads.join()
    #expect(mapping.isPoisoned)
  }

  @Test("a new mapping is not poisoned by an earlier one's fate, and thousands fit")
  func many() throws {
    let memory = try SharedMemory(name: "test", byteCount: Self.page, seals: [])
    do {
      let poisoned = try memory.map()
      try memory.resize(to: 0)
      #expect(unsafe poisoned.base.load(as: UInt8.self) == 0)
      #expect(poisoned.isPoisoned)
    }
    try memory.resize(to: Self.page)
    let mappings = try (0..<3000).map { _ in try memory.map() }
    #expect(mappings.allSatisfy { !$0.isPoisoned })
    unsafe mappings[2999].base.storeBytes(of: 5, as: UInt8.self)
    #expect(mappings.allSatisfy { unsafe $0.base.load(as: UInt8.self) == 5 })
  }

  @Test("a bus error that is none of these mappings' still ends the process")
  func foreignBusError() async {
    // Under a sanitizer the process ends by its hand, with a report.
    await #expect(processExitsWith: .failure) {
      let memory = try SharedMemory(name: "test", byteCount: 4096, seals: [])
      let guarded = try memory.map()
      let foreign = unsafe mmap(nil, 4096, PROT_READ, MAP_SHARED, memory.descriptor.number, 0)
      try memory.resize(to: 0)
      // The process must not leave a core file for a test.
      var limit = rlimit()
      guard unsafe setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit) == 0 else { return }
      _ = unsafe guarded.base.load(as: UInt8.self)
      _ = unsafe foreign?.load(as: UInt8.self)
    }
  }
}

@Suite("EventCounter")
struct EventCounterTests {
  @Test("a wait takes what was signalled, once")
  func sum() throws {
    let counter = try EventCounter()
    #expect(counter.take() == 0)
    counter.signal()
    counter.signal(41)
    #expect(counter.take() == 42)
    #expect(counter.take() == 0)
    let started = try EventCounter(value: 3)
    #expect(started.wait(nanoseconds: 0) == 3)
  }

  @Test("a wait ends at its time limit, not before")
  func timeLimit() throws {
    let counter = try EventCounter()
    let start = MonotonicClock.now()
    #expect(counter.wait(nanoseconds: 20_000_000) == 0)
    #expect(MonotonicClock.now() - start >= 20_000_000)
  }

  @Test("a full counter blocks nobody")
  func full() throws {
    let counter = try EventCounter()
    counter.signal(.max - 1)
    counter.signal()
    #expect(counter.take() == UInt64.max - 1)
  }

  @Test("a signal wakes a thread that waits, and shows it what was written before")
  func wakes() throws {
    let counter = try EventCounter()
    let written = Mailbox()
    let seen = Atomic<Int>(0)
    let threads = try ThreadGroup(count: 1) { _ in
      if counter.wait(nanoseconds: 60_000_000_000) > 0 { seen.store(1, ordering: .relaxed) }
    }
    written.value = 1
    counter.signal()
    threads.join()
    #expect(seen.load(ordering: .relaxed) == 1)
  }

  @Test("only a counter is taken over, and it no longer blocks")
  func adopting() throws {
    #expect(
      errorNumber {
        var pipe = try Pipe()
        _ = try EventCounter(adopting: pipe.takeReading())
      } == SystemError.invalidArgument)
    let memory = try SharedMemory(name: "test", byteCount: 1)
    #expect(
      errorNumber {
        _ = try EventCounter(
          adopting: FileDescriptor(owning: fcntl(memory.descriptor.number, F_DUPFD_CLOEXEC, 0)))
      } == SystemError.invalidArgument)
    let counter = try EventCounter()
    let number = fcntl(counter.descriptor.number, F_DUPFD_CLOEXEC, 0)
    #expect(fcntl(number, F_SETFL, O_RDWR) == 0)
    let adopted = try EventCounter(adopting: FileDescriptor(owning: number))
    adopted.signal(7)
    #expect(counter.take() == 7)
    #expect(adopted.take() == 0)
  }
}

@Suite("Polling")
struct PollingTests {
  @Test("of several descriptors, those that are ready are named")
  func several() throws {
    let counters = try (0..<3).map { _ in try EventCounter() }
    var entries = counters.map { PollEntry($0.descriptor, for: .readable) }
    #expect(try Polling.wait(for: &entries, nanoseconds: 0) == 0)
    counters[1].signal()
    #expect(try Polling.wait(for: &entries, nanoseconds: .max) == 1)
    #expect(entries.map { $0.ready } == [[], .readable, []])
    entries[1].number = -1
    let start = MonotonicClock.now()
    #expect(try Polling.wait(for: &entries, nanoseconds: 20_000_000) == 0)
    #expect(MonotonicClock.now() - start >= 20_000_000)
    entries[0].events = .writable
    #expect(try Polling.wait(for: &entries, nanoseconds: .max) == 1)
    #expect(entries[0].ready == .writable)
  }

  @Test("a descriptor that is not open is an error")
  func closed() throws {
    let counter = try EventCounter()
    var entries = [PollEntry(counter.descriptor, for: .readable)]
    entries[0].number = 1 << 20
    #expect(errorNumber { try Polling.wait(for: &entries, nanoseconds: 0) } == SystemError.badDescriptor)
  }
}

@Suite("Guarded")
struct GuardedTests {
  @Test("what one thread leaves under the lock the next one finds")
  func exclusion() throws {
    let guarded = Guarded(0)
    let outside = Mailbox()
    let threads = try ThreadGroup(count: 4) { _ in
      for _ in 0..<2000 {
        guarded.withLock { value in
          value += 1
          outside.value += 1
        }
      }
    }
    threads.join()
    #expect(guarded.withLock { $0 } == 8000)
    #expect(outside.value == 8000)
  }
}
