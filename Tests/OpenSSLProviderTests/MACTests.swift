// HMAC with kept keys, against the registry's template over the same hash.
// SPDX-License-Identifier: Apache-2.0

import OpenSSLProvider
import Testing
import WarpDriveCore

@Suite("HMAC of libcrypto")
struct MACTests {
  @Test("the driver and the template agree for keys around the block's length", arguments: OpenSSL.hmacs)
  func keys(hash: String) throws {
    let registry = try OpenSSL.registry.get()
    let block = try registry.algorithm(hash).descriptor.blockSize
    for length in [0, 1, block - 1, block, block + 1, 3 * block + 5] {
      let key = OpenSSL.bytes(length, from: 3)
      var native = try registry.mac("hmac-\(hash)-openssl", key: key)
      var template = try registry.mac("hmac(\(hash)-openssl)", key: key)
      #expect(native.algorithm.driverName != template.algorithm.driverName)
      for count in [0, 1, block, 1000] {
        let message = OpenSSL.bytes(count)
        #expect(try native.authenticate(message) == template.authenticate(message), "key \(length), message \(count)")
      }
    }
  }

  @Test("a handle is ready for another message after a one-shot, an end and a reset", arguments: OpenSSL.hmacs)
  func reuse(hash: String) throws {
    var mac = try OpenSSL.registry.get().mac("hmac(\(hash))", key: OpenSSL.bytes(20))
    let message = OpenSSL.bytes(300)
    let empty = try mac.authenticate([])
    let whole = try mac.authenticate(message)
    #expect(empty != whole)
    #expect(try mac.finish() == empty)
    try mac.update(message)
    #expect(try mac.authenticate([]) == empty)
    #expect(try mac.finish() == empty)
    try mac.update([1])
    try mac.reset()
    for byte in message { try mac.update([byte]) }
    #expect(try mac.finish() == whole)
  }

  @Test("SHAKE, whose output has no length of its own, has no HMAC", arguments: ["shake128", "shake256"])
  func noSHAKE(hash: String) throws {
    let registry = try OpenSSL.registry.get()
    let code = errorCode { () throws(ProviderError) in try registry.mac("hmac(\(hash))", key: [1]) }
    #expect(code != nil)
  }
}
