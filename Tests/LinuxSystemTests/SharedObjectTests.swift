// Trials of shared objects: what the child finds taken in the linker.
// SPDX-License-Identifier: Apache-2.0

import Glibc
import LinuxSystem
import Testing

@Suite("Trials of shared objects")
struct SharedObjectTests {
  /// Any object that is there wherever this runs.
  private static let object = "libc.so.6"

  private func attempt(_ symbol: String = "getpid", seconds: UInt64 = 30) throws -> SharedObject.Trial {
    unsafe try SharedObject.attempt(Self.object, symbol: symbol, nanoseconds: seconds * 1_000_000_000) { _, output in
      unsafe write(output, "ab", 2) == 2 ? 0 : 1
    }
  }

  @Test("what the body writes comes back, without what the child says of itself")
  func written() throws {
    #expect(try attempt() == .ended(Array("ab".utf8)))
    #expect(try attempt("no_such_symbol") == .noSymbol)
  }

  /// glibc's `fork` leaves the lock of `dl_iterate_phdr` in the child as another thread had it.
  @Test("a child that finds the linker's lock taken is replaced by one that does not")
  func takenLock() throws {
    typealias Visitor = @convention(c) (UnsafeRawPointer?, Int, UnsafeMutableRawPointer?) -> Int32
    typealias Iterate = @convention(c) (Visitor, UnsafeMutableRawPointer?) -> Int32
    let address = unsafe try #require(dlsym(nil, "dl_iterate_phdr"))
    let iterate = unsafe unsafeBitCast(address, to: Iterate.self)
    let entered = TimedSemaphore(value: 0)
    let holder = try Thread(name: "holder") {
      unsafe withUnsafePointer(to: entered) { context in
        _ = unsafe iterate(
          { _, _, context in
            guard let context = unsafe context else { return 1 }
            unsafe context.assumingMemoryBound(to: TimedSemaphore.self).pointee.signal()
            // Longer than a child is waited for at first.
            Thread.sleep(nanoseconds: 400_000_000)
            return 1
          }, UnsafeMutableRawPointer(mutating: context))
      }
    }
    #expect(entered.wait(nanoseconds: 30_000_000_000))
    #expect(try attempt() == .ended(Array("ab".utf8)))
    holder.join()
  }
}
