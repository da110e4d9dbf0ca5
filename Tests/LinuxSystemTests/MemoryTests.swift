// What secure memory and mappings promise.
// SPDX-License-Identifier: Apache-2.0

import Glibc
import LinuxSystem
import Testing

@Suite("SecureMemory")
struct SecureMemoryTests {
  @Test("zeroing a buffer erases every byte of it and none beside it", arguments: [0, 1, 7, 64])
  func zeroBuffer(count: Int) {
    var bytes = [UInt8](repeating: 0xA5, count: count + 2)
    unsafe bytes.withUnsafeMutableBytes { buffer in
      unsafe SecureMemory.zero(UnsafeMutableRawBufferPointer(rebasing: buffer[1..<count + 1]))
    }
    #expect(bytes == [0xA5] + [UInt8](repeating: 0, count: count) + [0xA5])
    unsafe SecureMemory.zero(UnsafeMutableRawBufferPointer(start: nil, count: 0))
  }

  @Test("zeroing a value erases all of it")
  func zeroValue() {
    var value = (UInt64.max, UInt32.max)
    unsafe withUnsafeMutablePointer(to: &value) { unsafe SecureMemory.zero($0) }
    #expect(value == (0, 0))
  }

  @Test("byte strings are equal when length and content are", arguments: [0, 1, 31, 32, 1000])
  func equal(count: Int) {
    let a = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    #expect(unsafe SecureMemory.equal(a.span.bytes, a.span.bytes))
    #expect(unsafe !SecureMemory.equal(a.span.bytes, (a + [0]).span.bytes))
    for position in [0, count / 2, count - 1] where position >= 0 && position < count {
      for bit in 0..<8 {
        var b = a
        b[position] ^= 1 << UInt8(bit)
        #expect(unsafe !SecureMemory.equal(a.span.bytes, b.span.bytes))
      }
    }
  }
}

@Suite("AnonymousMapping")
struct AnonymousMappingTests {
  private static let page = CurrentProcess.pageSize

  @Test("sizes are rounded up to whole pages, at least one", arguments: [true, false])
  func rounding(guardPages: Bool) throws {
    for (asked, pages) in [(0, 1), (1, 1), (Self.page, 1), (Self.page + 1, 2), (10 * Self.page, 10)] {
      let mapping = try AnonymousMapping(byteCount: asked, guardPages: guardPages)
      #expect(mapping.byteCount == pages * Self.page)
      #expect(mapping.bytes.byteCount == mapping.byteCount)
    }
  }

  @Test("a size that no machine has is an error")
  func impossible() {
    for size in [Int.max, Int.max - Self.page, 1 << 60] {
      #expect(errorNumber { _ = try AnonymousMapping(byteCount: size, guardPages: true) } == SystemError.noMemory)
    }
  }

  @Test("memory is zeroed, and keeps what is written")
  func content() throws {
    var mapping = try AnonymousMapping(byteCount: 1)
    for offset in 0..<mapping.byteCount {
      #expect(unsafe mapping.bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self) == 0)
    }
    unsafe mapping.withUnsafeMutableBytes { unsafe $0[$0.count - 1] = 9 }
    let last = mapping.byteCount - 1
    #expect(unsafe mapping.bytes.unsafeLoad(fromByteOffset: last, as: UInt8.self) == 9)
    var bytes = mapping.mutableBytes
    bytes.storeBytes(of: 8, toByteOffset: 0, as: UInt8.self)
    #expect(unsafe mapping.bytes.unsafeLoad(fromByteOffset: 0, as: UInt8.self) == 8)
  }

  @Test("an output lies flush against its edge", arguments: AnonymousMapping.Edge.allCases, [0, 1, 100])
  func edges(edge: AnonymousMapping.Edge, count: Int) throws {
    var mapping = try AnonymousMapping(byteCount: 2 * Self.page, guardPages: true)
    let range = mapping.range(of: count, at: edge)
    #expect(range == (edge == .lower ? 0..<count : mapping.byteCount - count..<mapping.byteCount))
    mapping.withOutput(of: count, at: edge) { output in
      #expect(output.capacity == count)
      while output.freeCapacity > 0 { unsafe output.append(0xEE, as: UInt8.self) }
    }
    for offset in 0..<mapping.byteCount {
      let expected: UInt8 = range.contains(offset) ? 0xEE : 0
      #expect(unsafe mapping.bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self) == expected)
    }
  }

  /// Asks the kernel to read the byte at an offset from the mapping's start: 0, or the error number.
  ///
  /// The kernel answers `EFAULT` where this process would be killed.
  private static func probe(_ mapping: inout AnonymousMapping, _ offset: Int, through number: Int32) -> Int32 {
    unsafe mapping.withUnsafeMutableBytes { buffer in
      guard let base = buffer.baseAddress else { return -1 }
      return unsafe write(number, base + offset, 1) == 1 ? 0 : errno
    }
  }

  @Test("the kernel refuses to read one byte past either edge", arguments: [1, 3])
  func guardPages(pages: Int) throws {
    var pipe = try Pipe()
    let reading = try pipe.takeReading()
    let writing = try pipe.takeWriting()
    var mapping = try AnonymousMapping(byteCount: pages * Self.page, guardPages: true)
    let (number, count) = (writing.number, mapping.byteCount)
    for offset in [0, count - 1] {
      #expect(Self.probe(&mapping, offset, through: number) == 0)
    }
    for offset in [-1, -Self.page, count, count + Self.page - 1] {
      #expect(Self.probe(&mapping, offset, through: number) == EFAULT)
    }
    #expect(try reading.poll(for: .readable, nanoseconds: 0) == .readable)
  }

  @Test("touching a guard page ends the process", arguments: [-1, 0])
  func guardPageEndsProcess(offsetFromEdge: Int) async {
    await #expect(processExitsWith: .failure) { [offsetFromEdge = offsetFromEdge as Int] in
      var mapping = try AnonymousMapping(byteCount: 1, guardPages: true)
      unsafe mapping.withUnsafeMutableBytes { buffer in
        guard let base = buffer.baseAddress else { return }
        let edge = offsetFromEdge < 0 ? 0 : buffer.count
        unsafe (base + edge + offsetFromEdge).storeBytes(of: 1, as: UInt8.self)
      }
    }
  }

  @Test("a read-only mapping is not written, until it is writable again")
  func protection() throws {
    var pipe = try Pipe()
    let reading = try pipe.takeReading()
    let writing = try pipe.takeWriting()
    try writing.writeAll([1, 2])
    let number = reading.number
    var mapping = try AnonymousMapping(byteCount: 1, guardPages: true)
    try mapping.protect(readOnly: true)
    #expect(unsafe mapping.bytes.unsafeLoad(fromByteOffset: 0, as: UInt8.self) == 0)
    let refused = unsafe mapping.withUnsafeMutableBytes { unsafe read(number, $0.baseAddress, 1) == -1 ? errno : 0 }
    #expect(refused == EFAULT)
    try mapping.protect(readOnly: false)
    let count = unsafe mapping.withUnsafeMutableBytes { unsafe read(number, $0.baseAddress, 1) }
    #expect(count == 1)
  }
}
