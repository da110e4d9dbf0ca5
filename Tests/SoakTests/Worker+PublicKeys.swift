// Operations with key agreements, signatures, public-key encryption, derived keys and generators by their drivers' names.
// SPDX-License-Identifier: Apache-2.0

import WarpDriveCore

extension Worker {
  mutating func agree() throws(ProviderError) {
    let name = random.pick(["curve25519", "x448", "ecdh-nist-p256"])
    var here = try scene.registry.keyAgreement(name)
    var there = try scene.registry.keyAgreement(name)
    try here.generateKeyPair()
    try there.generateKeyPair()
    let secret = try here.sharedSecret(there.publicKey())
    scene.expect(try there.sharedSecret(here.publicKey()) == secret, "\(name): two secrets")
  }

  mutating func sign() throws(ProviderError) {
    let name = random.pick(["ed25519", "x962(ecdsa-nist-p256,sha256)", "p1363(ecdsa-nist-p256,sha256)"])
    let bytes = message().bytes
    var signer = try scene.registry.signature(name)
    try signer.generateKeyPair()
    var signature = try signer.sign(bytes)
    var verifier = try scene.registry.signature(name)
    let publicKey = try signer.publicKey()
    try verifier.setPublicKey(publicKey.rawSpan)
    try verifier.verify(signature, of: bytes)
    signature[random.below(signature.count)] ^= 1 << UInt8(random.below(8))
    let isValid = try tolerating([.authentication]) { () throws(ProviderError) in
      try verifier.verify(signature, of: bytes)
    }
    scene.expect(!isValid, "\(name): a forged signature was taken")
  }

  /// With the scene's key: to make one of RSA takes a good part of a second.
  mutating func unwrap() throws(ProviderError) {
    var handle = try scene.registry.asymmetricCipher(Scene.wrapping)
    let key = scene.wrappingKey
    try handle.setPrivateKey(key.rawSpan)
    let secret = random.bytes(32)
    let wrapped = try handle.encrypt(secret)
    scene.expect(try handle.decrypt(wrapped) == secret, "\(Scene.wrapping): another secret")
  }

  mutating func derive() throws(ProviderError) {
    let name = random.pick(["hkdf(sha256)", "hkdf(sha512)", "kbkdf-counter(hmac(sha256))"])
    var handle = try scene.registry.keyDerivation(name)
    let (info, other) = (random.bytes(8), random.bytes(9))
    let key = try handle.derive(48, from: Scene.key, .init(info: info))
    scene.expect(try handle.derive(48, from: Scene.key, .init(info: info)) == key, "\(name): two keys of one secret")
    scene.expect(try handle.derive(48, from: Scene.key, .init(info: other)) != key, "\(name): one key for two uses")
  }

  mutating func mechanism() throws(ProviderError) {
    let name = random.pick(["drbg_nopr_ctr_aes256", "drbg_nopr_hmac_sha256", "drbg_nopr_sha512"])
    var handle = try scene.registry.random(name)
    let first = try handle.generate(32)
    if random.oneIn(4) { try handle.reseed() }
    scene.expect(try handle.generate(32) != first, "\(name) repeats itself")
  }
}
