// The crypto vectors of Tests/Vectors as values: hashes, MACs, ciphers and AEADs.
// SPDX-License-Identifier: Apache-2.0

/// What must come of a vector.
public enum VectorResult: String, Sendable {
  /// The output is the vector's.
  case valid
  /// The tag is forged: it must not verify.
  case invalid
  /// The request itself is wrong (an algorithm or a length of IV that there is not) and must fail before any output.
  case refused
}

/// One vector of a hash.
public struct HashVector: Sendable {
  /// The source file and the line or number in it: `openssl-evp/evpmd_sha.txt:20`.
  public let id: String
  /// The algorithm's name in the kernel crypto API: `sha256`, `rmd160`, `blake2b-512`.
  public let algorithm: String
  /// The message.
  public let input: [UInt8]
  /// The digest; for SHAKE its length says how much output is asked for.
  public let digest: [UInt8]
}

/// One vector of a MAC.
public struct MACVector: Sendable {
  /// The source file and the line or number in it.
  public let id: String
  /// The algorithm's name: `hmac(sha256)`.
  public let algorithm: String
  /// What must come of it: ``VectorResult/invalid`` has a tag that is not the message's, ``VectorResult/refused`` none.
  public let result: VectorResult
  /// The key.
  public let key: [UInt8]
  /// The message.
  public let input: [UInt8]
  /// The first bytes of the MAC, cut to half its length in some vectors.
  public let tag: [UInt8]
  /// The nonce of a MAC that has one.
  public let iv: [UInt8]
  /// KMAC's customization string, BLAKE2's personalization.
  public let customization: [UInt8]
  /// BLAKE2's salt.
  public let salt: [UInt8]
  /// The bytes of tag to ask for; nil for the algorithm's own number.
  public let size: Int?
  /// What the source says of it, for a failure's message.
  public let comment: String
}

/// One vector of a cipher without authentication.
public struct CipherVector: Sendable {
  /// A direction that a vector is about.
  public enum Operation: String, Sendable {
    /// Plaintext to ciphertext.
    case encrypt
    /// Ciphertext to plaintext.
    case decrypt
  }

  /// The source file and the line or number in it.
  public let id: String
  /// The algorithm's name: `cbc(aes)`, `ctr(aes)`.
  public let algorithm: String
  /// The directions that the source tests.
  public let operations: Set<Operation>
  /// What must come of them; ``VectorResult/invalid`` is about decrypting a key that was wrapped.
  public let result: VectorResult
  /// The key.
  public let key: [UInt8]
  /// The IV, the integrity check value of key wrap, or the first counter block.
  public let iv: [UInt8]
  /// The plaintext, padded where the source pads.
  public let plaintext: [UInt8]
  /// The ciphertext.
  public let ciphertext: [UInt8]
  /// The IV with which the message would go on; nil where the source does not give it.
  public let nextIV: [UInt8]?
  /// What the source says of it, for a failure's message.
  public let comment: String
}

/// One vector of an AEAD.
public struct AEADVector: Sendable {
  /// A direction that a vector is about.
  public enum Operation: String, Sendable {
    /// Plaintext to ciphertext and tag.
    case seal
    /// Ciphertext and tag to plaintext.
    case open
  }

  /// The source file and the line or number in it.
  public let id: String
  /// The algorithm's name: `gcm(aes)`, `ccm(aria)`, `rfc7539(chacha20,poly1305)`.
  public let algorithm: String
  /// The directions that the source tests.
  public let operations: Set<Operation>
  /// What must come of them; ``VectorResult/invalid`` is about opening alone.
  public let result: VectorResult
  /// The key.
  public let key: [UInt8]
  /// The nonce, of a length that the algorithm has, or for ChaCha20-Poly1305 also of one that must be refused.
  public let iv: [UInt8]
  /// What is authenticated and not encrypted.
  public let aad: [UInt8]
  /// The plaintext.
  public let plaintext: [UInt8]
  /// The ciphertext, without the tag.
  public let ciphertext: [UInt8]
  /// The tag, whose length is part of the vector: 4 to 16 bytes.
  public let tag: [UInt8]
  /// What the source says of it, for a failure's message.
  public let comment: String
}

extension HashVector {
  init(_ row: Table.Row) throws {
    id = try row.text("id")
    algorithm = try row.text("algorithm")
    input = try row.bytes("in")
    digest = try row.bytes("out")
  }
}

extension MACVector {
  init(_ row: Table.Row) throws {
    id = try row.text("id")
    algorithm = try row.text("algorithm")
    result = try row.value("result")
    key = try row.bytes("key")
    input = try row.bytes("in")
    tag = try row.bytes("tag")
    comment = try row.text("comment")
    iv = try row.bytes("iv")
    customization = try row.bytes("customization")
    salt = try row.bytes("salt")
    size = try row.text("size").isEmpty ? nil : row.integer("size")
  }
}

extension CipherVector {
  init(_ row: Table.Row) throws {
    id = try row.text("id")
    algorithm = try row.text("algorithm")
    operations = try row.values("op")
    result = try row.value("result")
    key = try row.bytes("key")
    iv = try row.bytes("iv")
    plaintext = try row.bytes("plaintext")
    ciphertext = try row.bytes("ciphertext")
    let next = try row.bytes("nextIV")
    nextIV = next.isEmpty ? nil : next
    comment = try row.text("comment")
  }
}

extension AEADVector {
  init(_ row: Table.Row) throws {
    id = try row.text("id")
    algorithm = try row.text("algorithm")
    operations = try row.values("op")
    result = try row.value("result")
    key = try row.bytes("key")
    iv = try row.bytes("iv")
    aad = try row.bytes("aad")
    plaintext = try row.bytes("plaintext")
    ciphertext = try row.bytes("ciphertext")
    tag = try row.bytes("tag")
    comment = try row.text("comment")
  }
}
