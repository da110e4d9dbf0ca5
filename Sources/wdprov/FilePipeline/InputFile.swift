// One input: an open file or standard input, with what is known about it and gzip's rules on what is left alone.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

/// A file that is being read.
struct InputFile: ~Copyable {
  let descriptor: FileDescriptor
  /// What the kernel said when it was opened.
  let status: FileStatus
  /// The operand as the user wrote it; nil for standard input.
  let path: String?

  /// The name for messages.
  var name: String { path ?? "standard input" }
  /// The size in bytes, where it is known beforehand.
  var knownSize: UInt64? { status.kind == .regular ? UInt64(clamping: status.size) : nil }

  /// Standard input.
  static func standard() throws(CommandFailure) -> InputFile {
    let descriptor = FileDescriptor.standardInput
    do throws(SystemError) {
      let status = try descriptor.status()
      guard status.kind != .directory else {
        throw SystemError(errno: SystemError.isDirectory, operation: "read")
      }
      return InputFile(descriptor: descriptor, status: status, path: nil)
    } catch {
      throw CommandFailure(reading: "standard input", error)
    }
  }

  /// Opens a file of which only the content matters: anything but a directory.
  static func open(_ path: String) throws(CommandFailure) -> InputFile { try open(path, options: []) }

  /// Opens a file that is to be replaced by its compressed or decompressed form.
  ///
  /// Only what it can be done to without harm is taken, as by gzip: a regular file, not behind a symbolic link, without
  /// set-user-ID and set-group-ID; and, unless `force`, without sticky bit and without further names.
  static func openReplaceable(_ path: String, force: Bool) throws(CommandFailure) -> InputFile {
    let status: FileStatus
    do throws(SystemError) {
      status = try Pathname.status(of: path, followingLinks: force)
    } catch {
      throw CommandFailure(reading: path, error)
    }
    // Before it is opened: opening a named pipe waits, and opening a device may do something.
    try refuse(status, path, force: force)
    let file = try open(path, options: force ? .nonBlocking : [.nonBlocking, .noFollow])
    // The name may have been given to another file in between.
    try refuse(file.status, path, force: force)
    file.descriptor.adviseSequential()
    return file
  }

  private static func open(
    _ path: String, options: FileDescriptor.OpenOptions
  ) throws(CommandFailure) -> InputFile {
    do throws(SystemError) {
      let descriptor = try FileDescriptor.open(path, .readOnly, options: options)
      let status = try descriptor.status()
      guard status.kind != .directory else { throw SystemError(errno: SystemError.isDirectory, operation: "open") }
      return InputFile(descriptor: descriptor, status: status, path: path)
    } catch {
      throw CommandFailure(reading: path, error)
    }
  }

  private static func refuse(_ status: FileStatus, _ path: String, force: Bool) throws(CommandFailure) {
    let why: String
    switch status.kind {
    case .regular:
      if status.mode & 0o6000 != 0 {
        why = "is set-user-ID or set-group-ID on execution"
      } else if !force, status.mode & 0o1000 != 0 {
        why = "has the sticky bit set (-f takes it all the same)"
      } else if !force, status.linkCount > 1 {
        why = "has \(status.linkCount - 1) other name(s), which would keep the old content (-f takes it all the same)"
      } else {
        return
      }
    case .directory: why = "is a directory"
    case .symlink: why = "is a symbolic link (-f replaces the link, -c only reads)"
    default: why = "is not a regular file (-c only reads)"
    }
    throw CommandFailure(.inputOutput, "\(path) \(why); left as it is")
  }

  /// Removes an input whose output is complete, and which was `status` when it was opened.
  static func remove(_ path: String, _ status: FileStatus, force: Bool) throws(CommandFailure) {
    do throws(SystemError) {
      // Not a file that somebody has put there in the meantime.
      let now = try Pathname.status(of: path, followingLinks: force)
      guard now.isSameFile(as: status) else {
        Diagnostics.say("\(path): is another file now, and is kept")
        return
      }
      try Pathname.unlink(path)
    } catch {
      throw CommandFailure(writing: path, error)
    }
  }
}
