// The error numbers that callers tell apart.
// SPDX-License-Identifier: Apache-2.0

import Glibc

extension SystemError {
  /// `EACCES`: permission denied.
  public static let accessDenied: Int32 = EACCES
  /// `EPERM`: operation not permitted.
  public static let notPermitted: Int32 = EPERM
  /// `EROFS`: the file system is read-only.
  public static let readOnlyFileSystem: Int32 = EROFS
  /// `ENOENT`: no such file or directory.
  public static let notFound: Int32 = ENOENT
  /// `ENOTDIR`: a part of the path is not a directory.
  public static let notDirectory: Int32 = ENOTDIR
  /// `EISDIR`: the file is a directory.
  public static let isDirectory: Int32 = EISDIR
  /// `EEXIST`: the file exists.
  public static let exists: Int32 = EEXIST
  /// `ENOSPC`: no space is left on the device.
  public static let noSpace: Int32 = ENOSPC
  /// `EDQUOT`: the owner's quota of disk space is used up.
  public static let quotaExceeded: Int32 = EDQUOT
  /// `EFBIG`: the file is larger than it may be.
  public static let tooLarge: Int32 = EFBIG
  /// `EPIPE`: nobody reads the other end of the pipe.
  public static let brokenPipe: Int32 = EPIPE
  /// `EBADF`: the descriptor is not open, or not for this direction.
  public static let badDescriptor: Int32 = EBADF
  /// `EIO`: input or output error.
  public static let inputOutput: Int32 = EIO
  /// `EINVAL`: invalid argument.
  public static let invalidArgument: Int32 = EINVAL
  /// `ENOMEM`: no memory is left.
  public static let noMemory: Int32 = ENOMEM
  /// `EAGAIN`: a resource is not available now.
  public static let temporarilyUnavailable: Int32 = EAGAIN
  /// `EMFILE`: the process has too many open files.
  public static let tooManyOpenFiles: Int32 = EMFILE
  /// `ELOOP`: too many symbolic links, or one where none is followed.
  public static let tooManyLinks: Int32 = ELOOP
  /// `ENAMETOOLONG`: the name of a file is too long.
  public static let nameTooLong: Int32 = ENAMETOOLONG
  /// `EILSEQ`: bytes that are no valid UTF-8.
  public static let notUnicode: Int32 = EILSEQ
}

extension SystemError {
  /// `ETIMEDOUT`: a time limit has passed.
  public static let timedOut: Int32 = ETIMEDOUT
  /// `ECONNREFUSED`: nobody listens.
  public static let connectionRefused: Int32 = ECONNREFUSED
  /// `ECONNRESET`: the other end closed with something unread.
  public static let connectionReset: Int32 = ECONNRESET
  /// `EADDRINUSE`: the name of a socket is taken.
  public static let addressInUse: Int32 = EADDRINUSE
  /// `EBUSY`: what is asked for is in use.
  public static let busy: Int32 = EBUSY
  /// `EFAULT`: an address that cannot be accessed.
  public static let badAddress: Int32 = EFAULT
  /// `ENODEV`: no such device.
  public static let noDevice: Int32 = ENODEV
  /// `ESRCH`: no such process.
  public static let noProcess: Int32 = ESRCH
  /// `ENOTTY`: an operation that this object does not have.
  public static let notATypewriter: Int32 = ENOTTY
  /// `EOPNOTSUPP`: an operation that is not supported.
  public static let notSupported: Int32 = EOPNOTSUPP
  /// `E2BIG`: an argument is too large.
  public static let argumentTooLarge: Int32 = E2BIG
  /// `ENXIO`: no such device or address.
  public static let noSuchAddress: Int32 = ENXIO
  /// `ECANCELED`: the operation was cancelled.
  public static let cancelled: Int32 = ECANCELED
  /// `EPROTO`: the other end does not keep to the protocol.
  public static let protocolError: Int32 = EPROTO
}
