// A cipher that adds a key stream, in blocks or in bytes, and its wrong relatives.
// SPDX-License-Identifier: Apache-2.0

import WarpDriveConformance
import WarpDriveCore

/// The toy cipher; with a defect, wrong in that one way.
struct ToyCipher: CipherDriver {
  let descriptor: AlgorithmDescriptor
  let defect: Defect?
  private let thread = ToyThread()

  /// - Parameter isStream: whether a message may have any length; otherwise it is a multiple of 8 bytes.
  init(
    _ defect: Defect? = nil, as driverName: String = "toycipher-toy", isStream: Bool = false, isReference: Bool = false
  ) {
    self.defect = defect
    let lengths = defect == .takesTooManyKeys ? KeyLengths(4, 64, step: 1) : KeyLengths(8, 32, step: 8)
    descriptor = AlgorithmDescriptor(
      name: isStream ? "toystream" : "toycipher", driverName: driverName, priority: defect == nil ? 100 : 50,
      properties: .cipher(CipherProperties(keyLengths: lengths, ivSize: 8, chunkSize: 8)),
      flags: isReference ? .reference : [], blockSize: isStream ? 1 : 8, maximumRequest: 1 << 20)
  }

  var knownAnswers: [KnownAnswer] {
    let key = [UInt8](repeating: 7, count: 8)
    let iv = [UInt8](repeating: 1, count: 8)
    let plaintext = [UInt8](repeating: 0x61, count: 16)
    var stream = ToyKeyStream(ToyState().taking(key).sum, iv.rawSpan)
    let ciphertext = plaintext.map { $0 ^ stream.next() }
    return [
      KnownAnswer(
        .cipher(
          key: Hexadecimal.encode(key), iv: Hexadecimal.encode(iv), plaintext: Hexadecimal.encode(plaintext),
          ciphertext: Hexadecimal.encode(ciphertext)), source: "the toy itself")
    ]
  }

  func makeTransform() throws(ProviderError) -> any CipherTransform & ~Copyable {
    ToyCipherTransform(defect: defect, differs: defect == .boundToThread ? thread.difference() : 0)
  }
}

/// A key stream in blocks of 8 bytes, from a key and a counter that is the IV.
struct ToyKeyStream: Sendable {
  let key: UInt64
  var counter: UInt64
  private var word: UInt64 = 0
  private var used = 8

  init(_ key: UInt64, _ iv: RawSpan) {
    self.key = key
    counter = (0..<iv.byteCount).reduce(0) { $0 << 8 | UInt64(iv.byte($1)) }
  }

  mutating func next() -> UInt8 {
    if used == 8 {
      word = mix(key ^ mix(counter))
      counter &+= 1
      used = 0
    }
    defer { used += 1 }
    return UInt8(truncatingIfNeeded: word >> UInt64(used * 8))
  }
}

private struct ToyCipherTransform: CipherTransform, ~Copyable {
  let defect: Defect?
  let differs: UInt64
  private var key: UInt64 = 0
  private var last: CipherDirection?

  init(defect: Defect?, differs: UInt64) {
    self.defect = defect
    self.differs = differs
  }

  mutating func setKey(_ key: RawSpan) throws(ProviderError) {
    var state = ToyState()
    state.take(key, first: defect == .ignoresPartOfKey ? 8 : .max)
    if defect == .dependsOnAddress { state.sum ^= ToyMachine.alignment(of: key) }
    self.key = state.sum ^ differs
  }

  mutating func process(
    _ direction: CipherDirection, _ input: RawSpan, iv: inout MutableRawSpan, into output: inout OutputRawSpan
  ) throws(ProviderError) {
    let bytes = transformed(direction, input, &iv)
    output.append(copying: bytes.rawSpan)
    if defect == .fillsAllRoom {
      while output.freeCapacity > 0 { output.append(copying: [0].rawSpan) }
    }
    if defect == .writesPastEnd { ToyMachine.writePastEnd(&output) }
  }

  mutating func process(
    _ direction: CipherDirection, inPlace bytes: inout MutableRawSpan, iv: inout MutableRawSpan
  ) throws(ProviderError) {
    var changed = transformed(direction, bytes.bytes, &iv)
    if defect == .differsInPlace, let end = changed.indices.last { changed[end] ^= 1 }
    if defect == .restartsAtEmptyPiece, changed.isEmpty { iv.storeBytes(of: 0, toByteOffset: 0, as: UInt8.self) }
    for (index, byte) in changed.enumerated() { bytes.storeBytes(of: byte, toByteOffset: index, as: UInt8.self) }
  }

  private mutating func transformed(_ direction: CipherDirection, _ input: RawSpan, _ iv: inout MutableRawSpan)
    -> [UInt8]
  {
    // The self-test's message is right whatever the defect; what is longer shows it.
    let defect = input.byteCount > 16 || self.defect == .changesIVWhenEmpty ? self.defect : nil
    var key = key
    if defect == .remembersDirection, last == .decrypt, direction == .encrypt { key ^= 1 }
    last = direction
    if self.defect == .wrongAlways { key ^= 1 }
    if defect == .wrongAboveHundred, input.byteCount > 100 { key ^= 1 }
    var stream = ToyKeyStream(key, iv.bytes.extracting(first: defect == .ignoresPartOfIV ? 4 : 8))
    if defect == .ignoresPartOfIV { stream.counter <<= 32 }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(input.byteCount)
    for index in 0..<input.byteCount {
      if defect == .wrongWhenLong, index == 1 << 16 { stream.counter &+= UInt64(input.byteCount) }
      bytes.append(input.byte(index) ^ stream.next())
    }
    if defect == .decryptsWrongly, direction == .decrypt { bytes[16] ^= 1 }
    if self.defect == .losesTail, !input.byteCount.isMultiple(of: 8) { bytes[input.byteCount - 1] = 0 }
    if defect == .keepsIV { return bytes }
    var counter = stream.counter
    if defect == .ignoresPartOfIV { counter = (counter >> 32) << 32 | counter & 0xFFFF_FFFF }
    if defect == .changesIVWhenEmpty, input.byteCount == 0 { counter &+= 1 }
    for index in 0..<8 {
      iv.storeBytes(
        of: UInt8(truncatingIfNeeded: counter >> UInt64(56 - 8 * index)), toByteOffset: index, as: UInt8.self)
    }
    return bytes
  }
}
