// An AEAD over the toys' key stream and sum, and its wrong relatives.
// SPDX-License-Identifier: Apache-2.0

import WarpDriveConformance
import WarpDriveCore

/// The toy AEAD; with a defect, wrong in that one way.
struct ToyAEAD: AEADDriver {
  let descriptor: AlgorithmDescriptor
  let defect: Defect?
  private let thread = ToyThread()

  init(_ defect: Defect? = nil, as driverName: String = "toyaead-toy", isReference: Bool = false) {
    self.defect = defect
    let lengths = defect == .takesTooManyKeys ? KeyLengths(4, 64, step: 1) : KeyLengths(8, 32, step: 8)
    descriptor = AlgorithmDescriptor(
      name: "toyaead", driverName: driverName, priority: defect == nil ? 100 : 50,
      properties: .aead(AEADProperties(keyLengths: lengths, ivSize: 8, tagLengths: [16, 12, 8], nonceLengths: 8...16)),
      flags: isReference ? .reference : [], maximumRequest: 1 << 20)
  }

  var knownAnswers: [KnownAnswer] {
    let key = [UInt8](repeating: 7, count: 8)
    let nonce = [UInt8](repeating: 1, count: 8)
    let plaintext = [UInt8](repeating: 0x61, count: 16)
    let text = ToyAEADTransform.text(ToyState().taking(key).sum, nonce.rawSpan, plaintext.rawSpan)
    let tag = ToyAEADTransform.tag(ToyState().taking(key).sum, nonce.rawSpan, [9].rawSpan, text, 16)
    return [
      KnownAnswer(
        .aead(
          key: Hexadecimal.encode(key), nonce: Hexadecimal.encode(nonce), aad: "09",
          plaintext: Hexadecimal.encode(plaintext), sealed: Hexadecimal.encode(text + tag)), source: "the toy itself")
    ]
  }

  func makeTransform() throws(ProviderError) -> any AEADTransform & ~Copyable {
    ToyAEADTransform(defect: defect, differs: defect == .boundToThread ? thread.difference() : 0)
  }
}

private struct ToyAEADTransform: AEADTransform, ~Copyable {
  let defect: Defect?
  let differs: UInt64
  private var key: UInt64 = 0

  init(defect: Defect?, differs: UInt64) {
    self.defect = defect
    self.differs = differs
  }

  static func text(_ key: UInt64, _ nonce: RawSpan, _ input: RawSpan) -> [UInt8] {
    let long = ToyState().taking([UInt8](copying: nonce)).sum
    var stream = ToyKeyStream(key ^ long, RawSpan())
    return (0..<input.byteCount).map { input.byte($0) ^ stream.next() }
  }

  static func tag(_ key: UInt64, _ nonce: RawSpan, _ aad: RawSpan, _ text: [UInt8], _ length: Int) -> [UInt8] {
    var state = ToyState()
    state.sum ^= mix(key ^ UInt64(length))
    state.take(nonce)
    state.take(aad)
    state.sum = mix(state.sum ^ UInt64(aad.byteCount))
    state.take(text.rawSpan)
    return ToyState.digest(of: state, length)
  }

  mutating func setKey(_ key: RawSpan) throws(ProviderError) {
    var state = ToyState()
    state.take(key, first: defect == .ignoresPartOfKey ? 8 : .max)
    if defect == .dependsOnAddress { state.sum ^= ToyMachine.alignment(of: key) }
    self.key = state.sum ^ differs
  }

  mutating func seal(
    _ plaintext: RawSpan, nonce: RawSpan, aad: RawSpan, tagLength: Int, into output: inout OutputRawSpan
  ) throws(ProviderError) {
    let text = Self.text(
      usedKey(plaintext.byteCount), nonce.extracting(first: nonceBytes(plaintext.byteCount)), plaintext)
    output.append(copying: text.rawSpan)
    output.append(copying: tagOf(text, nonce, aad, tagLength).rawSpan)
    if defect == .fillsAllRoom {
      while output.freeCapacity > 0 { output.append(copying: [0].rawSpan) }
    }
    if defect == .writesPastEnd { ToyMachine.writePastEnd(&output) }
  }

  mutating func open(
    _ ciphertext: RawSpan, tag: RawSpan, nonce: RawSpan, aad: RawSpan, into output: inout OutputRawSpan
  ) throws(ProviderError) {
    let plaintext = Self.text(
      usedKey(ciphertext.byteCount), nonce.extracting(first: nonceBytes(ciphertext.byteCount)), ciphertext)
    do throws(ProviderError) {
      try check(tag, of: [UInt8](copying: ciphertext), nonce, aad)
    } catch {
      if defect == .leavesPlaintext {
        // Written, but not counted, as a C library does that decrypts before it compares.
        unsafe output.withUnsafeMutableBytes { buffer, count in
          for (index, byte) in plaintext.enumerated() { unsafe buffer[count + index] = byte }
        }
      }
      throw error
    }
    output.append(copying: plaintext.rawSpan)
    if defect == .writesPastEnd { ToyMachine.writePastEnd(&output) }
  }

  mutating func seal(
    inPlace bytes: inout MutableRawSpan, nonce: RawSpan, aad: RawSpan, tagLength: Int, tag: inout OutputRawSpan
  ) throws(ProviderError) {
    var text = Self.text(usedKey(bytes.byteCount), nonce.extracting(first: nonceBytes(bytes.byteCount)), bytes.bytes)
    tag.append(copying: tagOf(text, nonce, aad, tagLength).rawSpan)
    if defect == .differsInPlace, let end = text.indices.last { text[end] ^= 1 }
    for (index, byte) in text.enumerated() { bytes.storeBytes(of: byte, toByteOffset: index, as: UInt8.self) }
  }

  mutating func open(
    inPlace bytes: inout MutableRawSpan, tag: RawSpan, nonce: RawSpan, aad: RawSpan
  ) throws(ProviderError) {
    let plaintext = Self.text(
      usedKey(bytes.byteCount), nonce.extracting(first: nonceBytes(bytes.byteCount)), bytes.bytes)
    do throws(ProviderError) {
      try check(tag, of: [UInt8](copying: bytes.bytes), nonce, aad)
    } catch {
      if defect != .leavesPlaintext {
        for index in 0..<bytes.byteCount { bytes.storeBytes(of: 0, toByteOffset: index, as: UInt8.self) }
      }
      throw error
    }
    for (index, byte) in plaintext.enumerated() { bytes.storeBytes(of: byte, toByteOffset: index, as: UInt8.self) }
  }

  private func usedKey(_ length: Int) -> UInt64 {
    switch defect {
    case .wrongAlways: key ^ 1
    case .wrongAboveHundred where length > 100: key ^ 1
    case .wrongWhenEmpty where length == 0: key ^ UInt64.random(in: 0...UInt64.max)
    case .wrongWhenLong where length > 1 << 16: key ^ UInt64.random(in: 0...UInt64.max)
    default: key
    }
  }

  /// The bytes of the nonce that count; the self-test's message of 16 bytes is right whatever the defect.
  private func nonceBytes(_ length: Int) -> Int { defect == .ignoresPartOfIV && length > 16 ? 4 : .max }

  private func tagOf(_ text: [UInt8], _ nonce: RawSpan, _ aad: RawSpan, _ length: Int) -> [UInt8] {
    var tag = Self.tag(
      usedKey(text.count), nonce.extracting(first: nonceBytes(text.count)),
      defect == .ignoresAAD && text.count > 16 ? RawSpan() : aad, text, length)
    if defect == .shortTag, length == 8 { tag.removeLast() }
    return tag
  }

  private mutating func check(
    _ tag: RawSpan, of text: [UInt8], _ nonce: RawSpan, _ aad: RawSpan
  ) throws(ProviderError) {
    if defect == .ignoresTag, text.count > 16 { return }
    let right = tagOf(text, nonce, aad, tag.byteCount)
    let compared = defect == .comparesPartOfTag && text.count > 16 ? 8 : tag.byteCount
    let isRight = Array([UInt8](copying: tag).prefix(compared)) == Array(right.prefix(compared))
    if !isRight {
      if defect == .breaksAfterForgery { key ^= 1 }
      throw ProviderError(.authentication, "the toy's tag is wrong")
    }
  }
}
