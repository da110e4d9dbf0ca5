// The operations of batch requests, each by a handle of the registry.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import WarpDrive

/// What a request came to.
struct BatchResult {
  var output: [UInt8]
  /// The driver that answered.
  var driver: String
  var usedFallback = false
  /// Bytes behind the end of compressed data; nil where there can be none.
  var trailing: Int?
}

/// Performs requests.
///
/// Handles are made anew for each request: a settled lookup is one dictionary access and contexts are pooled, which is
/// little beside the JSON, and no key outlives its request.
struct BatchOperations {
  private let registry: Registry

  init(_ registry: Registry) { self.registry = registry }

  func perform(_ request: BatchRequest) throws(ProviderError) -> BatchResult {
    switch request.operation {
    case "hash": try hash(request)
    case "mac": try mac(request)
    case "encrypt": try cipher(request, .encrypt)
    case "decrypt": try cipher(request, .decrypt)
    case "seal": try seal(request)
    case "open": try open(request)
    case "compress": try compress(request)
    case "decompress": try decompress(request)
    case "random": try random(request)
    default:
      throw ProviderError(
        .unsupported,
        "there is no operation '\(request.operation)': there are hash, mac, encrypt, decrypt, seal, open, compress, "
          + "decompress and random")
    }
  }

  /// The name to look up, which is the driver's where the request pins one; both have to belong together.
  private func name(_ request: BatchRequest, _ kind: AlgorithmKind, default name: String? = nil) throws(ProviderError)
    -> String
  {
    guard let algorithm = request.algorithm ?? name ?? request.driver else {
      throw ProviderError(.invalidArgument, "'alg' is missing: the name of the algorithm")
    }
    guard let driver = request.driver else { return algorithm }
    return try registry.choose(request.algorithm, driver: driver, kind).driverName
  }

  private func hash(_ request: BatchRequest) throws(ProviderError) -> BatchResult {
    var handle = try registry.hash(name(request, .hash))
    if let length = request.length, length > Self.mostBytes {
      throw ProviderError(.limitExceeded, "'length' is at most \(Self.mostBytes) bytes")
    }
    let digest = try handle.digest(request.bytes(.input), count: request.length)
    return BatchResult(output: digest, driver: handle.lastDriverName, usedFallback: handle.lastUsedFallback)
  }

  private func mac(_ request: BatchRequest) throws(ProviderError) -> BatchResult {
    let options = try MACOptions(
      tagSize: request.tagLength, iv: request.bytes(.iv), customization: request.bytes(.customization),
      salt: request.bytes(.salt))
    var handle = try withKey(request) { (key) throws(ProviderError) in
      try registry.mac(name(request, .mac), key: key, options)
    }
    let tag = try handle.authenticate(request.bytes(.input))
    return BatchResult(output: tag, driver: handle.lastDriverName, usedFallback: handle.lastUsedFallback)
  }

  private func cipher(_ request: BatchRequest, _ direction: CipherDirection) throws(ProviderError) -> BatchResult {
    var handle = try withKey(request) { (key) throws(ProviderError) in
      try registry.cipher(name(request, .cipher), key: key)
    }
    var iv = try request.bytes(.iv)
    let input = try request.bytes(.input)
    let output = try direction == .encrypt ? handle.encrypt(input, iv: &iv) : handle.decrypt(input, iv: &iv)
    return BatchResult(output: output, driver: handle.lastDriverName, usedFallback: handle.lastUsedFallback)
  }

  private func seal(_ request: BatchRequest) throws(ProviderError) -> BatchResult {
    var handle = try aead(request, tagLength: request.tagLength)
    let sealed = try handle.seal(request.bytes(.input), nonce: request.bytes(.iv), aad: request.bytes(.aad))
    return BatchResult(output: sealed, driver: handle.lastDriverName, usedFallback: handle.lastUsedFallback)
  }

  private func open(_ request: BatchRequest) throws(ProviderError) -> BatchResult {
    let tag = try request.optionalBytes(.tag)
    if let tag, let length = request.tagLength, length != tag.count {
      throw ProviderError(.invalidTagLength, "'tag' has \(tag.count) bytes and 'tagLength' says \(length)")
    }
    var handle = try aead(request, tagLength: tag?.count ?? request.tagLength)
    let input = try request.bytes(.input)
    let nonce = try request.bytes(.iv)
    let aad = try request.bytes(.aad)
    let plaintext: [UInt8]
    if let tag {
      plaintext = try handle.open(input, tag: tag, nonce: nonce, aad: aad)
    } else {
      plaintext = try handle.open(input, nonce: nonce, aad: aad)
    }
    return BatchResult(output: plaintext, driver: handle.lastDriverName, usedFallback: handle.lastUsedFallback)
  }

  private func aead(_ request: BatchRequest, tagLength: Int?) throws(ProviderError) -> AEAD {
    try withKey(request) { (key) throws(ProviderError) in
      try registry.aead(name(request, .aead), key: key, tagLength: tagLength)
    }
  }

  private func random(_ request: BatchRequest) throws(ProviderError) -> BatchResult {
    guard let length = request.length else {
      throw ProviderError(.invalidArgument, "'length' is missing: the number of random bytes")
    }
    guard length <= Self.mostBytes else {
      throw ProviderError(.limitExceeded, "'length' is at most \(Self.mostBytes) bytes")
    }
    var handle = try registry.random(name(request, .random, default: "stdrng"))
    let bytes = try handle.generate(length)
    return BatchResult(output: bytes, driver: handle.lastDriverName, usedFallback: handle.lastUsedFallback)
  }

  private static var mostBytes: Int { Int(BatchSession.outputLimit) }

  /// Runs `body` with the request's key, which is wiped afterwards.
  private func withKey<Handle: ~Copyable>(
    _ request: BatchRequest, _ body: ([UInt8]) throws(ProviderError) -> Handle
  ) throws(ProviderError) -> Handle {
    var key = try request.bytes(.key)
    defer { unsafe key.withUnsafeMutableBytes { unsafe SecureMemory.zero($0) } }
    return try body(key)
  }

  // MARK: Compression

  private func compress(_ request: BatchRequest) throws(ProviderError) -> BatchResult {
    var handle = try registry.compression(name(request, .compression), CompressionOptions(level: request.level))
    let output = try handle.compress(request.bytes(.input))
    let driver = handle.lastDriverName
    return BatchResult(output: output, driver: driver, usedFallback: handle.lastUsedFallback)
  }

  private func decompress(_ request: BatchRequest) throws(ProviderError) -> BatchResult {
    let options = CompressionOptions(
      allMembers: request.members == .all, outputLimit: request.limit ?? BatchSession.outputLimit)
    var handle = try registry.compression(name(request, .compression), options)
    let (plain, trailing) = try handle.decompressStart(of: request.bytes(.input))
    return BatchResult(
      output: plain, driver: handle.lastDriverName, usedFallback: handle.lastUsedFallback, trailing: trailing)
  }
}
