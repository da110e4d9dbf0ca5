// The 1,090 inputs of Tests/Vectors come to what zlib makes of them, whatever the chunking.
// SPDX-License-Identifier: Apache-2.0

import CZlib
import TestVectors
import Testing
import WarpDriveCore
import ZlibProvider

@Suite("The 1,090 deflate inputs")
struct DeflateInputTests {
  /// Debug builds step byte by byte through the beginning of each input alone.
  #if DEBUG
    private static let bytewise = Chunking.firstBytes(2048)
  #else
    private static let bytewise = Chunking.bytes
  #endif

  /// What zlib makes of an input given whole.
  private struct Reference {
    let input: DeflateInput
    let status: Int32
    let bytes: [UInt8]
    let left: Int

    /// What the library must make of it with one member.
    var outcome: Outcome {
      switch input.verdict {
      case .ok: Outcome(bytes: bytes, trailing: left)
      case .truncated: Outcome(bytes: bytes, error: .truncatedInput)
      case .error: Outcome(error: status == Z_NEED_DICT ? .dictionaryNeeded : .corruptInput)
      }
    }
  }

  private static let references = Result {
    try Vectors.deflateInputs().map { input in
      let (status, bytes, left) = ZlibOracle.decompress(
        input.bytes, windowBits: ZlibOracle.windowBits(input.format.rawValue), room: 1 << 22)
      return Reference(input: input, status: status, bytes: bytes, left: left)
    }
  }

  /// The outcome with an output that is not defined left out.
  private func comparable(_ outcome: Outcome) -> Outcome {
    guard let error = outcome.error, error != .truncatedInput else { return outcome }
    return Outcome(error: error)
  }

  @Test(
    "have zlib's verdict, output and trailing count",
    arguments: [
      (Chunking.whole, Chunking.whole), (bytewise, .whole), (.whole, bytewise), (bytewise, bytewise),
      (.random(seed: 1), .whole), (.random(seed: 2), .random(seed: 2)), (.random(seed: 3), bytewise),
    ])
  func streams(inputs: Chunking, outputs: Chunking) throws {
    let registry = try registry()
    let options = CompressionOptions(allMembers: false)
    let references = try Self.references.get()
    #expect(references.count == 1090)
    for reference in references {
      var stream = try registry.decompressor(reference.input.format.rawValue, options)
      let outcome = stream.pump(reference.input.bytes, inputs, outputs)
      #expect(comparable(outcome) == reference.outcome, "\(reference.input.name)")
    }
  }

  @Test(
    "have zlib's verdict, output and trailing count in one call of one handle for all of a format", arguments: formats)
  func handle(format: String) throws {
    var handle = try registry().compression(format, CompressionOptions(allMembers: false))
    for reference in try Self.references.get() where reference.input.format.rawValue == format {
      var outcome = Outcome()
      outcome.bytes = [UInt8](capacity: max(1, reference.bytes.count + 64)) { output in
        do throws(ProviderError) {
          outcome.trailing = try handle.decompress(reference.input.bytes.rawSpan, into: &output).trailing
        } catch {
          outcome.error = error.code
        }
      }
      #expect(comparable(outcome) == reference.outcome, "\(reference.input.name)")
    }
  }

  @Test("have the output whose SHA-256 was published, one member and all members")
  func publishedHashes() throws {
    let registry = try registry()
    var outputs: [[UInt8]] = []
    var published: [String] = []
    for input in try Vectors.deflateInputs() {
      // Where no other member follows, the two are the same.
      let cases = [(input.outcome, false)] + (input.concatenated.map { [($0, true)] } ?? [])
      for (expected, allMembers) in cases {
        var stream = try registry.decompressor(input.format.rawValue, CompressionOptions(allMembers: allMembers))
        let outcome = stream.pump(input.bytes, .whole, .whole)
        switch expected.verdict {
        case .ok: #expect(outcome.error == nil && outcome.trailing == expected.trailing, "\(input.name)")
        case .truncated: #expect(outcome.error == .truncatedInput, "\(input.name)")
        case .error: #expect(outcome.error == .corruptInput || outcome.error == .dictionaryNeeded, "\(input.name)")
        }
        guard let digest = expected.outputSHA256 else { continue }
        #expect(outcome.bytes.count == expected.outputLength, "\(input.name)")
        outputs.append(outcome.bytes)
        published.append(Hexadecimal.encode(digest))
      }
    }
    let workspace = try Workspace()
    #expect(try workspace.sha256(of: outputs) == published)
  }
}
