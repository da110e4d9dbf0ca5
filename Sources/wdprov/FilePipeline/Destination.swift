// Where output goes: standard output, a device or pipe, or a new file that appears when it is complete.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import WarpDrive

/// An output.
protocol Destination: ~Copyable {
  /// The name for messages.
  var name: String { get }
  /// Writes bytes.
  borrowing func write(_ bytes: RawSpan) throws(CommandFailure)
  /// Takes over mode, times and, as far as permitted, owner of the file that the output is made from.
  ///
  /// - Parameter modification: the time of the last change, where it is not the original's.
  borrowing func copyAttributes(of original: FileStatus, modification: FileTime?) throws(CommandFailure)
  /// Ends the output; a new file gets its name now, and nothing remains of it without this.
  ///
  /// - Parameter replacing: whether a file that has the name is replaced.
  consuming func commit(replacing: Bool) throws(CommandFailure)
}

extension Destination where Self: ~Copyable {
  /// Nothing: a stream has none.
  borrowing func copyAttributes(of original: FileStatus, modification: FileTime?) {}
}

/// Standard output.
struct StandardDestination: Destination {
  var name: String { StandardOutput.name }
  func write(_ bytes: RawSpan) throws(CommandFailure) { try StandardOutput.write(bytes) }
  // The program reports what was held back when it ends.
  func commit(replacing: Bool) {}
}

/// A device or pipe that has its name already.
struct DeviceDestination: Destination, ~Copyable {
  let name: String
  private let descriptor: FileDescriptor

  /// Whether `path` is one.
  static func exists(at path: String) -> Bool {
    switch (try? Pathname.status(of: path))?.kind {
    case .characterDevice, .blockDevice, .fifo, .socket: true
    default: false
    }
  }

  init(_ path: String) throws(CommandFailure) {
    name = path
    do throws(SystemError) {
      descriptor = try FileDescriptor.open(path, .writeOnly)
    } catch {
      throw CommandFailure(creating: path, error)
    }
  }

  borrowing func write(_ bytes: RawSpan) throws(CommandFailure) { try descriptor.writeAll(bytes, to: name) }

  consuming func commit(replacing: Bool) throws(CommandFailure) {
    let name = name
    do throws(SystemError) { try descriptor.close() } catch { throw CommandFailure(writing: name, error) }
  }
}

/// A new file.
struct FileDestination: Destination, ~Copyable {
  private let file: OutputFile
  var name: String { file.path }

  /// Makes the file, still without its name.
  ///
  /// - Parameters:
  ///   - replacing: whether a file of that name may be replaced; asked before the work is done, and again after.
  ///   - isPrivate: whether nobody else may read it until it gets the attributes of another file.
  init(_ path: String, replacing: Bool, isPrivate: Bool) throws(CommandFailure) {
    if let status = try? Pathname.status(of: path) {
      guard status.kind != .directory else { throw CommandFailure(.cannotCreate, "\(path): is a directory") }
      guard replacing else { throw Self.refusal(path) }
    }
    do throws(SystemError) {
      file = try OutputFile(path: path, mode: isPrivate ? 0o600 : 0o666)
    } catch {
      throw CommandFailure(creating: path, error)
    }
  }

  private static func refusal(_ path: String) -> CommandFailure {
    CommandFailure(.cannotCreate, "\(path): exists and is not overwritten without -f")
  }

  borrowing func write(_ bytes: RawSpan) throws(CommandFailure) { try file.descriptor.writeAll(bytes, to: file.path) }

  borrowing func copyAttributes(of original: FileStatus, modification: FileTime?) throws(CommandFailure) {
    var mode = original.mode & 0o777
    // Only root may give files away; for anyone else both calls usually fail, and that is right.
    try? file.descriptor.setOwner(userID: original.userID, groupID: nil)
    if (try? file.descriptor.setOwner(userID: nil, groupID: original.groupID)) == nil {
      // The file belongs to another group than the original: that group gets no more than everybody has.
      let shared = (mode & 0o070) >> 3 & mode & 0o007
      mode = mode & 0o700 | shared << 3 | shared
    }
    do throws(SystemError) {
      try file.descriptor.setMode(mode)
      try file.descriptor.setTimes(
        access: original.accessTime, modification: modification ?? original.modificationTime)
    } catch {
      throw CommandFailure(writing: file.path, error)
    }
  }

  consuming func commit(replacing: Bool) throws(CommandFailure) {
    let path = file.path
    do throws(SystemError) {
      try file.commit(replacing: replacing)
    } catch {
      if error.errno == SystemError.exists { throw Self.refusal(path) }
      throw CommandFailure(creating: path, error)
    }
  }
}

extension FileDescriptor {
  /// Writes to what messages call `name`; a reader that went away ends the program by `SIGPIPE`.
  fileprivate borrowing func writeAll(_ bytes: RawSpan, to name: String) throws(CommandFailure) {
    do throws(SystemError) {
      try writeAll(bytes)
    } catch {
      if error.errno == SystemError.brokenPipe { Signals.die(of: .brokenPipe) }
      throw CommandFailure(writing: name, error)
    }
  }
}
