// What every driver has, and what every provider is; the kinds refine it.
// SPDX-License-Identifier: Apache-2.0

/// One implementation of one algorithm.
///
/// A driver conforms to the protocol of its kind (``HashDriver``, ``CompressionDriver`` …), is shared by all threads,
/// and makes a transform, which is not, for each handle. Making a driver must be cheap: what it needs of a library or
/// device is opened when the first transform is made.
public protocol AlgorithmDriver: Sendable {
  /// What the driver is; constant.
  var descriptor: AlgorithmDescriptor { get }
  /// The driver by the protocol of its kind, which has it for all that conform.
  var kindDriver: KindDriver { get }
  /// Known answers of the driver's own, run besides those that the registry has for its name. Default: none.
  var knownAnswers: [KnownAnswer] { get }
  /// How busy the device behind the driver is at this moment, for drivers whose requests wait in a queue; nil for others.
  ///
  /// Asked before a request, from any thread: it must neither wait nor open anything. Default: nil.
  func load() -> DriverLoad?
}

extension AlgorithmDriver {
  /// No known answers besides the registry's.
  public var knownAnswers: [KnownAnswer] { [] }
  /// Nil: requests do not wait.
  public func load() -> DriverLoad? { nil }
}

/// A set of drivers that come and go together.
public protocol Provider: Sendable {
  /// The provider's name, unique in a registry: `zlib`.
  var name: String { get }
  /// The version of the library or device behind it, for people; must not open it.
  var version: String { get }
  /// Where it came from: `built-in`, or the path of a plugin.
  var source: String { get }
  /// The drivers, all of which are registered or none.
  var drivers: [any AlgorithmDriver] { get }
  /// Whether the library or device behind the provider can be used; opens it.
  ///
  /// - Throws: ``ProviderError/Code/unavailable`` with the command that would add what is missing.
  func checkAvailability() throws(ProviderError)
  /// What keeps the drivers from answering at present, such as a device that is isolated after too many errors, for
  /// people; nil where nothing is known to. Opens nothing.
  var obstacle: String? { get }
}

extension Provider {
  /// `built-in`.
  public var source: String { "built-in" }
  /// Available: there is nothing to open.
  public func checkAvailability() throws(ProviderError) {}
  /// Nothing.
  public var obstacle: String? { nil }
}
