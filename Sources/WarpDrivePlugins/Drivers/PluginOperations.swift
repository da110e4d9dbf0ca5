// The functions of one driver of a plugin, bound to their context.
// SPDX-License-Identifier: Apache-2.0

import CWarpDrivePlugin
import WarpDriveCore

/// A driver's table of functions (`struct wdprov_hash` and so on), its context, and what its errors are made with.
///
/// The plugin's code is never unloaded, so that a table is valid for ever.
@safe final class PluginOperations<Table>: Sendable {
  /// The table and the context, in memory of their own so that transforms reach them without a lock or a copy.
  @unsafe struct Binding {
    let table: Table
    let context: UnsafeMutableRawPointer?
  }

  let driverName: String
  let providerName: String
  private let status: ABIStatus
  private let reporter: PluginReporter
  private let binding: OwnedContext<Binding>

  init(_ table: Table, of driver: borrowing PluginDriver, _ status: ABIStatus) {
    driverName = driver.descriptor.driverName
    providerName = driver.providerName
    reporter = driver.reporter
    self.status = status
    let memory = UnsafeMutablePointer<Binding>.allocate(capacity: 1)
    unsafe memory.initialize(to: Binding(table: table, context: driver.context))
    unsafe binding = OwnedContext(memory) { raw in unsafe raw.deallocate() }
  }

  /// The functions.
  @inline(__always)
  var table: UnsafePointer<Table> {
    // The binding is initialised, constant, and lives as long as this object; it begins with the table.
    unsafe UnsafeRawPointer(binding.pointer).assumingMemoryBound(to: Table.self)
  }

  /// What the functions that make states are given.
  var context: UnsafeMutableRawPointer? { unsafe binding.pointer.pointee.context }

  /// The function that frees a state.
  typealias Destroy = @convention(c) (UnsafeMutableRawPointer?) -> Void

  /// Makes a state, with the function that frees it.
  ///
  /// - Throws: what the plugin says; `backendFailure` for a success without a state.
  func makeState(
    _ destroy: Destroy?,
    _ create: (UnsafeMutableRawPointer?, UnsafeMutablePointer<UnsafeMutableRawPointer?>) -> Int32
  ) throws(ProviderError) -> OwnedContext<UInt8> {
    unsafe own(try created(create), destroy)
  }

  /// What `create` makes, which nobody owns yet.
  func created(
    _ create: (UnsafeMutableRawPointer?, UnsafeMutablePointer<UnsafeMutableRawPointer?>) -> Int32
  ) throws(ProviderError) -> UnsafeMutableRawPointer {
    var made: UnsafeMutableRawPointer?
    let result = unsafe create(context, &made)
    try check(result, "make a state")
    guard let made = unsafe made else { throw misconduct("made no state and said it had") }
    return unsafe made
  }

  /// Owns what was created.
  func own(_ made: UnsafeMutableRawPointer, _ destroy: Destroy?) -> OwnedContext<UInt8> {
    // The pointers differ in what Swift thinks of NULL alone, and every table was checked to have this function.
    let release = unsafe unsafeBitCast(destroy, to: (@convention(c) (UnsafeMutableRawPointer) -> Void).self)
    return unsafe OwnedContext(made.assumingMemoryBound(to: UInt8.self), release: release)
  }

  /// Throws unless a function has succeeded.
  @inline(__always)
  func check(_ result: Int32, _ operation: StaticString) throws(ProviderError) {
    if result != 0 { throw failure(result, operation) }
    // What it reported and then got over is not about the next call that fails.
    wdprov_report_forget()
  }

  /// The error for a function that failed.
  @inline(never)
  func failure(_ result: Int32, _ operation: StaticString) -> ProviderError {
    if result > 0 { return misconduct("returned \(result), which is no status") }
    return status.error(result, "\(operation)", driver: driverName, provider: providerName)
  }

  /// The error for a driver that breaks a rule of the ABI; it is out of service from now on.
  @inline(never)
  func misconduct(_ what: String) -> ProviderError {
    let error = ProviderError(
      .backendFailure, "\(driverName) \(what): it is out of service; run 'wdprov plugin check' on its plugin",
      driver: driverName)
    reporter.quarantine(driverName, error)
    return error
  }
}

/// Where a driver's misconduct is told.
struct PluginReporter: Sendable {
  /// Puts a driver out of service.
  let quarantine: @Sendable (_ driver: String, _ reason: ProviderError) -> Void
}

extension OutputRawSpan {
  /// Has `body` write exactly `count` bytes, for which there is room; they count only where it returns 0.
  @inline(__always)
  @_lifetime(self: copy self)
  mutating func write(_ count: Int, _ body: (UnsafeMutableRawPointer?) -> Int32) -> Int32 {
    guard freeCapacity >= count else { return -WDPROV_ERROR_OUTPUT_TOO_SMALL }
    return unsafe withUnsafeMutableBytes { buffer, initialized in
      let start = unsafe buffer.baseAddress.map { unsafe $0 + initialized }
      let result = unsafe body(start)
      if result == 0 { initialized += count }
      return result
    }
  }
}
