// The vectors of key derivations in Tests/Vectors as values.
// SPDX-License-Identifier: Apache-2.0

/// One vector of a key derivation.
public struct DerivationVector: Sendable {
  /// The source file and the line or number in it.
  public let id: String
  /// The algorithm's name: `hkdf(sha256)`, `pbkdf2(hmac(sha1))`, `scrypt`.
  public let algorithm: String
  /// What must come of it: of ``VectorResult/refused`` the output has the length that must not be given.
  public let result: VectorResult
  /// The secret, or the password.
  public let secret: [UInt8]
  /// The salt.
  public let salt: [UInt8]
  /// The label.
  public let label: [UInt8]
  /// The information, context or seed.
  public let info: [UInt8]
  /// The iterations; 0 where there are none.
  public let iterations: Int
  /// The exponent of scrypt's N; 0 for others.
  public let memoryCost: Int
  /// scrypt's p; 0 for others.
  public let parallelism: Int
  /// scrypt's r; 0 for others.
  public let blockSize: Int
  /// The derived key.
  public let output: [UInt8]
  /// What the source says of it, for a failure's message.
  public let comment: String
}

extension DerivationVector {
  init(_ row: Table.Row) throws {
    func number(_ column: String) throws -> Int { try row.text(column).isEmpty ? 0 : row.integer(column) }
    id = try row.text("id")
    algorithm = try row.text("algorithm")
    result = try row.value("result")
    secret = try row.bytes("secret")
    salt = try row.bytes("salt")
    label = try row.bytes("label")
    info = try row.bytes("info")
    iterations = try number("iterations")
    memoryCost = try number("memoryCost")
    parallelism = try number("parallelism")
    blockSize = try number("blockSize")
    output = try row.bytes("out")
    comment = try row.text("comment")
  }
}
