// Another process's memory.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

/// The memory of another process, copied by `process_vm_readv(2)` and `process_vm_writev(2)`.
///
/// It is that one process's for ever: once it has ended, every access fails with `ESRCH`, whoever has its number by
/// then. The other process may change its memory at any time: copy once, check the copy, use only the copy.
///
/// The kernel allows it as it allows debugging: to root, or to the same user, unless the other process is not dumpable
/// or the Yama module restricts it; then the other one allows it with ``CurrentProcess/allowTracer(_:)``.
///
/// An access of memory that must first be read from a file lasts as long as that file's system takes.
public final class ProcessMemory: Sendable {
  /// Whose memory it is.
  public let process: ProcessIdentity
  private let handle: FileDescriptor

  /// Names a process's memory; whether it may be reached shows at the first access.
  ///
  /// - Throws: `ESRCH` for a process that has ended, or whose number is another's by now; `EMFILE`; `ENOSYS` before
  ///   Linux 5.3.
  public init(of process: ProcessIdentity) throws(SystemError) {
    guard process.processID > 0 else { throw SystemError(errno: ESRCH, operation: "pidfd_open") }
    handle = FileDescriptor(owning: try systemCall("pidfd_open") { clinux_open_process(process.processID) })
    self.process = process
    // The descriptor is of whoever has the number now, and the number stays that one's at least until it has ended.
    guard try ProcessIdentity(of: process.processID) == process, !isEnded else {
      throw SystemError(errno: ESRCH, operation: "pidfd_open")
    }
  }

  /// A descriptor that becomes readable when the process ends, for waiting; this object keeps owning it.
  public var descriptor: FileDescriptor { _read { yield handle } }

  /// Whether the process has ended.
  public var isEnded: Bool {
    guard let ready = try? handle.poll(for: .readable, nanoseconds: 0) else { return true }
    return !ready.isEmpty
  }

  /// Copies memory from the process, all of it.
  ///
  /// - Parameters:
  ///   - address: where it lies there.
  ///   - buffer: what receives it; of no use when this throws.
  /// - Throws: `EFAULT` where any of it cannot be read, `EPERM` where the kernel does not allow it, `ESRCH` for a
  ///   process that has ended, `ENOMEM`.
  public func read(_ address: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) {
    guard let base = buffer.baseAddress, buffer.count > 0 else { return }
    let process = process.processID
    let count = try systemCall("process_vm_readv") {
      unsafe clinux_read_process(process, address, base, buffer.count)
    }
    guard count == buffer.count else { throw SystemError(errno: EFAULT, operation: "process_vm_readv") }
    // Afterwards: as long as it has not ended nobody else can have its number.
    guard !isEnded else { throw SystemError(errno: ESRCH, operation: "process_vm_readv") }
  }

  /// Copies memory to the process, all of it.
  ///
  /// - Parameters:
  ///   - address: where it is to lie there.
  ///   - buffer: what is copied.
  /// - Throws: `EFAULT` where any of it cannot be written; what lies before may have been. The rest as `read`.
  public func write(_ address: UInt64, from buffer: UnsafeRawBufferPointer) throws(SystemError) {
    guard let base = buffer.baseAddress, buffer.count > 0 else { return }
    let process = process.processID
    // Before: the number of one that has ended may be another's. It is free only when its parent has waited for it, and
    // is given out again only after all others, so that the time until the call below is no danger.
    guard !isEnded else { throw SystemError(errno: ESRCH, operation: "process_vm_writev") }
    let count = try systemCall("process_vm_writev") {
      unsafe clinux_write_process(process, address, base, buffer.count)
    }
    guard count == buffer.count else { throw SystemError(errno: EFAULT, operation: "process_vm_writev") }
  }
}
