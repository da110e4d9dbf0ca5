// Operations with compression: whole messages, streams, several threads, and a queue that all threads share.
// SPDX-License-Identifier: Apache-2.0

import WarpDriveCore

extension Worker {
  private mutating func options() -> CompressionOptions {
    CompressionOptions(level: random.below(10), windowBits: random.oneIn(4) ? 9 + random.below(7) : nil)
  }

  mutating func compress() throws(ProviderError) {
    let format = random.pick(Scene.formats)
    let (_, bytes) = message()
    var handle = try scene.registry.compression(format, options())
    let compressed = try handle.compress(bytes)
    var other = try scene.registry.compression(format)
    scene.expect(try other.decompress(compressed) == bytes, "\(format): a message comes back changed")
    scene.expect(try handle.compress(bytes) == compressed, "\(format): the same message is compressed differently")
  }

  mutating func compressStream() throws(ProviderError) {
    let format = random.pick(Scene.formats)
    let (_, bytes) = message()
    var compressor = try scene.registry.compressor(format, options())
    var compressed: [UInt8] = []
    for piece in pieces(bytes) {
      let flush: CompressionFlush = random.pick([.none, .none, .sync, .full])
      try push(piece, through: &compressor, flush, into: &compressed)
    }
    try push([], through: &compressor, .finish, into: &compressed)
    var decompressor = try scene.registry.decompressor(format)
    var plain: [UInt8] = []
    for piece in pieces(compressed) { try push(piece, through: &decompressor, .none, into: &plain) }
    try push([], through: &decompressor, .finish, into: &plain)
    scene.expect(plain == bytes && decompressor.isFinished, "\(format): a stream comes back changed")
  }

  /// Gives `piece` to a stream until it has been used and the output of it has come.
  private mutating func push(
    _ piece: [UInt8], through stream: inout CompressionStream, _ flush: CompressionFlush, into output: inout [UInt8]
  ) throws(ProviderError) {
    var used = 0
    while true {
      let room = 1 + random.below(4096)
      var progress = CompressionProgress()
      output += try [UInt8](capacity: room) { (span) throws(ProviderError) in
        progress = try stream.step(piece.rawSpan.extracting(droppingFirst: used), into: &span, flush: flush)
      }
      used += progress.consumed
      if progress.finished || (flush != .finish && used == piece.count && progress.produced < room) { return }
    }
  }

  /// A flipped bit is found, or lies where it does not matter: in gzip's header.
  mutating func corrupt() throws(ProviderError) {
    let (_, bytes) = message()
    var handle = try scene.registry.compression("gzip", CompressionOptions(outputLimit: 1 << 20))
    var compressed = try handle.compress(bytes)
    compressed[random.below(compressed.count)] ^= 1 << UInt8(random.below(8))
    try tolerating([.corruptInput, .truncatedInput, .limitExceeded]) { () throws(ProviderError) in
      scene.expect(try handle.decompress(compressed) == bytes, "a flipped bit changes the data and is not found")
    }
    if random.oneIn(2) { scene.expect(try handle.decompress(handle.compress(bytes)) == bytes, "after an error") }
  }

  mutating func parallel() throws(ProviderError) {
    let format = random.pick(["gzip", "deflate"])
    let bytes = Array(scene.longMessage.prefix(random.pick([0, 1000, 300_000, 600_000])))
    var handle = try scene.registry.compression("pcrypt(\(format))", CompressionOptions(level: 1, threads: 3))
    let compressed = try handle.compress(bytes)
    var plain = try scene.registry.compression(format)
    scene.expect(try plain.decompress(compressed) == bytes, "pcrypt(\(format)): a message comes back changed")
  }

  /// Sends one request and takes what has been completed, whoever sent that.
  mutating func queue() throws(ProviderError) {
    let (_, bytes) = message()
    var output = ScatterList()
    output.append(zeros: 64)
    output.append(zeros: bytes.count + 64)
    let request = QueueRequest(.compress, input: ScatterList(copying: pieces(bytes)), output: output)
    switch try scene.queue.send(request) {
    case .busy(let request): scene.expect(request.input.joined() == bytes, "a request comes back changed")
    case .accepted(let ticket):
      scene.tickets.accept(ticket)
      if random.oneIn(8) {
        scene.tickets.detach(ticket)
        scene.queue.detach(ticket)
      }
    }
    try Self.takeCompletions(scene, timeout: random.oneIn(4) ? 1_000_000 : 0)
  }

  /// Checks every request that is complete; returns their number.
  @discardableResult
  static func takeCompletions(_ scene: Scene, timeout: UInt64) throws(ProviderError) -> Int {
    let completions = scene.queue.receive(8, timeout: timeout)
    for completion in completions {
      scene.expect(scene.tickets.receive(completion.ticket), "a request was completed twice")
      let result = try completion.result.get()
      guard let request = scene.queue.take(completion.ticket) else {
        scene.expect(scene.tickets.isDetached(completion.ticket), "a completed request is gone")
        continue
      }
      let compressed = Array(request.output.joined().prefix(result.produced))
      var handle = try scene.registry.compression("gzip")
      scene.expect(try handle.decompress(compressed) == request.input.joined(), "the queue's answer is wrong")
    }
    return completions.count
  }
}
