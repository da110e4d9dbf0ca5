// A nonce that comes twice in a row is refused, unless it was asked for or the algorithm withstands it.
// SPDX-License-Identifier: Apache-2.0

import Testing
import WarpDriveCore

@testable import OpenSSLProvider

@Suite("Nonces of libcrypto's AEADs")
struct AEADNonceTests {
  private func sealing(_ aead: inout AEAD, _ item: AEADCase, _ nonce: [UInt8]) -> ProviderError? {
    do throws(ProviderError) {
      _ = try aead.seal(item.text(32), nonce: nonce, aad: item.aad)
      return nil
    } catch {
      return error
    }
  }

  @Test("sealing twice in a row under one nonce is refused, and the error says what to do", arguments: AEADCase.watched)
  func refused(_ item: AEADCase) throws {
    var aead = try item.watchfulHandle()
    #expect(sealing(&aead, item, item.nonce) == nil)
    let error = try #require(sealing(&aead, item, item.nonce))
    #expect(error.code == .invalidArgument)
    #expect(error.message.contains("take another nonce"))
    #expect(error.message.contains("allowingNonceReuse"))
    #expect(error.driver?.hasSuffix("-openssl") == true)
    // Each byte of it counts.
    for index in item.nonce.indices {
      var other = item.nonce
      other[index] ^= 0x80
      #expect(sealing(&aead, item, other) == nil, "byte \(index)")
      #expect(sealing(&aead, item, other)?.code == .invalidArgument, "byte \(index)")
    }
    #expect(sealing(&aead, item, item.nonce) == nil, "only the last one is remembered")
  }

  @Test("sealing in place counts, before and after", arguments: AEADCase.watched)
  func inPlace(_ item: AEADCase) throws {
    var aead = try item.watchfulHandle()
    var bytes = item.text(32)
    #expect(sealing(&aead, item, item.nonce) == nil)
    let first = errorCode { () throws(ProviderError) in try aead.sealInPlace(&bytes, item.nonce, item.aad) }
    #expect(first == .invalidArgument)
    #expect(bytes == item.text(32), "nothing was changed")
    var other = item.nonce
    other[0] ^= 1
    _ = try aead.sealInPlace(&bytes, other, item.aad)
    #expect(sealing(&aead, item, other)?.code == .invalidArgument)
    #expect(sealing(&aead, item, item.nonce) == nil)
  }

  @Test("opening under a nonce does not count", arguments: AEADCase.watched)
  func opening(_ item: AEADCase) throws {
    var peer = try item.watchfulHandle()
    let sealed = try peer.seal(item.text(32), nonce: item.nonce, aad: item.aad)
    var aead = try item.watchfulHandle()
    for _ in 0..<2 { #expect(try aead.open(sealed, nonce: item.nonce, aad: item.aad) == item.text(32)) }
    #expect(sealing(&aead, item, item.nonce) == nil)
  }

  @Test("what was refused before anything came out does not count", arguments: AEADCase.watched)
  func refusedRequests(_ item: AEADCase) throws {
    var aead = try item.watchfulHandle()
    var room = [UInt8](repeating: 0, count: 10)
    let code = unsafe room.withUnsafeMutableBytes { buffer in
      var output = unsafe OutputRawSpan(buffer: buffer, initializedCount: 0)
      let code = errorCode { () throws(ProviderError) in
        try aead.seal(item.text(32).rawSpan, nonce: item.nonce.rawSpan, aad: item.aad.rawSpan, into: &output)
      }
      _ = unsafe output.finalize(for: buffer)
      return code
    }
    #expect(code == .outputTooSmall)
    #expect(sealing(&aead, item, item.nonce) == nil)
  }

  @Test("who asks for it may seal under one nonce again, and gets the same", arguments: AEADCase.all)
  func allowed(_ item: AEADCase) throws {
    var aead = try item.handle()
    let first = try aead.seal(item.text(32), nonce: item.nonce, aad: item.aad)
    #expect(try aead.seal(item.text(32), nonce: item.nonce, aad: item.aad) == first)
  }

  @Test("SIV, which withstands it, takes the same nonce again, and none")
  func misuseResistant() throws {
    var aead = try OpenSSL.registry.get().aead("siv(aes)", key: OpenSSL.bytes(32))
    for nonce in [[], OpenSSL.bytes(16)] {
      let sealed = try aead.seal(OpenSSL.bytes(20), nonce: nonce)
      #expect(try aead.seal(OpenSSL.bytes(20), nonce: nonce) == sealed)
    }
  }

  @Test("long nonces are compared whole", arguments: [7, 8, 9, 15, 16, 17, 64, 127, 128])
  func long(length: Int) throws {
    var aead = try OpenSSL.registry.get().aead("gcm(aes)", key: OpenSSL.bytes(16))
    let nonce = OpenSSL.bytes(length)
    _ = try aead.seal([1], nonce: nonce)
    #expect(errorCode { () throws(ProviderError) in try aead.seal([1], nonce: nonce) } == .invalidArgument)
    var other = nonce
    other[length - 1] ^= 1
    _ = try aead.seal([1], nonce: other)
    _ = try aead.seal([1], nonce: nonce)
    // The beginning of the last one is another nonce.
    if length > 1 { _ = try aead.seal([1], nonce: Array(nonce.dropLast())) }
  }
}
