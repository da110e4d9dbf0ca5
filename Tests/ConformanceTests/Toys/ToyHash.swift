// A hash of 16 bytes that need not be fast or strong, and its wrong relatives.
// SPDX-License-Identifier: Apache-2.0

import WarpDriveConformance
import WarpDriveCore

/// The toy hash; with a defect, wrong in that one way.
struct ToyHash: HashDriver {
  let descriptor: AlgorithmDescriptor
  let defect: Defect?
  private let thread = ToyThread()

  init(_ defect: Defect? = nil, as driverName: String = "toyhash-toy", isExtendable: Bool = false) {
    self.defect = defect
    descriptor = AlgorithmDescriptor(
      name: isExtendable ? "toyxof" : "toyhash", driverName: driverName, priority: defect == nil ? 100 : 50,
      properties: .hash(HashProperties(digestSize: 16, isExtendable: isExtendable)),
      flags: defect == .exportsUnflagged || isExtendable ? [] : .exportable, blockSize: 32)
  }

  var knownAnswers: [KnownAnswer] {
    let digest = ToyState.digest(of: ToyState().taking([0x61, 0x62, 0x63]), 16)
    return [KnownAnswer(.hash(message: "616263", digest: Hexadecimal.encode(digest)), source: "the toy itself")]
  }

  func makeTransform() throws(ProviderError) -> any HashTransform & ~Copyable {
    ToyHashTransform(driver: self, state: ToyBox(), differs: defect == .boundToThread ? thread.difference() : 0)
  }
}

/// What a toy hash or MAC has taken so far.
struct ToyState: Sendable {
  // FNV-1a, 64 bits.
  var sum: UInt64 = 0xCBF2_9CE4_8422_2325
  var count = 0

  mutating func take(_ bytes: RawSpan, first: Int = .max) {
    var sum = sum
    // The loop that debug builds spend most of the toys' time in.
    unsafe bytes.withUnsafeBytes { buffer in
      for index in 0..<min(first, buffer.count) { sum = unsafe (sum ^ UInt64(buffer[index])) &* 0x100_0000_01B3 }
    }
    self.sum = sum
    count += bytes.byteCount
  }

  mutating func take(_ byte: UInt8) {
    sum = (sum ^ UInt64(byte)) &* 0x100_0000_01B3
    count += 1
  }

  func taking(_ bytes: [UInt8]) -> ToyState {
    var state = self
    state.take(bytes.rawSpan)
    return state
  }

  /// `count` bytes of digest.
  static func digest(of state: ToyState, _ count: Int) -> [UInt8] {
    var digest: [UInt8] = []
    var word = mix(state.sum)
    for index in 0..<count {
      if index.isMultiple(of: 8) { word = mix(word ^ state.sum) }
      digest.append(UInt8(truncatingIfNeeded: word >> UInt64(index % 8 * 8)))
    }
    return digest
  }
}

/// A state that two transforms can share, where that is the defect.
private final class ToyBox: Sendable {
  let state = Guarded(ToyState())
}

private struct ToyHashTransform: HashTransform, ~Copyable {
  private static let tag = Array("TOYHASH1".utf8)

  let driver: ToyHash
  var state: ToyBox
  let differs: UInt64
  var defect: Defect? { driver.defect }

  mutating func update(_ bytes: RawSpan) throws(ProviderError) {
    let defect = defect
    state.state.withLock { state in
      if defect == .restartsAtEmptyPiece, bytes.byteCount == 0 { state = ToyState() }
      if defect == .mixesPieces, state.count > 8 { state.sum = mix(state.sum) }
      if defect == .dependsOnAddress { state.sum ^= ToyMachine.alignment(of: bytes) }
      state.take(bytes)
    }
  }

  mutating func finish(_ count: Int, into output: inout OutputRawSpan) throws(ProviderError) {
    let defect = defect
    let state = state.state.withLock { state in
      var last = state
      if defect == .wrongWhenEmpty, last.count == 0 { last.sum ^= 1 }
      if defect != .keepsFinished { state = ToyState() }
      return last
    }
    write(state, count, &output)
  }

  mutating func digest(_ bytes: RawSpan, _ count: Int, into output: inout OutputRawSpan) throws(ProviderError) {
    if defect != .keepsDropped { try reset() }
    var state = ToyState()
    state.take(bytes, first: defect == .wrongWhenLong ? 1 << 16 : .max)
    if defect == .dependsOnAddress { state.sum ^= ToyMachine.alignment(of: bytes) }
    if defect == .wrongAlways { state.sum ^= 1 }
    write(state, count, &output)
  }

  private func write(_ state: ToyState, _ count: Int, _ output: inout OutputRawSpan) {
    var state = state
    if defect == .wrongAboveHundred, state.count > 100 { state.sum ^= 1 }
    if defect == .mixesLength { state.sum ^= UInt64(count) }
    state.sum ^= differs
    let size = defect == .fillsAllRoom ? output.freeCapacity : count
    output.append(copying: ToyState.digest(of: state, size).rawSpan)
    if defect == .writesPastEnd { ToyMachine.writePastEnd(&output) }
  }

  mutating func reset() throws(ProviderError) { state = ToyBox() }

  mutating func clone() throws(ProviderError) -> any HashTransform & ~Copyable {
    if defect == .sharesClones { return ToyHashTransform(driver: driver, state: state, differs: differs) }
    let copy = ToyBox()
    let own = state.state.withLock { $0 }
    copy.state.withLock { $0 = own }
    return ToyHashTransform(driver: driver, state: copy, differs: differs)
  }

  mutating func exportState() throws(ProviderError) -> [UInt8] {
    guard driver.descriptor.flags.contains(.exportable) || defect == .exportsUnflagged else {
      throw ProviderError(.unsupported, "this toy does not export its state")
    }
    let sum = state.state.withLock { $0 }.sum
    return Self.tag + (0..<8).map { UInt8(truncatingIfNeeded: sum >> UInt64($0 * 8)) }
  }

  mutating func importState(_ bytes: RawSpan) throws(ProviderError) {
    guard driver.descriptor.flags.contains(.exportable) else {
      throw ProviderError(.unsupported, "this toy imports no state")
    }
    let array = [UInt8](copying: bytes)
    guard defect == .importsAnything || (array.count == 16 && array.starts(with: Self.tag)) else {
      throw ProviderError(.invalidArgument, "this is no state of the toy hash")
    }
    var next = ToyState()
    next.sum = array.suffix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    let box = ToyBox()
    let state = next
    box.state.withLock { $0 = state }
    self.state = box
  }
}
