// Reads a plugin's structs: each is copied once, and the copy is checked.
// SPDX-License-Identifier: Apache-2.0

import CWarpDrivePlugin
import WarpDriveCore

/// Copies of what a plugin shows, by the rules at the head of `wdprov.h`.
enum ABIReader {
  /// The longest name, version or alias, in bytes.
  private static let longestText = 256
  /// The largest struct that is believed to be one, in bytes.
  private static let largestStruct: UInt32 = 1 << 16

  /// Copies a struct.
  ///
  /// - Parameters:
  ///   - pointer: where the plugin has it.
  ///   - copy: receives it.
  ///   - what: its name, for errors.
  /// - Throws: `invalidArgument` for one that is not there, of another version, short, or longer with an unknown tail
  ///   that is not zero.
  static func read<Struct>(
    _ pointer: UnsafePointer<Struct>?, into copy: inout Struct, _ what: String
  ) throws(ProviderError) {
    guard let pointer = unsafe pointer else { throw refusal("\(what) is missing") }
    let bytes = unsafe UnsafeRawPointer(pointer)
    let version = unsafe bytes.loadUnaligned(as: UInt32.self)
    let size = unsafe bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self)
    guard version == WDPROV_ABI_VERSION else {
      throw refusal("\(what) is of version \(version) of the ABI, and this host has \(WDPROV_ABI_VERSION)")
    }
    let known = MemoryLayout<Struct>.size
    guard Int(size) >= known else { throw refusal("\(what) has \(size) bytes instead of \(known) or more") }
    guard size <= largestStruct else { throw refusal("\(what) claims to have \(size) bytes") }
    let tail = unsafe UnsafeRawBufferPointer(start: bytes + known, count: Int(size) - known)
    guard unsafe tail.allSatisfy({ $0 == 0 }) else {
      throw refusal("\(what) uses members that this host does not know: update WarpDrive")
    }
    unsafe copy = pointer.pointee
  }

  /// Copies a text that has to be there: UTF-8, not empty, not longer than 256 bytes, without control characters.
  static func text(_ pointer: UnsafePointer<CChar>?, _ what: String) throws(ProviderError) -> String {
    guard let pointer = unsafe pointer else { throw refusal("\(what) is missing") }
    var length = 0
    while length <= longestText, unsafe pointer[length] != 0 { length += 1 }
    guard length > 0, length <= longestText else {
      throw refusal("\(what) is empty or longer than \(longestText) bytes")
    }
    let text = unsafe String(validatingCString: pointer)
    guard let text, text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
      throw refusal("\(what) is not UTF-8, or has control characters")
    }
    return text
  }

  /// Copies a text that may be missing, of any length.
  static func longText(_ pointer: UnsafePointer<CChar>?) -> String {
    guard let pointer = unsafe pointer else { return "" }
    return unsafe String(cString: pointer)
  }

  /// Refuses a driver without one of the functions that its kind needs.
  static func require(_ isThere: Bool, _ what: String) throws(ProviderError) {
    guard isThere else { throw refusal("\(what) is missing") }
  }

  /// The error for what a plugin does not do as the ABI says.
  static func refusal(_ why: String) -> ProviderError { ProviderError(.invalidArgument, why) }
}
