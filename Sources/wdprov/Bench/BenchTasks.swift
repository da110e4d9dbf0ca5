// The tasks that are measured: one handle and one output buffer each, no allocation in a request.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import WarpDrive

/// A handle of any kind that does one request after the other.
struct HandleTask<Handle: ~Copyable>: BenchTask, ~Copyable {
  /// One request: from the input's bytes into the output.
  typealias Request = (inout Handle, RawSpan, inout OutputRawSpan) throws(ProviderError) -> Void

  private let inputs: BenchInputs
  private var handle: Handle
  private var output: AnonymousMapping
  private let room: Int
  private let request: Request

  /// Prepares requests that write at most `room` bytes.
  init(
    _ inputs: BenchInputs, _ handle: consuming Handle, room: Int, _ request: @escaping Request
  ) throws(ProviderError) {
    self.inputs = inputs
    self.handle = handle
    self.room = room
    self.request = request
    do throws(SystemError) {
      output = try AnonymousMapping(byteCount: room)
    } catch {
      throw ProviderError(.resourceExhausted, "there is no memory for \(room) bytes of output: \(error.message)")
    }
  }

  mutating func run(_ index: Int) throws(ProviderError) {
    _ = try Self.run(index, inputs, &handle, &output, room, request)
  }

  /// Does request `index` and returns what it wrote.
  mutating func result(_ index: Int) throws(ProviderError) -> [UInt8] {
    let count = try Self.run(index, inputs, &handle, &output, room, request)
    return [UInt8](copying: output.bytes.extracting(first: count))
  }

  /// Does request `index` and returns the number of bytes it wrote.
  mutating func count(_ index: Int) throws(ProviderError) -> Int {
    try Self.run(index, inputs, &handle, &output, room, request)
  }

  private static func run(
    _ index: Int, _ inputs: BenchInputs, _ handle: inout Handle, _ output: inout AnonymousMapping, _ room: Int,
    _ request: Request
  ) throws(ProviderError) -> Int {
    let bytes = inputs.bytes(for: index)
    let input = bytes.rawSpan.extracting(inputs.range(for: index))
    return try output.withOutput(of: room, at: .lower) { (space) throws(ProviderError) in
      try request(&handle, input, &space)
      return space.byteCount
    }
  }
}

/// What requests read, one after the other.
enum BenchInputs {
  /// Pieces of plain data.
  case pieces(BenchPieces)
  /// Prepared messages: compressed or sealed ones.
  case messages([[UInt8]])

  fileprivate func bytes(for index: Int) -> [UInt8] {
    switch self {
    case .pieces(let pieces): pieces.bytes
    case .messages(let messages): messages[index % messages.count]
    }
  }

  fileprivate func range(for index: Int) -> Range<Int> {
    switch self {
    case .pieces(let pieces): pieces.range(for: index)
    case .messages(let messages): 0..<messages[index % messages.count].count
    }
  }
}

/// A cipher with the IV that its requests carry on.
struct CipherChain: ~Copyable {
  var cipher: Cipher
  var iv: [UInt8]
}

extension BenchSubject {
  // Enough that they do not all stay in the first cache, few enough to be made quickly.
  private static let mostMessages = 64

  private var inputs: BenchInputs { .pieces(pieces) }

  /// A task of this subject, with a handle of its own.
  func makeTask() throws(ProviderError) -> any BenchTask & ~Copyable {
    guard let algorithm else {
      return try HandleTask(inputs, (), room: size) { (_, input, output) in output.append(copying: input) }
    }
    let driver = algorithm.driverName
    switch operation {
    case .copy: return try HandleTask(inputs, (), room: size) { (_, input, output) in output.append(copying: input) }
    case .compress: return try makeCompressor(driver)
    case .decompress:
      var compressor = try makeCompressor(driver)
      var streams: [[UInt8]] = []
      for index in 0..<min(pieces.count, Self.mostMessages) { streams.append(try compressor.result(index)) }
      return try HandleTask(.messages(streams), registry.compression(driver), room: size) {
        (handle: inout Compression, input, output) throws(ProviderError) in
        _ = try handle.decompress(input, into: &output)
      }
    case .hash:
      let handle = try registry.hash(driver)
      let room = handle.digestSize
      return try HandleTask(inputs, handle, room: room) {
        (handle: inout Hash, input, output) throws(ProviderError) in
        try handle.digest(input, into: &output)
      }
    case .mac:
      let handle = try registry.mac(driver, key: Self.key(algorithm), Self.options(algorithm))
      let room = handle.tagSize
      return try HandleTask(inputs, handle, room: room) {
        (handle: inout MAC, input, output) throws(ProviderError) in
        try handle.authenticate(input, into: &output)
      }
    case .encrypt: return try makeCipher(algorithm, .encrypt)
    case .decrypt: return try makeCipher(algorithm, .decrypt)
    case .seal: return try makeSealer(algorithm)
    case .open: return try makeOpener(algorithm)
    case .generate:
      let size = size
      return try HandleTask(inputs, registry.random(driver), room: size) {
        (handle: inout RandomGenerator, _, output) throws(ProviderError) in
        try handle.generate(size, into: &output)
      }
    }
  }

  /// A task that compresses; also makes what is decompressed.
  func makeCompressor(_ driver: String) throws(ProviderError) -> HandleTask<Compression> {
    let handle = try registry.compression(driver, CompressionOptions(level: level))
    let room = handle.bound(size)
    return try HandleTask(inputs, handle, room: room) {
      (handle: inout Compression, input, output) throws(ProviderError) in
      _ = try handle.compress(input, into: &output)
    }
  }

  private func makeCipher(
    _ algorithm: Algorithm, _ direction: CipherDirection
  ) throws(ProviderError) -> HandleTask<CipherChain> {
    let cipher = try registry.cipher(algorithm.driverName, key: Self.key(algorithm))
    let unit = Self.unit(algorithm)
    let whole = size / unit * unit
    guard direction == .encrypt || !Self.generatesIV(algorithm) else {
      throw ProviderError(
        .unsupported, "unwrapping is not measured, for it takes what was wrapped alone: measure encrypt",
        driver: algorithm.driverName)
    }
    let iv = [UInt8](repeating: 0, count: cipher.ivSize)
    return try HandleTask(inputs, CipherChain(cipher: cipher, iv: iv), room: size) {
      (chain: inout CipherChain, input, output) throws(ProviderError) in
      try Self.process(direction, input.extracting(first: whole), &chain.cipher, &chain.iv, &output)
    }
  }

  private static func process(
    _ direction: CipherDirection, _ input: RawSpan, _ cipher: inout Cipher, _ iv: inout [UInt8],
    _ output: inout OutputRawSpan
  ) throws(ProviderError) {
    var span = iv.mutableRawSpan
    try cipher.process(direction, input, iv: &span, into: &output)
  }

  /// A task that seals, under one nonce: nothing sealed here is ever sent.
  private func makeSealer(_ algorithm: Algorithm) throws(ProviderError) -> HandleTask<AEAD> {
    let handle = try registry.aead(algorithm.driverName, key: Self.key(algorithm), allowingNonceReuse: true)
    let nonce = Self.nonce(algorithm)
    let aad = Self.aad(algorithm)
    let room = size + handle.tagLength
    let whole = size / algorithm.descriptor.blockSize * algorithm.descriptor.blockSize
    return try HandleTask(inputs, handle, room: room) {
      (handle: inout AEAD, input, output) throws(ProviderError) in
      try handle.seal(input.extracting(first: whole), nonce: nonce.rawSpan, aad: aad.rawSpan, into: &output)
    }
  }

  private func makeOpener(_ algorithm: Algorithm) throws(ProviderError) -> HandleTask<AEAD> {
    var sealer = try makeSealer(algorithm)
    let sealed = try sealer.result(0)
    let nonce = Self.nonce(algorithm)
    let aad = Self.aad(algorithm)
    let whole = size / algorithm.descriptor.blockSize * algorithm.descriptor.blockSize
    return try HandleTask(
      .messages([sealed]), registry.aead(algorithm.driverName, key: Self.key(algorithm)), room: size
    ) { (handle: inout AEAD, input, output) throws(ProviderError) in
      try handle.open(
        input.extracting(first: whole), tag: input.extracting(droppingFirst: whole), nonce: nonce.rawSpan,
        aad: aad.rawSpan, into: &output)
    }
  }
}
