// How the command ends: the one table from errors to exit statuses (sysexits.h's numbers, the command's contract).
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import WarpDrive

/// What the parent process sees.
struct ExitStatus: Equatable, Sendable {
  let code: Int32

  static let success = ExitStatus(code: 0)
  /// What was checked does not hold: a wrong checksum, a failed test.
  static let checkFailed = ExitStatus(code: 1)
  /// `EX_USAGE`: wrong arguments, a name that nobody has.
  static let usage = ExitStatus(code: 64)
  /// `EX_DATAERR`: corrupt or truncated input, a tag that does not verify, a limit passed.
  static let corruptInput = ExitStatus(code: 65)
  /// `EX_UNAVAILABLE`: a driver or device that cannot be used, or may not.
  static let unavailable = ExitStatus(code: 69)
  /// `EX_SOFTWARE`: an internal error.
  static let internalError = ExitStatus(code: 70)
  /// `EX_CANTCREAT`: the output cannot be made, or exists.
  static let cannotCreate = ExitStatus(code: 73)
  /// `EX_IOERR`: reading or writing failed.
  static let inputOutput = ExitStatus(code: 74)
  /// `EX_NOPERM`: permission denied.
  static let permission = ExitStatus(code: 77)

  /// The status for an error of the library.
  init(_ code: ProviderError.Code) {
    self =
      switch code {
      case .notFound, .invalidName, .invalidArgument, .invalidKeyLength, .invalidIVLength, .invalidTagLength,
        .unsupported, .missingKey:
        .usage
      case .corruptInput, .truncatedInput, .dictionaryNeeded, .limitExceeded, .authentication, .invalidSignature,
        .invalidKey:
        .corruptInput
      case .unusable, .denied, .unavailable, .timedOut, .busy, .deviceLost: .unavailable
      default: .internalError
      }
  }

  /// The status for a system call that failed; `otherwise` is that of what was being done.
  init(_ error: SystemError, otherwise: ExitStatus) {
    switch error.errno {
    case SystemError.accessDenied, SystemError.notPermitted: self = .permission
    // The directory took the new file, the disk did not: that is no refusal to create.
    case SystemError.noSpace, SystemError.quotaExceeded, SystemError.inputOutput, SystemError.tooLarge:
      self = .inputOutput
    default: self = otherwise
    }
  }

  private init(code: Int32) { self.code = code }
}

/// Why a command could not do what it was asked: one line for the person, a status for the parent process.
struct CommandFailure: Error, CustomStringConvertible {
  let status: ExitStatus
  /// What happened and what to do next, without the program's name.
  let description: String

  init(_ status: ExitStatus, _ message: String) {
    self.status = status
    description = message
  }

  /// What the library reported, `about` a file.
  init(_ error: ProviderError, about file: String? = nil) {
    status = ExitStatus(error.code)
    description = (file.map { "\($0): " } ?? "") + error.description
  }

  /// A file that could not be read.
  init(reading file: String, _ error: SystemError) {
    self.init(ExitStatus(error, otherwise: .inputOutput), "\(file): \(error.message)")
  }

  /// A file that could not be made.
  init(creating file: String, _ error: SystemError) {
    self.init(ExitStatus(error, otherwise: .cannotCreate), "\(file): \(error.message)")
  }

  /// A file that could not be written.
  init(writing file: String, _ error: SystemError) {
    self.init(ExitStatus(error, otherwise: .inputOutput), "\(file): \(error.message)")
  }
}

extension ExitStatus {
  /// Does `body` for each of `operands` and says what fails: the first failure makes the status, the others are still done.
  static func ofAll(_ operands: [String], _ body: (String) throws(CommandFailure) -> Void) -> ExitStatus {
    var status = ExitStatus.success
    for operand in operands {
      do throws(CommandFailure) {
        try body(operand)
      } catch {
        Diagnostics.say(error.description)
        if status == .success { status = error.status }
      }
    }
    return status
  }
}
