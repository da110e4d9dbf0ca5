// The vectors of public-key algorithms in Tests/Vectors as values.
// SPDX-License-Identifier: Apache-2.0

/// One vector of a key agreement.
public struct AgreementVector: Sendable {
  /// The source file and the line in it.
  public let id: String
  /// The algorithm's name: `ecdh-nist-p256`, `curve25519`, `ffdhe2048(dh)`.
  public let algorithm: String
  /// What must come of it; ``VectorResult/refused`` has a peer's key that is none.
  public let result: VectorResult
  /// The private key, as DER or raw.
  public let privateKey: [UInt8]
  /// The peer's public key, as DER or raw.
  public let peer: [UInt8]
  /// The secret, as long as the field's numbers.
  public let secret: [UInt8]
}

/// One private key and a public key that belongs to it, or does not.
public struct KeyPairVector: Sendable {
  /// The source file and the line in it.
  public let id: String
  /// The algorithm's name.
  public let algorithm: String
  /// What must come of it: ``VectorResult/invalid`` are two pairs' halves, ``VectorResult/refused`` two algorithms'.
  public let result: VectorResult
  /// The private key, as DER or raw.
  public let privateKey: [UInt8]
  /// The public key: of a key agreement raw, of a signature as DER.
  public let publicKey: [UInt8]
}

/// One vector of a signature.
public struct SignatureVector: Sendable {
  /// What a vector is about.
  public enum Operation: String, Sendable {
    /// The signature is the only one.
    case sign
    /// The signature may be one of many.
    case verify
  }

  /// What is signed.
  public enum Input: String, Sendable {
    /// A message.
    case message
    /// The digest of one.
    case digest
  }

  /// Which half of a pair a key is.
  public enum Half: String, Sendable {
    /// Signs and verifies.
    case `private`
    /// Verifies.
    case `public`
  }

  /// The source file and the line in it.
  public let id: String
  /// The algorithm's name: `pkcs1(rsa,sha256)`.
  public let algorithm: String
  /// What it is about.
  public let operation: Operation
  /// What the input is.
  public let kind: Input
  /// What must come of it.
  public let result: VectorResult
  /// Which half the key is.
  public let half: Half
  /// The key, as DER or raw.
  public let key: [UInt8]
  /// What is signed.
  public let input: [UInt8]
  /// The signature.
  public let signature: [UInt8]
}

/// One vector of public-key encryption.
public struct EncryptionVector: Sendable {
  /// The source file and the line in it.
  public let id: String
  /// The algorithm's name: `oaep(rsa,sha1)`.
  public let algorithm: String
  /// What must come of decrypting.
  public let result: VectorResult
  /// The private key, as DER.
  public let privateKey: [UInt8]
  /// The ciphertext.
  public let ciphertext: [UInt8]
  /// The plaintext.
  public let plaintext: [UInt8]
}

extension Vectors {
  /// The vectors of key agreements.
  public static func agreements() throws -> [AgreementVector] { try loadedAgreements.get() }

  /// The pairs of keys.
  public static func keyPairs() throws -> [KeyPairVector] { try loadedKeyPairs.get() }

  /// The vectors of signatures.
  public static func signatures() throws -> [SignatureVector] { try loadedSignatures.get() }

  /// The vectors of public-key encryption.
  public static func encryptions() throws -> [EncryptionVector] { try loadedEncryptions.get() }

  private static let loadedAgreements = Result { try Table("agreements.tsv").rows.map(AgreementVector.init) }
  private static let loadedKeyPairs = Result { try Table("keypairs.tsv").rows.map(KeyPairVector.init) }
  private static let loadedSignatures = Result { try Table("signatures.tsv").rows.map(SignatureVector.init) }
  private static let loadedEncryptions = Result { try Table("encryptions.tsv").rows.map(EncryptionVector.init) }
}

extension AgreementVector {
  init(_ row: Table.Row) throws {
    id = try row.text("id")
    algorithm = try row.text("algorithm")
    result = try row.value("result")
    privateKey = try row.bytes("privateKey")
    peer = try row.bytes("peer")
    secret = try row.bytes("secret")
  }
}

extension KeyPairVector {
  init(_ row: Table.Row) throws {
    id = try row.text("id")
    algorithm = try row.text("algorithm")
    result = try row.value("result")
    privateKey = try row.bytes("privateKey")
    publicKey = try row.bytes("publicKey")
  }
}

extension SignatureVector {
  init(_ row: Table.Row) throws {
    id = try row.text("id")
    algorithm = try row.text("algorithm")
    operation = try row.value("op")
    kind = try row.value("input")
    result = try row.value("result")
    half = try row.value("half")
    key = try row.bytes("key")
    input = try row.bytes("in")
    signature = try row.bytes("signature")
  }
}

extension EncryptionVector {
  init(_ row: Table.Row) throws {
    id = try row.text("id")
    algorithm = try row.text("algorithm")
    result = try row.value("result")
    privateKey = try row.bytes("privateKey")
    ciphertext = try row.bytes("ciphertext")
    plaintext = try row.bytes("plaintext")
  }
}
