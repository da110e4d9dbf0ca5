// What can be checked of a key agreement without knowing its groups: both parties agree, and nothing else is taken.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import WarpDriveCore

/// The checks of the key agreement kind.
enum KeyAgreementChecks {
  static let all: [Check] = [
    Check("round-trip", .keyAgreement, "two parties with fresh keys come to the same secret", roundTrip),
    Check("missing-key", .keyAgreement, "without a key there is no public key and no secret", missingKey),
    Check("guard-pages", .keyAgreement, "no byte outside a buffer is read or written", guardPages),
    Check("output-limits", .keyAgreement, "an output that is too small is refused untouched", outputLimits),
    Check("corruption", .keyAgreement, "what is no key of a peer is refused, or leads to another secret", corruption),
    Check("reuse-after-error", .keyAgreement, "a party works after a peer that it refused", reuse),
    Check("concurrency", .keyAgreement, "parties on several threads do not disturb each other", concurrency),
  ]

  private static func roundTrip(_ trial: inout Trial) throws {
    var secrets: Set<[UInt8]> = []
    for pair in 0..<trial.effort.cases(3) {
      trial.begin(["pair": pair])
      var one = try trial.makeKeyAgreement()
      var other = try trial.makeKeyAgreement()
      try one.generateKeyPair()
      try other.generateKeyPair()
      let secret = try one.sharedSecret(other.publicKey())
      try trial.expect(other.sharedSecret(one.publicKey()), equals: secret, "the parties come to different secrets")
      try trial.expect(one.sharedSecret(other.publicKey()), equals: secret, "the secret is another the second time")
      try trial.require(
        !secret.isEmpty && secret.count <= one.maximumSecretSize, "the secret has \(secret.count) bytes")
      try trial.require(secrets.insert(secret).inserted, "two pairs of fresh keys come to the same secret")
    }
  }

  private static func missingKey(_ trial: inout Trial) throws {
    var peer = try trial.makeKeyAgreement()
    try peer.generateKeyPair()
    let key = try peer.publicKey()
    var handle = try trial.makeKeyAgreement()
    trial.begin(["call": "publicKey"])
    var error = errorOf { () throws(ProviderError) in _ = try handle.publicKey() }
    try trial.expect(error, is: .missingKey, when: "a party without a key")
    trial.begin(["call": "sharedSecret"])
    error = errorOf { () throws(ProviderError) in _ = try handle.sharedSecret(key) }
    try trial.expect(error, is: .missingKey, when: "a party without a key")
  }

  private static func guardPages(_ trial: inout Trial) throws {
    var one = try trial.makeKeyAgreement()
    var other = try trial.makeKeyAgreement()
    try one.generateKeyPair()
    try other.generateKeyPair()
    let peer = try other.publicKey()
    let secret = try one.sharedSecret(peer)
    var input = try TestMemory(capacity: peer.count)
    var output = try TestMemory(capacity: one.maximumSecretSize)
    for placement in Trial.placements {
      trial.begin(["peer's key": placement, "output": placement])
      input.place(peer, placement)
      let written = try output.capture(one.maximumSecretSize, placement, for: trial) { (span) throws(ProviderError) in
        try one.sharedSecret(input.pages.bytes.extracting(input.range), into: &span)
      }
      try trial.expectWritten(written, secret, "the secret depends on where the buffers lie")
    }
  }

  private static func outputLimits(_ trial: inout Trial) throws {
    var one = try trial.makeKeyAgreement()
    var other = try trial.makeKeyAgreement()
    try one.generateKeyPair()
    try other.generateKeyPair()
    let peer = try other.publicKey()
    var output = try TestMemory(capacity: one.maximumSecretSize)
    for room in [0, one.maximumSecretSize - 1] {
      trial.begin(["room": room])
      let refused = try output.capture(room, .upperEdge, for: trial) { (span) throws(ProviderError) in
        try one.sharedSecret(peer.rawSpan, into: &span)
      }
      try trial.expectRefused(refused, required: one.maximumSecretSize)
    }
  }

  private static func corruption(_ trial: inout Trial) throws {
    var one = try trial.makeKeyAgreement()
    var other = try trial.makeKeyAgreement()
    try one.generateKeyPair()
    try other.generateKeyPair()
    let peer = try other.publicKey()
    for (what, key) in [
      ("no key", []), ("a key cut by a byte", Array(peer.dropLast())), ("a longer key", peer + [0]),
      ("zeros", [UInt8](repeating: 0, count: peer.count)), ("ones", [UInt8](repeating: 0xFF, count: peer.count)),
    ] {
      trial.begin(["peer's key": what])
      // A curve whose every string is a point takes all of the right length; of zeros none is taken.
      let error = errorOf { () throws(ProviderError) in _ = try one.sharedSecret(key) }
      if error != nil || what != "ones" { try trial.expect(error, is: .invalidKey, when: what) }
    }
    trial.begin(["private key": "no bytes"])
    let error = errorOf { () throws(ProviderError) in try one.setPrivateKey(RawSpan()) }
    try trial.expect(error, is: .invalidKey, when: "a private key of no bytes")
  }

  private static func reuse(_ trial: inout Trial) throws {
    var one = try trial.makeKeyAgreement()
    var other = try trial.makeKeyAgreement()
    try one.generateKeyPair()
    try other.generateKeyPair()
    let secret = try one.sharedSecret(other.publicKey())
    trial.begin(["after": "a refused peer"])
    _ = errorOf { () throws(ProviderError) in _ = try one.sharedSecret([]) }
    try trial.expect(one.sharedSecret(other.publicKey()), equals: secret, "the secret is another")
    trial.begin(["after": "a refused private key"])
    _ = errorOf { () throws(ProviderError) in try one.setPrivateKey(RawSpan()) }
    try trial.expect(one.sharedSecret(other.publicKey()), equals: secret, "the secret is another")
  }

  private static func concurrency(_ trial: inout Trial) throws {
    trial.begin(["threads": 4])
    var own = try trial.makeKeyAgreement()
    try own.generateKeyPair()
    let key = try own.publicKey()
    let shared = trial
    let pairs = try ParallelRun.outcomes(of: 4) { _ in
      var handle = try shared.makeKeyAgreement()
      try handle.generateKeyPair()
      return [try handle.publicKey(), try handle.sharedSecret(key)]
    }
    for pair in pairs {
      try trial.expect(own.sharedSecret(pair[0]), equals: pair[1], "a thread came to another secret")
    }
  }
}

extension Trial {
  /// A handle of the driver under test.
  func makeKeyAgreement() throws -> KeyAgreement {
    let handle = try registry.keyAgreement(driver, matching: constraints)
    try requireOwn(handle.algorithm)
    return handle
  }
}
