// An algorithm of the registry as a plugin sees it, for its fallbacks.
// SPDX-License-Identifier: Apache-2.0

import CWarpDrivePlugin
import WarpDriveCore

/// One algorithm, with a `struct wdprov_driver` whose functions run it.
///
/// It lives until the plugin gives it back.
@safe final class ExportedAlgorithm: Sendable {
  /// What the plugin is shown, and its parts; freed together.
  @unsafe struct Memory {
    var driver = unsafe wdprov_driver()
    var hash = wdprov_hash()
    var compression = unsafe wdprov_compression()
    var name: UnsafeMutablePointer<CChar>?
    var driverName: UnsafeMutablePointer<CChar>?
  }

  private let memory: OwnedContext<Memory>
  let algorithm: Algorithm
  let registry: Registry

  /// What the plugin is shown.
  var table: UnsafeMutablePointer<wdprov_driver> {
    // The driver is the first member.
    unsafe UnsafeMutableRawPointer(memory.pointer).assumingMemoryBound(to: wdprov_driver.self)
  }

  /// Finds the best driver of `name` that wants no fallback and is not of the provider `own`.
  ///
  /// - Throws: what the lookup throws; `unsupported` for kinds other than compression and hash.
  init(_ name: String, excluding own: String?, in registry: Registry) throws(ProviderError) {
    var constraints = LookupConstraints(mask: [.needsFallback])
    if let own { constraints.query = try PropertyQuery(parsing: "provider!=\(own)") }
    let algorithm = try registry.algorithm(name, nil, matching: constraints)
    guard algorithm.kind == .hash || algorithm.kind == .compression else {
      throw ProviderError(
        .unsupported, "\(name) is of kind \(algorithm.kind.rawValue): only hashes and compression are lent")
    }
    self.algorithm = algorithm
    self.registry = registry
    let memory = UnsafeMutablePointer<Memory>.allocate(capacity: 1)
    unsafe memory.initialize(to: Memory())
    unsafe self.memory = OwnedContext(memory) { raw in
      let memory = unsafe raw.assumingMemoryBound(to: Memory.self)
      unsafe memory.pointee.name?.deallocate()
      unsafe memory.pointee.driverName?.deallocate()
      unsafe memory.deinitialize(count: 1)
      unsafe memory.deallocate()
    }
    unsafe fill(memory)
  }

  private func fill(_ memory: UnsafeMutablePointer<Memory>) {
    let descriptor = algorithm.descriptor
    unsafe memory.pointee.name = Self.copy(descriptor.name)
    unsafe memory.pointee.driverName = Self.copy(descriptor.driverName)
    let base = UnsafeMutableRawPointer(memory)
    var driver = unsafe wdprov_driver()
    unsafe driver.abi_version = WDPROV_ABI_VERSION
    unsafe driver.size = UInt32(MemoryLayout<wdprov_driver>.size)
    unsafe driver.name = UnsafePointer(memory.pointee.name)
    unsafe driver.driver_name = UnsafePointer(memory.pointee.driverName)
    unsafe driver.priority = Int32(clamping: descriptor.priority)
    unsafe driver.block_size = UInt32(clamping: descriptor.blockSize)
    unsafe driver.flags = descriptor.flags.rawValue
    unsafe driver.alignment = UInt32(clamping: descriptor.alignment)
    unsafe driver.maximum_request = UInt64(descriptor.maximumRequest ?? 0)
    // States keep the algorithm themselves; the plugin frees them before it gives this back.
    unsafe driver.context = Unmanaged.passUnretained(self).toOpaque()
    switch descriptor.properties {
    case .hash(let properties):
      unsafe memory.pointee.hash = ExportedHash.table(properties, descriptor.flags)
      let offset = unsafe MemoryLayout<Memory>.offset(of: \.hash) ?? 0
      unsafe driver.hash = UnsafePointer((base + offset).assumingMemoryBound(to: wdprov_hash.self))
    case .compression(let properties):
      unsafe memory.pointee.compression = ExportedCompression.table(properties)
      let offset = unsafe MemoryLayout<Memory>.offset(of: \.compression) ?? 0
      unsafe driver.compression = UnsafePointer((base + offset).assumingMemoryBound(to: wdprov_compression.self))
    default: break
    }
    unsafe memory.pointee.driver = driver
  }

  private static func copy(_ text: String) -> UnsafeMutablePointer<CChar> {
    let bytes = text.utf8CString
    let copy = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count)
    for (index, byte) in bytes.enumerated() { unsafe copy[index] = byte }
    return unsafe copy
  }

  /// The algorithm behind the context of its functions.
  static func of(_ context: UnsafeMutableRawPointer?) -> ExportedAlgorithm? {
    guard let context = unsafe context else { return nil }
    return unsafe Unmanaged<ExportedAlgorithm>.fromOpaque(context).takeUnretainedValue()
  }

  /// Runs `body`, and turns what it throws into a status and a report.
  static func status(_ body: () throws(ProviderError) -> Void) -> Int32 {
    do throws(ProviderError) {
      try body()
      return 0
    } catch {
      unsafe wdprov_report_put(error.code.errno, error.message)
      return -error.code.errno
    }
  }
}
