// What every refusal comes to: nothing of the plugin is there, it is listed with its reason, all else works.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import Testing
import WarpDriveCore
import WarpDrivePlugins
import ZlibProvider

/// A registry with a driver of the program's own and a loader.
func registry(_ loader: PluginLoader) throws -> Registry {
  let registry = Registry()
  try registry.register(ZlibProvider())
  registry.register(loader: loader)
  return registry
}

extension PluginPlace {
  /// Expects that the plugin at `path` is refused, and that a neighbour and the built-in driver serve all the same.
  func expectRefusal(
    of path: String? = nil, _ code: ProviderError.Code, _ reason: String,
    rules: PluginLoader.Rules = .init(timeLimit: 30_000_000_000), sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    if (try? Pathname.status(of: plugins + "/neighbour.so")) == nil {
      try install(.other("neighbour"), "plugins/neighbour.so")
    }
    let loader = loader(rules: rules)
    let registry = try registry(loader)
    for name in ["toysum", "toysum-toy", "toyalias"] {
      let error = #expect(throws: ProviderError.self, sourceLocation: sourceLocation) { try registry.algorithm(name) }
      #expect(error?.code == .notFound, sourceLocation: sourceLocation)
    }
    registry.loadAll()
    #expect(!registry.providers.contains { $0.name == "toy" }, sourceLocation: sourceLocation)
    #expect(!registry.algorithms.contains { $0.providerName == "toy" }, sourceLocation: sourceLocation)
    let wanted = path ?? plugins + "/toy.so"
    let record = loader.records.first { $0.path == wanted }
    #expect(record?.refusalCode == code, "\(record?.refusal ?? "no record")", sourceLocation: sourceLocation)
    #expect(
      record?.refusal.contains(reason) == true, "\(record?.refusal ?? "no record")", sourceLocation: sourceLocation)
    try expectNeighbours(registry, sourceLocation: sourceLocation)
  }

  /// Expects that the sound neighbour and the built-in driver serve.
  func expectNeighbours(_ registry: Registry, sourceLocation: SourceLocation = #_sourceLocation) throws {
    var hash = try registry.hash("neighboursum")
    #expect(try hash.digest([1, 2, 255]) == [2, 1, 0, 0], sourceLocation: sourceLocation)
    var gzip = try registry.compression("gzip")
    #expect(try gzip.decompress(gzip.compress([1, 2, 3])) == [1, 2, 3], sourceLocation: sourceLocation)
  }
}
