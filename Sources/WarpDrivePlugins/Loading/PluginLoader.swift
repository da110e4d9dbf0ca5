// Loads plugins when one of their algorithms is asked for.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
public import WarpDriveCore

/// Brings the drivers of plugins into a registry on demand, as the kernel's `request_module` loads modules by alias.
///
/// The directories are looked at when something is first asked for, and again when one of them has changed. Each plugin is
/// tried in a child process before this process loads it, once for each state of its file. A loader serves one registry;
/// another registry has a loader of its own, and both use the plugin that is in the process.
public final class PluginLoader: AlgorithmLoader {
  /// Rules for plugins.
  public struct Rules: Sendable, Equatable {
    /// Whether plugins are used at all.
    public var areUsed: Bool
    /// Whether only plugins with a manifest are used.
    public var requireManifest: Bool
    /// How long a plugin may take until its entry has returned, in nanoseconds.
    public var timeLimit: UInt64

    /// Makes rules; by default plugins are used, need no manifest, and have 5 s.
    public init(areUsed: Bool = true, requireManifest: Bool = false, timeLimit: UInt64 = 5_000_000_000) {
      self.areUsed = areUsed
      self.requireManifest = requireManifest
      self.timeLimit = timeLimit
    }
  }

  /// Computes a SHA-256.
  public typealias Digest = @Sendable (_ bytes: [UInt8]) throws(ProviderError) -> [UInt8]
  /// Takes a line of a plugin's log: its level (0 debug to 3 error), the plugin's path, the text.
  public typealias Log = @Sendable (_ level: Int32, _ plugin: String, _ message: String) -> Void

  /// The largest plugin whose digest is computed, in bytes.
  private static let sizeLimit = 1 << 28

  private struct State {
    var records: [PluginRecord] = []
    /// The directories' times of modification when they were looked at; nil before the first time.
    var times: [FileTime?]?
    /// The thread that looks or loads, and how often it began to.
    var holder: UInt64?
    var depth = 0
    /// The plugins that it is loading.
    var underWay: Set<String> = []

    /// The first plugin that is to be loaded.
    func next(where isWanted: (PluginRecord) -> Bool) -> PluginRecord? {
      records.first { $0.isReady && isWanted($0) && !underWay.contains($0.path) }
    }
  }

  private let directories: [String]
  private let rules: Rules
  private let cache: PluginCache?
  private let digest: Digest
  private let log: Log
  private let state = Guarded(State())
  /// Looking at the directories, and loading, by one thread at a time.
  private let turn = TimedSemaphore(value: 1)

  /// A loader of the plugins in `directories`.
  ///
  /// - Parameters:
  ///   - directories: where to look; of two files of one name the first counts.
  ///   - rules: which plugins are used.
  ///   - digest: computes the SHA-256 that a manifest is compared with.
  ///   - log: takes the plugins' messages.
  public convenience init(
    directories: [String] = PluginDirectories.usual, rules: Rules = Rules(), digest: @escaping Digest,
    log: @escaping Log = { _, _, _ in }
  ) {
    self.init(directories: directories, rules: rules, cache: PluginCache.usual?.path, digest: digest, log: log)
  }

  /// The same with a cache file of the caller's; nil for none.
  package init(
    directories: [String], rules: Rules, cache: String?, digest: @escaping Digest, log: @escaping Log = { _, _, _ in }
  ) {
    self.directories = directories
    self.rules = rules
    self.cache = cache.map(PluginCache.init)
    self.digest = digest
    self.log = log
  }

  /// What became of each file; looks at the directories where nobody has.
  public var records: [PluginRecord] {
    look()
    return state.withLock { $0.records }
  }

  /// Loads the plugins that offer `name`, where there are any that are not loaded.
  public func load(_ name: String, into registry: Registry) {
    guard rules.areUsed else { return }
    look()
    let wanted = name.lowercased()
    load(into: registry) { $0.names.contains(wanted) }
  }

  /// Loads every plugin that is not loaded.
  public func loadAll(into registry: Registry) {
    guard rules.areUsed else { return }
    look()
    load(into: registry) { _ in true }
  }

  private func load(into registry: Registry, where isWanted: (PluginRecord) -> Bool) {
    // The usual case: nothing to load, and nothing to wait for.
    guard state.withLock({ state in state.records.contains { $0.isReady && isWanted($0) } }) else { return }
    var loaded: [String] = []
    inTurn {
      while var record = state.withLock({ state -> PluginRecord? in
        guard let record = state.next(where: isWanted) else { return nil }
        state.underWay.insert(record.path)
        return record
      }) {
        load(&record, into: registry)
        let done = record
        state.withLock { state in
          state.underWay.remove(done.path)
          if let index = state.records.firstIndex(where: { $0.path == done.path }) { state.records[index] = done }
        }
        if done.isLoaded { loaded.append(done.provider) }
      }
    }
    // A test looks things up, and whoever tests what it finds may wait for the turn.
    for provider in loaded { registry.testExtended(provider: provider) }
  }

  /// Runs `body` while no other thread looks or loads; not at all where another one takes too long.
  ///
  /// Whoever observes a registry is told of new drivers by the thread that loads them, and may look something up: that
  /// thread must not wait for itself.
  private func inTurn(_ body: () -> Void) {
    let thread = Thread.currentIdentifier
    if state.withLock({ $0.holder }) != thread {
      guard turn.wait(nanoseconds: 2 * rules.timeLimit) else { return }
    }
    state.withLock { state in
      state.holder = thread
      state.depth += 1
    }
    body()
    let isLast = state.withLock { state in
      state.depth -= 1
      if state.depth == 0 { state.holder = nil }
      return state.depth == 0
    }
    if isLast { turn.signal() }
  }

  private func load(_ record: inout PluginRecord, into registry: Registry) {
    do throws(ProviderError) {
      guard let file = record.file else { return }
      let provider = try LoadedPlugin.provider(file, for: registry, nanoseconds: 2 * rules.timeLimit, log: log)
      let names = provider.drivers.map(\.descriptor.name)
      try record.manifest?.check(provider: provider.name, algorithms: names)
      try registry.register([provider], testingNow: false)
      record.provider = provider.name
      record.version = provider.version
      record.algorithms = names
      record.drivers = provider.drivers.map(\.descriptor.driverName)
      record.state = .loaded
    } catch {
      record.state = .refused(error)
    }
  }

  // MARK: Looking

  /// Looks at the directories, unless they are as they were.
  private func look() {
    let times = directories.map { try? Pathname.status(of: $0).modificationTime }
    guard state.withLock({ $0.times }) != times else { return }
    inTurn {
      guard state.withLock({ $0.times }) != times else { return }
      let known = state.withLock { $0.records }
      let records = rules.areUsed ? scan(known) : []
      state.withLock { state in
        state.records = records
        state.times = times
      }
    }
  }

  private func scan(_ known: [PluginRecord]) -> [PluginRecord] {
    var records: [PluginRecord] = []
    var seen: Set<String> = []
    let cached = cache?.read() ?? [:]
    var used: [String: PluginListing] = [:]
    for directory in directories {
      guard directory.utf8.first == UInt8(ascii: "/") else {
        let error = ProviderError(.denied, "\(directory) is a relative path: name the directory from the root")
        records.append(PluginRecord(directory, .refused(error)))
        continue
      }
      let names = (try? DirectoryListing.names(in: directory)) ?? []
      for name in names where name.hasSuffix(".so") && !name.hasPrefix(".") && seen.insert(name).inserted {
        let (record, listing) = inspect(name, in: directory, cached)
        if let file = record.file, let listing { used[file.identity] = listing }
        // What is loaded stays, whatever became of its file; also where that is gone, see below.
        records.append(known.first { $0.path == record.path && $0.isLoaded } ?? record)
      }
    }
    let paths = Set(records.map(\.path))
    records += known.filter { $0.isLoaded && !paths.contains($0.path) }
    if let cache, used != cached { cache.write(used) }
    return records
  }

  /// Looks at one file, and tries it where nobody has tried this state of it.
  private func inspect(
    _ name: String, in directory: String, _ cached: [String: PluginListing]
  ) -> (record: PluginRecord, listing: PluginListing?) {
    var record = PluginRecord("\(directory)/\(name)")
    var hung: PluginListing?
    do throws(ProviderError) {
      let file = try PluginFile(name, in: directory)
      record.file = file
      let manifest = try PluginManifest(beside: name, in: directory)
      record.manifest = manifest
      record.hasManifest = manifest != nil
      if let manifest {
        try check(manifest, of: file)
      } else if rules.requireManifest {
        throw ProviderError(.denied, "policy demands a manifest, and there is none beside it")
      }
      let listing: PluginListing
      if let loaded = try LoadedPlugin.listing(file) {
        listing = loaded
      } else if let tried = cached[file.identity], !tried.isOutdated {
        listing = tried
      } else {
        listing = try PluginListing.trying(file.path, nanoseconds: rules.timeLimit)
      }
      if listing.hungAt != nil {
        hung = listing
        throw ProviderError(
          .timedOut,
          "it was not ready after \(rules.timeLimit / 1_000_000) ms when it was tried: its start hangs (tried again after 10 min, or when it changes)"
        )
      }
      record.take(listing)
      try manifest?.check(provider: listing.provider, algorithms: listing.algorithms)
      return (record, listing)
    } catch {
      record.state = .refused(error)
      return (record, hung)
    }
  }

  private func check(_ manifest: PluginManifest, of file: PluginFile) throws(ProviderError) {
    let bytes: [UInt8]
    do throws(SystemError) {
      bytes = try FileDescriptor.contents(of: file.path, limit: Self.sizeLimit)
    } catch {
      throw ProviderError(.denied, "it cannot be read for its digest: \(error.message)")
    }
    guard Hexadecimal.encode(try digest(bytes)) == manifest.sha256 else {
      throw ProviderError(.denied, "its SHA-256 is not the one of its manifest: install both anew")
    }
  }
}
