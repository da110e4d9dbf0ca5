// The fields of a gzip header, as the ABI has them and back.
// SPDX-License-Identifier: Apache-2.0

import CWarpDrivePlugin
import WarpDriveCore

/// `struct wdprov_gzip_header` of a ``GzipHeader``.
enum GzipHeaderTable {
  /// The most bytes of a string that a plugin shows.
  static let longestField = 1 << 16

  /// Runs `body` with the struct of `header`; with nil for nil.
  static func withTable<Result>(
    _ header: GzipHeader?, _ body: (UnsafePointer<wdprov_gzip_header>?) throws(ProviderError) -> Result
  ) throws(ProviderError) -> Result {
    guard let header else { return try body(nil) }
    let texts = try header.encoded()
    let name = texts.name.map(terminated)
    let comment = texts.comment.map(terminated)
    let extra = header.extra ?? []
    return try unsafe withPointer(name) { (name) throws(ProviderError) in
      try unsafe withPointer(comment) { (comment) throws(ProviderError) in
        try unsafe extra.rawSpan.withUnsafeBytes { (extra) throws(ProviderError) in
          var table = unsafe wdprov_gzip_header()
          unsafe table.abi_version = WDPROV_ABI_VERSION
          unsafe table.size = unsafe UInt32(MemoryLayout<wdprov_gzip_header>.size)
          unsafe table.name = name
          unsafe table.comment = comment
          unsafe table.extra = header.extra == nil ? nil : extra.baseAddress ?? UnsafeRawPointer(bitPattern: 1)
          unsafe table.extra_size = UInt32(clamping: extra.count)
          unsafe table.modification_time = header.modificationTime
          unsafe table.operating_system = header.operatingSystem
          unsafe table.is_text = header.isText ? 1 : 0
          unsafe table.has_checksum = header.hasChecksum ? 1 : 0
          return try unsafe body(&table)
        }
      }
    }
  }

  private static func terminated(_ bytes: [UInt8]) -> [CChar] { bytes.map { CChar(bitPattern: $0) } + [0] }

  private static func withPointer<Result>(
    _ text: [CChar]?, _ body: (UnsafePointer<CChar>?) throws(ProviderError) -> Result
  ) throws(ProviderError) -> Result {
    guard let text else { return try body(nil) }
    return try unsafe text.withUnsafeBufferPointer { (buffer) throws(ProviderError) in
      try unsafe body(buffer.baseAddress)
    }
  }
}

extension GzipHeader {
  /// The fields that a plugin shows; each is copied.
  init(_ table: wdprov_gzip_header) {
    let extra = unsafe table.extra.map {
      unsafe [UInt8](UnsafeRawBufferPointer(start: $0, count: Int(table.extra_size)))
    }
    unsafe self.init(
      name: Self.text(table.name), comment: Self.text(table.comment), extra: extra,
      modificationTime: table.modification_time, operatingSystem: table.operating_system, isText: table.is_text != 0,
      hasChecksum: table.has_checksum != 0)
  }

  /// ISO 8859-1 until the zero byte.
  private static func text(_ pointer: UnsafePointer<CChar>?) -> String? {
    guard let pointer = unsafe pointer else { return nil }
    var bytes: [UInt8] = []
    while bytes.count < GzipHeaderTable.longestField, unsafe pointer[bytes.count] != 0 {
      unsafe bytes.append(UInt8(bitPattern: pointer[bytes.count]))
    }
    return text(bytes)
  }
}
