// When plugins are loaded: for their names, once, by whoever asks first.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import TestPrograms
import Testing
import WarpDriveCore
import WarpDrivePlugins
import ZlibProvider

@Suite("Plugins on demand")
struct DemandTests {
  private let place: PluginPlace

  init() throws { place = try PluginPlace() }

  @Test("nothing is loaded before its name is asked for")
  func onDemand() throws {
    try place.install(.init(trace: place.trace))
    try place.install(.other("neighbour"), "plugins/neighbour.so")
    let loader = place.loader()
    let registry = try registry(loader)
    #expect(place.traced().isEmpty)
    #expect(try registry.algorithm("gzip").driverName == "gzip-zlib")
    // Tried to learn its names, and not loaded.
    #expect(place.traced() == ["constructor", "entry"])
    #expect(registry.providers.map(\.name) == ["zlib"])
    #expect(loader.records.map(\.isLoaded) == [false, false])
    #expect(try registry.algorithm("toysum").driverName == "toysum-toy")
    #expect(place.traced() == ["constructor", "entry", "constructor", "entry"])
    #expect(registry.providers.map(\.name) == ["zlib", "toy"])
    #expect(loader.records.map(\.provider) == ["neighbour", "toy"])
    #expect(loader.records.map(\.isLoaded) == [false, true])
    #expect(loader.records.map(\.version) == ["1.0", "1.0"])
    #expect(loader.records.map(\.drivers) == [["neighboursum-toy"], ["toysum-toy"]])
  }

  @Test(
    "the algorithm's name, the driver's and an alias bring a plugin, in any case",
    arguments: ["toysum", "TOYSUM", "toysum-toy", "ToySum-Toy", "ToyAlias", "toyalias", "TOYALIAS"])
  func names(name: String) throws {
    try place.install(.init())
    let registry = try registry(place.loader())
    #expect(try registry.algorithm(name).driverName == "toysum-toy")
  }

  @Test("a better driver of a plugin serves the first lookup of a name that has a driver already")
  func better() throws {
    try place.write(try ToyPlugins.gzip.get(), to: "plugins/better.so")
    let registry = try registry(place.loader())
    var gzip = try registry.compression("gzip")
    #expect(gzip.algorithm.driverName == "gzip-better")
    let bytes = [UInt8](repeating: 65, count: 10_000)
    let packed = try gzip.compress(bytes)
    var own = try registry.compression("gzip-zlib")
    #expect(try own.decompress(packed) == bytes)
    #expect(try gzip.decompress(packed + packed) == bytes + bytes)
  }

  @Test("a template's instance is built on the plugin's driver")
  func template() throws {
    try place.write(try ToyPlugins.gzip.get(), to: "plugins/better.so")
    let registry = try registry(place.loader())
    #expect(try registry.algorithm("pcrypt(gzip)").driverName == "pcrypt(gzip-better)")
  }

  @Test("concurrent askers for several names of a plugin load it once, and all are answered")
  func concurrent() throws {
    try place.install(.init(more: 7, trace: place.trace))
    let registry = try registry(place.loader())
    let answers = Guarded<[Int: [UInt8]]>([:])
    let group = try ThreadGroup(count: 8) { index in
      guard var hash = try? registry.hash(index == 0 ? "toysum" : "toysum\(index - 1)"),
        let digest = try? hash.digest([1, UInt8(index)])
      else { return }
      answers.withLock { $0[index] = digest }
    }
    group.join()
    for index in 0..<8 {
      #expect(answers.withLock { $0[index] } == [UInt8(index + 1), 0, 0, 0], "asker \(index)")
    }
    // One trial and one load.
    #expect(place.traced() == ["constructor", "entry", "constructor", "entry"])
  }

  @Test("a plugin that comes after the first lookup is found")
  func installedLater() throws {
    let registry = try registry(place.loader())
    #expect(throws: ProviderError.self) { try registry.algorithm("toysum") }
    try place.install(.init())
    #expect(try registry.algorithm("toysum").driverName == "toysum-toy")
    try place.install(.other("neighbour"), "plugins/neighbour.so")
    try place.expectNeighbours(registry)
  }

  @Test("a directory that comes after the first lookup is looked at")
  func directoryLater() throws {
    try Pathname.removeDirectory(place.plugins)
    let registry = try registry(place.loader())
    #expect(throws: ProviderError.self) { try registry.algorithm("toysum") }
    try place.makeDirectory("plugins")
    try place.install(.init())
    #expect(try registry.algorithm("toysum").driverName == "toysum-toy")
  }

  @Test("two registries of one process use one loaded plugin")
  func twoRegistries() throws {
    try place.install(.init(trace: place.trace))
    let first = try registry(place.loader())
    let second = try registry(place.loader())
    for registry in [first, second, first] {
      var hash = try registry.hash("toysum")
      #expect(try hash.digest([9]) == [9, 0, 0, 0])
    }
    #expect(place.traced() == ["constructor", "entry", "constructor", "entry"])
  }

  @Test("a registry that is gone takes nothing with it, and is not kept by its plugins")
  func releasedRegistry() throws {
    try place.install(.init(trace: place.trace))
    weak var gone: Registry?
    var hash: Hash?
    do {
      let registry = try registry(place.loader())
      gone = registry
      hash = try registry.hash("toysum")
    }
    // The handle holds its registry.
    #expect(gone != nil)
    #expect(try hash?.digest([3]) == [3, 0, 0, 0])
    hash = nil
    #expect(gone == nil)
    let next = try registry(place.loader())
    #expect(try next.algorithm("toysum").driverName == "toysum-toy")
    // One trial and one load: what is in the process is not tried again.
    #expect(place.traced().count { $0 == "entry" } == 2)
  }

  @Test("what is loaded stays listed and in use, also when its file is gone")
  func fileGone() throws {
    let path = try place.install(.init())
    let loader = place.loader()
    let registry = try registry(loader)
    #expect(try registry.algorithm("toysum").driverName == "toysum-toy")
    try Pathname.unlink(path)
    #expect(loader.records.map(\.isLoaded) == [true])
    var hash = try registry.hash("toysum")
    #expect(try hash.digest([3]) == [3, 0, 0, 0])
  }

  @Test("a file that changed after its plugin was loaded is not taken for it")
  func replaced() throws {
    let path = try place.install(.init(trace: place.trace))
    #expect(try registry(place.loader()).algorithm("toysum").driverName == "toysum-toy")
    try Pathname.unlink(path)
    try place.install(.init(driver: "toysum-new", trace: place.trace))
    let loader = place.loader()
    let registry = try registry(loader)
    #expect(throws: ProviderError.self) { try registry.algorithm("toysum") }
    #expect(loader.records.map(\.refusalCode) == [.exists])
    #expect(loader.records.first?.refusal.contains("start the program again") == true)
    // One trial and one load.
    #expect(place.traced().count { $0 == "entry" } == 2)
  }

  @Test("who is told of a plugin's drivers may look up those of another at once")
  func observer() throws {
    try place.install(.init())
    try place.install(.other("neighbour"), "plugins/neighbour.so")
    let registry = try registry(place.loader())
    let seen = Guarded<[String]>([])
    let observation = registry.observe { [weak registry] event in
      guard case .registered(provider: "toy", _) = event, let registry else { return }
      let name = (try? registry.algorithm("neighboursum"))?.driverName ?? "nothing"
      seen.withLock { $0.append(name) }
    }
    #expect(try registry.algorithm("toysum").driverName == "toysum-toy")
    #expect(seen.withLock { $0 } == ["neighboursum-toy"])
    _ = observation
  }

  @Test("a listing loads all that there is")
  func loadAll() throws {
    try place.install(.init())
    try place.install(.other("neighbour"), "plugins/neighbour.so")
    let loader = place.loader()
    let registry = try registry(loader)
    registry.loadAll()
    #expect(Set(registry.providers.map(\.name)) == ["zlib", "toy", "neighbour"])
    #expect(loader.records.map(\.isLoaded) == [true, true])
    #expect(registry.providers.first { $0.name == "toy" }?.source == place.plugins + "/toy.so")
  }
}
