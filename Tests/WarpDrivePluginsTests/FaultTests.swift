// Plugins that do not keep to the ABI, or do not survive their own start.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import TestPrograms
import Testing
import WarpDriveCore
import WarpDrivePlugins
import ZlibProvider

@Suite("Faults of plugins")
struct FaultTests {
  private let place: PluginPlace

  init() throws { place = try PluginPlace() }

  private func expectRefusal(
    _ fault: String, _ code: ProviderError.Code, _ reason: String,
    rules: PluginLoader.Rules = .init(timeLimit: 30_000_000_000), sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    // A place of its own, since what was loaded once stays.
    let place = try PluginPlace()
    try place.install(.init(fault: fault))
    try place.expectRefusal(code, reason, rules: rules, sourceLocation: sourceLocation)
  }

  @Test("a struct of another version is refused", arguments: ["provider", "driver", "kind"])
  func version(of part: String) throws {
    try expectRefusal("\(part) version", .invalidArgument, "version")
  }

  @Test("a short struct is refused", arguments: ["provider", "driver", "kind"])
  func short(_ part: String) throws {
    try expectRefusal("\(part) short", .invalidArgument, part == "kind" ? "bytes instead of" : "short")
  }

  @Test("a longer struct whose tail is zero is taken", arguments: ["provider", "driver", "kind"])
  func longer(_ part: String) throws {
    try place.install(.init(fault: "\(part) longer"))
    let registry = try registry(place.loader())
    var hash = try registry.hash("toysum")
    #expect(try hash.digest([1, 2, 255]) == [2, 1, 0, 0])
  }

  @Test("a longer struct whose tail is not zero is refused", arguments: ["provider", "driver", "kind"])
  func tail(_ part: String) throws {
    try expectRefusal("\(part) tail", .invalidArgument, "members that this host does not know")
  }

  @Test("a driver with a flag of the host's, without its functions or without a kind is refused")
  func drivers() throws {
    try expectRefusal("reference flag", .invalidArgument, "has the flag instance or reference")
    try expectRefusal("no function", .invalidArgument, "one of create, destroy, update, finish, reset")
    try expectRefusal("no kind", .invalidArgument, "is of 0 kinds instead of one")
  }

  @Test("a shared object without the entry is refused")
  func missingSymbol() throws {
    try place.write(try ToyPlugins.withoutEntry.get(), to: "plugins/toy.so")
    try place.expectRefusal(.invalidArgument, "it has no symbol wdprov_provider_init: it is no plugin")
  }

  @Test("a file that is no shared object is refused with the linker's words")
  func noObject() throws {
    try place.write(Array("#!/bin/sh\n".utf8), to: "plugins/toy.so")
    try place.expectRefusal(.unavailable, "it cannot be loaded: ")
  }

  @Test("a driver name that is taken is refused")
  func duplicateDriver() throws {
    try place.install(.init(driver: "gzip-zlib"))
    try expectCollision("the driver name gzip-zlib is taken")
  }

  @Test("a driver name that is another algorithm's name is refused")
  func driverNamedLikeAlgorithm() throws {
    try place.install(.init(driver: "gzip"))
    try expectCollision("the driver name gzip is taken")
  }

  @Test("an algorithm name that is another's driver name is refused")
  func algorithmNamedLikeDriver() throws {
    try place.install(.init(algorithm: "gzip-zlib"))
    try expectCollision("the name gzip-zlib is the driver name of another algorithm")
  }

  @Test("two plugins of one provider's name: the second is refused")
  func duplicateProvider() throws {
    try place.install(.init(), "plugins/a.so")
    try place.install(.init(algorithm: "other", driver: "other-toy"), "plugins/b.so")
    let loader = place.loader()
    let registry = try registry(loader)
    registry.loadAll()
    #expect(loader.records.map(\.isLoaded) == [true, false])
    #expect(loader.records.last?.refusalCode == .exists)
    #expect(throws: ProviderError.self) { try registry.algorithm("other") }
  }

  private func expectCollision(_ reason: String) throws {
    try place.install(.other("neighbour"), "plugins/neighbour.so")
    let loader = place.loader()
    let registry = try registry(loader)
    registry.loadAll()
    let record = try #require(loader.records.first { $0.path == place.plugins + "/toy.so" })
    #expect(record.refusalCode == .exists)
    #expect(record.refusal.contains(reason), "\(record.refusal)")
    #expect(!registry.providers.contains { $0.name == "toy" })
    #expect(!registry.algorithms.contains { $0.providerName == "toy" })
    try place.expectNeighbours(registry)
  }

  @Test("a constructor that crashes, or ends the process, ends a process that is thrown away")
  func deadlyConstructors() throws {
    try expectRefusal("constructor crashes", .backendFailure, "it crashed with signal 11")
    try expectRefusal("constructor exits", .backendFailure, "it ended the process with status 3")
    // With the handlers of atexit, those of sanitizers among them, which have a status of their own.
    try expectRefusal("constructor exits by exit", .backendFailure, "it ended the process with status")
  }

  @Test(
    "a constructor or an entry that hangs is given up",
    arguments: ["constructor hangs", "constructor hides", "entry hangs"])
  func hanging(fault: String) throws {
    // The neighbour is not tried by the loader that has so little patience.
    try place.install(.init(fault: fault))
    let loader = place.loader(rules: .init(timeLimit: 300_000_000))
    let registry = try registry(loader)
    #expect(throws: ProviderError.self) { try registry.algorithm("toysum") }
    #expect(loader.records.map(\.refusalCode) == [.timedOut])
    #expect(loader.records.first?.refusal.contains("it was not ready after 300 ms") == true)
    #expect(registry.providers.map(\.name) == ["zlib"])
    let patient = place.loader()
    try Pathname.unlink(place.plugins + "/toy.so")
    try place.install(.other("neighbour"), "plugins/neighbour.so")
    try place.expectNeighbours(try WarpDrivePluginsTests.registry(patient))
  }

  @Test("an entry that crashes, refuses or registers nothing is listed with its reason")
  func entries() throws {
    try expectRefusal("entry crashes", .backendFailure, "it crashed with signal 11")
    try expectRefusal("entry refuses", .unavailable, "it does not serve here: the device is asleep")
    try expectRefusal("entry is silent", .invalidArgument, "its entry registered nothing")
    try expectRefusal("entry ignores", .invalidArgument, "a driver's struct is of another version, short")
    try expectRefusal("entry passes on", .unavailable, "it does not serve here")
  }

  @Test("of an entry that registers twice the first counts")
  func twice() throws {
    try place.install(.init(fault: "entry registers twice", trace: place.trace))
    let registry = try registry(place.loader())
    #expect(try registry.algorithm("toysum").driverName == "toysum-toy")
    #expect(place.traced().filter { $0.hasPrefix("second") } == ["second refused", "second refused"])
  }

  @Test("an entry that looks for an algorithm finds none and waits for nobody")
  func entryLooksUp() throws {
    try place.install(.init(fault: "entry looks up", trace: place.trace))
    let registry = try registry(place.loader())
    #expect(try registry.algorithm("toysum").driverName == "toysum-toy")
    #expect(place.traced().filter { $0.hasSuffix("found") } == ["nothing found", "nothing found"])
  }

  @Test("a trial takes nothing of the program's input")
  func standardInput() throws {
    try place.install(.init(fault: "constructor reads", trace: place.trace))
    #expect(place.loader().records.map(\.provider) == ["toy"])
    #expect(place.traced().contains("no input"))
    #expect(!place.traced().contains("took input"))
  }

  @Test("a plugin's log arrives with its level and path, one line for each message")
  func log() throws {
    let path = try place.install(.init())
    let lines = Guarded<[String]>([])
    let loader = place.loader(log: { level, plugin, text in lines.withLock { $0.append("\(level) \(plugin) \(text)") } }
    )
    let registry = try registry(loader)
    #expect(try registry.algorithm("toysum").driverName == "toysum-toy")
    #expect(lines.withLock { $0 } == ["1 \(path) two lines"])
  }
}
