// The error codes, whose fault each is, and the errno each becomes in the C ABI.
// SPDX-License-Identifier: Apache-2.0

extension ProviderError {
  /// The kind of an error; open, so that later versions can add members.
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    private enum Value: String {
      case notFound, exists, unusable, denied, unavailable, timedOut, busy, deviceLost, backendFailure, cancelled
      case invalidArgument, invalidName, invalidKeyLength, invalidIVLength, invalidTagLength, invalidState, unsupported
      case missingKey, outputTooSmall, corruptInput, truncatedInput, dictionaryNeeded, limitExceeded, authentication
      case invalidKey, invalidSignature, resourceExhausted
    }
    private let value: Value
    private init(_ value: Value) { self.value = value }

    /// No algorithm, driver or template of that name (ENOENT).
    public static let notFound = Code(.notFound)
    /// A name or driver name collides with one that is registered (EEXIST).
    public static let exists = Code(.exists)
    /// Only drivers that failed their self-test or are quarantined were found (ELIBBAD).
    public static let unusable = Code(.unusable)
    /// The registry's policy forbids it (EACCES).
    public static let denied = Code(.denied)
    /// A library or device that the driver needs is not on this machine (ENODEV).
    public static let unavailable = Code(.unavailable)
    /// A time limit passed (ETIMEDOUT).
    public static let timedOut = Code(.timedOut)
    /// A queue is full; the request was not taken (EBUSY).
    public static let busy = Code(.busy)
    /// The device went away or was reset with the request in flight (ENXIO).
    public static let deviceLost = Code(.deviceLost)
    /// The library or device failed for a reason of its own (EIO).
    public static let backendFailure = Code(.backendFailure)
    /// The caller cancelled the request (ECANCELED).
    public static let cancelled = Code(.cancelled)
    /// A parameter is out of its range (EINVAL).
    public static let invalidArgument = Code(.invalidArgument)
    /// An algorithm name is malformed (EINVAL).
    public static let invalidName = Code(.invalidName)
    /// A key of a length that the algorithm does not have (EINVAL).
    public static let invalidKeyLength = Code(.invalidKeyLength)
    /// An IV or nonce of a length that the algorithm does not have (EINVAL).
    public static let invalidIVLength = Code(.invalidIVLength)
    /// A tag of a length that the standard does not allow (EINVAL).
    public static let invalidTagLength = Code(.invalidTagLength)
    /// The call does not fit the state of the handle, for example after the end of a stream (EINVAL).
    public static let invalidState = Code(.invalidState)
    /// The driver lacks the capability that was asked for (EOPNOTSUPP).
    public static let unsupported = Code(.unsupported)
    /// A keyed algorithm was used before a key was set (ENOKEY).
    public static let missingKey = Code(.missingKey)
    /// The output is full; nothing was written past its end and the request can be resumed (ENOSPC).
    public static let outputTooSmall = Code(.outputTooSmall)
    /// The input is not what its format says (EBADMSG).
    public static let corruptInput = Code(.corruptInput)
    /// The input ends before its format does (ENODATA).
    public static let truncatedInput = Code(.truncatedInput)
    /// The stream was made with a preset dictionary that was not given (ENOKEY).
    public static let dictionaryNeeded = Code(.dictionaryNeeded)
    /// A limit that the caller set was passed, for example against decompression bombs (EFBIG).
    public static let limitExceeded = Code(.limitExceeded)
    /// A tag, MAC or signature did not verify; no output was released (EBADMSG).
    public static let authentication = Code(.authentication)
    /// A key is malformed, weak or not on its curve (EKEYREJECTED).
    public static let invalidKey = Code(.invalidKey)
    /// A signature is malformed (EBADMSG).
    public static let invalidSignature = Code(.invalidSignature)
    /// Memory, threads or descriptors ran out (ENOMEM).
    public static let resourceExhausted = Code(.resourceExhausted)

    /// The member's name, as scripts see it in JSON replies.
    public var description: String { value.rawValue }

    /// Whether the driver is to blame rather than the caller: such a request may run on a fallback, once.
    public var isDriverFault: Bool {
      switch value {
      case .busy, .timedOut, .deviceLost, .backendFailure, .unavailable, .resourceExhausted: true
      default: false
      }
    }

    /// The positive errno of this code (Linux `asm-generic/errno.h`); the C ABI returns its negative.
    public var errno: Int32 {
      switch value {
      case .notFound: 2  // ENOENT
      case .backendFailure: 5  // EIO
      case .deviceLost: 6  // ENXIO
      case .resourceExhausted: 12  // ENOMEM
      case .denied: 13  // EACCES
      case .busy: 16  // EBUSY
      case .exists: 17  // EEXIST
      case .unavailable: 19  // ENODEV
      case .invalidArgument, .invalidName, .invalidKeyLength, .invalidIVLength, .invalidTagLength, .invalidState: 22
      case .limitExceeded: 27  // EFBIG
      case .outputTooSmall: 28  // ENOSPC
      case .truncatedInput: 61  // ENODATA
      case .corruptInput, .authentication, .invalidSignature: 74  // EBADMSG
      case .unusable: 80  // ELIBBAD
      case .unsupported: 95  // EOPNOTSUPP
      case .timedOut: 110  // ETIMEDOUT
      case .cancelled: 125  // ECANCELED
      case .missingKey, .dictionaryNeeded: 126  // ENOKEY
      case .invalidKey: 129  // EKEYREJECTED
      }
    }
  }
}
