// The registry: a value that is passed in, never a global.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import Synchronization

/// The drivers of a program, by name, with the semantics of the Linux kernel's crypto API.
///
/// Readers load one pointer; writers hold a lock and publish a new snapshot. Retired snapshots are kept until the
/// registry ends, since a reader may still be in one: they are a few kilobytes each, and only registration, quarantine
/// and policy changes make them.
@safe public final class Registry: Sendable {
  /// Settings that hold for a registry's whole life.
  public struct Configuration: Sendable {
    /// How long an asker waits for a load, an instantiation or a test by another thread, in nanoseconds.
    ///
    /// The kernel: 60 s.
    public var larvalTimeLimit: UInt64
    /// Drivers whose self-test sees a flipped bit in every answer, to show what a failure leads to.
    public var corruptedSelfTests: Set<String>
    /// How drivers are measured so that the fastest serves; nil for a registry that goes by priority alone.
    public var measurement: MeasurementSettings?
    /// How far self-tests go: known answers alone, or also random cases against templates over the same primitives.
    public var selfTest: SelfTestMode

    /// Makes settings.
    public init(
      larvalTimeLimit: UInt64 = 60_000_000_000, corruptedSelfTests: Set<String> = [],
      measurement: MeasurementSettings? = nil, selfTest: SelfTestMode = .knownAnswers
    ) {
      self.selfTest = selfTest
      self.larvalTimeLimit = larvalTimeLimit
      self.corruptedSelfTests = corruptedSelfTests
      self.measurement = measurement
    }
  }

  struct Writer: ~Copyable {
    var generation: UInt64 = 0
    var order: UInt64 = 0
    var algorithms: [Algorithm] = []
    var providers: [any Provider] = []
    var templates: [String: any Template] = [:]
    var loaders: [any AlgorithmLoader] = []
    var policy = Policy()
    /// Owns every snapshot that was ever published; the last is the current one.
    var published: [Snapshot] = []
  }

  /// The settings.
  public let configuration: Configuration
  private let current: Atomic<Unmanaged<Snapshot>>
  let writer: Guarded<Writer>
  let instances = InstanceTable()
  /// What was measured; nil where nothing is.
  let measured: MeasuredSelection?
  private let observers = Guarded<[UInt64: @Sendable (RegistryEvent) -> Void]>([:])
  private let observerIDs = Atomic<UInt64>(0)

  /// Makes an empty registry with the templates of Core.
  public init(configuration: Configuration = .init(), policy: Policy = .init()) {
    self.configuration = configuration
    measured = configuration.measurement.map(MeasuredSelection.init)
    var writer = Writer()
    writer.policy = policy
    for template in Self.coreTemplates { writer.templates[template.name] = template }
    let first = Snapshot(
      generation: 0, algorithms: [], templates: writer.templates, policy: policy, instanceNames: [],
      hasLoaders: false)
    writer.published.append(first)
    // The writer's list owns it, and lives as long as the registry.
    unsafe current = Atomic(Unmanaged.passUnretained(first))
    self.writer = Guarded(writer)
  }

  deinit { measured?.stop() }

  private static let coreTemplates: [any Template] = [
    HMACTemplate(), PCryptTemplate(), CryptdTemplate(), BasicModeTemplate(.ecb), BasicModeTemplate(.cbc),
    BasicModeTemplate(.ctr), CTSTemplate(), XTSTemplate(), CMACTemplate(), GCMTemplate(), CCMTemplate(),
    RFC3686Template(), IPsecTemplate(.rfc4106), IPsecTemplate(.rfc4309), IPsecTemplate(.rfc4543), RFC7539Template(),
    AuthencTemplate(),
  ]

  /// Runs `body` with the current snapshot, without a lock or a reference count.
  @inline(__always)
  func withSnapshot<Result>(_ body: (Snapshot) -> Result) -> Result {
    // The writer's list keeps every published snapshot alive until the registry ends.
    let snapshot = unsafe current.load(ordering: .acquiring)
    return unsafe snapshot._withUnsafeGuaranteedRef(body)
  }

  /// The current snapshot, for paths where a reference count does not matter.
  var snapshot: Snapshot { withSnapshot { $0 } }

  /// Builds and publishes a snapshot of the writer's state; the caller holds the writer's lock.
  func publish(_ writer: inout Writer) {
    writer.generation += 1
    let next = Snapshot(
      generation: writer.generation, algorithms: writer.algorithms, templates: writer.templates,
      policy: writer.policy, instanceNames: instances.names, hasLoaders: !writer.loaders.isEmpty)
    writer.published.append(next)
    unsafe current.store(Unmanaged.passUnretained(next), ordering: .releasing)
  }

  // MARK: Policy

  /// The rules in force.
  public var policy: Policy { snapshot.policy }

  /// Replaces the rules; handles in use go on, lookups follow the new ones.
  public func setPolicy(_ policy: Policy) {
    writer.withLock { writer in
      writer.policy = policy
      publish(&writer)
    }
    notify(.policyChanged)
  }

  // MARK: Events

  /// Calls `handler` for every change from now on, on the thread that made it; it must not wait.
  public func observe(_ handler: @escaping @Sendable (RegistryEvent) -> Void) -> RegistryObservation {
    let id = observerIDs.wrappingAdd(1, ordering: .relaxed).newValue
    observers.withLock { $0[id] = handler }
    return RegistryObservation { [weak self] in _ = self?.observers.withLock { $0.removeValue(forKey: id) } }
  }

  /// The changes from now on, as a sequence; the newest 256 are kept for a slow reader.
  public func events() -> AsyncStream<RegistryEvent> {
    AsyncStream(bufferingPolicy: .bufferingNewest(256)) { continuation in
      let observation = observe { continuation.yield($0) }
      continuation.onTermination = { _ in observation.cancel() }
    }
  }

  func notify(_ event: RegistryEvent) {
    for handler in observers.withLock({ Array($0.values) }) { handler(event) }
  }
}

/// Something that can register drivers on demand, as the kernel's `request_module` loads a module by alias.
public protocol AlgorithmLoader: Sendable {
  /// Registers whatever serves `name`, a name, driver name or alias, if anything does and it is not registered yet.
  ///
  /// Called before a name's first use, whether there are drivers of that name or not, and again where there are none; once
  /// for concurrent askers, and without locks held. Quick where there is nothing to do.
  func load(_ name: String, into registry: Registry)
  /// Registers everything that it has, for listings. Default: nothing.
  func loadAll(into registry: Registry)
}

extension AlgorithmLoader {
  /// Nothing.
  public func loadAll(into registry: Registry) {}
}
