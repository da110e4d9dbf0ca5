// The machine's registry with the accelerator's drivers on what there is: a device of one's own, or a model.
// SPDX-License-Identifier: Apache-2.0

import DeviceAccess
import HisiliconModel
import LinuxSystem
import Synchronization
import Testing
import WarpDrive

@Suite("Standard registry") struct StandardRegistryTests {
  private static let drivers = [
    "hisi-deflate-acomp", "hisi-zlib-acomp", "hisi-gzip-acomp", "wd-hisi-deflate", "wd-hisi-zlib", "wd-hisi-gzip",
  ]

  /// A registry on a model of its own, that counts how often it is opened.
  private func registry(_ openings: Openings, revision: Revision = .v3) throws -> Registry {
    let model = StandardDevice.model(revision)
    let device = StandardDevice(name: model.name, isEmulated: true) { () throws(DeviceError) in
      openings.count.wrappingAdd(1, ordering: .relaxed)
      return try model.open()
    }
    return try Registry.standard(configuration: MachineConfiguration(), kinds: [.compression], device: device)
  }

  /// A counter that closures share.
  final class Openings: Sendable {
    let count = Atomic<Int>(0)
  }

  @Test("both paths are registered below software, and nothing is opened by that")
  func registration() throws {
    let openings = Openings()
    let registry = try registry(openings)
    for name in Self.drivers {
      let algorithm = try #require(registry.algorithms.first { $0.driverName == name })
      #expect(algorithm.descriptor.flags == [.asynchronous, .needsFallback, .emulated])
      #expect(algorithm.descriptor.priority == (name.hasPrefix("wd-") ? 11 : 10))
    }
    #expect(try registry.algorithm("gzip").driverName == "gzip-zlib")
    #expect(openings.count.load(ordering: .relaxed) == 0)
  }

  @Test("both paths work on one device, which is opened once")
  func bothPaths() throws {
    let openings = Openings()
    let registry = try registry(openings)
    let bytes = [UInt8](repeating: 0x57, count: 100_000)
    for name in Self.drivers {
      var handle = try registry.compression(name)
      let back = try handle.decompress(handle.compress(bytes))
      #expect(back == bytes)
      let driver = handle.lastDriverName
      #expect(driver == name)
    }
    #expect(openings.count.load(ordering: .relaxed) == 1)
  }

  @Test("an older model serves what its hardware has, and software the rest", arguments: [Revision.v1, .v2])
  func revisions(_ revision: Revision) throws {
    let registry = try registry(Openings(), revision: revision)
    let bytes = [UInt8](repeating: 0x57, count: 100_000)
    for name in Self.drivers {
      var handle = try registry.compression(name)
      let back = try handle.decompress(handle.compress(bytes))
      #expect(back == bytes)
      let driver = handle.lastDriverName
      #expect(driver == (name.contains("deflate") ? "deflate-zlib" : name))
    }
  }

  @Test("a program that does not compress has no accelerator")
  func otherKinds() throws {
    let registry = try Registry.standard(configuration: MachineConfiguration(), kinds: [.mac], device: .model())
    #expect(!registry.algorithms.contains { Self.drivers.contains($0.driverName) })
  }
}
