// What trials found, kept from one process to the next.
// SPDX-License-Identifier: Apache-2.0

import HostControl
import LinuxSystem
import WarpDriveCore

/// A file of the user's with what each plugin offers, so that no process tries what another has tried.
///
/// An entry is for one state of one file. The cache saves time and nothing else: a plugin that is loaded says itself what it
/// registers. A file that others could have written is not read.
struct PluginCache: Sendable {
  /// The largest file that is read, in bytes.
  private static let sizeLimit = 1 << 20
  private static let schema = 1

  /// The file.
  let path: String

  /// The cache of this user, `plugins.json`; nil where the user has no folder for caches.
  static var usual: PluginCache? {
    CacheFolder.usual("wdprov").map { PluginCache(path: $0.path + "/plugins.json") }
  }

  /// The listings by file identity.
  func read() -> [String: PluginListing] {
    guard let status = try? Pathname.status(of: path, followingLinks: false), status.kind == .regular,
      status.userID == CurrentProcess.effectiveUserID, status.mode & 0o022 == 0,
      let bytes = try? FileDescriptor.contents(of: path, limit: Self.sizeLimit),
      let value = JSONValue(parsing: bytes), value["schema"]?.count == UInt64(Self.schema)
    else { return [:] }
    var listings: [String: PluginListing] = [:]
    for entry in value["plugins"]?.elements ?? [] {
      guard let identity = entry["identity"]?.text, let provider = entry["provider"]?.text else { continue }
      var listing = PluginListing()
      listing.provider = provider
      listing.version = entry["version"]?.text ?? ""
      listing.algorithms = entry["algorithms"]?.elements.compactMap(\.text) ?? []
      listing.drivers = entry["drivers"]?.elements.compactMap(\.text) ?? []
      listing.aliases = entry["aliases"]?.elements.compactMap(\.text) ?? []
      listing.hungAt = entry["hungAt"]?.count
      listings[identity] = listing
    }
    return listings
  }

  /// Replaces the file, at once; where that fails the next process tries anew.
  func write(_ listings: [String: PluginListing]) {
    let entries = listings.sorted { $0.key < $1.key }.map { identity, listing in
      JSONValue.object(
        [
          ("identity", .string(identity)), ("provider", .string(listing.provider)),
          ("version", .string(listing.version)), ("algorithms", JSONValue(listing.algorithms)),
          ("drivers", JSONValue(listing.drivers)), ("aliases", JSONValue(listing.aliases)),
        ] + (listing.hungAt.map { [("hungAt", .integer(Int(clamping: $0)))] } ?? []))
    }
    let document = JSONValue.object([("schema", .integer(Self.schema)), ("plugins", .array(entries))]).document
    // Where there is no folder, the file cannot be made either.
    try? CacheFolder(path: Pathname.parent(of: path)).make()
    guard let file = try? OutputFile(path: path, mode: 0o600) else { return }
    let bytes = Array(document.utf8)
    guard (try? file.descriptor.writeAll(bytes.rawSpan)) != nil else { return }
    try? file.commit(replacing: true)
  }
}
