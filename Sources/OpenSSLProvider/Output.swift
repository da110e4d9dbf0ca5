// The one place where C writes into an output span.
// SPDX-License-Identifier: Apache-2.0

/// Lets `write` fill the next `count` bytes of `output`, which has room for them; they count if it returns true.
///
/// The pointer is nil for no bytes, and must not be used after `write` returns.
@inline(__always)
func append(
  _ count: Int, to output: inout OutputRawSpan, _ write: (UnsafeMutableRawPointer?) -> Bool
) -> Bool {
  guard count > 0 else { return write(nil) }
  precondition(count <= output.freeCapacity, "a transform was called without room for its output")
  return unsafe output.withUnsafeMutableBytes { (buffer, initialized) in
    // There is room, so there is a base address.
    guard unsafe write(buffer.baseAddress.unsafelyUnwrapped + initialized) else { return false }
    initialized += count
    return true
  }
}
