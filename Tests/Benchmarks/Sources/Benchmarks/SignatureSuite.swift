// The rows of signatures with a kept key: a message of 64 bytes is hashed and signed, or verified.
// SPDX-License-Identifier: Apache-2.0

import CBaseline
import WarpDrive

enum SignatureSuite {
  private struct Scheme {
    let name: String
    /// The hash by libcrypto's name; nil where the scheme signs messages.
    let digest: String?
    var isPSS = false
  }

  private static let schemes = [
    Scheme(name: "x962(ecdsa-nist-p256,sha256)", digest: "SHA256"),
    Scheme(name: "x962(ecdsa-nist-p384,sha384)", digest: "SHA384"),
    Scheme(name: "ed25519", digest: nil),
    Scheme(name: "ed448", digest: nil),
    Scheme(name: "pkcs1(rsa,sha256)", digest: "SHA256"),
    Scheme(name: "pss(rsa,sha256)", digest: "SHA256", isPSS: true),
  ]
  private static let goal = 1.05

  nonisolated static func rows() throws -> [Comparison] {
    let registry = try Registry.standard(kinds: [.signature, .hash, .random])
    return try schemes.flatMap { try rows($0, in: registry) }
  }

  private nonisolated static func rows(_ scheme: Scheme, in registry: Registry) throws -> [Comparison] {
    let message = Inputs.counting(64)
    var ours = try registry.signature(scheme.name)
    try ours.generateKeyPair()
    let peer = Peer(try ours.privateKey(), scheme.digest, isPSS: scheme.isPSS)
    let mine = try ours.sign(message)
    // Each side verifies what the other signed.
    peer.verify(mine, of: message, 1)
    var theirs = [UInt8](repeating: 0, count: 1024)
    theirs.removeSubrange(peer.sign(message, &theirs, 1)...)
    try ours.verify(theirs, of: message)
    var space = [UInt8](repeating: 0, count: 1024)
    return [
      try Paired.compare(
        "sign \(scheme.name)", to: "EVP with a kept key", goal: goal, span: 8_000_000,
        ours: { for _ in 0..<$0 { blackHole(try ours.sign(message)) } },
        theirs: { _ = peer.sign(message, &space, $0) }),
      try Paired.compare(
        "verify \(scheme.name)", to: "EVP with a kept key", goal: goal, span: 8_000_000,
        ours: { for _ in 0..<$0 { try ours.verify(mine, of: message) } },
        theirs: { peer.verify(mine, of: message, $0) }),
    ]
  }

  /// libcrypto's own key and contexts, which are freed with it.
  @safe
  private final class Peer {
    private let signer: OpaquePointer

    init(_ key: borrowing SecretBytes, _ digest: String?, isPSS: Bool) {
      unsafe signer = key.rawSpan.withUnsafeBytes {
        unsafe baseline_signer_open($0.baseAddress, $0.count, digest, isPSS)
      }
    }

    deinit { unsafe baseline_signer_close(signer) }

    /// Signs `count` times; the length of the last signature.
    func sign(_ message: [UInt8], _ signature: inout [UInt8], _ count: Int) -> Int {
      unsafe message.withUnsafeBytes { message in
        unsafe signature.withUnsafeMutableBytes {
          unsafe baseline_sign(signer, message.baseAddress, message.count, $0.baseAddress, $0.count, count)
        }
      }
    }

    func verify(_ signature: [UInt8], of message: [UInt8], _ count: Int) {
      unsafe message.withUnsafeBytes { message in
        unsafe signature.withUnsafeBytes {
          unsafe baseline_verify(signer, message.baseAddress, message.count, $0.baseAddress, $0.count, count)
        }
      }
    }
  }
}
