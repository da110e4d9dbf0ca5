// What the files of the class tree hold, and when they change or go.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import SDMDEV
import TestPrograms
import Testing
import WarpDriveQueue

@Suite("Class tree")
struct TreeTests {
  private func text(_ path: String) throws -> String {
    String(decoding: try FileDescriptor.contents(of: path, limit: 4096), as: UTF8.self)
  }

  @Test("the files say what the class says, follow it, and go")
  func files() throws {
    let fixture = try Fixture()
    let directory = try newDirectory()
    defer { try? Pathname.removeDirectory(directory) }
    let tree = try ClassTree(fixture.sdmdevs, directory: directory)
    let device = "\(directory)/class/sdmdev/fake-0/device"
    let type = "\(device)/mdev_supported_types/fake-fake"
    let uacce = "\(directory)/class/uacce/fake-0"
    #expect(try text("\(directory)/version") == "1\n")
    #expect(try text("\(device)/params/iommu_type") == "1\n")
    #expect(try text("\(device)/params/dma_flag") == "4\n")
    #expect(try text("\(type)/name") == "fake\n")
    #expect(try text("\(type)/device_api") == "hisi_qm_v2\n")
    #expect(try text("\(type)/available_instances") == "4\n")
    #expect(try text("\(type)/flags") == "\(1 | 1 << 17)\n")
    #expect(try text("\(uacce)/api") == "hisi_qm_v2\n")
    #expect(try text("\(uacce)/algorithms") == "zlib\ngzip\n")
    #expect(try text("\(uacce)/region_mmio_size") == "8192\n")
    #expect(try text("\(uacce)/region_dus_size") == "\(FakeQueue.ringsSize)\n")
    #expect(try text("\(uacce)/node_id") == "1\n")
    #expect(try text("\(uacce)/isolate") == "0\n")
    #expect(try text("\(uacce)/isolate_strategy") == "0\n")
    #expect(try Pathname.status(of: "\(uacce)/api").mode == 0o644)

    let mediated = try fixture.mediated(isOpen: false)
    try tree.update()
    #expect(try text("\(type)/devices/\(mediated.id)") == "INIT\n")
    #expect(try text("\(type)/available_instances") == "3\n")
    try mediated.open(try QueueOwner.thisProcess())
    try mediated.start()
    // By itself, in a moment.
    #expect(eventually { (try? text("\(type)/devices/\(mediated.id)")) == "STARTED\n" })
    let transport = try fixture.transport()
    try tree.update()
    #expect(try DirectoryListing.names(in: "\(type)/devices") == [mediated.id.description])
    #expect(try text("\(uacce)/available_instances") == "2\n")
    transport.close()
    try fixture.device.removeMediatedDevice(mediated.id, isForced: true)
    try tree.update()
    #expect((try? Pathname.status(of: "\(type)/devices")) == nil)
    #expect(try RunDirectorySource(directory).devices() == [fixture.device.attributes])
    try fixture.sdmdevs.unregister("fake-0")
    try tree.update()
    #expect(try DirectoryListing.names(in: directory) == ["version"])
    tree.remove()
    #expect(try DirectoryListing.names(in: directory) == [])
    try tree.update()
    #expect(try DirectoryListing.names(in: directory) == [])
  }

  @Test("what a dead host left is replaced, and a link in it leads nowhere")
  func stale() throws {
    let directory = try newDirectory()
    let elsewhere = try newDirectory()
    defer {
      try? Pathname.unlink("\(elsewhere)/kept")
      try? Pathname.removeDirectory(elsewhere)
      try? Pathname.removeDirectory(directory)
    }
    for folder in ["class", "class/uacce", "class/uacce/old-0"] {
      try Pathname.makeDirectory("\(directory)/\(folder)")
    }
    for file in ["\(directory)/class/uacce/old-0/api", "\(elsewhere)/kept", "\(directory)/version"] {
      _ = try FileDescriptor.open(file, .writeOnly, options: .create)
    }
    try symbolicLink(to: elsewhere, at: "\(directory)/class/sdmdev")
    let fixture = try Fixture()
    do {
      let tree = try ClassTree(fixture.sdmdevs, directory: directory)
      #expect(try DirectoryListing.names(in: "\(directory)/class/uacce") == ["fake-0"])
      #expect(try DirectoryListing.names(in: elsewhere) == ["kept"])
      _ = tree
    }
    #expect(eventually { (try? DirectoryListing.names(in: directory)) == [] })
  }
}
