// The errors of devices, of the system and of the protocol as errors of queues, and the other way round.
// SPDX-License-Identifier: Apache-2.0

import DeviceAccess
import LinuxSystem
import VFIOUser
import WarpDriveQueue

extension QueueError {
  /// What a function reported.
  init(_ error: DeviceError) {
    let code: Code =
      switch error.code {
      case .invalid: .invalid
      case .lost: .deviceLost
      case .failed: .failed
      }
    self.init(code, error.message)
  }

  /// What the system reported about something.
  init(_ error: SystemError, _ what: String) {
    let code: Code =
      switch error.errno {
      case SystemError.noMemory, SystemError.tooManyOpenFiles, SystemError.temporarilyUnavailable, SystemError.noSpace:
        .resourceExhausted
      case SystemError.accessDenied, SystemError.notPermitted, SystemError.readOnlyFileSystem: .denied
      case SystemError.notFound: .notFound
      case SystemError.exists, SystemError.addressInUse: .exists
      default: .failed
      }
    self.init(code, "\(what): \(error)")
  }

  /// What a server reported about something.
  init(_ error: VFIOUserError, _ what: String) {
    self.init(SystemError(errno: error.errno, operation: "vfio-user"), "\(what): \(error.message)")
  }
}

extension VFIOUserError {
  /// An error as it travels: the reply carries the raw value of its code.
  init(_ error: QueueError) {
    self.init(errno: error.code.rawValue, error.message)
  }
}
