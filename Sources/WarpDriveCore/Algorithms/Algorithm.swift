// A registered driver: descriptor, state, references and statistics, as crypto_alg is in the kernel.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// A driver in a registry.
///
/// A lookup returns it; handles are made from it. It stays valid after it is unregistered, for as long as somebody
/// holds it: only new lookups no longer find it.
public final class Algorithm: Sendable {
  /// The state of a registered driver.
  public enum State: UInt8, Sendable {
    /// Registered; its self-test has not run.
    case untested
    /// Its self-test passed, or it needs none.
    case live
    /// It failed its self-test or was put in quarantine; the reason is in ``Algorithm/selfTest``.
    case quarantined
    /// Unregistered; only handles made before still use it.
    case dead
  }

  /// What the self-test found.
  public enum SelfTestResult: Sendable, Equatable {
    /// It has not run.
    case untested
    /// Every known answer came out, and the cross-checks held.
    case passed
    /// There is no test for the name: an instance over tested parts, or an internal algorithm.
    case none
    /// It failed, or the driver was put in quarantine, for this reason.
    case failed(ProviderError)

    /// The word that listings print: `passed`, `untested`, `unknown` or `failed`.
    public var word: String {
      switch self {
      case .untested: "untested"
      case .passed: "passed"
      case .none: "unknown"
      case .failed: "failed"
      }
    }

    /// Compares the outcomes; two failures are equal when their sentences are.
    public static func == (left: SelfTestResult, right: SelfTestResult) -> Bool {
      switch (left, right) {
      case (.untested, .untested), (.passed, .passed), (.none, .none): true
      case (.failed(let left), .failed(let right)): left.code == right.code && left.message == right.message
      default: false
      }
    }
  }

  /// What the driver says of itself.
  public let descriptor: AlgorithmDescriptor
  /// The provider that registered it; for an instance, its template.
  public let providerName: String
  /// For an instance, the algorithms it is built on; a strong reference, so that they outlive it.
  public let spawns: [Algorithm]
  /// Requests, bytes, errors and latency since registration.
  public let statistics = Statistics()

  let driver: any AlgorithmDriver
  /// Registration order; of equal priorities the most recent wins.
  let order: UInt64
  let testing: Guarded<SelfTestState>
  private let stateWord: Atomic<UInt8>
  private let references = Atomic<Int>(0)

  init(
    _ driver: any AlgorithmDriver, descriptor: AlgorithmDescriptor, providerName: String, order: UInt64,
    spawns: [Algorithm] = []
  ) {
    self.driver = driver
    self.descriptor = descriptor
    kind = descriptor.kind
    self.providerName = providerName
    self.order = order
    self.spawns = spawns
    let exempt = descriptor.flags.contains(.internalOnly)
    stateWord = Atomic((exempt ? State.live : State.untested).rawValue)
    testing = Guarded(SelfTestState(result: exempt ? .none : .untested))
  }

  /// The algorithm's name.
  public var name: String { descriptor.name }
  /// The driver's name.
  public var driverName: String { descriptor.driverName }
  /// The kind.
  public let kind: AlgorithmKind

  /// The present state.
  public var state: State { State(rawValue: stateWord.load(ordering: .acquiring)) ?? .dead }
  @inline(__always)
  var isLive: Bool { stateWord.load(ordering: .acquiring) == State.live.rawValue }

  /// What the self-test found.
  public var selfTest: SelfTestResult { testing.withLock { $0.result } }
  /// Whether its self-test is running.
  var isUnderTest: Bool { testing.withLock { $0.larval != nil } }
  /// Live handles, plus one for the registry while it is registered.
  public var referenceCount: Int { references.load(ordering: .relaxed) + (state == .dead ? 0 : 1) }

  func retainHandle() { references.wrappingAdd(1, ordering: .relaxed) }
  func releaseHandle() { references.wrappingSubtract(1, ordering: .relaxed) }

  /// Records a verdict; the dead stay dead.
  func conclude(_ result: SelfTestResult) {
    testing.withLock { $0.result = result }
    var state = State.live
    if case .failed = result { state = .quarantined }
    var expected = stateWord.load(ordering: .relaxed)
    while expected != State.dead.rawValue {
      let (exchanged, original) = stateWord.compareExchange(
        expected: expected, desired: state.rawValue, ordering: .acquiringAndReleasing)
      if exchanged { return }
      expected = original
    }
  }

  func markDead() { stateWord.store(State.dead.rawValue, ordering: .releasing) }

  /// Whether this is built, at any depth, on `other`.
  func depends(on other: Algorithm) -> Bool {
    spawns.contains { $0 === other || $0.depends(on: other) }
  }
}

struct SelfTestState {
  var result: Algorithm.SelfTestResult
  var larval: Larval<Algorithm.SelfTestResult>?
}
