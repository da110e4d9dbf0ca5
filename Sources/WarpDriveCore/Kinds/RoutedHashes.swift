// The handles that whole messages of one hash go to by their size.
// SPDX-License-Identifier: Apache-2.0

/// Whole messages on the driver that was measured to be the fastest for their size.
struct RoutedHashes: ~Copyable, Sendable {
  private let registry: Registry
  /// Nil where nothing competes.
  private let route: Route?
  private var lanes = Lanes<Hash>()
  /// The place of the choice that had the last request; -1 where that was the handle's own driver.
  private var last = -1
  private var gauge = DriftGauge()

  init(_ route: Route?, in registry: Registry) {
    self.route = route
    self.registry = registry
  }

  /// Whether there is anything to choose from.
  @inline(__always)
  var isActive: Bool { route != nil }

  /// The driver that answered the last request; nil where that was the handle's own.
  var lastDriverName: String? { lanes.read(last) { $0.lastDriverName } }
  /// Whether the last request was answered by a stand-in; nil where it was the handle's own driver's.
  var lastUsedFallback: Bool? { lanes.read(last) { $0.lastUsedFallback } }

  /// The next request is the handle's own driver's.
  mutating func stepAside() { last = -1 }

  /// Hashes a message; false where nothing was measured.
  mutating func digest(
    _ bytes: RawSpan, _ count: Int, into output: inout OutputRawSpan
  ) throws(ProviderError) -> Bool {
    guard let route else { return false }
    var choice = lanes.place(for: bytes.byteCount, on: route)
    if choice == .min {
      let registry = registry
      choice = try lanes.prepare(bytes.byteCount, route, in: registry) { (choice) throws(ProviderError) in
        try Hash(choice.algorithm, in: registry)
      }
    }
    last = choice
    guard choice >= 0 else { return false }
    let start = gauge.begin(route)
    try lanes.with(choice) { (hash) throws(ProviderError) in try hash?.digestByOwn(bytes, count, into: &output) }
    if start != 0, gauge.end(start, route, bytes.byteCount, choice) {
      registry.measured?.schedule(route, in: registry, isForced: true)
    }
    return true
  }
}
