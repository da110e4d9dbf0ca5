// What is measured of each kind of algorithm.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import WarpDrive

/// One direction of an algorithm.
enum BenchOperation: String, Sendable {
  case copy
  case compress
  case decompress
  case hash
  case mac
  case encrypt
  case decrypt
  case seal
  case open
  case generate

  /// The operations of a kind; none where there is nothing to measure by bytes.
  static func all(of kind: AlgorithmKind) -> [BenchOperation] {
    switch kind {
    case .compression: [.compress, .decompress]
    case .hash: [.hash]
    case .mac: [.mac]
    case .cipher: [.encrypt, .decrypt]
    case .aead: [.seal, .open]
    case .random: [.generate]
    case .keyAgreement, .signature, .asymmetricCipher, .keyDerivation: []
    }
  }
}

/// What one thread measures: a request of ``BenchSubject/size`` plain bytes at a time.
protocol BenchTask: ~Copyable {
  /// Does request `index`.
  mutating func run(_ index: Int) throws(ProviderError)
}

/// What is measured, for every thread alike.
struct BenchSubject: Sendable {
  let registry: Registry
  /// The driver; nil for a plain copy.
  let algorithm: Algorithm?
  let operation: BenchOperation
  /// Plain bytes of a request.
  let size: Int
  let level: Int?
  let data: BenchData

  /// What requests are about.
  var pieces: BenchPieces { BenchPieces(data, size: size) }

  /// A key of the longest length up to 32 bytes that the driver takes; what it says does not matter for speed.
  static func key(_ algorithm: Algorithm) -> [UInt8] {
    if case .aead(let properties) = algorithm.descriptor.properties, properties.keyForm == .authenc {
      return AEADKeyForm.authencKey(
        authentication: [UInt8](repeating: 7, count: 32), encryption: [UInt8](repeating: 1, count: 32))
    }
    let lengths = algorithm.descriptor.properties.keyLengths ?? KeyLengths(32, 32)
    let count = (0...32).last(where: lengths.contains) ?? lengths.minimum
    return (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ 1) }
  }

  /// What a MAC is told so that one key and nonce serve all messages: no tag made here is ever sent.
  static func options(_ algorithm: Algorithm) -> MACOptions {
    guard case .mac(let properties) = algorithm.descriptor.properties else { return MACOptions() }
    return MACOptions(iv: [UInt8](repeating: 0, count: properties.ivSize), allowsReuse: true)
  }

  /// Bytes that a request of a cipher is a multiple of, so that another may follow where one can.
  static func unit(_ algorithm: Algorithm) -> Int {
    guard case .cipher(let properties) = algorithm.descriptor.properties, !properties.isWholeMessage else {
      return algorithm.descriptor.blockSize
    }
    return properties.chunkSize
  }

  /// Whether a cipher decrypts only with the IV that encrypting made.
  static func generatesIV(_ algorithm: Algorithm) -> Bool {
    guard case .cipher(let properties) = algorithm.descriptor.properties else { return false }
    return properties.generatesIV
  }

  /// A nonce of the usual length.
  static func nonce(_ algorithm: Algorithm) -> [UInt8] {
    guard case .aead(let properties) = algorithm.descriptor.properties else { return [] }
    return [UInt8](repeating: 0, count: properties.ivSize)
  }

  /// Associated data: none where that is taken, else the shortest.
  static func aad(_ algorithm: Algorithm) -> [UInt8] {
    guard case .aead(let properties) = algorithm.descriptor.properties else { return [] }
    return [UInt8](repeating: 0, count: properties.aadLengths?.min() ?? 0)
  }
}
