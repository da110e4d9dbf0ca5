// A line of `wdprov batch`: what is asked, checked as far as its form goes.
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import HostControl
import LinuxSystem
import WarpDrive

/// A request.
///
/// Fields that an operation does not have are ignored, so that scripts may carry notes.
struct BatchRequest: Decodable {
  /// What comes back with the reply.
  let id: JSONValue
  let operation: String
  let algorithm: String?
  let driver: String?
  let members: Members
  let length: Int?
  let tagLength: Int?
  let level: Int?
  let limit: UInt64?
  private let fields: [Field: String]

  /// How many members of a compressed stream are wanted.
  enum Members: String, Decodable {
    case first
    case all
  }

  /// The fields that hold bytes, in hexadecimal.
  enum Field: String, CodingKey, CaseIterable {
    case input = "in"
    case key
    case iv
    case aad
    case tag
    case customization
    case salt
  }

  private enum Key: String, CodingKey {
    case id
    case operation = "op"
    case algorithm = "alg"
    case driver
    case members
    case length
    case tagLength
    case level
    case limit
  }

  init(from decoder: any Decoder) throws {
    let keys = try decoder.container(keyedBy: Key.self)
    id = try keys.decodeIfPresent(BatchIdentifier.self, forKey: .id)?.json ?? .null
    operation = try keys.decode(String.self, forKey: .operation)
    algorithm = try keys.decodeIfPresent(String.self, forKey: .algorithm)
    driver = try keys.decodeIfPresent(String.self, forKey: .driver)
    members = try keys.decodeIfPresent(Members.self, forKey: .members) ?? .first
    length = try keys.decodeIfPresent(Int.self, forKey: .length)
    tagLength = try keys.decodeIfPresent(Int.self, forKey: .tagLength)
    level = try keys.decodeIfPresent(Int.self, forKey: .level)
    limit = try keys.decodeIfPresent(UInt64.self, forKey: .limit)
    let bytes = try decoder.container(keyedBy: Field.self)
    var fields: [Field: String] = [:]
    for field in Field.allCases { fields[field] = try bytes.decodeIfPresent(String.self, forKey: field) }
    self.fields = fields
  }

  /// The bytes of a field; empty where it is missing.
  ///
  /// - Throws: ``ProviderError/Code/invalidArgument`` for text that is not hexadecimal.
  func bytes(_ field: Field) throws(ProviderError) -> [UInt8] { try optionalBytes(field) ?? [] }

  /// The bytes of a field; nil where it is missing.
  func optionalBytes(_ field: Field) throws(ProviderError) -> [UInt8]? {
    guard let text = fields[field] else { return nil }
    guard let bytes = Hexadecimal.decode(text) else {
      throw ProviderError(.invalidArgument, "'\(field.rawValue)' is not hexadecimal: two digits a byte")
    }
    return bytes
  }
}

/// What the requester calls a request: any JSON scalar, which comes back as it is.
struct BatchIdentifier: Decodable {
  let json: JSONValue

  private struct Envelope: Decodable {
    let id: BatchIdentifier?
  }

  /// The `id` of a line that is no request; null where it has none, or is no object.
  static func find(in line: Data, _ decoder: JSONDecoder) -> JSONValue {
    (try? decoder.decode(Envelope.self, from: line))?.id?.json ?? .null
  }

  init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if let bool = try? value.decode(Bool.self) {
      json = .bool(bool)
    } else if let integer = try? value.decode(Int.self) {
      json = .integer(integer)
    } else if let decimal = try? value.decode(Decimal.self) {
      // 38 digits: more than a Double keeps, and than any counter or time has.
      json = .verbatim(decimal.description)
    } else {
      json = .string(try value.decode(String.self))
    }
  }
}
