// What the library does with device requests, registers behind descriptors, one-value files, groups and NUMA nodes.
// SPDX-License-Identifier: Apache-2.0

import Glibc
import LinuxSystem
import TestPrograms
import Testing

@Suite("FileDescriptor.control, SystemAttribute, GroupDatabase, Processor")
struct DeviceRequestTests {
  private let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
  }

  @Test("a request reaches its device with its argument, or is an error")
  func control() throws {
    var pipe = try Pipe()
    let reading = try pipe.takeReading()
    try pipe.takeWriting().writeAll([1, 2, 3])
    var count: Int32 = 0
    #expect(try unsafe reading.control(UInt(FIONREAD), &count) == 0)
    #expect(count == 3)
    #expect(errorNumber { try reading.control(UacceRequest.startQueue) } == SystemError.notATypewriter)
    #expect(errorNumber { try reading.control(UacceRequest.putQueue, value: 5) } == SystemError.notATypewriter)
    #expect(errorNumber { try unsafe reading.control(UInt(FIONREAD), nil) } == SystemError.badAddress)
  }

  @Test("requests have the kernel's numbers")
  func numbers() {
    #expect(UacceRequest.startQueue == 0x5700)
    #expect(UacceRequest.putQueue == 0x5701)
    // _IOWR(type, number, size): 3 << 30 | size << 16 | type << 8 | number.
    #expect(UacceRequest.setContext == 3 << 30 | 4 << 16 | UInt(UInt8(ascii: "H")) << 8 | 10)
    #expect(UacceRequest.setInformation == 3 << 30 | 16 << 16 | UInt(UInt8(ascii: "H")) << 8 | 11)
  }

  @Test("registers are read and written at any offset, little-endian, and never in part")
  func registers() throws {
    let file = try FileDescriptor.open(directory.file("bar"), .readWrite, options: .create)
    let far: UInt64 = 2 << 40
    try file.writeRegister(0x1122_3344_5566_7788, at: far, width: 8)
    for (width, value) in [(1, 0x88), (2, 0x7788), (4, 0x5566_7788), (8, 0x1122_3344_5566_7788)] as [(Int, UInt64)] {
      #expect(try file.readRegister(at: far, width: width) == value)
    }
    try file.writeRegister(0xffff_ffff_ffff_ff01, at: far + 1, width: 1)
    #expect(try file.readRegister(at: far, width: 4) == 0x5566_0188)
    #expect(errorNumber { _ = try file.readRegister(at: far + 4, width: 8) } == SystemError.inputOutput)
    for width in [0, 3, 16, -1] {
      #expect(errorNumber { _ = try file.readRegister(at: 0, width: width) } == SystemError.invalidArgument)
      #expect(errorNumber { try file.writeRegister(0, at: 0, width: width) } == SystemError.invalidArgument)
    }
    #expect(errorNumber { _ = try file.readRegister(at: .max, width: 1) } == SystemError.invalidArgument)
  }

  @Test("a file of one value is a text or a number")
  func attributes() throws {
    for (text, expected) in [("5\n", "5"), ("  a b \n\n", "a b"), ("", ""), ("\n", "")] {
      try directory.write(Array(text.utf8), to: "value")
      #expect(try SystemAttribute.text(directory.file("value")) == expected)
    }
    for (text, expected) in [("5\n", 5), ("-1\n", -1), ("0x1f\n", 31)] {
      try directory.write(Array(text.utf8), to: "value")
      #expect(try SystemAttribute.integer(directory.file("value")) == expected)
    }
    for text in ["", "5 6", "0x", "five", "99999999999999999999"] {
      try directory.write(Array(text.utf8), to: "value")
      #expect(errorNumber { _ = try SystemAttribute.integer(directory.file("value")) } == SystemError.invalidArgument)
    }
    #expect(errorNumber { _ = try SystemAttribute.text(directory.file("none")) } == SystemError.notFound)
  }

  @Test("a group is found by its name or its number")
  func groups() throws {
    #expect(try GroupDatabase.groupID(named: "root") == 0)
    #expect(try GroupDatabase.groupID(named: "12345678") == 12_345_678)
    for name in ["no such group", "", "4294967295", "-1"] {
      #expect(errorNumber { _ = try GroupDatabase.groupID(named: name) } == SystemError.notFound)
    }
    #expect(errorNumber { _ = try GroupDatabase.groupID(named: "root\0") } == SystemError.invalidArgument)
  }

  @Test("a path's bits and owner are set, and a link's target is left alone")
  func ownership() throws {
    try directory.write([], to: "file")
    let path = directory.file("file")
    try Pathname.setMode(0o640, of: path)
    try Pathname.setOwner(of: path, groupID: getegid())
    #expect(try Pathname.status(of: path).mode == 0o640)
    #expect(try Pathname.status(of: path).groupID == getegid())
    #expect(unsafe symlink("file", directory.file("link")) == 0)
    _ = errorNumber { try Pathname.setMode(0o777, of: directory.file("link")) }
    try Pathname.setOwner(of: directory.file("link"))
    #expect(try Pathname.status(of: path).mode == 0o640)
    #expect(errorNumber { try Pathname.setMode(0, of: directory.file("none")) } == SystemError.notFound)
    #expect(errorNumber { try Pathname.setOwner(of: directory.file("none")) } == SystemError.notFound)
  }

  @Test("a socket of a group has exactly its bits from the start")
  func socketOfGroup() throws {
    let path = directory.file("socket")
    let socket = try UnixSocket.listen(on: path, mode: 0o660, groupID: getegid())
    let status = try Pathname.status(of: path)
    #expect(status.mode == 0o660)
    #expect(status.groupID == getegid())
    _ = try UnixSocket.connect(to: path)
    withExtendedLifetime(socket.descriptor.number) {}
  }

  @Test("the distance of NUMA nodes is what their files say")
  func distance() throws {
    try Pathname.makeDirectory(directory.file("node0"))
    try Pathname.makeDirectory(directory.file("node3"))
    try directory.write(Array("0,2-3\n".utf8), to: "online")
    try directory.write(Array("10 21 31\n".utf8), to: "node0/distance")
    try directory.write(Array("31 x\n".utf8), to: "node3/distance")
    let folder = directory.path
    #expect(Processor.distance(from: 0, to: 0, folder: folder) == 10)
    #expect(Processor.distance(from: 0, to: 3, folder: folder) == 31)
    #expect(Processor.distance(from: 3, to: 0, folder: folder) == 31)
    for (from, to) in [(0, 1), (0, 4), (1, 0), (3, 2), (3, 3)] {
      #expect(Processor.distance(from: from, to: to, folder: folder) == nil)
    }
    #expect(Processor.currentNode >= 0)
  }

  /// A reply to VFIO_IOMMU_GET_INFO with capabilities at byte 24, and one at 48 (`<linux/vfio.h>`).
  private static func reply(
    count: UInt32 = 2, first: UInt32 = 24, next: UInt32 = 48, id: UInt16 = 1, size: Int = 96
  ) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 96)
    func put<Value: FixedWidthInteger>(_ value: Value, _ offset: Int) {
      for index in 0..<Value.bitWidth / 8 { bytes[offset + index] = UInt8(truncatingIfNeeded: value >> (8 * index)) }
    }
    put(2 as UInt32, 4)
    put(first, 16)
    put(9 as UInt16, 24)
    put(next, 28)
    put(id, 48)
    put(count, 56)
    for (index, bound) in ([0, 0xfedf_ffff, 0xfef0_0000, 0xffff_ffff_ffff] as [UInt64]).enumerated() {
      put(bound, 64 + 8 * index)
    }
    return Array(bytes[..<size])
  }

  @Test("an IOMMU's ranges are found in the chain of capabilities")
  func ranges() {
    #expect(
      LinuxVFIOKernel.ranges(in: Self.reply()) == [0...0xfedf_ffff, 0xfef0_0000...0xffff_ffff_ffff])
    #expect(LinuxVFIOKernel.ranges(in: Self.reply(count: 1)) == [0...0xfedf_ffff])
    // More than there is room for in the reply, or only half of one.
    #expect(LinuxVFIOKernel.ranges(in: Self.reply(count: .max)).count == 2)
    #expect(LinuxVFIOKernel.ranges(in: Self.reply(size: 88)) == [0...0xfedf_ffff])
  }

  @Test("a reply without ranges, or one that is broken, has none")
  func noRanges() {
    #expect(LinuxVFIOKernel.ranges(in: []) == [])
    #expect(LinuxVFIOKernel.ranges(in: Self.reply(id: 2)) == [])
    for next in [0, 24, 23, 95, 96, .max] as [UInt32] {
      #expect(LinuxVFIOKernel.ranges(in: Self.reply(next: next)) == [])
    }
    for first in [0, 95, .max] as [UInt32] {
      #expect(LinuxVFIOKernel.ranges(in: Self.reply(first: first)) == [])
    }
    for size in [1, 16, 24, 50, 63] {
      #expect(LinuxVFIOKernel.ranges(in: Self.reply(size: size)) == [])
    }
  }

  @Test("VFIO requests on what is no VFIO file are errors")
  func noVFIO() throws {
    let kernel = LinuxVFIOKernel()
    let file = try kernel.open("/dev/null")
    let counter = try EventCounter()
    let hasType = kernel.has(.type1, file)
    #expect(!hasType)
    let requests: [(borrowing FileDescriptor) throws -> Void] = [
      { _ = try kernel.version(of: $0) }, { _ = try kernel.isViable($0) }, { try kernel.attach($0, to: $0) },
      { try kernel.use(.type1Version2, $0) }, { _ = try kernel.ranges(of: $0) },
      { try kernel.map($0, address: 0, iova: 0, byteCount: 4096, permissions: 3) },
      { try kernel.unmap($0, iova: 0, byteCount: 4096) }, { _ = try kernel.device("0000:00:00.0", of: $0) },
      { _ = try kernel.flags(of: $0) }, { _ = try kernel.region(2, of: $0) },
      { _ = try kernel.interruptCount(1, of: $0) }, { try kernel.setInterrupts(1, of: $0, [counter]) },
      { try kernel.setInterrupts(1, of: $0, []) }, { try kernel.reset($0) },
    ]
    for request in requests {
      #expect(errorNumber { try request(file) } == SystemError.notATypewriter)
    }
  }
}
