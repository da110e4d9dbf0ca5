// The functions of a hash that is lent to a plugin.
// SPDX-License-Identifier: Apache-2.0

import CWarpDrivePlugin
import WarpDriveCore

/// The state of one message of a plugin's fallback.
final class ExportedHash {
  private var handle: Hash

  private init(_ exported: ExportedAlgorithm) throws(ProviderError) {
    handle = try exported.registry.hash(exported.algorithm.driverName)
  }

  /// The table of a hash with these properties.
  static func table(_ properties: HashProperties, _ flags: AlgorithmFlags) -> wdprov_hash {
    var table = wdprov_hash()
    table.abi_version = WDPROV_ABI_VERSION
    table.size = UInt32(MemoryLayout<wdprov_hash>.size)
    table.digest_size = UInt32(clamping: properties.digestSize)
    table.capabilities = (properties.isExtendable ? 1 : 0) | (properties.isChecksum ? 2 : 0)
    unsafe table.create = { context, state in
      ExportedAlgorithm.status { () throws(ProviderError) in
        guard let exported = unsafe ExportedAlgorithm.of(context), let state = unsafe state else {
          throw ExportedHash.misuse
        }
        unsafe state.pointee = Unmanaged.passRetained(try ExportedHash(exported)).toOpaque()
      }
    }
    unsafe table.destroy = { state in
      guard let state = unsafe state else { return }
      unsafe Unmanaged<ExportedHash>.fromOpaque(state).release()
    }
    unsafe table.update = { state, input, count in
      ExportedAlgorithm.status { () throws(ProviderError) in
        let state = try unsafe ExportedHash.of(state)
        try state.handle.update(try unsafe ExportedHash.span(input, count))
      }
    }
    unsafe table.finish = { state, digest, count in
      ExportedAlgorithm.status { () throws(ProviderError) in
        let state = try unsafe ExportedHash.of(state)
        try unsafe ExportedHash.write(digest, count) { (output) throws(ProviderError) in
          try state.handle.finish(into: &output, count: count)
        }
      }
    }
    unsafe table.digest = { state, input, inputCount, digest, count in
      ExportedAlgorithm.status { () throws(ProviderError) in
        let state = try unsafe ExportedHash.of(state)
        let bytes = try unsafe ExportedHash.span(input, inputCount)
        try unsafe ExportedHash.write(digest, count) { (output) throws(ProviderError) in
          try state.handle.digest(bytes, count: count, into: &output)
        }
      }
    }
    unsafe table.reset = { state in
      ExportedAlgorithm.status { () throws(ProviderError) in try unsafe ExportedHash.of(state).handle.reset() }
    }
    return table
  }

  private static var misuse: ProviderError {
    ABIReader.refusal("a lent algorithm's function was called without its state")
  }

  private static func of(_ state: UnsafeMutableRawPointer?) throws(ProviderError) -> ExportedHash {
    guard let state = unsafe state else { throw misuse }
    return unsafe Unmanaged<ExportedHash>.fromOpaque(state).takeUnretainedValue()
  }

  /// The plugin's bytes, valid during the call that it makes.
  ///
  /// - Throws: `invalidArgument` for a length that is none, or bytes at NULL.
  @_lifetime(immortal)
  static func span(_ input: UnsafeRawPointer?, _ count: Int) throws(ProviderError) -> RawSpan {
    guard count >= 0, unsafe input != nil || count == 0 else { throw misuse }
    let bytes = unsafe RawSpan(_unsafeStart: input ?? UnsafeRawPointer(Self.nothing), byteCount: count)
    return unsafe _overrideLifetime(bytes, borrowing: ())
  }

  private static var nothing: UnsafePointer<UInt8> {
    let text: StaticString = ""
    return unsafe text.utf8Start
  }

  /// Has `body` fill the plugin's memory.
  static func write(
    _ memory: UnsafeMutableRawPointer?, _ count: Int, _ body: (inout OutputRawSpan) throws(ProviderError) -> Void
  ) throws(ProviderError) {
    guard count >= 0, unsafe memory != nil || count == 0 else { throw misuse }
    let buffer = unsafe UnsafeMutableRawBufferPointer(start: memory, count: count)
    var output = unsafe OutputRawSpan(buffer: buffer, initializedCount: 0)
    do throws(ProviderError) {
      try body(&output)
    } catch {
      _ = unsafe output.finalize(for: buffer)
      throw error
    }
    _ = unsafe output.finalize(for: buffer)
  }
}
