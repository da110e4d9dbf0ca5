// Erasing and comparing secrets.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

/// Operations on secrets that the optimiser must neither remove nor shorten.
public enum SecureMemory {
  /// Overwrites bytes with zeros, also where the optimiser can see that nobody reads them again.
  public static func zero(_ bytes: UnsafeMutableRawBufferPointer) {
    guard let base = bytes.baseAddress else { return }
    unsafe explicit_bzero(base, bytes.count)
  }

  /// Overwrites the value behind a pointer with zeros.
  ///
  /// `T` must be a trivial type (a C structure): no reference in it is released.
  public static func zero<T>(_ pointer: UnsafeMutablePointer<T>) {
    unsafe explicit_bzero(pointer, MemoryLayout<T>.size)
  }

  /// Whether two byte strings are equal, in a time that depends on their lengths only.
  ///
  /// Strings of different lengths are not equal; lengths are not secret.
  public static func equal(_ a: RawSpan, _ b: RawSpan) -> Bool {
    guard a.byteCount == b.byteCount else { return false }
    // The pointers are used within the closures only, for exactly the bytes of both spans.
    return unsafe a.withUnsafeBytes { left in
      unsafe b.withUnsafeBytes { right in
        unsafe clinux_equal_constant_time(left.baseAddress, right.baseAddress, left.count)
      }
    }
  }
}
