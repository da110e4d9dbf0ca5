// Algorithms of the host that a plugin looks up and uses.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import Testing
import WarpDriveCore
import WarpDrivePlugins

@Suite("Fallbacks of plugins")
struct RelayTests {
  /// What `struct relay_control` of relay.c holds.
  @safe struct Control {
    private let memory: UnsafeMutableRawPointer
    init(_ memory: UnsafeMutableRawPointer) { unsafe self.memory = unsafe memory }
    var found: Int64 { unsafe memory.load(as: Int64.self) }
    var released: Int64 { unsafe memory.load(fromByteOffset: 8, as: Int64.self) }
    var status: Int32 { unsafe memory.load(fromByteOffset: 16, as: Int32.self) }
    var misuses: Int32 { unsafe memory.load(fromByteOffset: 20, as: Int32.self) }
    var driver: String { unsafe String(cString: (memory + 24).assumingMemoryBound(to: CChar.self)) }
  }

  private let place: PluginPlace
  private let registry: Registry

  init() throws {
    place = try PluginPlace()
    registry = Registry()
    registry.register(loader: place.loader())
  }

  private func install(_ options: [String] = [], alone: Bool = false) throws {
    try place.write(try ToyPlugins.compile(["relay.c"], options), to: "plugins/relay.so")
    if !alone { try place.write(try ToyPlugins.kinds.get(), to: "plugins/kinds.so") }
    registry.loadAll()
  }

  private func control() throws -> Control {
    unsafe Control(try #require(unsafe symbol("relay_control", of: place.plugins + "/relay.so")))
  }

  @Test("a hash runs on the one of its name that another provider has, and gives it back")
  func hash() throws {
    try install()
    do {
      var hash = try registry.hash("toyhash")
      let name = hash.algorithm.driverName
      #expect(name == "toyhash-relay")
      let digest = try hash.digest([1, 2, 255])
      #expect(digest == [2, 1, 0, 0])
      let long = try hash.digest([5], count: 6)
      #expect(long == [5, 0, 0, 0, 5, 0])
      try hash.update([1])
      try hash.update([])
      try hash.update([2])
      let parts = try hash.finish()
      #expect(parts == [3, 0, 0, 0])
      try hash.update([1])
      try hash.reset()
      let empty = try hash.finish()
      #expect(empty == [0, 0, 0, 0])
      #expect(try control().driver == "toyhash-a")
      #expect(try control().found == control().released + 1)
    }
    #expect(try control().found == control().released)
    #expect(try control().found > 1)
    // Each state tried a lent function without a state of its own.
    #expect(try Int64(control().misuses) == control().found)
  }

  @Test("a format runs on the one of its name that another provider has")
  func format() throws {
    try install()
    do {
      var options = CompressionOptions(level: 7)
      options.dictionary = [3]
      var handle = try registry.compression("toystream", options)
      let name = handle.algorithm.driverName
      #expect(name == "toystream-relay")
      let packed = try handle.compress([97])
      #expect(packed == [84, 89, 7, 0, 0, 1, 0, 0, 1, 100, 0])
      let both = try handle.decompress(packed + packed)
      #expect(both == [97, 97])
      let damaged = error { _ = try handle.decompress(packed.dropLast() + [9]) }
      #expect(damaged?.code == .corruptInput)
      let truncated = error { _ = try handle.decompress(packed.dropLast()) }
      #expect(truncated?.code == .truncatedInput)
      let big = [UInt8](repeating: 5, count: 100_000)
      let back = try handle.decompress(handle.compress(big))
      #expect(back == big)
    }
    #expect(try control().found == control().released)
  }

  @Test("what is not there is not found, and the driver that needs it does not serve")
  func notFound() throws {
    try install(["-DWANTED_HASH=\"nothing\""])
    let name = try registry.hash("toyhash").algorithm.driverName
    #expect(name == "toyhash-a")
    #expect(try control().status == -ProviderError.Code.notFound.errno)
    let relay = try #require(registry.algorithms.first { $0.driverName == "toyhash-relay" })
    #expect(relay.state == .quarantined)
    guard case .failed(let reason) = relay.selfTest else {
      Issue.record("\(relay.selfTest)")
      return
    }
    #expect(reason.message.contains("there is no algorithm or driver 'nothing'"), "\(reason.message)")
  }

  @Test("a plugin does not find its own drivers, by whatever name", arguments: ["toyhash", "toyhash-relay"])
  func notItsOwn(name: String) throws {
    try install(["-DWANTED_HASH=\"\(name)\""], alone: true)
    let failure = error { _ = try registry.hash("toyhash") }
    #expect(failure?.code == .unusable)
    #expect(try control().status == -ProviderError.Code.notFound.errno)
    #expect(try control().found == 0)
  }

  @Test("an algorithm of another kind than hash and compression is not lent")
  func otherKind() throws {
    try install(["-DWANTED_HASH=\"toymac\""])
    let name = try registry.hash("toyhash").algorithm.driverName
    #expect(name == "toyhash-a")
    #expect(try control().status == -ProviderError.Code.unsupported.errno)
  }

  @Test("a plugin of two registries finds its fallback when one of them is gone")
  func anotherRegistry() throws {
    try install()
    do {
      let other = Registry()
      other.register(loader: place.loader())
      other.loadAll()
      var hash = try other.hash("toyhash")
      let digest = try hash.digest([1])
      #expect(digest == [1, 0, 0, 0])
    }
    var hash = try registry.hash("toyhash")
    let digest = try hash.digest([1])
    #expect(digest == [1, 0, 0, 0])
    #expect(try control().driver == "toyhash-a")
  }
}
