// The negative numbers that a plugin's functions return, as errors.
// SPDX-License-Identifier: Apache-2.0

import CWarpDrivePlugin
import WarpDriveCore

/// What a status means depends on the kind: a wrong tag and corrupt input share a number.
struct ABIStatus {
  /// What `EBADMSG` stands for.
  let corrupt: ProviderError.Code
  /// What `ENOKEY` stands for.
  let noKey: ProviderError.Code

  static let compression = ABIStatus(corrupt: .corruptInput, noKey: .dictionaryNeeded)
  static let authenticated = ABIStatus(corrupt: .authentication, noKey: .missingKey)
  static let signature = ABIStatus(corrupt: .invalidSignature, noKey: .missingKey)
  static let other = ABIStatus(corrupt: .corruptInput, noKey: .missingKey)

  /// The error for `status`, with what the plugin reported on this thread.
  ///
  /// A number that the ABI does not have, or a positive one, counts as a failure of the library behind the driver.
  func error(_ status: Int32, _ operation: String, driver: String, provider: String) -> ProviderError {
    let report = Self.report()
    // Without a trap for the one number that has no negative.
    let code = code(0 &- status)
    let why = report.map { ": " + $0.message } ?? ""
    return ProviderError(
      code, "\(driver) failed to \(operation)\(why.isEmpty ? " (status \(status))" : why)", driver: driver,
      backend: .init(library: provider, number: Int(report?.number ?? status)))
  }

  private func code(_ number: Int32) -> ProviderError.Code {
    switch number {
    case WDPROV_ERROR_NOT_FOUND: .notFound
    case WDPROV_ERROR_DEVICE_LOST: .deviceLost
    case WDPROV_ERROR_EXHAUSTED: .resourceExhausted
    case WDPROV_ERROR_DENIED: .denied
    case WDPROV_ERROR_BUSY: .busy
    case WDPROV_ERROR_EXISTS: .exists
    case WDPROV_ERROR_UNAVAILABLE: .unavailable
    case WDPROV_ERROR_INVALID: .invalidArgument
    case WDPROV_ERROR_LIMIT: .limitExceeded
    case WDPROV_ERROR_OUTPUT_TOO_SMALL: .outputTooSmall
    case WDPROV_ERROR_TRUNCATED: .truncatedInput
    case WDPROV_ERROR_CORRUPT: corrupt
    case WDPROV_ERROR_UNUSABLE: .unusable
    case WDPROV_ERROR_UNSUPPORTED: .unsupported
    case WDPROV_ERROR_TIMED_OUT: .timedOut
    case WDPROV_ERROR_CANCELLED: .cancelled
    case WDPROV_ERROR_NO_KEY: noKey
    case WDPROV_ERROR_KEY_REJECTED: .invalidKey
    default: .backendFailure
    }
  }

  /// What a plugin said about the call that this thread was in, once.
  static func report() -> (number: Int32, message: String)? {
    var number: Int32 = 0
    // As long as what is kept at most; see report.c.
    let room = 512
    var isThere = false
    let message = unsafe String(unsafeUninitializedCapacity: room) { buffer in
      unsafe buffer.withMemoryRebound(to: CChar.self) { text in
        guard let base = text.baseAddress else { return 0 }
        isThere = unsafe wdprov_report_take(&number, base, room)
        return isThere ? (0..<room).first { unsafe text[$0] == 0 } ?? 0 : 0
      }
    }
    return isThere ? (number, message) : nil
  }
}
