// Answers batch requests: one line in, one line out, in order, whatever the line holds.
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import HostControl
import LinuxSystem
import WarpDrive

/// The loop of `wdprov batch`.
struct BatchSession {
  /// The most bytes of a line.
  static let lineLimit = 64 << 20
  /// The most bytes that decompression or a generator gives where the request sets no limit of its own.
  static let outputLimit: UInt64 = 64 << 20

  private let operations: BatchOperations
  private let decoder = JSONDecoder()

  init(_ registry: Registry) { operations = BatchOperations(registry) }

  /// Answers every line of `input`.
  func run(_ input: consuming InputFile) throws(CommandFailure) {
    var lines = try LineReader(input, limit: Self.lineLimit)
    var line: [UInt8] = []
    while true {
      let reply: JSONValue
      switch try lines.next(into: &line) {
      case .end: return
      case .line:
        // An empty line is a pause, not a request.
        if line.allSatisfy({ $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\r") || $0 == UInt8(ascii: "\t") }) {
          continue
        }
        reply = answer(&line)
      case .tooLong:
        reply = Self.failure(
          .null, ProviderError(.limitExceeded, "a line has at most \(Self.lineLimit) bytes: send less at a time"))
      }
      // At once: the other side may wait for it before it goes on.
      try StandardOutput.write(reply.line + "\n")
    }
  }

  private func answer(_ line: inout [UInt8]) -> JSONValue {
    var data = Data(line)
    // Both copies may hold a key, and are held by nobody else; what the decoder made of them is out of reach.
    defer {
      unsafe data.withUnsafeMutableBytes { unsafe SecureMemory.zero($0) }
      unsafe line.withUnsafeMutableBytes { unsafe SecureMemory.zero($0) }
    }
    let request: BatchRequest
    do {
      request = try decoder.decode(BatchRequest.self, from: data)
    } catch {
      let id = BatchIdentifier.find(in: data, decoder)
      return Self.failure(id, ProviderError(.invalidArgument, "this line is no request: \(Self.explain(error))"))
    }
    do throws(ProviderError) {
      return Self.success(request.id, try operations.perform(request))
    } catch {
      return Self.failure(request.id, error)
    }
  }

  private static func success(_ id: JSONValue, _ result: BatchResult) -> JSONValue {
    var members: [(key: String, value: JSONValue)] = [
      ("id", id), ("ok", true), ("out", .string(Hexadecimal.encode(result.output))),
      ("driver", .string(result.driver)),
    ]
    if let trailing = result.trailing { members.append(("trailing", .integer(trailing))) }
    if result.usedFallback { members.append(("fallback", true)) }
    return .object(members)
  }

  private static func failure(_ id: JSONValue, _ error: ProviderError) -> JSONValue {
    .object([
      ("id", id), ("ok", false), ("error", .string(error.code.description)), ("message", .string(error.description)),
    ])
  }

  private static func explain(_ error: any Error) -> String {
    switch error as? DecodingError {
    case .keyNotFound(let key, _): return "'\(key.stringValue)' is missing"
    case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
      let path = context.codingPath.map(\.stringValue).joined(separator: ".")
      return (path.isEmpty ? "" : "'\(path)': ") + context.debugDescription
    default: return "it is no JSON"
    }
  }
}
