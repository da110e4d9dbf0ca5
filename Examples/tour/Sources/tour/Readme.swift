// The code of README.md.
// SPDX-License-Identifier: Apache-2.0

import WarpDrive

extension Tour {
  static func readme(_ message: [UInt8]) throws {
    let registry = try Registry.standard()

    // A hash by its name: the best driver that passed its self-test on this machine.
    var sha256 = try registry.hash("sha256")
    let digest = try sha256.digest(message)
    print(Hexadecimal.encode(digest), "by", sha256.lastDriverName)

    // gzip there and back, with a limit against bombs.
    var gzip = try registry.compression("gzip", CompressionOptions(level: 9, outputLimit: 64 << 20))
    let packed = try gzip.compress(message)
    let unpacked = try gzip.decompress(packed)

    // AES-256-GCM under a random key; opening a changed message throws `authentication` and gives nothing.
    var random = try registry.random()
    let nonce = try random.generate(12)
    var aead = try registry.aead("aes-256-gcm", key: random.generate(32))
    let sealed = try aead.seal(unpacked, nonce: nonce)
    let opened = try aead.open(sealed, nonce: nonce)

    // A stream of any length in constant memory, on all processors: spans in, spans out.
    var stream = try registry.compressor("pcrypt(gzip)")
    let piece = try [UInt8](capacity: 1 << 16) { (output) throws(ProviderError) in
      let progress = try stream.step(opened.rawSpan, into: &output, flush: .finish)
      print("\(progress.consumed) bytes in, \(progress.produced) out, finished: \(progress.finished)")
    }

    guard opened == message, try gzip.decompress(piece) == message else { throw Surprise() }
  }

  /// What the documentation says did not come true.
  struct Surprise: Error {}
}
