// The user path on an accelerator of the kernel's, against a tree and calls of the test's own.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import TestPrograms
import Testing
import WarpDriveQueue

@testable import WarpDrive

@Suite("Accelerator of the kernel's") struct KernelAcceleratorTests {
  /// A kernel's class with at most one device, whose node cannot be opened.
  private final class FakeKernel: Sendable {
    let directory: TemporaryDirectory
    let opened = Guarded<[String]>([])

    init(device: String? = "hisi_zip-1", api: String = "hisi_qm_v3", flags: QueueFlags = .sharedVirtual) throws {
      directory = try TemporaryDirectory()
      guard let device else { return }
      let attributes = [
        "api": api, "flags": "\(flags.rawValue)", "available_instances": "3", "algorithms": "zlib\ngzip\ndeflate",
        "region_mmio_size": "\(2 * CurrentProcess.pageSize)", "region_dus_size": "\(CurrentProcess.pageSize)",
        "isolate": "0",
      ]
      for (name, text) in attributes { try directory.write("\(text)\n", to: "\(device)/\(name)") }
    }

    var source: UACCESource {
      UACCESource(
        deviceDirectory: "/fake/dev", classDirectory: directory.path,
        calls: UACCECalls { [self] (path) throws(SystemError) in
          opened.withLock { $0.append(path) }
          throw SystemError(errno: SystemError.busy, operation: "open")
        })
    }

    func registry(_ device: StandardDevice? = nil) throws -> Registry {
      try Registry.standard(
        configuration: MachineConfiguration(), kinds: [.compression], device: device, kernel: source)
    }
  }

  private func priority(_ name: String, _ registry: Registry) -> Int? {
    registry.algorithms.first { $0.driverName == name }?.descriptor.priority
  }

  @Test("a device of the kernel's has the user path at the hardware's priority, and nothing is opened by that")
  func registration() throws {
    let kernel = try FakeKernel()
    let registry = try kernel.registry()
    for name in ["wd-hisi-deflate", "wd-hisi-zlib", "wd-hisi-gzip"] {
      let algorithm = try #require(registry.algorithms.first { $0.driverName == name })
      #expect(algorithm.descriptor.priority == 310)
      #expect(algorithm.descriptor.flags == [.asynchronous, .needsFallback, .hardware])
    }
    #expect(priority("hisi-gzip-acomp", registry) == 10)
    #expect(kernel.opened.withLock { $0 } == [])
  }

  @Test("a node that is busy leaves the request to software")
  func fallback() throws {
    let kernel = try FakeKernel()
    let registry = try kernel.registry()
    var handle = try registry.compression("gzip")
    let bytes = [UInt8](repeating: 0x57, count: 100_000)
    let back = try handle.decompress(handle.compress(bytes))
    #expect(back == bytes)
    let driver = handle.lastDriverName
    #expect(driver == "gzip-zlib")
    #expect(kernel.opened.withLock { $0.contains("/fake/dev/hisi_zip-1") })
  }

  @Test("devices of other kinds, without shared addresses, or of no driver of ours are not used")
  func others() throws {
    for kernel in [
      try FakeKernel(device: nil), try FakeKernel(device: "hisi_sec2-1"), try FakeKernel(flags: []),
      try FakeKernel(api: "frob_v1"),
    ] {
      #expect(priority("wd-hisi-gzip", try kernel.registry()) == 11)
    }
  }

  @Test("a device that was named is used instead")
  func named() throws {
    let kernel = try FakeKernel()
    #expect(priority("wd-hisi-gzip", try kernel.registry(.model())) == 11)
  }
}
