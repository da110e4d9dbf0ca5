// The registers of BAR 2: reset values, storage, and what is more than storage.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon
import DeviceAccess
import HisiliconModel
import Testing

@Suite("Registers")
struct FunctionRegisterTests {
  private func make(_ revision: Revision = .v3, virtualFunctions: Int = 0) throws -> Accelerator {
    var options = Accelerator.Options()
    options.revision = revision
    options.virtualFunctionCount = virtualFunctions
    return try Accelerator(options)
  }

  private static let resetValues: [UInt32: UInt32] = [
    0x10006c: 1, 0x100044: 1, 0x300150: 3, 0x1040e4: 1, 0x100158: 0x0020_0400, 0x100004: 0x7fff, 0x3010a4: 0x1fff,
  ]

  @Test("every register of a driver's dumps answers, and is 0 after a reset but for the known ones")
  func dumps() throws {
    let device = try ModelFunction(make())
    var ranges: [ClosedRange<UInt32>] = [
      0x0...0x308, 0x100000...0x100164, 0x104000...0x1040b4, 0x1040c8...0x104108, 0x301000...0x3012bc,
    ]
    ranges += (0..<8).map { 0x302000 + $0 * 0x1000...0x302000 + $0 * 0x1000 + 0x9c }
    for range in ranges {
      for offset in stride(from: range.lowerBound, through: range.upperBound, by: 4) {
        let value = try device.read(region: 2, offset: UInt64(offset), width: 4)
        #expect(value == UInt64(Self.resetValues[offset] ?? 0), "0x\(String(offset, radix: 16))")
      }
    }
    #expect(try device.read(region: 2, offset: 0x300150, width: 4) == 3)
  }

  @Test("the capability registers are those of Kunpeng 930")
  func capabilities() throws {
    let device = try ModelFunction(make())
    let expected: [UInt64: UInt64] = [
      0x3100: 0x6f01, 0x3104: 0x0400_0800, 0x3108: 0x0400_0400, 0x310c: 0x10000, 0x3110: 0x10001, 0x3114: 0x10003,
      0x3118: 0x10002, 0x311c: 0x40003, 0x3120: 0x14, 0x3124: 0x7c77, 0x3128: 0x6c77, 0x312c: 8, 0x3130: 0x1ffe,
      0x3134: 0x7fe, 0x3138: 1, 0x313c: 0x1205_0203, 0x3140: 0x001c_0003, 0x3144: 0x30, 0x3148: 0x3f, 0x314c: 0xd5,
      0x3150: 0xd5, 0x3154: 0x2a, 0x3158: 0x2a, 0x315c: 0x2a, 0x3160: 0, 0x317c: 0,
    ]
    for (offset, value) in expected {
      #expect(try device.read(region: 2, offset: offset, width: 4) == value, "0x\(String(offset, radix: 16))")
      try device.write(0xffff_ffff, region: 2, offset: offset, width: 4)
      #expect(try device.read(region: 2, offset: offset, width: 4) == value, "read-only")
    }
  }

  @Test("the capability word and the depths are the model's options")
  func options() throws {
    var options = Accelerator.Options()
    options.capabilities = 0x601
    options.submissionDepth = 64
    options.completionDepth = 128
    let device = try ModelFunction(Accelerator(options))
    #expect(try device.read(region: 2, offset: 0x3100, width: 4) == 0x601)
    #expect(try device.read(region: 2, offset: 0x3108, width: 4) == 0x0080_0040)
  }

  @Test("before revision 0x30 there are no capability registers", arguments: [Revision.v1, .v2])
  func noCapabilities(_ revision: Revision) throws {
    let device = try ModelFunction(make(revision))
    for offset in stride(from: 0x3100, through: 0x317c, by: 4) {
      #expect(try device.read(region: 2, offset: UInt64(offset), width: 4) == 0)
    }
  }

  @Test("a register that does nothing keeps what is written")
  func storage() throws {
    let device = try ModelFunction(make())
    for offset: UInt64 in [0x34, 0x100050, 0x100088, 0x1000d8, 0x1000f4, 0x100148, 0x301004, 0x3011b0, 0x30120c] {
      try device.write(0x1234_5678, region: 2, offset: offset, width: 4)
      #expect(try device.read(region: 2, offset: offset, width: 4) == 0x1234_5678)
    }
    #expect(try device.read(region: 2, offset: 0x3ffffc, width: 4) == 0, "the last register")
  }

  @Test("a register is read and written by bytes, halves and pairs too")
  func widths() throws {
    let device = try ModelFunction(make())
    try device.write(0x1122_3344_5566_7788, region: 2, offset: 0x100080, width: 8)
    #expect(try device.read(region: 2, offset: 0x100080, width: 4) == 0x5566_7788)
    #expect(try device.read(region: 2, offset: 0x100084, width: 4) == 0x1122_3344)
    #expect(try device.read(region: 2, offset: 0x100082, width: 2) == 0x5566)
    #expect(try device.read(region: 2, offset: 0x100087, width: 1) == 0x11)
    try device.write(0xaa, region: 2, offset: 0x100085, width: 1)
    try device.write(0xbbcc, region: 2, offset: 0x100086, width: 2)
    #expect(try device.read(region: 2, offset: 0x100080, width: 8) == 0xbbcc_aa44_5566_7788)
  }

  @Test("an access outside of a region, across registers or of an odd width is an error")
  func invalid() throws {
    let device = try ModelFunction(make(virtualFunctions: 1))
    let cases: [(region: Int, offset: UInt64, width: Int)] = [
      (2, 0x40_0000, 4), (2, 0x3ffffc, 8), (2, 0x2, 4), (2, 0x1, 2), (2, 0x4, 8), (2, 0, 3), (2, 0, 0), (2, 0, 16),
      (2, .max, 4), (0, 0, 4), (4, 0x1000, 8), (6, 0, 4), (7, 0x1000, 1), (7, 0xffe, 4), (-1, 0, 4), (2, 0, -4),
    ]
    for access in cases {
      #expect(throws: DeviceError.self, "\(access)") {
        _ = try device.read(region: access.region, offset: access.offset, width: access.width)
      }
      #expect(throws: DeviceError.self, "\(access)") {
        try device.write(0, region: access.region, offset: access.offset, width: access.width)
      }
    }
  }

  @Test("a virtual function has no registers beyond its 64 KiB")
  func virtualSize() throws {
    let device = try ModelFunction(make(virtualFunctions: 1), function: 1)
    #expect(try device.read(region: 2, offset: 0xfffc, width: 4) == 0)
    #expect(throws: DeviceError.self) { try device.read(region: 2, offset: 0x10000, width: 4) }
    #expect(throws: DeviceError.self) { try device.read(region: 2, offset: 0x100008, width: 4) }
  }

  @Test("the number of queues is the device's, and the most of a function depends on the virtual ones")
  func queueCounts() throws {
    let alone = try ModelFunction(make())
    let shared = try ModelFunction(make(virtualFunctions: 2))
    #expect(try alone.read(region: 2, offset: 0x100158, width: 4) == 1024 | 1024 << 11)
    #expect(try shared.read(region: 2, offset: 0x100158, width: 4) == 1024 | 64 << 11)
  }

  @Test("doorbell isolation shows in both registers that tell of it")
  func isolation() throws {
    var options = Accelerator.Options()
    options.isolatesDoorbells = true
    let device = try ModelFunction(Accelerator(options))
    #expect(try device.read(region: 2, offset: 0x30, width: 4) == 1)
    #expect(try device.read(region: 2, offset: 0x100154, width: 4) == 1)
    options.revision = .v2
    #expect(throws: DeviceError.self) { try Accelerator(options) }
  }

  @Test("a function that is in use cannot be used by another")
  func exclusive() throws {
    let accelerator = try make()
    let first = try ModelFunction(accelerator)
    #expect(throws: DeviceError.self) { try ModelFunction(accelerator) }
    #expect(throws: DeviceError.self) { try ModelFunction(accelerator, function: 1) }
    _ = try first.read(region: 2, offset: 0, width: 4)
  }

  @Test("after a shutdown every access says that the device is gone")
  func shutdown() throws {
    let accelerator = try make()
    let device = try ModelFunction(accelerator)
    accelerator.shutdown()
    accelerator.shutdown()
    let error = #expect(throws: DeviceError.self) { try device.read(region: 2, offset: 0, width: 4) }
    #expect(error?.code == .lost)
    #expect(throws: DeviceError.self) { try accelerator.inject(Injection(.spuriousInterrupt)) }
    #expect(accelerator.status.functions.isEmpty)
  }
}
