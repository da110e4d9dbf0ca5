// One owner for a context that a C library made.
// SPDX-License-Identifier: Apache-2.0

/// The single owner of a C library's context: freed once, when the owner ends.
///
/// This is the library's one `@unchecked Sendable`: a context that is owned uniquely may be used on whichever thread
/// owns it at the time, which is the rule of every C library that providers wrap.
@safe public struct OwnedContext<Context>: ~Copyable, @unchecked Sendable {
  /// The context; valid as long as this owner lives.
  @unsafe public let pointer: UnsafeMutablePointer<Context>
  @unsafe private let release: @convention(c) (UnsafeMutableRawPointer) -> Void

  /// Takes ownership of `pointer`; `release` is called with it once, on whichever thread ends the owner.
  @unsafe public init(
    _ pointer: UnsafeMutablePointer<Context>, release: @escaping @convention(c) (UnsafeMutableRawPointer) -> Void
  ) {
    unsafe self.pointer = pointer
    unsafe self.release = release
  }

  deinit { unsafe release(UnsafeMutableRawPointer(pointer)) }
}
