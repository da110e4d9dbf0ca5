// Device requests, and registers behind a descriptor.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

extension FileDescriptor {
  /// Makes a request of a device (`ioctl(2)`).
  ///
  /// - Parameters:
  ///   - request: its number.
  ///   - argument: what it reads or writes, as large as the request says; nil for one without.
  /// - Returns: what the request returns, 0 for most.
  /// - Throws: `ENOTTY` for a request that the device does not have, and what else it reports.
  @discardableResult
  public func control(_ request: UInt, _ argument: UnsafeMutableRawPointer?) throws(SystemError) -> Int32 {
    try systemCall("ioctl") { unsafe clinux_control(number, request, argument) }
  }

  /// Makes a request of a device whose argument is a number.
  ///
  /// - Throws: as `control(_:_:)`.
  @discardableResult
  public func control(_ request: UInt, value: UInt = 0) throws(SystemError) -> Int32 {
    try systemCall("ioctl") { clinux_control_value(number, request, value) }
  }

  /// Reads a register of 1, 2, 4 or 8 bytes, little-endian, in one access.
  ///
  /// - Throws: `EINVAL` for another width or an offset of 2^63 or more, `EIO` where there are fewer bytes, and what
  ///   `pread(2)` lists.
  public func readRegister(at offset: UInt64, width: Int) throws(SystemError) -> UInt64 {
    let place = try Self.place(offset, width, "pread")
    var value: UInt64 = 0
    let count = try systemCall("pread") { unsafe pread(number, &value, width, place) }
    guard count == width else { throw SystemError(errno: EIO, operation: "pread") }
    return UInt64(littleEndian: value)
  }

  /// Writes a register of 1, 2, 4 or 8 bytes, little-endian, in one access; higher bytes of `value` do not count.
  ///
  /// - Throws: as `readRegister`, and what `pwrite(2)` lists.
  public func writeRegister(_ value: UInt64, at offset: UInt64, width: Int) throws(SystemError) {
    let place = try Self.place(offset, width, "pwrite")
    var value = value.littleEndian
    let count = try systemCall("pwrite") { unsafe pwrite(number, &value, width, place) }
    guard count == width else { throw SystemError(errno: EIO, operation: "pwrite") }
  }

  private static func place(_ offset: UInt64, _ width: Int, _ operation: String) throws(SystemError) -> off_t {
    guard width == 1 || width == 2 || width == 4 || width == 8, let place = off_t(exactly: offset) else {
      throw SystemError(errno: EINVAL, operation: operation)
    }
    return place
  }
}

/// Requests of `/dev/<accelerator>` (uacce), for ``FileDescriptor/control(_:_:)``.
public enum UacceRequest {
  /// `UACCE_CMD_START_Q`: starts the queue; no argument.
  public static let startQueue = UInt(clinux_uacce_start_queue)
  /// `UACCE_CMD_PUT_Q`: stops the queue and gives it back; no argument.
  public static let putQueue = UInt(clinux_uacce_put_queue)
  /// `UACCE_CMD_QM_SET_QP_CTX`: `struct hisi_qp_ctx`, two 16-bit words: the queue's number (out), its type (in).
  public static let setContext = UInt(clinux_uacce_set_context)
  /// `UACCE_CMD_QM_SET_QP_INFO`: `struct hisi_qp_info`, 16 bytes: element size (32 bits), SQ and CQ depth (16), 64 bits.
  public static let setInformation = UInt(clinux_uacce_set_information)
}
