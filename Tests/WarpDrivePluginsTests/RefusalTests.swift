// Files that the loader does not touch: who could have written them, and where they lie.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import TestPrograms
import Testing
import WarpDriveCore

@testable import WarpDrivePlugins

@Suite("Refusals of files")
struct RefusalTests {
  private let place: PluginPlace

  init() throws { place = try PluginPlace() }

  @Test("a file that others can write is refused", arguments: [0o664, 0o646] as [UInt32])
  func writableFile(mode: UInt32) throws {
    let path = try place.install(.init())
    try Pathname.setMode(mode, of: path)
    try place.expectRefusal(.denied, "can be written by others: chmod go-w \(path)")
  }

  @Test("a directory that others can write is refused, also one above", arguments: ["plugins", "outer", "outer/inner"])
  func writableParent(directory: String) throws {
    try place.makeDirectory("outer/inner")
    let name = directory == "plugins" ? "plugins/toy.so" : "outer/inner/toy.so"
    let path = try place.install(.init(), name)
    try Pathname.setMode(0o777, of: place.directory.file(directory))
    let loader = PluginLoader(
      directories: [path.replacing("/toy.so", with: "")], rules: .init(), cache: nil, digest: { toyDigest($0) })
    let registry = try registry(loader)
    #expect(throws: ProviderError.self) { try registry.algorithm("toysum") }
    let record = try #require(loader.records.first)
    #expect(record.refusalCode == .denied)
    #expect(record.refusal.contains("is below \(place.directory.file(directory)), which others can write: chmod go-w"))
    #expect(registry.providers.map(\.name) == ["zlib"])
    var gzip = try registry.compression("gzip")
    #expect(try gzip.decompress(gzip.compress([7])) == [7])
    // As soon as it is mended and something was done in the directory, the plugin is found.
    try Pathname.setMode(0o755, of: place.directory.file(directory))
    try Pathname.rename(path, to: path.replacing("toy.so", with: "mended.so"))
    #expect(try registry.algorithm("toysum").driverName == "toysum-toy")
  }

  @Test("a directory that all can write is trusted where only owners may remove from it")
  func stickyParent() throws {
    try place.install(.init())
    try Pathname.setMode(0o1777, of: place.directory.path)
    let registry = try registry(place.loader())
    #expect(try registry.algorithm("toysum").driverName == "toysum-toy")
  }

  @Test(
    "a file of another user is refused", .enabled(if: CurrentProcess.effectiveUserID == 0, "only root gives files away")
  )
  func foreignOwner() throws {
    let path = try place.install(.init())
    try Pathname.setOwner(of: path, userID: 4242)
    try place.expectRefusal(.denied, "belongs to user 4242, who is neither root nor you: copy it if you trust it")
  }

  @Test(
    "a directory of another user is refused",
    .enabled(if: CurrentProcess.effectiveUserID == 0, "only root gives directories away"))
  func foreignDirectory() throws {
    try place.install(.init())
    try place.makeDirectory("theirs")
    let path = try place.install(.init(), "theirs/toy.so")
    try Pathname.setOwner(of: place.directory.file("theirs"), userID: 4242)
    let error = #expect(throws: ProviderError.self) { try PluginFile("toy.so", in: place.directory.file("theirs")) }
    #expect(error?.message.hasPrefix("\(path) is below") == true)
    #expect(error?.message.contains("which belongs to user 4242") == true)
  }

  @Test("a symbolic link that leads out of its directory is refused")
  func linkOut() throws {
    let target = try place.install(.init(), "elsewhere/toy.so")
    try link(place.plugins + "/toy.so", to: "../elsewhere/toy.so")
    try place.expectRefusal(.denied, "leads out of its directory, to \(target)")
  }

  @Test("a link into a directory whose name begins alike leads out")
  func linkIntoSibling() throws {
    try place.install(.init(), "plugins-not/toy.so")
    try link(place.plugins + "/toy.so", to: "../plugins-not/toy.so")
    try place.expectRefusal(.denied, "leads out of its directory")
  }

  @Test("a symbolic link within the directory is followed")
  func linkWithin() throws {
    try place.install(.init(), "plugins/libtoy.so.1")
    try link(place.plugins + "/toy.so", to: "libtoy.so.1")
    let registry = try registry(place.loader())
    #expect(try registry.algorithm("toysum").driverName == "toysum-toy")
  }

  @Test("a link that leads nowhere and a directory named like a plugin are refused")
  func noFile() throws {
    try link(place.plugins + "/toy.so", to: "nowhere")
    try place.makeDirectory("plugins/folder.so")
    try place.expectRefusal(.denied, "cannot be looked at")
    try place.expectRefusal(of: place.plugins + "/folder.so", .denied, "is no regular file")
  }

  @Test("a relative directory is refused", arguments: ["plugins", "./plugins", ""])
  func relative(directory: String) throws {
    let loader = PluginLoader(
      directories: [directory, place.plugins], rules: .init(), cache: nil, digest: { toyDigest($0) })
    try place.install(.other("neighbour"), "plugins/neighbour.so")
    let registry = try registry(loader)
    try place.expectNeighbours(registry)
    let record = try #require(loader.records.first { $0.path == directory })
    #expect(record.refusalCode == .denied)
    #expect(record.refusal == "\(directory) is a relative path: name the directory from the root")
    #expect(loader.records.count == 2)
  }

  @Test("hidden files and files of other names are not looked at")
  func otherNames() throws {
    for name in ["plugins/.toy.so", "plugins/toy.so.bak", "plugins/toy.txt"] {
      try place.install(.init(trace: place.trace), name)
    }
    let loader = place.loader()
    #expect(loader.records.isEmpty)
    #expect(place.traced().isEmpty)
  }

  @Test("a directory that is not there is no fault")
  func noDirectory() throws {
    let loader = PluginLoader(
      directories: ["/nonexistent/wdprov"], rules: .init(), cache: nil, digest: { toyDigest($0) })
    let registry = try registry(loader)
    #expect(throws: ProviderError.self) { try registry.algorithm("toysum") }
    #expect(loader.records.isEmpty)
  }

  @Test("of two files of one name the first directory's counts")
  func shadowing() throws {
    try place.makeDirectory("second")
    try place.install(.init())
    try place.install(.other("shadowed"), "second/toy.so")
    let loader = PluginLoader(
      directories: [place.plugins, place.directory.file("second")], rules: .init(), cache: nil,
      digest: { toyDigest($0) })
    #expect(loader.records.map(\.provider) == ["toy"])
  }

  @Test("a policy that uses no plugins does not look at one")
  func unused() throws {
    try place.install(.init(trace: place.trace))
    let loader = place.loader(rules: .init(areUsed: false))
    let registry = try registry(loader)
    #expect(throws: ProviderError.self) { try registry.algorithm("toysum") }
    registry.loadAll()
    #expect(loader.records.isEmpty)
    #expect(place.traced().isEmpty)
  }

  private func link(_ path: String, to target: String) throws {
    _ = try ChildProcess.output(of: "ln", ["-s", target, path])
  }
}

@Suite("Plugin directories")
struct DirectoryTests {
  @Test("the variable's directories come first, then the user's, then the system's")
  func order() {
    let variables = ["WDPROV_PLUGIN_PATH": "/a::/b", "XDG_DATA_HOME": "/data", "HOME": "/home/u"]
    #expect(
      PluginDirectories.all { variables[$0] } == [
        "/a", "/b", "/data/wdprov/providers", "/usr/local/lib/wdprov/providers", "/usr/lib/wdprov/providers",
      ])
  }

  @Test("without a data directory it is the one below the home")
  func home() {
    let variables = ["XDG_DATA_HOME": "", "HOME": "/home/u"]
    #expect(PluginDirectories.all { variables[$0] }.first == "/home/u/.local/share/wdprov/providers")
  }

  @Test("a program that sees no variables looks at the system's directories alone")
  func noVariables() {
    let system = ["/usr/local/lib/wdprov/providers", "/usr/lib/wdprov/providers"]
    #expect(PluginDirectories.all { _ in nil } == system)
    #expect(PluginDirectories.usual.suffix(2) == system)
  }
}
