// No key shows in anything that is meant for people: errors, descriptions, dumps, reasons.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import WarpDrive

@Suite("Secrets stay where they are")
struct SecretTests {
  private static let mark = "K3yM4rk"
  /// What would show of the mark: as text, as digits, as numbers, and in base64 at each of the three places.
  private static let traces: [String] = {
    let bytes = Array(mark.utf8)
    let encoded = (0..<3).map { shift -> String in
      let text = Data([UInt8](repeating: 0, count: shift) + bytes).base64EncodedString()
      // The ends depend on the neighbours.
      return String(text.dropFirst(shift == 0 ? 0 : 4).dropLast(4))
    }
    let digits = Hexadecimal.encode(bytes)
    return [
      mark, digits, digits.uppercased(), bytes.map(String.init).joined(separator: ", "),
      bytes.map { String($0, radix: 16) }.joined(separator: " "),
    ] + encoded
  }()

  /// A key of `count` bytes full of the mark, no two blocks of which are the same.
  private static func key(_ count: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    var number: UInt8 = 48
    while bytes.count < count {
      bytes += Array(mark.utf8) + [number]
      number &+= 1
    }
    return Array(bytes.prefix(count))
  }

  private let registry: Registry

  /// What people could see.
  private final class Record {
    var text = ""
  }

  init() throws { registry = try Registry.standard(configuration: MachineConfiguration()) }

  /// Runs `body` and writes down all that its error can say.
  private func collect(_ record: Record, _ body: () throws(ProviderError) -> Void) {
    do throws(ProviderError) { try body() } catch {
      record.text += "\(error)\n\(String(reflecting: error))\n\(error.localizedDescription)\n"
      dump(error, to: &record.text)
    }
  }

  /// Writes down all that the registry can say about what was used.
  private func collect(_ record: Record, _ algorithm: Algorithm) {
    record.text += String(reflecting: algorithm.descriptor) + String(reflecting: algorithm.statistics.snapshot)
    record.text += "\(algorithm.selfTest) \(algorithm)"
    for candidate in (try? registry.explain(algorithm.name))?.candidates ?? [] { record.text += candidate.reason }
  }

  private func expectNoTrace(in text: String, _ name: String) {
    for trace in Self.traces { #expect(!text.contains(trace), "\(name) shows \(trace)") }
  }

  @Test("what would show a leak shows one")
  func traces() {
    let key = Self.key(24)
    let leaks = [
      "the key \(Hexadecimal.encode(key))", "\(key)", String(decoding: key, as: UTF8.self),
      Data(key).base64EncodedString(),
      Data([1] + key).base64EncodedString(), Data([1, 2] + key).base64EncodedString(),
    ]
    for leak in leaks { #expect(Self.traces.contains { leak.contains($0) }, "\(leak)") }
  }

  @Test("handles of every keyed algorithm fail without a trace of the key")
  func keyedHandles() throws {
    var handles = 0
    for algorithm in registry.algorithms {
      guard let lengths = algorithm.descriptor.properties.keyLengths else { continue }
      let name = algorithm.driverName
      let record = Record()
      let valid = [lengths.minimum, 16, 24, 32, 64, 48, 72, lengths.maximum].filter {
        lengths.contains($0) && $0 < 1024
      }
      for count in Set(valid + [lengths.maximum < 1024 ? lengths.maximum + 1 : 7, 0, 1]).sorted() {
        let key = Self.key(count)
        collect(record) { () throws(ProviderError) in
          switch algorithm.kind {
          case .mac:
            var handle = try registry.mac(name, key: key)
            handles += 1
            collect(record) { () throws(ProviderError) in try handle.verify([], of: []) }
            collect(record) { () throws(ProviderError) in
              try handle.verify([UInt8](repeating: 0, count: handle.tagSize), of: [])
            }
          case .cipher:
            var handle = try registry.cipher(name, key: key)
            handles += 1
            var iv = [UInt8](repeating: 0, count: handle.ivSize + 1)
            collect(record) { () throws(ProviderError) in _ = try handle.encrypt([1], iv: &iv) }
            iv.removeLast()
            collect(record) { () throws(ProviderError) in _ = try handle.decrypt([1, 2, 3], iv: &iv) }
          default:
            var handle = try registry.aead(name, key: key)
            handles += 1
            let nonce = [UInt8](repeating: 0, count: handle.nonceLengths.upperBound)
            collect(record) { () throws(ProviderError) in _ = try handle.open([], nonce: nonce) }
            collect(record) { () throws(ProviderError) in
              _ = try handle.open([UInt8](repeating: 0, count: 64), nonce: nonce, aad: [])
            }
            collect(record) { () throws(ProviderError) in _ = try handle.seal([1], nonce: []) }
          }
        }
      }
      collect(record, algorithm)
      #expect(!record.text.isEmpty)
      expectNoTrace(in: record.text, name)
    }
    #expect(handles >= 40, "\(handles) handles were made")
  }

  @Test("private keys that are refused, and secrets that are derived from, leave no trace")
  func privateKeys() throws {
    for algorithm in registry.algorithms {
      let name = algorithm.driverName
      let record = Record()
      for count in [1, 16, 32, 56, 57, 66, 300] {
        let key = Self.key(count)
        collect(record) { () throws(ProviderError) in
          switch algorithm.kind {
          case .signature:
            var handle = try registry.signature(name)
            try handle.setPrivateKey(key.rawSpan)
          case .asymmetricCipher:
            var handle = try registry.asymmetricCipher(name)
            try handle.setPrivateKey(key.rawSpan)
          case .keyAgreement:
            var handle = try registry.keyAgreement(name)
            try handle.setPrivateKey(key.rawSpan)
            _ = try handle.sharedSecret([1, 2, 3])
          case .keyDerivation:
            var handle = try registry.keyDerivation(name)
            _ = try handle.derive(0, from: key)
          default: break
          }
        }
        if algorithm.kind == .keyDerivation {
          collect(record) { () throws(ProviderError) in
            var handle = try registry.keyDerivation(name)
            _ = try handle.derive(16, from: key, .init(iterations: -1, memoryCost: 99, parallelism: -1))
          }
        }
      }
      expectNoTrace(in: record.text, name)
    }
    // Whatever this registry has of these kinds: a secret that is refused by its length alone.
    let record = Record()
    collect(record) { () throws(ProviderError) in _ = try FileSecret(key: Self.key(31).rawSpan) }
    collect(record) { () throws(ProviderError) in _ = try FileSecret(passphrase: Self.key(5000).rawSpan) }
    #expect(record.text.contains("31") && record.text.contains("5000"))
    expectNoTrace(in: record.text, "FileSecret")
  }
}
