// Transforms that work in place, from which those from one buffer to another follow.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

/// A cipher that is written in place alone.
protocol InPlaceCipherTransform: CipherTransform, ~Copyable {}

extension InPlaceCipherTransform where Self: ~Copyable {
  mutating func process(
    _ direction: CipherDirection, _ input: RawSpan, iv: inout MutableRawSpan, into output: inout OutputRawSpan
  ) throws(ProviderError) {
    let count = input.byteCount
    output.append(copying: input)
    do throws(ProviderError) {
      var all = output.mutableBytes
      var text = all._mutatingExtracting(last: count)
      try process(direction, inPlace: &text, iv: &iv)
    } catch {
      output.wipeLast(count)
      throw error
    }
  }
}

/// An AEAD that is written in place alone, its tag apart.
protocol InPlaceAEADTransform: AEADTransform, ~Copyable {
  /// Replaces `text` by its ciphertext and fills `tag`.
  mutating func seal(
    _ text: inout MutableRawSpan, nonce: RawSpan, aad: RawSpan, tag: inout MutableRawSpan
  ) throws(ProviderError)
}

extension InPlaceAEADTransform where Self: ~Copyable {
  mutating func seal(
    _ plaintext: RawSpan, nonce: RawSpan, aad: RawSpan, tagLength: Int, into output: inout OutputRawSpan
  ) throws(ProviderError) {
    let count = plaintext.byteCount
    let tag = try WorkingMemory(tagLength)
    output.append(copying: plaintext)
    do throws(ProviderError) {
      var all = output.mutableBytes
      var text = all._mutatingExtracting(last: count)
      var tagSpan = tag.span
      try seal(&text, nonce: nonce, aad: aad, tag: &tagSpan)
    } catch {
      output.wipeLast(count)
      throw error
    }
    output.append(copying: tag.bytes)
  }

  mutating func seal(
    inPlace bytes: inout MutableRawSpan, nonce: RawSpan, aad: RawSpan, tagLength: Int, tag: inout OutputRawSpan
  ) throws(ProviderError) {
    let computed = try WorkingMemory(tagLength)
    var tagSpan = computed.span
    try seal(&bytes, nonce: nonce, aad: aad, tag: &tagSpan)
    tag.append(copying: computed.bytes)
  }

  mutating func open(
    _ ciphertext: RawSpan, tag: RawSpan, nonce: RawSpan, aad: RawSpan, into output: inout OutputRawSpan
  ) throws(ProviderError) {
    let count = ciphertext.byteCount
    output.append(copying: ciphertext)
    do throws(ProviderError) {
      var all = output.mutableBytes
      var text = all._mutatingExtracting(last: count)
      try open(inPlace: &text, tag: tag, nonce: nonce, aad: aad)
    } catch {
      output.wipeLast(count)
      throw error
    }
  }
}

extension ProviderError {
  /// The error for a message whose tag is wrong.
  static var unauthentic: ProviderError {
    ProviderError(
      .authentication,
      "the message is not authentic: its tag belongs to another key, nonce, associated data or text")
  }
}

extension MutableRawSpan {
  /// Overwrites everything with zeros.
  @_lifetime(self: copy self)
  mutating func wipe() { unsafe withUnsafeMutableBytes { unsafe SecureMemory.zero($0) } }
}
