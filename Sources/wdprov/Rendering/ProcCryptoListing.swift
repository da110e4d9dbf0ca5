// The layout of /proc/crypto, for parsers that read the kernel's.
// SPDX-License-Identifier: Apache-2.0

import WarpDrive

/// Listings as Linux `crypto/proc.c` and the `show` functions of the types print them (6.x).
enum ProcCryptoListing {
  /// A block for each driver, each with an empty line behind it.
  static func text(_ algorithms: [Algorithm]) -> String { algorithms.map(block).joined() }

  private static func block(_ algorithm: Algorithm) -> String {
    let descriptor = algorithm.descriptor
    let isInternal = descriptor.flags.contains(.internalOnly)
    var fields = [
      ("name", descriptor.name), ("driver", descriptor.driverName), ("module", algorithm.providerName),
      ("priority", String(descriptor.priority)), ("refcnt", String(algorithm.referenceCount)),
      ("selftest", algorithm.selfTest == .passed ? "passed" : "unknown"), ("internal", isInternal ? "yes" : "no"),
    ]
    fields += typeFields(descriptor)
    return fields.map { key, value in
      key + String(repeating: " ", count: max(0, 12 - key.utf8.count)) + " : " + value + "\n"
    }.joined() + "\n"
  }

  private static func typeFields(_ descriptor: AlgorithmDescriptor) -> [(String, String)] {
    let isAsynchronous = descriptor.flags.contains(.asynchronous)
    let async = ("async", isAsynchronous ? "yes" : "no")
    let blockSize = ("blocksize", String(descriptor.blockSize))
    func digest(_ size: Int) -> [(String, String)] {
      // The kernel's asynchronous hashes are a type of their own, with one field more.
      isAsynchronous
        ? [("type", "ahash"), async, blockSize, ("digestsize", String(size))]
        : [("type", descriptor.kind.kernelType), blockSize, ("digestsize", String(size))]
    }
    let type = ("type", descriptor.kind.kernelType)
    return switch descriptor.properties {
    case .hash(let properties): digest(properties.digestSize)
    case .mac(let properties): digest(properties.tagSize)
    case .cipher(let properties) where properties.ivSize == 0 && !descriptor.name.contains("("):
      // A block cipher by itself, which the kernel has as a type of its own.
      [
        ("type", "cipher"), blockSize, ("min keysize", String(properties.keyLengths.minimum)),
        ("max keysize", String(properties.keyLengths.maximum)),
      ]
    case .cipher(let properties):
      // A message that is one request has no chunks: the length of its IV stands for one.
      [
        type, async, blockSize, ("min keysize", String(properties.keyLengths.minimum)),
        ("max keysize", String(properties.keyLengths.maximum)), ("ivsize", String(properties.ivSize)),
        ("chunksize", String(properties.isWholeMessage ? properties.ivSize : properties.chunkSize)),
        ("walksize", String(properties.isWholeMessage ? properties.ivSize : properties.chunkSize)), ("statesize", "0"),
      ]
    case .aead(let properties):
      [
        type, async, blockSize, ("ivsize", String(properties.ivSize)),
        ("maxauthsize", String(properties.tagLengths.max() ?? 0)), ("geniv", "<none>"),
      ]
    case .random(let properties): [type, ("seedsize", String(properties.seedSize))]
    case .compression, .keyAgreement, .signature, .asymmetricCipher, .keyDerivation: [type]
    }
  }
}
