// The plugin of all kinds in a registry, with what its C side counts and can be told to do.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import Testing
import WarpDriveCore
import WarpDrivePlugins

/// What `struct toy_control` of toys.h holds.
@safe struct ToyControl: ~Copyable {
  /// Breaches of the ABI's rules (`enum toy_lie`).
  enum Lie: Int32 {
    case honest = 0
    case consumedBeyond = 1
    case producedBeyond = 2
    case noState = 3
    case longOutput = 4
    case longestOutput = 5
    case wantsMore = 6
    case wantsAbsurdlyMuch = 7
    case finishedEarly = 8
    case producedAndFailed = 9
    case wantsLess = 10
  }

  private let memory: UnsafeMutableRawPointer

  init(_ memory: UnsafeMutableRawPointer) { unsafe self.memory = unsafe memory }

  var created: Int64 { unsafe memory.load(as: Int64.self) }
  var destroyed: Int64 { unsafe memory.load(fromByteOffset: 8, as: Int64.self) }
  /// How many calls were of a function that does all at once.
  var whole: Int64 { unsafe memory.load(fromByteOffset: 40, as: Int64.self) }
  /// Where the key lay that was set last.
  var key: UInt { unsafe memory.load(fromByteOffset: 32, as: UInt.self) }

  /// Has the call after `skip` others return `status`.
  func fail(_ status: Int32, after skip: Int32 = 0, reporting: Bool = false) {
    unsafe memory.storeBytes(of: skip, toByteOffset: 20, as: Int32.self)
    unsafe memory.storeBytes(of: reporting ? 1 : 0, toByteOffset: 24, as: Int32.self)
    unsafe memory.storeBytes(of: status, toByteOffset: 16, as: Int32.self)
  }

  /// Has the next call report something, and succeed.
  func reportAndSucceed() { fail(9999, reporting: true) }

  func lie(_ lie: Lie) { unsafe memory.storeBytes(of: lie.rawValue, toByteOffset: 28, as: Int32.self) }
}

/// A registry with the plugin of all kinds, which is this test's own copy.
@safe final class ToyKinds {
  let place: PluginPlace
  let registry: Registry
  let loader: PluginLoader
  let control: ToyControl

  /// - Parameter withFallback: whether a second provider of the same algorithms is there, which ranks below.
  init(withFallback: Bool = false) throws {
    place = try PluginPlace()
    let path = try place.write(try ToyPlugins.kinds.get(), to: "plugins/kinds.so")
    if withFallback { try place.write(try ToyPlugins.lowerKinds.get(), to: "plugins/lower.so") }
    loader = place.loader()
    registry = Registry()
    registry.register(loader: loader)
    registry.loadAll()
    let refusals = loader.records.map(\.refusal)
    let isLoaded = loader.records.allSatisfy { $0.isLoaded }
    try #require(isLoaded, "\(refusals)")
    registry.testAll()
    let failures = registry.algorithms.filter { $0.state != .live }.map { "\($0.driverName): \($0.selfTest)" }
    try #require(failures.isEmpty, "\(failures)")
    let memory = unsafe symbol("toy_control", of: path)
    control = unsafe ToyControl(try #require(memory))
  }

  /// Expects that every state that was made is gone.
  func expectBalance(sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(control.created > 0, sourceLocation: sourceLocation)
    #expect(control.created == control.destroyed, sourceLocation: sourceLocation)
  }

  /// Whether the driver of the first provider is out of service.
  func isQuarantined(_ name: String) -> Bool {
    registry.algorithms.first { $0.driverName == name }?.state == .quarantined
  }
}

/// The error that `body` throws.
func error(_ body: () throws -> Void) -> ProviderError? {
  do {
    try body()
    return nil
  } catch {
    return error as? ProviderError
  }
}
