// Makes sound drivers fail at will: for tests of fallback and quarantine, and of programs that must survive both.
// SPDX-License-Identifier: Apache-2.0

public import WarpDriveCore

/// One thing that is to go wrong.
public struct Fault: Sendable {
  /// A call into a driver or its transform; the names are those of the protocols' requirements.
  public enum Operation: String, CaseIterable, Sendable {
    /// A driver's `makeTransform`, of every kind that has transforms.
    case makeTransform
    /// `setKey` of MACs, ciphers and AEADs.
    case setKey
    /// `update` of hashes and MACs.
    case update
    /// `finish` of hashes and MACs.
    case finish
    /// The one-shot path: `digest` of hashes, `authenticate` of MACs.
    case oneShot
    /// `reset` of hashes, MACs and compression.
    case reset
    /// `clone` of hashes.
    case clone
    /// `exportState` of hashes.
    case exportState
    /// `importState` of hashes.
    case importState
    /// `process` of ciphers, in place or not.
    case process
    /// `seal` of AEADs, in place or not.
    case seal
    /// `open` of AEADs, in place or not.
    case open
    /// `step` of compression, in both directions.
    case step
    /// `generate` of random number generators.
    case generate
    /// `reseed` of random number generators.
    case reseed
    /// `setPrivateKey` and `setPublicKey` of the public-key kinds.
    case setAsymmetricKey
    /// `generateKeyPair` of key agreements and signatures.
    case generateKeyPair
    /// `sharedSecret` of key agreements.
    case sharedSecret
    /// `sign` of signatures.
    case sign
    /// `isValid` of signatures.
    case verify
    /// `encrypt` of asymmetric ciphers.
    case encrypt
    /// `decrypt` of asymmetric ciphers.
    case decrypt
    /// `derive` of key derivations.
    case derive
  }

  /// What goes wrong.
  public enum Effect: Sendable, Equatable {
    /// The call throws this and does nothing.
    case throwing(ProviderError.Code)
    /// The call does its work, writes its output, and then throws this.
    case throwingAfterwards(ProviderError.Code)
    /// The call does its work, and one bit of the last byte that it wrote is wrong; a verdict is reversed.
    case wrongBytes
    /// A step of compression uses and writes nothing; other calls do their work.
    case standingStill
  }

  /// The operation that is to fail; nil for any.
  public var operation: Operation?
  /// The first of its calls that fails, counted from 1 since the faults were armed.
  public var call: Int
  /// How many calls fail from there on.
  public var count: Int
  /// What goes wrong.
  public var effect: Effect

  /// Describes a fault; by default the first call fails, once.
  public init(_ effect: Effect, at operation: Operation? = nil, call: Int = 1, count: Int = 1) {
    self.effect = effect
    self.operation = operation
    self.call = call
    self.count = count
  }
}

/// Faults that are armed and disarmed while the drivers that they wrap are in use.
///
///     let faults = Faults([Fault(.throwing(.deviceLost), at: .step, call: 3)])
///     let driver = try faults.wrap(base, as: "gzip-faulty", priority: 500)
///     try registry.register(DriverSet("faulty", [driver]))
public final class Faults: Sendable {
  private struct State {
    var rules: [Fault]
    var calls: [Fault.Operation: Int] = [:]
    var all = 0
    var injected = 0
  }
  private let state: Guarded<State>

  /// Makes faults that are armed at once; with none, wrapped drivers are sound.
  public init(_ rules: [Fault] = []) { state = Guarded(State(rules: rules)) }

  /// Replaces the faults and begins to count calls anew.
  public func arm(_ rules: [Fault]) {
    state.withLock { state in
      state.rules = rules
      state.calls = [:]
      state.all = 0
    }
  }

  /// Takes all faults away.
  public func disarm() { arm([]) }

  /// How many calls went wrong so far, since the beginning.
  public var injected: Int { state.withLock { $0.injected } }

  /// How many calls of `operation` there were since the faults were armed; of all operations for nil.
  public func calls(of operation: Fault.Operation? = nil) -> Int {
    state.withLock { state in operation.map { state.calls[$0] ?? 0 } ?? state.all }
  }

  /// Counts a call and says what goes wrong with it.
  func effect(on operation: Fault.Operation) -> Fault.Effect? {
    state.withLock { state in
      state.all += 1
      state.calls[operation, default: 0] += 1
      let ofOperation = state.calls[operation] ?? 0
      for rule in state.rules where rule.operation == nil || rule.operation == operation {
        let number = rule.operation == nil ? state.all : ofOperation
        guard number >= rule.call, number - rule.call < rule.count else { continue }
        state.injected += 1
        return rule.effect
      }
      return nil
    }
  }
}

/// A provider of given drivers, for tests.
public struct DriverSet: Provider {
  /// The provider's name.
  public let name: String
  /// The drivers.
  public let drivers: [any AlgorithmDriver]
  /// `0`: the set is not released by itself.
  public var version: String { "0" }

  /// Makes a provider of `drivers`.
  public init(_ name: String, _ drivers: [any AlgorithmDriver]) {
    self.name = name
    self.drivers = drivers
  }
}
