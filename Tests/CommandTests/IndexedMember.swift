// A gzip member with an index of chosen sizes, true or false.
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Members as `compress` writes them for long input, made of short ones.
struct IndexedMember {
  /// A member whose header is the plainest (RFC 1952 section 2.3): ten bytes without flags.
  let plainest: Data
  let plainSize: Int

  init(_ tool: Tool, _ plain: Data) throws {
    let outcome = try tool.run("compress", "-n", "-j", "1", input: plain)
    guard outcome.status == 0, outcome.output.starts(with: [0x1F, 0x8B, 8, 0]) else {
      throw ToolError("no plain member: \(outcome)")
    }
    plainest = outcome.output
    plainSize = plain.count
  }

  /// Bytes of the member with its index, which takes 14: the field's length, two letters, a length, two sizes.
  var storedSize: Int { plainest.count + 14 }

  /// The member with an index; of the sizes that are not given it tells the truth.
  func data(stored: Int? = nil, plain: Int? = nil) -> Data {
    var header = plainest.prefix(10)
    header[3] = 4
    let field = Data([12, 0, 0x57, 0x44, 8, 0])
    var data = header + field
    data += Self.bytes(stored ?? storedSize)
    data += Self.bytes(plain ?? plainSize)
    return data + plainest.dropFirst(10)
  }

  private static func bytes(_ number: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) } }
}
