// Small text files in which the kernel, or a host, tells one value each.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Files of one value, as under `/sys`.
public enum SystemAttribute {
  /// The most bytes that such a file has: a page of the largest size that is common.
  private static let limit = 65_536

  /// The text of a file without white space around it.
  ///
  /// - Throws: `ENOENT`, `EACCES`, `EFBIG` above 64 KiB, and what else opening and reading report.
  public static func text(_ path: String) throws(SystemError) -> String {
    let bytes = try FileDescriptor.contents(of: path, limit: limit)
    let isSpace = { (byte: UInt8) in byte == 0x20 || (9...13).contains(byte) || byte == 0 }
    guard let first = bytes.firstIndex(where: { !isSpace($0) }), let last = bytes.lastIndex(where: { !isSpace($0) })
    else { return "" }
    return String(decoding: bytes[first...last], as: UTF8.self)
  }

  /// The number in a file: decimal, or hexadecimal after `0x`.
  ///
  /// - Throws: as `text`; `EINVAL` for a text that is no number.
  public static func integer(_ path: String) throws(SystemError) -> Int {
    let text = try text(path)
    let number = text.hasPrefix("0x") ? Int(text.dropFirst(2), radix: 16) : Int(text)
    guard let number else { throw SystemError(errno: EINVAL, operation: "read", path: path) }
    return number
  }
}
