// A MAC over the toy hash's sum, and its wrong relatives.
// SPDX-License-Identifier: Apache-2.0

import WarpDriveConformance
import WarpDriveCore

/// The toy MAC; with a defect, wrong in that one way.
struct ToyMAC: MACDriver {
  let descriptor: AlgorithmDescriptor
  let defect: Defect?
  private let thread = ToyThread()

  init(_ defect: Defect? = nil, as driverName: String = "toymac-toy", isReference: Bool = false) {
    self.defect = defect
    let lengths = defect == .takesTooManyKeys ? KeyLengths(4, 64, step: 1) : KeyLengths(8, 40, step: 8)
    descriptor = AlgorithmDescriptor(
      name: "toymac", driverName: driverName, priority: defect == nil ? 100 : 50,
      properties: .mac(MACProperties(tagSize: 16, keyLengths: lengths)), flags: isReference ? .reference : [],
      blockSize: 32)
  }

  var knownAnswers: [KnownAnswer] {
    let key = [UInt8](repeating: 7, count: 8)
    let tag = ToyState.digest(of: ToyState().taking(key).taking([0x61, 0x62, 0x63]), 16)
    return [
      KnownAnswer(
        .mac(key: Hexadecimal.encode(key), message: "616263", tag: Hexadecimal.encode(tag)), source: "the toy itself")
    ]
  }

  func makeTransform() throws(ProviderError) -> any MACTransform & ~Copyable {
    ToyMACTransform(defect: defect, differs: defect == .boundToThread ? thread.difference() : 0)
  }
}

private struct ToyMACTransform: MACTransform, ~Copyable {
  let defect: Defect?
  let differs: UInt64
  private var keyed = ToyState()
  private var state = ToyState()
  private var taken = 0

  init(defect: Defect?, differs: UInt64) {
    self.defect = defect
    self.differs = differs
  }

  mutating func setKey(_ key: RawSpan) throws(ProviderError) {
    if defect == .refusesStatedKey, key.byteCount == 40 {
      throw ProviderError(.invalidKeyLength, "this toy takes no key of 40 bytes, whatever it states")
    }
    keyed = ToyState()
    keyed.take(key, first: defect == .ignoresPartOfKey ? 8 : .max)
    if defect == .dependsOnAddress { keyed.sum ^= ToyMachine.alignment(of: key) }
    try reset()
  }

  mutating func update(_ bytes: RawSpan) throws(ProviderError) {
    if defect == .restartsAtEmptyPiece, bytes.byteCount == 0 { try reset() }
    if defect == .mixesPieces, taken > 8 { state.sum = mix(state.sum) }
    state.take(bytes)
    taken += bytes.byteCount
  }

  mutating func finish(into output: inout OutputRawSpan) throws(ProviderError) {
    write(&output)
    if defect != .keepsFinished { try reset() }
  }

  mutating func authenticate(_ bytes: RawSpan, into output: inout OutputRawSpan) throws(ProviderError) {
    if defect != .keepsDropped { try reset() }
    let before = state
    let wrongLength = defect == .wrongWhenLong ? 1 << 16 : .max
    state.take(bytes, first: defect == .ignoresLastByte && bytes.byteCount > 8 ? bytes.byteCount - 1 : wrongLength)
    if defect == .dependsOnAddress { state.sum ^= ToyMachine.alignment(of: bytes) }
    taken = bytes.byteCount
    if defect == .wrongAlways { state.sum ^= 1 }
    write(&output)
    if defect == .keepsDropped { state = before } else { try reset() }
  }

  mutating func reset() throws(ProviderError) {
    state = keyed
    taken = 0
  }

  private func write(_ output: inout OutputRawSpan) {
    var state = state
    if defect == .wrongWhenEmpty, taken == 0 { state.sum = mix(UInt64(UInt8.random(in: 0...255))) }
    if defect == .wrongAboveHundred, taken > 100 { state.sum ^= 1 }
    state.sum ^= differs
    let size = defect == .shortTag && taken > 8 ? 12 : defect == .fillsAllRoom ? output.freeCapacity : 16
    output.append(copying: ToyState.digest(of: state, size).rawSpan)
    if defect == .writesPastEnd { ToyMachine.writePastEnd(&output) }
  }
}
