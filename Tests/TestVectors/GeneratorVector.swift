// The vectors of the generators of SP 800-90A in Tests/Vectors as values.
// SPDX-License-Identifier: Apache-2.0

/// One vector of a generator: it is made, perhaps reseeded, asked twice, and gives ``output`` the second time.
public struct GeneratorVector: Sendable {
  /// The source file and the line in it.
  public let id: String
  /// The kernel's driver name: `drbg_nopr_ctr_aes256`.
  public let driver: String
  /// The entropy input.
  public let entropy: [UInt8]
  /// The nonce.
  public let nonce: [UInt8]
  /// The personalization string; empty for none.
  public let personalization: [UInt8]
  /// The entropy of the reseeding; empty where there is none.
  public let reseedEntropy: [UInt8]
  /// The additional input of the reseeding.
  public let reseedAdditional: [UInt8]
  /// The additional input and, with prediction resistance, the entropy of both requests.
  public let requests: [(additional: [UInt8], entropy: [UInt8])]
  /// What the second request gives.
  public let output: [UInt8]
}

extension GeneratorVector {
  init(_ row: Table.Row) throws {
    id = try row.text("id")
    driver = try row.text("driver")
    entropy = try row.bytes("entropy")
    nonce = try row.bytes("nonce")
    personalization = try row.bytes("personalization")
    reseedEntropy = try row.bytes("reseedEntropy")
    reseedAdditional = try row.bytes("reseedAdditional")
    requests = try [
      (row.bytes("additionalA"), row.bytes("entropyA")), (row.bytes("additionalB"), row.bytes("entropyB")),
    ]
    output = try row.bytes("out")
  }
}
