// The loops that are measured: functions of their own, so that no closure or global stands in the way.
// SPDX-License-Identifier: Apache-2.0

import WarpDrive

/// Keeps a value from being optimised away.
@inline(never)
func blackHole<Value>(_ value: Value) {}

@inline(never)
func hash(_ handle: inout Hash, _ data: [UInt8], _ count: Int, _ digest: inout [UInt8]) throws {
  try unsafe digest.withUnsafeMutableBytes { buffer in
    for _ in 0..<count {
      var output = unsafe OutputRawSpan(buffer: buffer, initializedCount: 0)
      try handle.digest(data.rawSpan, into: &output)
      _ = unsafe output.finalize(for: buffer)
    }
  }
}

@inline(never)
func authenticate(_ handle: inout MAC, _ data: [UInt8], _ count: Int, _ tag: inout [UInt8]) throws {
  try unsafe tag.withUnsafeMutableBytes { buffer in
    for _ in 0..<count {
      var output = unsafe OutputRawSpan(buffer: buffer, initializedCount: 0)
      try handle.authenticate(data.rawSpan, into: &output)
      _ = unsafe output.finalize(for: buffer)
    }
  }
}

/// A nonce that no benchmark asks for; made once, so that a loop allocates nothing.
private let otherNonce = [UInt8](repeating: 0xA5, count: 12)

/// Seals `count` times, each time under another nonce than the time before, as a handle wants it; last under `nonce`.
@inline(never)
func seal(
  _ handle: inout AEAD, _ data: [UInt8], _ nonce: [UInt8], _ count: Int, _ sealed: inout [UInt8]
) throws {
  let other = otherNonce
  try unsafe sealed.withUnsafeMutableBytes { buffer in
    if !count.isMultiple(of: 2) {
      // The call before this one ended with `nonce`.
      try unsafe sealOnce(&handle, data, other, buffer)
      try unsafe sealOnce(&handle, data, nonce, buffer)
    }
    for _ in 0..<count / 2 {
      try unsafe sealOnce(&handle, data, other, buffer)
      try unsafe sealOnce(&handle, data, nonce, buffer)
    }
  }
}

@inline(__always)
private func sealOnce(
  _ handle: inout AEAD, _ data: [UInt8], _ nonce: [UInt8], _ buffer: UnsafeMutableRawBufferPointer
) throws {
  var output = unsafe OutputRawSpan(buffer: buffer, initializedCount: 0)
  try handle.seal(data.rawSpan, nonce: nonce.rawSpan, aad: RawSpan(), into: &output)
  _ = unsafe output.finalize(for: buffer)
}

@inline(never)
func compress(
  _ handle: inout Compression, _ data: [UInt8], _ count: Int, _ out: inout [UInt8]
) throws {
  try unsafe out.withUnsafeMutableBytes { buffer in
    for _ in 0..<count {
      var output = unsafe OutputRawSpan(buffer: buffer, initializedCount: 0)
      _ = try handle.compress(data.rawSpan, into: &output)
      _ = unsafe output.finalize(for: buffer)
    }
  }
}

@inline(never)
func decompress(
  _ handle: inout Compression, _ data: [UInt8], _ count: Int, _ out: inout [UInt8]
) throws {
  try unsafe out.withUnsafeMutableBytes { buffer in
    for _ in 0..<count {
      var output = unsafe OutputRawSpan(buffer: buffer, initializedCount: 0)
      _ = try handle.decompress(data.rawSpan, into: &output)
      _ = unsafe output.finalize(for: buffer)
    }
  }
}

/// The addresses of three inputs and an output, for one call of C.
@unsafe
func withPointers(
  _ a: [UInt8], _ b: [UInt8], _ c: [UInt8], _ out: inout [UInt8],
  _ body: (UnsafeRawPointer?, UnsafeRawPointer?, UnsafeRawPointer?, UnsafeMutableRawPointer?) -> Void
) {
  unsafe a.withUnsafeBytes { a in
    unsafe b.withUnsafeBytes { b in
      unsafe c.withUnsafeBytes { c in
        unsafe out.withUnsafeMutableBytes {
          unsafe body(a.baseAddress, b.baseAddress, c.baseAddress, $0.baseAddress)
        }
      }
    }
  }
}
