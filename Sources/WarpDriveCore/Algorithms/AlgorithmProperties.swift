// What only one kind of algorithm has: sizes, ranges and capabilities.
// SPDX-License-Identifier: Apache-2.0

/// The properties of an algorithm's kind; the case is the kind.
public enum AlgorithmProperties: Sendable, Equatable {
  /// Properties of a compression algorithm.
  case compression(CompressionProperties)
  /// Properties of a hash.
  case hash(HashProperties)
  /// Properties of a MAC.
  case mac(MACProperties)
  /// Properties of a cipher.
  case cipher(CipherProperties)
  /// Properties of an AEAD.
  case aead(AEADProperties)
  /// Properties of a random number generator.
  case random(RandomProperties)
  /// Properties of a key agreement.
  case keyAgreement(PublicKeyProperties)
  /// Properties of a signature algorithm.
  case signature(PublicKeyProperties)
  /// Properties of an asymmetric cipher.
  case asymmetricCipher(PublicKeyProperties)
  /// Properties of a key derivation.
  case keyDerivation(KeyDerivationProperties)

  /// The kind.
  public var kind: AlgorithmKind {
    switch self {
    case .compression: .compression
    case .hash: .hash
    case .mac: .mac
    case .cipher: .cipher
    case .aead: .aead
    case .random: .random
    case .keyAgreement: .keyAgreement
    case .signature: .signature
    case .asymmetricCipher: .asymmetricCipher
    case .keyDerivation: .keyDerivation
    }
  }

  /// The key lengths in bytes, for the keyed symmetric kinds.
  public var keyLengths: KeyLengths? {
    switch self {
    case .mac(let properties): properties.keyLengths
    case .cipher(let properties): properties.keyLengths
    case .aead(let properties): properties.keyLengths
    default: nil
    }
  }

  /// The strength in bits of the public-key kinds, 0 where the key decides; nil for the other kinds.
  public var securityBits: Int? {
    switch self {
    case .keyAgreement(let properties), .signature(let properties), .asymmetricCipher(let properties):
      properties.securityBits
    default: nil
    }
  }
}

/// The lengths of keys or tags that an algorithm takes, in bytes: `minimum`, `minimum + step`, … `maximum`.
public struct KeyLengths: Sendable, Equatable {
  /// The shortest key, in bytes.
  public let minimum: Int
  /// The longest key, in bytes.
  public let maximum: Int
  /// The distance between lengths, in bytes; at least 1.
  public let step: Int

  /// The lengths from `minimum` to `maximum` bytes, `step` apart.
  public init(_ minimum: Int, _ maximum: Int, step: Int = 1) {
    self.minimum = minimum
    self.maximum = maximum
    self.step = max(1, step)
  }

  /// Whether a key of `length` bytes is taken.
  public func contains(_ length: Int) -> Bool {
    length >= minimum && length <= maximum && (length - minimum).isMultiple(of: step)
  }
}

/// What a compression driver can do.
public struct CompressionProperties: Sendable, Equatable {
  /// The levels it takes.
  public var levels: ClosedRange<Int>
  /// The level used where none is asked for.
  public var defaultLevel: Int
  /// The window sizes it takes, as powers of two; nil where the format has none to choose.
  public var windowBits: ClosedRange<Int>?
  /// The strategies it takes besides the default.
  public var strategies: Set<CompressionStrategy>
  /// Whether preset dictionaries are taken.
  public var dictionaries: Bool
  /// Whether gzip header fields (RFC 1952) are written and read.
  public var headers: Bool
  /// Whether it decompresses and compresses piece by piece; otherwise whole messages only.
  public var streaming: Bool
  /// Whether the format marks its end; else a stream ends where its input does, and cut or longer input is as good.
  public var isDelimited: Bool
  /// How separately compressed parts can be joined into one valid stream.
  public var joining: CompressionJoining
  /// The first bytes of a member, where members of the format may follow one another (gzip: `1f 8b`).
  public var memberMagic: [UInt8]
  /// The most bytes that `n` bytes compress to at any level, as `n + n >> shift + constant`.
  public var bound: OutputBound

  /// Describes a compression driver.
  public init(
    levels: ClosedRange<Int>, defaultLevel: Int, windowBits: ClosedRange<Int>? = nil,
    strategies: Set<CompressionStrategy> = [], dictionaries: Bool = false, headers: Bool = false,
    streaming: Bool = true, isDelimited: Bool = true, joining: CompressionJoining = .none, memberMagic: [UInt8] = [],
    bound: OutputBound
  ) {
    self.levels = levels
    self.defaultLevel = defaultLevel
    self.windowBits = windowBits
    self.strategies = strategies
    self.dictionaries = dictionaries
    self.headers = headers
    self.streaming = streaming
    self.isDelimited = isDelimited
    self.joining = joining
    self.memberMagic = memberMagic
    self.bound = bound
  }
}

/// How parts that were compressed apart become one stream.
public enum CompressionJoining: String, Sendable, Equatable {
  /// They do not: a checksum or header spans the whole.
  case none
  /// Each part is a complete member and members may follow one another (gzip, zstd and lz4 frames).
  case members
  /// Each part but the last ends at a byte boundary by a sync flush (raw deflate).
  case blocks
}

/// An upper bound on compressed size: `n + (n >> shift) + constant` bytes.
public struct OutputBound: Sendable, Equatable {
  /// The right shift of the proportional part.
  public let shift: Int
  /// The constant part, in bytes.
  public let constant: Int

  /// Makes the bound `n + (n >> shift) + constant`.
  public init(shift: Int, constant: Int) {
    self.shift = shift
    self.constant = constant
  }

  /// The bound for `count` input bytes, in bytes; saturates at `Int.max`.
  public func callAsFunction(_ count: Int) -> Int {
    let (sum, overflow) = count.addingReportingOverflow((count >> shift) + constant)
    return overflow ? .max : sum
  }
}

/// Strategies of deflate (RFC 1951 leaves them to the compressor; the names are zlib's).
public enum CompressionStrategy: String, Sendable, CaseIterable, Hashable {
  /// The driver's own choice.
  case automatic
  /// For data of small values with a random distribution.
  case filtered
  /// Huffman codes alone, no matches.
  case huffmanOnly = "huffman-only"
  /// Matches of distance one alone.
  case runLength = "run-length"
  /// Fixed Huffman codes alone.
  case fixed
}

/// What a hash driver computes.
public struct HashProperties: Sendable, Equatable {
  /// Bytes of the digest; for an extendable-output function its default length.
  public var digestSize: Int
  /// Whether any output length can be asked for (SHAKE, FIPS 202).
  public var isExtendable: Bool
  /// Whether it is a checksum, worthless against an adversary.
  public var isChecksum: Bool

  /// Describes a hash.
  public init(digestSize: Int, isExtendable: Bool = false, isChecksum: Bool = false) {
    self.digestSize = digestSize
    self.isExtendable = isExtendable
    self.isChecksum = isChecksum
  }
}

/// What a MAC driver computes.
public struct MACProperties: Sendable, Equatable {
  /// Bytes of the tag, where no other number is asked for.
  public var tagSize: Int
  /// The tag lengths in bytes that can be asked for; a MAC whose tag is only ever cut has ``tagSize`` alone.
  public var tagLengths: KeyLengths
  /// The keys it takes.
  public var keyLengths: KeyLengths
  /// Bytes of the nonce that each message needs and the algorithm is meant for; 0 for none.
  public var ivSize: Int
  /// The nonce lengths it takes, in bytes; more than ``ivSize`` alone only where the standard hashes others (GMAC).
  public var ivLengths: ClosedRange<Int>
  /// Whether a key authenticates one message alone: two under one key give it away (Poly1305).
  public var isOneTime: Bool
  /// The most bytes of ``MACOptions/customization``; 0 where there is none.
  public var maximumCustomization: Int
  /// The most bytes of ``MACOptions/salt``; 0 where there is none.
  public var maximumSalt: Int

  /// Describes a MAC.
  public init(
    tagSize: Int, keyLengths: KeyLengths, tagLengths: KeyLengths? = nil, ivSize: Int = 0,
    ivLengths: ClosedRange<Int>? = nil, isOneTime: Bool = false, maximumCustomization: Int = 0, maximumSalt: Int = 0
  ) {
    self.tagSize = tagSize
    self.tagLengths = tagLengths ?? KeyLengths(tagSize, tagSize)
    self.keyLengths = keyLengths
    self.ivSize = ivSize
    self.ivLengths = ivLengths ?? ivSize...ivSize
    self.isOneTime = isOneTime
    self.maximumCustomization = maximumCustomization
    self.maximumSalt = maximumSalt
  }
}

/// What a cipher driver takes.
public struct CipherProperties: Sendable, Equatable {
  /// A ``chunkSize`` that no request is a multiple of: a message is one request, for no IV would continue it.
  public static let wholeMessage = Int.max

  /// The keys it takes.
  public var keyLengths: KeyLengths
  /// Bytes of the IV; 0 for none.
  public var ivSize: Int
  /// Every request of a message but the last is a multiple of this many bytes (`chunksize`); the last, of the block size.
  ///
  /// ``wholeMessage`` where a message cannot be cut (XTS, CTS, RFC 3686, key wrap).
  public var chunkSize: Int
  /// Bytes of the shortest message; 0 where the empty message is one.
  public var minimumLength: Int
  /// Whether encrypting ignores the IV that it is given and leaves another, which decrypting needs (key wrap; the
  /// kernel's `generates_iv`).
  public var generatesIV: Bool

  /// Describes a cipher.
  public init(
    keyLengths: KeyLengths, ivSize: Int, chunkSize: Int, minimumLength: Int = 0, generatesIV: Bool = false
  ) {
    self.keyLengths = keyLengths
    self.ivSize = ivSize
    self.chunkSize = chunkSize
    self.minimumLength = minimumLength
    self.generatesIV = generatesIV
  }

  /// Whether a message is one request.
  public var isWholeMessage: Bool { chunkSize == Self.wholeMessage }
}

/// What an AEAD driver takes.
public struct AEADProperties: Sendable, Equatable {
  // The two references come first. Further on AlgorithmProperties would keep its case in bits that they leave unused,
  // and a leak checker would not know them for references any more.

  /// The tag lengths in bytes that its standard allows, longest first.
  public var tagLengths: [Int]
  /// The lengths of the associated data in bytes; nil for any.
  public var aadLengths: [Int]?
  /// The keys it takes.
  public var keyLengths: KeyLengths
  /// What the bytes of a key are.
  public var keyForm: AEADKeyForm
  /// Bytes of the nonce that the algorithm is meant for, and what `/proc/crypto` shows.
  public var ivSize: Int
  /// The nonce lengths it takes, in bytes; more than ``ivSize`` alone only where the standard has others (GCM, CCM).
  public var nonceLengths: ClosedRange<Int>
  /// Bytes that nonce and the field of the text's length share; nil where the nonce does not bound the text.
  ///
  /// 15 in CCM (SP 800-38C, A.1): with a nonce of 13 bytes 2 are left, for texts below 2^16 bytes.
  public var nonceAndLengthBytes: Int?
  /// Whether a nonce may come again under one key and gives away only that messages are equal (SIV, RFC 5297).
  public var isMisuseResistant: Bool
  /// Whether the text is encrypted; not by `rfc4543(gcm(aes))`, which authenticates alone.
  public var isConfidential: Bool

  /// Describes an AEAD.
  public init(
    keyLengths: KeyLengths, ivSize: Int, tagLengths: [Int], nonceLengths: ClosedRange<Int>? = nil,
    keyForm: AEADKeyForm = .plain, aadLengths: [Int]? = nil, nonceAndLengthBytes: Int? = nil,
    isMisuseResistant: Bool = false, isConfidential: Bool = true
  ) {
    self.keyLengths = keyLengths
    self.keyForm = keyForm
    self.ivSize = ivSize
    self.nonceLengths = nonceLengths ?? ivSize...ivSize
    self.tagLengths = tagLengths
    self.aadLengths = aadLengths
    self.nonceAndLengthBytes = nonceAndLengthBytes
    self.isMisuseResistant = isMisuseResistant
    self.isConfidential = isConfidential
  }

  /// The longest text in bytes under a nonce of `count` bytes; nil where the nonce does not bound it.
  public func longestText(underNonceOf count: Int) -> Int? {
    guard let nonceAndLengthBytes else { return nil }
    let bytes = nonceAndLengthBytes - count
    // Of 8 bytes and more only what an Int holds.
    return bytes >= 8 ? .max : (1 << (8 * max(0, bytes))) - 1
  }
}

/// What a random number generator takes.
public struct RandomProperties: Sendable, Equatable {
  /// Bytes of the seed that a caller must give; 0 where the generator seeds itself.
  public var seedSize: Int

  /// Describes a generator.
  public init(seedSize: Int) { self.seedSize = seedSize }
}

/// What a public-key algorithm works with.
public struct PublicKeyProperties: Sendable, Equatable {
  /// The largest output in bytes: shared secret, signature or ciphertext; 0 where the key decides.
  public var maximumOutput: Int
  /// The strength in bits (SP 800-57 part 1); 0 where the key decides.
  public var securityBits: Int

  /// Describes a public-key algorithm.
  public init(maximumOutput: Int = 0, securityBits: Int = 0) {
    self.maximumOutput = maximumOutput
    self.securityBits = securityBits
  }
}

/// What a key derivation takes.
public struct KeyDerivationProperties: Sendable, Equatable {
  /// The most output in bytes; nil where there is no bound of the algorithm's.
  public var maximumOutput: Int?
  /// Whether it is made slow on purpose, for passwords.
  public var isPasswordHash: Bool
  /// Whether it gives ``maximumOutput`` bytes and no fewer (the extraction of HKDF).
  public var hasFixedOutput: Bool

  /// Describes a key derivation.
  public init(maximumOutput: Int? = nil, isPasswordHash: Bool = false, hasFixedOutput: Bool = false) {
    self.maximumOutput = maximumOutput
    self.isPasswordHash = isPasswordHash
    self.hasFixedOutput = hasFixedOutput
  }
}
