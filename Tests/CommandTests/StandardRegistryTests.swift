// Registry.standard, in the process of a program that uses the library.
// SPDX-License-Identifier: Apache-2.0

import Testing
import WarpDrive

@Suite("import WarpDrive is enough to have the machine's registry")
struct StandardRegistryTests {
  @Test("a hash by name")
  func hash() throws {
    let registry = try Registry.standard(configuration: MachineConfiguration())
    var handle = try registry.hash("sha256")
    #expect(Hexadecimal.encode(try handle.digest(Array("abc".utf8))) == HashTests.abc)
    #expect(registry.providers.map(\.name) == ["zlib", "openssl", "hisi_zip", "wd_hisi_zip"])
  }

  @Test("a registry for some kinds has every driver of those kinds", arguments: AlgorithmKind.allCases)
  func kinds(kind: AlgorithmKind) throws {
    let whole = try Registry.standard(configuration: MachineConfiguration())
    let part = try Registry.standard(configuration: MachineConfiguration(), kinds: [kind])
    func drivers(_ registry: Registry) -> [String] { registry.algorithms.filter { $0.kind == kind }.map(\.driverName) }
    #expect(drivers(part) == drivers(whole))
  }

  @Test("the rules of a configuration hold")
  func policy() throws {
    let rules = MachineConfiguration(policy: Policy(denied: ["provider:openssl"]))
    let registry = try Registry.standard(configuration: rules)
    #expect(throws: ProviderError.self) { try registry.algorithm("sha256") }
    #expect(try registry.algorithm("gzip").driverName == "gzip-zlib")
  }
}
