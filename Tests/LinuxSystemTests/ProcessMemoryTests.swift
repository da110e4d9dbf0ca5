// What the library does with another process's memory, and what it keeps from children.
// SPDX-License-Identifier: Apache-2.0

import Glibc
import LinuxSystem
import TestPrograms
import Testing

/// A page at an address that a child has too, with its own content from the fork on.
@safe private final class Page {
  static let size = CurrentProcess.pageSize
  let base: UnsafeMutableRawPointer

  init() throws {
    let start = unsafe mmap(nil, Page.size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let start = unsafe start, unsafe start != MAP_FAILED else {
      throw SystemError(errno: errno, operation: "mmap")
    }
    unsafe base = start
  }

  deinit {
    unsafe munmap(base, Page.size)
  }

  var address: UInt64 { unsafe UInt64(UInt(bitPattern: base)) }

  subscript(offset: Int) -> UInt8 {
    get { unsafe base.load(fromByteOffset: offset, as: UInt8.self) }
    set { unsafe base.storeBytes(of: newValue, toByteOffset: offset, as: UInt8.self) }
  }
}

extension ProcessMemory {
  fileprivate func bytes(_ address: UInt64, count: Int) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    try unsafe bytes.withUnsafeMutableBytes { try unsafe read(address, into: $0) }
    return bytes
  }

  fileprivate func write(_ address: UInt64, _ bytes: [UInt8]) throws {
    try unsafe bytes.withUnsafeBytes { try unsafe write(address, from: $0) }
  }
}

@Suite("ProcessMemory, ProcessIdentity, PageRange")
struct ProcessMemoryTests {
  @Test("another process's memory is read and written, and nobody else's once it has ended")
  func copies() throws {
    var pipe = try Pipe()
    let reading = try pipe.takeReading()
    let writing = try pipe.takeWriting()
    let page = try Page()
    page[5] = 42
    let (number, address) = (reading.number, page.address)
    let child = try ForkedChild {
      page[6] = 43
      var byte: UInt8 = 0
      guard unsafe read(number, &byte, 1) == 1 else { return 1 }
      return page[7] == 44 && page[5] == 42 ? 0 : 2
    }
    let memory = try ProcessMemory(of: ProcessIdentity(of: child.identifier))
    #expect(memory.process.processID == child.identifier)
    #expect(memory.process != (try ProcessIdentity.current()))
    #expect(memory.process.isPresent && !memory.isEnded)
    try memory.write(address + 7, [44])
    // The parent's own page is another.
    #expect(page[6] == 0 && page[7] == 0)
    #expect(try memory.bytes(address + 7, count: 1) == [44])
    #expect(try memory.bytes(address + 5, count: 1) == [42])
    #expect(try memory.bytes(address, count: 0) == [])
    try writing.writeAll([1])
    #expect(child.wait() == .exit(0))
    #expect(memory.isEnded && !memory.process.isPresent)
    #expect(try memory.descriptor.poll(for: .readable, nanoseconds: 0) != [])
    #expect(errorNumber { _ = try memory.bytes(address, count: 1) } == SystemError.noProcess)
    #expect(errorNumber { try memory.write(address, [1]) } == SystemError.noProcess)
  }

  @Test("an access is all of it or an error")
  func allOrNothing() throws {
    let memory = try ProcessMemory(of: .current())
    let page = try Page()
    #expect(try memory.bytes(page.address, count: Page.size) == [UInt8](repeating: 0, count: Page.size))
    #expect(unsafe mprotect(page.base, Page.size, PROT_READ) == 0)
    #expect(errorNumber { try memory.write(page.address, [1]) } == SystemError.badAddress)
    #expect(try memory.bytes(page.address, count: 1) == [0])
    #expect(unsafe mprotect(page.base, Page.size, PROT_NONE) == 0)
    #expect(errorNumber { _ = try memory.bytes(page.address, count: 1) } == SystemError.badAddress)
    let pages = try SharedMemory(name: "test", byteCount: 2 * Page.size)
    let mapping = try pages.map()
    let address = unsafe UInt64(UInt(bitPattern: mapping.base))
    #expect(unsafe mprotect(mapping.base + Page.size, Page.size, PROT_READ) == 0)
    let half = UInt64(Page.size) - 4
    #expect(errorNumber { try memory.write(address + half, [1, 1, 1, 1, 1]) } == SystemError.badAddress)
    #expect(try memory.bytes(address + half, count: 8).count == 8)
    #expect(errorNumber { _ = try memory.bytes(0, count: 1) } == SystemError.badAddress)
    #expect(errorNumber { _ = try memory.bytes(.max, count: 1) } == SystemError.badAddress)
  }

  @Test("a number that another process has by now is refused")
  func reused() throws {
    let current = try ProcessIdentity.current()
    let earlier = ProcessIdentity(processID: current.processID, startTime: current.startTime - 1)
    #expect(!earlier.isPresent)
    #expect(errorNumber { _ = try ProcessMemory(of: earlier) } == SystemError.noProcess)
    for number in [0, -1, .max] as [Int32] {
      #expect(errorNumber { _ = try ProcessIdentity(of: number) } == SystemError.noProcess)
      let nobody = ProcessIdentity(processID: number, startTime: 0)
      #expect(errorNumber { _ = try ProcessMemory(of: nobody) } != nil)
    }
  }

  @Test("the start of a process is field 22, whatever the program's name is")
  func startTime() {
    let fields = (3...52).map(String.init).joined(separator: " ")
    for name in ["a", "a b", "a) 3 (b", ")))"] {
      #expect(ProcessIdentity.startTime(in: Array("1 (\(name)) \(fields)\n".utf8)) == 22)
    }
    for line in ["", "1 (a)", "1 (a) 3 4", "no parentheses", "1 (a) " + String(repeating: "x ", count: 30)] {
      #expect(ProcessIdentity.startTime(in: Array(line.utf8)) == nil)
    }
  }

  @Test("a child has another generation")
  func generation() throws {
    let generation = CurrentProcess.generation
    #expect(try ForkedChild { CurrentProcess.generation == generation + 1 ? 0 : 1 }.wait() == .exit(0))
    #expect(CurrentProcess.generation == generation)
  }

  @Test("a tracer is allowed, and the permission is taken back; nobody cannot be one")
  func tracer() throws {
    let hasYama = (try? Pathname.status(of: "/proc/sys/kernel/yama/ptrace_scope")) != nil
    try CurrentProcess.allowTracer(getppid())
    try CurrentProcess.allowTracer(nil)
    let refused = errorNumber { try CurrentProcess.allowTracer(.max) }
    #expect(refused == (hasYama ? SystemError.invalidArgument : nil))
  }

  @Test("pages are locked and unlocked, within the limit that the kernel tells")
  func locking() throws {
    let limits = try FileDescriptor.contents(of: "/proc/self/limits", limit: 1 << 16)
    let line = String(decoding: limits, as: UTF8.self).split(separator: "\n").first {
      $0.hasPrefix("Max locked memory")
    }
    let soft = try #require(line).dropFirst("Max locked memory".count).split(separator: " ").first
    #expect(CurrentProcess.lockableByteCount.map { String($0) } ?? "unlimited" == soft.map { String($0) })
    let page = try Page()
    let range = unsafe PageRange(start: page.base + 100, count: 1)
    #expect(unsafe range.base == page.base)
    #expect(range.byteCount == Page.size)
    #expect(unsafe PageRange(start: page.base + Page.size - 1, count: 2).byteCount == 2 * Page.size)
    #expect(unsafe PageRange(start: page.base, count: 0).byteCount == 0)
    try range.lock()
    try range.unlock()
    // Pages that cannot be brought into memory; asked directly as well, since sanitizers replace mlock(2) by nothing.
    #expect(unsafe mprotect(page.base, Page.size, PROT_NONE) == 0)
    let refused = unsafe mlock(page.base, Page.size) == 0 ? nil : errno
    #expect(errorNumber { try range.lock() } == refused)
    #expect(refused == nil || refused == SystemError.noMemory)
  }

  @Test("children find zeros in some pages, and do not have others")
  func forkedPages() throws {
    let wiped = try Page()
    let kept = try Page()
    let plain = try Page()
    for page in [wiped, kept, plain] { page[0] = 1 }
    try unsafe PageRange(start: wiped.base, count: 1).zeroInChildren()
    try unsafe PageRange(start: kept.base, count: 1).keepFromChildren()
    #expect(try ForkedChild { wiped[0] == 0 && plain[0] == 1 ? 0 : 1 }.wait() == .exit(0))
    // mincore(2) tells, without a signal, whether anything is mapped.
    let child = try ForkedChild {
      var state: UInt8 = 0
      return unsafe mincore(kept.base, Page.size, &state) == -1 && errno == ENOMEM ? 0 : 1
    }
    #expect(child.wait() == .exit(0))
    #expect(wiped[0] == 1 && kept[0] == 1)
  }

  @Test("a shared mapping that is not inherited is not there in a child, and its end leaves the addresses alone")
  func notInherited() throws {
    let memory = try SharedMemory(name: "test", byteCount: Page.size)
    var mapping: SharedMapping? = try memory.map(isInherited: false)
    let base = try unsafe #require(mapping?.base)
    unsafe base.storeBytes(of: 7, as: UInt8.self)
    let child = try ForkedChild {
      var state: UInt8 = 0
      guard unsafe mincore(base, Page.size, &state) == -1 && errno == ENOMEM else { return 1 }
      // Something else of the child's own, at the same address.
      let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED
      guard unsafe mmap(base, Page.size, PROT_READ | PROT_WRITE, flags, -1, 0) == base else { return 2 }
      mapping = nil
      return unsafe mincore(base, Page.size, &state) == 0 ? 0 : 3
    }
    #expect(child.wait() == .exit(0))
    #expect(unsafe base.load(as: UInt8.self) == 7)
    mapping = nil
    let inherited = try memory.map()
    let other = try ForkedChild { unsafe inherited.base.load(as: UInt8.self) == 7 ? 0 : 1 }
    #expect(other.wait() == .exit(0))
  }
}
