// Faulty hashes, MACs, ciphers and AEADs.
// SPDX-License-Identifier: Apache-2.0

import WarpDriveCore

struct FaultyHashDriver: HashDriver {
  let base: any HashDriver
  let descriptor: AlgorithmDescriptor
  let faults: Faults
  var knownAnswers: [KnownAnswer] { base.knownAnswers }

  func makeTransform() throws(ProviderError) -> any HashTransform & ~Copyable {
    let transform = try faults.run(.makeTransform) { () throws(ProviderError) in try base.makeTransform() }
    return FaultyHashTransform(base: transform, faults: faults)
  }
}

private struct FaultyHashTransform: HashTransform, ~Copyable {
  var base: any HashTransform & ~Copyable
  let faults: Faults

  mutating func update(_ bytes: RawSpan) throws(ProviderError) {
    try faults.run(.update) { () throws(ProviderError) in try base.update(bytes) }
  }

  mutating func finish(_ count: Int, into output: inout OutputRawSpan) throws(ProviderError) {
    try faults.run(.finish, into: &output) { (output) throws(ProviderError) in try base.finish(count, into: &output) }
  }

  mutating func digest(_ bytes: RawSpan, _ count: Int, into output: inout OutputRawSpan) throws(ProviderError) {
    try faults.run(.oneShot, into: &output) { (output) throws(ProviderError) in
      try base.digest(bytes, count, into: &output)
    }
  }

  mutating func reset() throws(ProviderError) {
    try faults.run(.reset) { () throws(ProviderError) in try base.reset() }
  }

  mutating func clone() throws(ProviderError) -> any HashTransform & ~Copyable {
    let copy = try faults.run(.clone) { () throws(ProviderError) in try base.clone() }
    return FaultyHashTransform(base: copy, faults: faults)
  }

  mutating func exportState() throws(ProviderError) -> [UInt8] {
    try faults.runReturning(.exportState) { () throws(ProviderError) in try base.exportState() }
  }

  mutating func importState(_ state: RawSpan) throws(ProviderError) {
    try faults.run(.importState) { () throws(ProviderError) in try base.importState(state) }
  }
}

struct FaultyMACDriver: MACDriver {
  let base: any MACDriver
  let descriptor: AlgorithmDescriptor
  let faults: Faults
  var knownAnswers: [KnownAnswer] { base.knownAnswers }

  func makeTransform() throws(ProviderError) -> any MACTransform & ~Copyable {
    let transform = try faults.run(.makeTransform) { () throws(ProviderError) in try base.makeTransform() }
    return FaultyMACTransform(base: transform, faults: faults)
  }
}

private struct FaultyMACTransform: MACTransform, ~Copyable {
  var base: any MACTransform & ~Copyable
  let faults: Faults

  mutating func setKey(_ key: RawSpan) throws(ProviderError) {
    try faults.run(.setKey) { () throws(ProviderError) in try base.setKey(key) }
  }

  mutating func update(_ bytes: RawSpan) throws(ProviderError) {
    try faults.run(.update) { () throws(ProviderError) in try base.update(bytes) }
  }

  mutating func finish(into output: inout OutputRawSpan) throws(ProviderError) {
    try faults.run(.finish, into: &output) { (output) throws(ProviderError) in try base.finish(into: &output) }
  }

  mutating func authenticate(_ bytes: RawSpan, into output: inout OutputRawSpan) throws(ProviderError) {
    try faults.run(.oneShot, into: &output) { (output) throws(ProviderError) in
      try base.authenticate(bytes, into: &output)
    }
  }

  mutating func reset() throws(ProviderError) {
    try faults.run(.reset) { () throws(ProviderError) in try base.reset() }
  }

  // Part of setting a key, which has its own fault.
  mutating func configure(_ options: MACOptions) throws(ProviderError) { try base.configure(options) }
  mutating func setIV(_ iv: RawSpan) throws(ProviderError) { try base.setIV(iv) }
}

struct FaultyCipherDriver: CipherDriver {
  let base: any CipherDriver
  let descriptor: AlgorithmDescriptor
  let faults: Faults
  var knownAnswers: [KnownAnswer] { base.knownAnswers }

  func makeTransform() throws(ProviderError) -> any CipherTransform & ~Copyable {
    let transform = try faults.run(.makeTransform) { () throws(ProviderError) in try base.makeTransform() }
    return FaultyCipherTransform(base: transform, faults: faults)
  }
}

private struct FaultyCipherTransform: CipherTransform, ~Copyable {
  var base: any CipherTransform & ~Copyable
  let faults: Faults

  mutating func setKey(_ key: RawSpan) throws(ProviderError) {
    try faults.run(.setKey) { () throws(ProviderError) in try base.setKey(key) }
  }

  mutating func process(
    _ direction: CipherDirection, _ input: RawSpan, iv: inout MutableRawSpan, into output: inout OutputRawSpan
  ) throws(ProviderError) {
    try faults.run(.process, into: &output) { (output) throws(ProviderError) in
      try base.process(direction, input, iv: &iv, into: &output)
    }
  }

  mutating func process(
    _ direction: CipherDirection, inPlace bytes: inout MutableRawSpan, iv: inout MutableRawSpan
  ) throws(ProviderError) {
    try faults.run(.process, inPlace: &bytes) { (bytes) throws(ProviderError) in
      try base.process(direction, inPlace: &bytes, iv: &iv)
    }
  }
}

struct FaultyAEADDriver: AEADDriver {
  let base: any AEADDriver
  let descriptor: AlgorithmDescriptor
  let faults: Faults
  var knownAnswers: [KnownAnswer] { base.knownAnswers }

  func makeTransform() throws(ProviderError) -> any AEADTransform & ~Copyable {
    let transform = try faults.run(.makeTransform) { () throws(ProviderError) in try base.makeTransform() }
    return FaultyAEADTransform(base: transform, faults: faults)
  }
}

private struct FaultyAEADTransform: AEADTransform, ~Copyable {
  var base: any AEADTransform & ~Copyable
  let faults: Faults

  mutating func setKey(_ key: RawSpan) throws(ProviderError) {
    try faults.run(.setKey) { () throws(ProviderError) in try base.setKey(key) }
  }

  mutating func seal(
    _ plaintext: RawSpan, nonce: RawSpan, aad: RawSpan, tagLength: Int, into output: inout OutputRawSpan
  ) throws(ProviderError) {
    try faults.run(.seal, into: &output) { (output) throws(ProviderError) in
      try base.seal(plaintext, nonce: nonce, aad: aad, tagLength: tagLength, into: &output)
    }
  }

  mutating func open(
    _ ciphertext: RawSpan, tag: RawSpan, nonce: RawSpan, aad: RawSpan, into output: inout OutputRawSpan
  ) throws(ProviderError) {
    try faults.run(.open, into: &output) { (output) throws(ProviderError) in
      try base.open(ciphertext, tag: tag, nonce: nonce, aad: aad, into: &output)
    }
  }

  mutating func seal(
    inPlace bytes: inout MutableRawSpan, nonce: RawSpan, aad: RawSpan, tagLength: Int, tag: inout OutputRawSpan
  ) throws(ProviderError) {
    try faults.run(.seal, into: &tag) { (tag) throws(ProviderError) in
      try base.seal(inPlace: &bytes, nonce: nonce, aad: aad, tagLength: tagLength, tag: &tag)
    }
  }

  mutating func open(
    inPlace bytes: inout MutableRawSpan, tag: RawSpan, nonce: RawSpan, aad: RawSpan
  ) throws(ProviderError) {
    try faults.run(.open, inPlace: &bytes) { (bytes) throws(ProviderError) in
      try base.open(inPlace: &bytes, tag: tag, nonce: nonce, aad: aad)
    }
  }
}
