// What changes in a registry, for those who watch it.
// SPDX-License-Identifier: Apache-2.0

/// A change in a registry.
public enum RegistryEvent: Sendable {
  /// A provider's drivers were registered.
  case registered(provider: String, drivers: [String])
  /// A provider or some of its drivers were taken out.
  case unregistered(provider: String, drivers: [String])
  /// A driver passed its self-test.
  case tested(driver: String)
  /// A driver failed its self-test or was put in quarantine.
  case quarantined(driver: String, reason: ProviderError)
  /// A template made an instance.
  case instantiated(driver: String)
  /// An instance died: what it was built on went away, or something better came.
  case removedInstance(driver: String)
  /// The policy was replaced.
  case policyChanged
}

/// A subscription to a registry's events, ended by ``cancel()`` or by letting go of it.
public final class RegistryObservation: Sendable {
  private let stop: @Sendable () -> Void
  init(stop: @escaping @Sendable () -> Void) { self.stop = stop }
  /// Ends the subscription; a call that is under way still ends.
  public func cancel() { stop() }
  deinit { stop() }
}
