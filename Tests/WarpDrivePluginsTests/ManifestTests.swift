// Manifests, and what is kept of trials.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import TestPrograms
import Testing
import WarpDriveCore

@testable import WarpDrivePlugins

@Suite("Manifests")
struct ManifestTests {
  private let place: PluginPlace
  private let digest: String

  init() throws {
    place = try PluginPlace()
    let path = try place.install(.init(trace: place.trace))
    digest = Hexadecimal.encode(toyDigest(try FileDescriptor.contents(of: path, limit: 1 << 24)))
  }

  private func write(_ text: String) throws { try place.write(Array(text.utf8), to: "plugins/toy.json") }

  @Test("a plugin with the manifest's digest is loaded, with the digest in digits of any case")
  func right() throws {
    for digits in [digest, digest.uppercased()] {
      try write(#"{"schema": 1, "sha256": "\#(digits)", "provider": "toy", "algorithms": ["toysum", "more"]}"#)
      let loader = place.loader(rules: .init(requireManifest: true, timeLimit: 30_000_000_000))
      let registry = try registry(loader)
      #expect(try registry.algorithm("toysum").driverName == "toysum-toy")
      #expect(loader.records.map(\.hasManifest) == [true])
    }
  }

  @Test("a plugin of another digest is not run at all")
  func wrong() throws {
    let other = String(digest.reversed())
    try write(#"{"schema": 1, "sha256": "\#(other)"}"#)
    try place.expectRefusal(.denied, "its SHA-256 is not the one of its manifest: install both anew")
    #expect(place.traced().isEmpty)
  }

  @Test("what the manifest does not name is not registered")
  func notListed() throws {
    try write(#"{"schema": 1, "sha256": "\#(digest)", "algorithms": ["gzip"]}"#)
    try place.expectRefusal(.denied, "its manifest does not let it register toysum")
    try write(#"{"schema": 1, "sha256": "\#(digest)", "provider": "other"}"#)
    try place.expectRefusal(.denied, "its manifest is for the provider other, and it registers toy")
  }

  @Test(
    "a manifest that says what nobody understands is refused",
    arguments: [
      (#"{"schema": 1, "sha256": "DIGEST", "signature": "x"}"#, "has a member 'signature'"),
      ("sha256 = DIGEST", "is no JSON object"), (#"["DIGEST"]"#, "is no JSON object"), ("", "is no JSON object"),
      (#"{"sha256": "DIGEST"}"#, "is not of schema 1"), (#"{"schema": 2, "sha256": "DIGEST"}"#, "is not of schema 1"),
      (#"{"schema": 1}"#, "has no sha256"), (#"{"schema": 1, "sha256": "abcd"}"#, "has no sha256"),
      (#"{"schema": 1, "sha256": 5}"#, "has no sha256"),
      (#"{"schema": 1, "sha256": "DIGEST", "provider": 1}"#, "has a provider that is no string"),
      (#"{"schema": 1, "sha256": "DIGEST", "algorithms": []}"#, "lists no algorithms"),
      (#"{"schema": 1, "sha256": "DIGEST", "algorithms": "toysum"}"#, "lists no algorithms"),
      (#"{"schema": 1, "sha256": "DIGEST", "algorithms": [1]}"#, "lists an algorithm that is no string"),
    ])
  func malformed(text: String, reason: String) throws {
    let error = #expect(throws: ProviderError.self) {
      try PluginManifest(parsing: Array(text.replacing("DIGEST", with: digest).utf8), "/toy.json")
    }
    #expect(error?.code == .denied)
    #expect(error?.message.hasPrefix("the manifest /toy.json \(reason)") == true, "\(error?.message ?? "")")
  }

  @Test("a manifest that is no JSON, or that others can write, makes the plugin refused")
  func untrusted() throws {
    try write("no JSON")
    try place.expectRefusal(.denied, "is no JSON object")
    try write(#"{"schema": 1, "sha256": "\#(digest)"}"#)
    try Pathname.setMode(0o666, of: place.plugins + "/toy.json")
    try place.expectRefusal(.denied, "toy.json can be written by others")
    #expect(place.traced().isEmpty)
  }

  @Test("a policy can demand a manifest")
  func demanded() throws {
    let loader = place.loader(rules: .init(requireManifest: true))
    let registry = try registry(loader)
    #expect(throws: ProviderError.self) { try registry.algorithm("toysum") }
    #expect(loader.records.map(\.refusal) == ["policy demands a manifest, and there is none beside it"])
    #expect(place.traced().isEmpty)
  }
}

@Suite("The cache of trials")
struct CacheTests {
  private let place: PluginPlace

  init() throws {
    place = try PluginPlace()
    try place.install(.init(trace: place.trace))
  }

  private func starts() -> Int { place.traced().count { $0 == "entry" } }

  private func look() -> [String] { place.loader(cache: place.cache).records.map(\.provider) }

  @Test("what one loader tried no other tries again, until the file changes")
  func kept() throws {
    #expect(look() == ["toy"])
    #expect(starts() == 1)
    #expect(look() == ["toy"])
    #expect(starts() == 1)
    try place.install(.init(provider: "changed", trace: place.trace))
    #expect(look() == ["changed"])
    #expect(starts() == 2)
    #expect(look() == ["changed"])
    #expect(starts() == 2)
    let registry = try registry(place.loader(cache: place.cache))
    // Known from the cache: its one start is the load.
    #expect(try registry.algorithm("TOYALIAS").driverName == "toysum-toy")
    #expect(starts() == 3)
  }

  @Test("one that hung costs the next process no time, until the file changes")
  func hung() throws {
    try place.install(.init(fault: "entry hangs", trace: place.trace))
    func refusals() -> [String] {
      place.loader(cache: place.cache, rules: .init(timeLimit: 300_000_000)).records.map(\.refusal)
    }
    #expect(refusals().allSatisfy { $0.contains("its start hangs") })
    #expect(starts() == 1)
    #expect(refusals().allSatisfy { $0.contains("its start hangs") })
    #expect(starts() == 1)
    try place.install(.init(trace: place.trace))
    #expect(look() == ["toy"])
    #expect(starts() == 2)
  }

  @Test("the file is its user's alone")
  func mode() throws {
    #expect(look() == ["toy"])
    #expect(try Pathname.status(of: place.cache).mode & 0o777 == 0o600)
  }

  @Test("a user who has no folder for caches gets one, for himself alone")
  func folders() throws {
    let folder = place.directory.file("new")
    let cache = folder + "/wdprov/plugins.json"
    for _ in 0..<2 { #expect(place.loader(cache: cache).records.map(\.provider) == ["toy"]) }
    #expect(starts() == 1)
    for path in [folder, folder + "/wdprov"] { #expect(try Pathname.status(of: path).mode & 0o777 == 0o700) }
  }

  @Test("a refusal is not kept")
  func refusals() throws {
    try place.install(.init(fault: "entry refuses", trace: place.trace))
    #expect(place.loader(cache: place.cache).records.map(\.refusalCode) == [.unavailable])
    #expect(place.loader(cache: place.cache).records.map(\.refusalCode) == [.unavailable])
    #expect(starts() == 2)
  }

  @Test("a cache that others could have written is not read, and replaced")
  func writable() throws {
    #expect(look() == ["toy"])
    try Pathname.setMode(0o666, of: place.cache)
    #expect(look() == ["toy"])
    #expect(starts() == 2)
    #expect(try Pathname.status(of: place.cache).mode & 0o777 == 0o600)
    #expect(look() == ["toy"])
    #expect(starts() == 2)
  }

  @Test(
    "a cache of another user is not read, and replaced",
    .enabled(if: CurrentProcess.effectiveUserID == 0, "only root gives files away"))
  func foreign() throws {
    #expect(look() == ["toy"])
    try Pathname.setOwner(of: place.cache, userID: 4242)
    #expect(look() == ["toy"])
    #expect(starts() == 2)
    #expect(try Pathname.status(of: place.cache).userID == 0)
  }

  @Test(
    "a corrupt cache is ignored and replaced",
    arguments: [
      "", "{", "[]", #"{"schema": 2, "plugins": []}"#, #"{"schema": 1, "plugins": [{"identity": 5}]}"#,
      String(repeating: "[", count: 100_000),
    ])
  func corrupt(text: String) throws {
    try place.write(Array(text.utf8), to: "cache/plugins.json")
    try Pathname.setMode(0o600, of: place.cache)
    #expect(look() == ["toy"])
    #expect(look() == ["toy"])
    #expect(starts() == 1)
  }

  @Test("where nothing can be kept plugins are tried all the same")
  func unwritable() throws {
    try place.write([1], to: "cache")
    #expect(look() == ["toy"])
    #expect(look() == ["toy"])
    #expect(starts() == 2)
  }
}
