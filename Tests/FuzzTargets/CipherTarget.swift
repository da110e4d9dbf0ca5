// Entry point of ciphers: a message may be cut anywhere, in place or not, and comes back.
// SPDX-License-Identifier: Apache-2.0

import WarpDriveCore

enum CipherTarget {
  /// Those with keys of 16, 24 or 32 bytes and an IV of 16, in the order of Tests/Fuzz/seeds.py.
  private static let names = [
    "ctr(aes)", "cbc(aes)", "aes-128-ctr", "aes-192-cbc", "aes-256-cbc", "cfb(aes)", "ofb(aes)", "ctr(camellia)",
    "cfb(camellia)", "cbc(aria)", "ofb(aria)",
  ]

  static func run(_ reader: inout InputReader) throws {
    let registry = try Registries.shared()
    let name = reader.choice(names)
    let keyLength = Int(reader.byte()) % 40
    let ivLength = reader.byte() & 7 == 7 ? 12 : 16
    let pieces = reader.pieces()
    var key = reader.bytes(atMost: keyLength)
    key += [UInt8](repeating: 0x5A, count: keyLength - key.count)
    var iv = reader.bytes(atMost: ivLength)
    iv += [UInt8](repeating: 0, count: ivLength - iv.count)
    let plain = reader.rest()

    let lengths = [16, 24, 32].filter { !name.contains("-") || name.contains("\($0 * 8)") }
    guard lengths.contains(keyLength) else {
      let refusal = code { () throws(ProviderError) in _ = try registry.cipher(name, key: key) }
      try require(refusal == .invalidKeyLength, "a key of \(keyLength) bytes: \(String(describing: refusal))")
      return
    }
    var handle = try registry.cipher(name, key: key)
    var running = iv
    var encrypted: [UInt8] = []
    let refusal = code { () throws(ProviderError) in encrypted = try handle.encrypt(plain, iv: &running) }
    guard iv.count == handle.ivSize, plain.count.isMultiple(of: handle.blockSize) else {
      let expected: ProviderError.Code = iv.count == handle.ivSize ? .invalidArgument : .invalidIVLength
      try require(refusal == expected && running == iv, "wrong lengths were met with \(String(describing: refusal))")
      return
    }
    try require(refusal == nil && encrypted.count == plain.count, "a message was refused")
    try checkPieces(&handle, plain, encrypted, iv, running, pieces)
  }

  private static func checkPieces(
    _ handle: inout Cipher, _ plain: [UInt8], _ encrypted: [UInt8], _ iv: [UInt8], _ last: [UInt8], _ pieces: PieceSizes
  ) throws {
    var running = iv
    try require(handle.decrypt(encrypted, iv: &running) == plain, "the message comes back changed")
    try require(running == last, "the two directions end with different IVs")

    let unit = handle.chunkSize
    var list = ScatterList()
    var there: [UInt8] = []
    var back: [UInt8] = []
    var (forth, reverse) = (iv, iv)
    var position = 0
    for piece in pieces.cut([UInt8](repeating: 0, count: (plain.count + unit - 1) / unit)) {
      let end = min(plain.count, position + piece.count * unit)
      there += try handle.encrypt(Array(plain[position..<end]), iv: &forth)
      back += try handle.decrypt(Array(encrypted[position..<end]), iv: &reverse)
      list.append(copying: plain.rawSpan.extracting(position..<end))
      position = end
    }
    try require(there == encrypted && forth == last, "pieces change the ciphertext")
    try require(back == plain && reverse == last, "pieces change the plaintext")
    running = iv
    try handle.process(.encrypt, &list, iv: &running)
    try require(list.joined() == encrypted && running == last, "in place the ciphertext is another")
    running = iv
    try handle.process(.decrypt, &list, iv: &running)
    try require(list.joined() == plain && running == last, "in place the plaintext is another")
  }
}
