// What a plugin's entry is given: the host's functions, and what it registers through them.
// SPDX-License-Identifier: Apache-2.0

import CWarpDrivePlugin
import LinuxSystem
import WarpDriveCore

/// The host of one plugin; ``LoadedPlugin`` keeps it for as long as the process lives, as its plugin is.
@safe final class PluginHost: Sendable {
  /// What the plugin's entry came to.
  private struct State {
    var isOpen = true
    /// The address of what the plugin was given, which is never freed: it may keep that for as long as it likes.
    var table: UInt = 0
    /// The address of what it registered.
    var provider: UInt?
    var name: String?
    var refusal: ProviderError?
    /// The registries that use it, in which fallbacks are looked up: the last that is still there.
    var registries: [WeakRegistry] = []
    /// Algorithms that the plugin looked up, by the address of the struct that it was given.
    var exports: [UInt: ExportedAlgorithm] = [:]

    var registry: Registry? {
      for entry in registries.reversed() {
        if let registry = entry.value { return registry }
      }
      return nil
    }

    mutating func use(_ registry: Registry) {
      registries.removeAll { $0.value == nil || $0.value === registry }
      registries.append(WeakRegistry(registry))
    }
  }

  /// A line of a plugin's log: its level (`enum wdprov_log_level`), the plugin, the text.
  typealias Log = @Sendable (_ level: Int32, _ plugin: String, _ message: String) -> Void

  /// The plugin's path.
  let path: String
  private let log: Log
  private let state = Guarded(State())

  init(_ path: String, log: @escaping Log) {
    self.path = path
    self.log = log
  }

  /// Calls the plugin's entry, once.
  ///
  /// - Parameters:
  ///   - entry: the address of `wdprov_provider_init`.
  ///   - registry: who asks.
  /// - Throws: why the plugin registers nothing.
  func initialize(_ entry: UnsafeMutableRawPointer, for registry: Registry) throws(ProviderError) {
    let function = unsafe unsafeBitCast(
      entry, to: (@convention(c) (UnsafePointer<wdprov_host>) -> Int32).self)
    let table = UnsafeMutablePointer<wdprov_host>.allocate(capacity: 1)
    unsafe table.initialize(to: makeTable())
    let address = UInt(bitPattern: table)
    state.withLock { state in
      state.use(registry)
      state.table = address
    }
    _ = ABIStatus.report()
    let status = unsafe function(table)
    let report = ABIStatus.report()
    let (isRegistered, refusal) = state.withLock { state in
      state.isOpen = false
      return (state.provider != nil, state.refusal)
    }
    if let refusal { throw refusal }
    guard status == 0 else {
      let why = report.map { ": " + $0.message } ?? ", without a reason"
      throw ProviderError(.unavailable, "it does not serve on this machine (status \(status))\(why)")
    }
    guard isRegistered else { throw ABIReader.refusal("its entry registered nothing") }
  }

  /// What the plugin registered, for a registry.
  ///
  /// - Throws: `invalidArgument` where it is not what it was.
  func provider(for registry: Registry) throws(ProviderError) -> PluginProvider {
    state.withLock { $0.use(registry) }
    return try provider(Self.reporter(registry))
  }

  /// The same, with its drivers' misconduct told to `reporter`.
  func provider(_ reporter: PluginReporter) throws(ProviderError) -> PluginProvider {
    let address = state.withLock { $0.provider }
    let pointer = unsafe address.flatMap { unsafe UnsafePointer<wdprov_provider>(bitPattern: $0) }
    return try unsafe PluginProvider(pointer, path: path, reporter)
  }

  private func makeTable() -> wdprov_host {
    var table = unsafe wdprov_host()
    unsafe table.abi_version = WDPROV_ABI_VERSION
    unsafe table.size = UInt32(MemoryLayout<wdprov_host>.size)
    unsafe table.version = Self.version
    unsafe table.host_data = Unmanaged.passUnretained(self).toOpaque()
    unsafe table.register_provider = { unsafe PluginHost.of($0)?.register($1) ?? -WDPROV_ERROR_INVALID }
    unsafe table.log = { unsafe PluginHost.of($0)?.write($1, $2) }
    unsafe table.allocate = { _, count in unsafe SecureMemory.allocate(count) }
    unsafe table.deallocate = { _, memory in unsafe SecureMemory.deallocate(memory) }
    unsafe table.report = { _, number, message in unsafe wdprov_report_put(number, message) }
    unsafe table.find_algorithm = { unsafe PluginHost.of($0)?.find($1, $2) ?? -WDPROV_ERROR_INVALID }
    unsafe table.release_algorithm = { unsafe PluginHost.of($0)?.release($1) }
    return unsafe table
  }

  /// Static, hence valid for ever.
  private static var version: UnsafePointer<CChar> {
    let text: StaticString = "WarpDrive"
    return unsafe UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self)
  }

  private static func of(_ table: UnsafePointer<wdprov_host>?) -> PluginHost? {
    guard let data = unsafe table?.pointee.host_data else { return nil }
    return unsafe Unmanaged<PluginHost>.fromOpaque(data).takeUnretainedValue()
  }

  private func register(_ pointer: UnsafePointer<wdprov_provider>?) -> Int32 {
    let (isOpen, isFirst, registry) = state.withLock { ($0.isOpen, $0.provider == nil, $0.registry) }
    guard isOpen, let registry else { return -WDPROV_ERROR_INVALID }
    guard isFirst else { return -WDPROV_ERROR_EXISTS }
    do throws(ProviderError) {
      let provider = try unsafe PluginProvider(pointer, path: path, Self.reporter(registry))
      let address = UInt(bitPattern: pointer)
      state.withLock { state in
        state.provider = address
        state.name = provider.name
      }
      return 0
    } catch {
      state.withLock { $0.refusal = error }
      return -error.code.errno
    }
  }

  /// Puts drivers of this plugin out of service.
  private static func reporter(_ registry: Registry) -> PluginReporter {
    let registry = WeakRegistry(registry)
    return PluginReporter { driver, reason in try? registry.value?.quarantine(driver: driver, reason: reason) }
  }

  private func write(_ level: Int32, _ message: UnsafePointer<CChar>?) {
    guard let message = unsafe message else { return }
    let text = unsafe String(cString: message)
    log(level, path, String(text.map { $0.isNewline || $0.asciiValue ?? 32 < 32 ? " " : $0 }))
  }

  // MARK: Algorithms for the plugin

  private func find(
    _ name: UnsafePointer<CChar>?, _ found: UnsafeMutablePointer<UnsafePointer<wdprov_driver>?>?
  ) -> Int32 {
    guard let name = unsafe name, let found = unsafe found else { return -WDPROV_ERROR_INVALID }
    // While its entry runs others wait for it, and so would what it looks for.
    let (own, registry) = state.withLock { ($0.name, $0.isOpen ? nil : $0.registry) }
    guard let registry else { return -WDPROV_ERROR_NOT_FOUND }
    do throws(ProviderError) {
      let export = try unsafe ExportedAlgorithm(String(cString: name), excluding: own, in: registry)
      let address = unsafe export.table
      state.withLock { $0.exports[UInt(bitPattern: address)] = export }
      unsafe found.pointee = UnsafePointer(address)
      return 0
    } catch {
      unsafe wdprov_report_put(error.code.errno, error.message)
      return -error.code.errno
    }
  }

  private func release(_ algorithm: UnsafePointer<wdprov_driver>?) {
    let address = UInt(bitPattern: algorithm)
    _ = state.withLock { $0.exports.removeValue(forKey: address) }
  }
}

/// A registry that is not kept alive.
final class WeakRegistry: Sendable {
  private struct Reference { weak var registry: Registry? }
  private let reference: Guarded<Reference>

  init(_ registry: Registry) { reference = Guarded(Reference(registry: registry)) }

  var value: Registry? { reference.withLock { $0.registry } }
}
