// libcrypto as a library that may be missing and that explains its failures on a queue.
// SPDX-License-Identifier: Apache-2.0

import COpenSSL
import WarpDriveCore

/// Opening libcrypto, and turning its failures into errors.
enum Libcrypto {
  /// The file that is opened.
  static let name = COSSL_LIBRARY_NAME

  /// The version of the open library; nil before ``open()``.
  static var version: String? {
    // A constant of the library's, which stays loaded.
    guard let text = unsafe cossl_version() else { return nil }
    return unsafe String(cString: text)
  }

  /// Loads the library unless it is loaded.
  ///
  /// - Throws: ``ProviderError/Code/unavailable``.
  static func open() throws(ProviderError) {
    let reason = unsafe text { unsafe cossl_load($0, $1) }
    if let reason { throw unavailable(reason) }
  }

  /// The error for a library that cannot be loaded.
  static func unavailable(_ reason: String) -> ProviderError {
    ProviderError(
      .unavailable, "libcrypto of OpenSSL 3 cannot be used (\(reason)): install it with `apt-get install libssl3`",
      backend: .init(library: "libcrypto", number: 0, stack: [reason]))
  }

  /// Why `library` could not stand for libcrypto; nil where it could.
  static func shortcoming(of library: String) -> String? {
    unsafe text { (buffer, capacity) in unsafe cossl_probe(library, buffer, capacity) }
  }

  /// What `attempt` wrote into its buffer, if it returned false.
  private static func text(
    _ attempt: (_ buffer: UnsafeMutablePointer<CChar>?, _ capacity: Int) -> Bool
  ) -> String? {
    unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) { buffer in
      // The attempt may leave it as it is; from here on it is a C string at any time.
      unsafe buffer.initialize(repeating: 0)
      if unsafe attempt(buffer.baseAddress, buffer.count) { return nil }
      return unsafe buffer.baseAddress.map { unsafe String(cString: $0) } ?? ""
    }
  }

  /// An error with everything on this thread's error queue, which is empty afterwards.
  @inline(never)
  static func failure(_ code: ProviderError.Code, _ message: String) -> ProviderError {
    let (number, stack) = drainErrors()
    guard number != 0 else { return ProviderError(code, message) }
    return ProviderError(
      code, message, backend: .init(library: "libcrypto", number: Int(bitPattern: number), stack: stack))
  }

  /// The error for a context that was not made: libcrypto is missing, or lacks the algorithm.
  @inline(never)
  static func missing(_ algorithm: String) -> ProviderError {
    do throws(ProviderError) { try open() } catch { return error }
    return failure(
      .unavailable,
      "\(version ?? name) on this machine has no \(algorithm): its build or its configuration (openssl.cnf) leaves it out"
    )
  }

  /// The error for a request that libcrypto did not carry out.
  @inline(never)
  static func failed(to what: String) -> ProviderError {
    failure(.backendFailure, "libcrypto failed to \(what); what it says of it is in the backend's error stack")
  }

  /// Takes this thread's error queue, oldest entry first; the number is the last entry's, which is the outermost.
  private static func drainErrors() -> (number: UInt, stack: [String]) {
    var stack: [String] = []
    var number: UInt = 0
    unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) { buffer in
      guard let start = buffer.baseAddress else { return }
      var code: UInt = 0
      while unsafe cossl_next_error(&code, start, buffer.count) {
        unsafe stack.append(String(cString: start))
        number = code
      }
    }
    return (number, stack)
  }
}
