// The options of compression: what a driver states must work, and what it does not state must be refused.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import WarpDriveCore

extension CompressionChecks {
  static func levels(_ trial: inout Trial) throws {
    let properties = trial.compressionProperties
    var settings = [CompressionOptions()]
    settings += properties.levels.map { CompressionOptions(level: $0) }
    let strategies = [.automatic] + properties.strategies.sorted { $0.rawValue < $1.rawValue }
    settings += strategies.map { CompressionOptions(strategy: $0) }
    let windows = properties.windowBits.map { Array($0) } ?? []
    settings += windows.map { CompressionOptions(windowBits: $0) }
    settings += [1, 3].map { CompressionOptions(threads: $0) }
    for _ in 0..<trial.effort.cases(8) {
      settings.append(
        CompressionOptions(
          level: trial.random.number(in: properties.levels), strategy: trial.random.pick(strategies),
          windowBits: windows.isEmpty ? nil : trial.random.pick(windows)))
    }
    var decoder = try trial.makeDecoder()
    let size = trial.effort.size(6000)
    let data = [DataClass.text, .random, .distant, .records].map {
      Sample(name: $0.rawValue, bytes: $0.bytes(size, &trial.random))
    }
    for options in settings {
      for sample in data + trial.samples {
        trial.begin([
          "level": options.level ?? properties.defaultLevel, "strategy": options.strategy.rawValue,
          "window bits": options.windowBits.map(String.init) ?? "default",
          "threads": options.threads.map(String.init) ?? "default", "data": sample.name,
          "length": sample.bytes.count,
        ])
        var handle = try trial.makeCompression(options)
        let stream = try handle.compress(sample.bytes)
        try trial.refuseFallback(handle.lastDriverName != trial.driver, handle.lastDriverName)
        try trial.require(stream.count <= handle.bound(sample.bytes.count), "the stream is longer than the bound")
        try trial.expect(
          handle.decompress(stream), equals: sample.bytes,
          "decompression with the same options does not undo compression")
        try trial.expect(
          decoder.decompress(stream), equals: sample.bytes,
          "\(decoder.algorithm.driverName) decodes it to something else")
      }
    }
    try refusesOptions(&trial, properties)
  }

  private static func refusesOptions(_ trial: inout Trial, _ properties: CompressionProperties) throws {
    var wrong: [(what: String, options: CompressionOptions, code: ProviderError.Code)] = [
      ("a level below the lowest", .init(level: properties.levels.lowerBound - 1), .invalidArgument),
      ("a level above the highest", .init(level: properties.levels.upperBound + 1), .invalidArgument),
    ]
    if let windows = properties.windowBits {
      wrong.append(("a window below the smallest", .init(windowBits: windows.lowerBound - 1), .invalidArgument))
      wrong.append(("a window above the largest", .init(windowBits: windows.upperBound + 1), .invalidArgument))
    } else {
      wrong.append(("a window", .init(windowBits: 15), .unsupported))
    }
    for strategy in CompressionStrategy.allCases
    where strategy != .automatic && !properties.strategies.contains(strategy) {
      wrong.append(("the strategy \(strategy.rawValue)", .init(strategy: strategy), .unsupported))
    }
    for (what, options, code) in wrong {
      trial.begin(["refused": what])
      let error = errorOf { () throws(ProviderError) in
        _ = try trial.registry.compression(trial.driver, options, matching: trial.constraints)
      }
      try trial.expect(error, is: code, when: what)
    }
  }

  static func outputBound(_ trial: inout Trial) throws {
    let properties = trial.compressionProperties
    let levels = Set([properties.levels.lowerBound, properties.defaultLevel, properties.levels.upperBound]).sorted()
    let strategies = [.automatic] + properties.strategies.sorted { $0.rawValue < $1.rawValue }
    // Around the 16 KiB and 64 KiB that deflate's stored blocks are made of (RFC 1951 section 3.2.4), and around the
    // 128 KiB that pcrypt cuts messages into.
    var sizes = [0, 1, 2, 5, 16_383, 16_384, 65_534, 65_535, 65_536, 131_073, 300_000]
    for _ in 0..<trial.effort.cases(2) { sizes.append(trial.random.number(in: 3...trial.effort.size(100_000))) }
    let largest = properties.bound(sizes.max() ?? 0)
    try trial.require(largest < .max, "there is no bound")
    var output = try TestMemory(capacity: largest)
    for size in sizes {
      let data: [DataClass] = size > 60_000 ? [.random] : [.random, .coin]
      for kind in data {
        let bytes = kind.bytes(size, &trial.random)
        for level in levels {
          let strategy = trial.random.pick(strategies)
          trial.begin(["data": kind.rawValue, "length": size, "level": level, "strategy": strategy.rawValue])
          var handle = try trial.makeCompression(CompressionOptions(level: level, strategy: strategy))
          try trial.expect(
            handle.bound(size), is: properties.bound(size), "the handle states another bound than the driver")
          let stream = try output.capture(handle.bound(size), .upperEdge, for: trial) { (span) throws(ProviderError) in
            _ = try handle.compress(bytes.rawSpan, into: &span)
          }
          if let error = stream.error {
            throw trial.failure("\(size) bytes do not fit into the bound of \(handle.bound(size))", error: error)
          }
          try trial.expect(handle.decompress(stream.bytes), equals: bytes, "decompression does not undo compression")
        }
      }
    }
  }

  static func dictionaries(_ trial: inout Trial) throws {
    let properties = trial.compressionProperties
    guard properties.dictionaries else {
      trial.begin(["dictionary": "one that the driver cannot take"])
      let error = errorOf { () throws(ProviderError) in
        _ = try trial.registry.compression(trial.driver, .init(dictionary: [1, 2, 3]), matching: trial.constraints)
      }
      try trial.expect(error, is: .unsupported, when: "a dictionary")
      throw trial.notApplicable("the driver takes no preset dictionary; that it refuses one was checked")
    }
    for size in [1, 300, 20_000, 40_000] {
      let dictionary = trial.random.bytes(size)
      // The data comes from the dictionary's end, which every window reaches.
      let bytes = Array(dictionary.suffix(200)) + trial.random.bytes(30) + Array(dictionary.suffix(500))
      let options = CompressionOptions(dictionary: dictionary)
      trial.begin(["dictionary": size, "length": bytes.count])
      var handle = try trial.makeCompression(options)
      let stream = try handle.compress(bytes)
      try trial.expect(
        handle.decompress(stream), equals: bytes, "decompression with the dictionary does not undo compression")
      var decoder = try trial.makeDecoder(options)
      try trial.expect(
        decoder.decompress(stream), equals: bytes, "\(decoder.algorithm.driverName) decodes it to something else")
      if size >= 300 {
        var plain = try trial.makeCompression()
        try trial.require(stream.count < (try plain.compress(bytes)).count, "the dictionary does not help")
      }
      if properties.streaming {
        trial.begin(["dictionary": size, "length": bytes.count, "call": "stream"])
        var compressor = try trial.makeStream(.compress, options)
        var decompressor = try trial.makeStream(.decompress, options)
        // Twice: a reset stream has its dictionary again.
        for _ in 0..<2 {
          try compressor.reset()
          try decompressor.reset()
          let pieces = trial.random.split(bytes.count, largest: 200)
          let streamed = try trial.pump(&compressor, bytes, pieces: pieces, rooms: [37])
          let cuts = trial.random.split(streamed.bytes.count, largest: 50)
          let back = try trial.pump(&decompressor, streamed.bytes, pieces: cuts, rooms: [91])
          try trial.expect(back.bytes, equals: bytes, "the stream with the dictionary comes back as something else")
        }
      }
      guard size >= 300 else { continue }
      trial.begin(["dictionary": size, "decompressed": "without it"])
      var without = try trial.makeCompression()
      let error = errorOf { () throws(ProviderError) in _ = try without.decompress(stream) }
      try trial.expect(
        error, is: .dictionaryNeeded, trial.isChecksummed ? .dictionaryNeeded : .corruptInput,
        when: "a stream whose dictionary was not given")
      trial.begin(["dictionary": size, "decompressed": "with another"])
      var another = try trial.makeCompression(CompressionOptions(dictionary: trial.random.bytes(size)))
      let other = try? another.decompress(stream)
      try trial.require(other != bytes, "another dictionary leads to the same data")
      if trial.isChecksummed { try trial.require(other == nil, "a wrong dictionary was not noticed") }
    }
  }

  static func headers(_ trial: inout Trial) throws {
    let properties = trial.compressionProperties
    guard properties.headers else {
      trial.begin(["header": "one that the driver cannot write"])
      let error = errorOf { () throws(ProviderError) in
        _ = try trial.registry.compression(
          trial.driver, .init(header: GzipHeader(name: "x")), matching: trial.constraints)
      }
      try trial.expect(error, is: .unsupported, when: "a header")
      throw trial.notApplicable("the driver has no header fields; that it refuses some was checked")
    }
    let headers = [
      GzipHeader(), GzipHeader(name: "file"), GzipHeader(comment: "a comment"),
      GzipHeader(extra: [0x57, 0x44, 2, 0, 1, 0]),
      GzipHeader(name: "na\u{EF}ve", comment: "\u{FF}", extra: [], modificationTime: .max, operatingSystem: 255),
      GzipHeader(modificationTime: 1, isText: true), GzipHeader(hasChecksum: true), GzipHeader(name: "", comment: ""),
      GzipHeader(
        name: String(repeating: "n", count: 3000), comment: String(repeating: "c", count: 5000),
        extra: trial.random.bytes(65_535), modificationTime: 0x1234_5678, isText: true, hasChecksum: true),
    ]
    let bytes = DataClass.text.bytes(500, &trial.random)
    for (index, header) in headers.enumerated() {
      trial.begin(["header": index, "call": "compress"])
      var whole = try trial.makeCompression(CompressionOptions(header: header))
      var plain = try trial.makeCompression()
      try trial.expect(
        plain.decompress(whole.compress(bytes)), equals: bytes, "decompression does not undo compression")
      for largest in [1, 40, 100_000] where index < headers.count - 1 || largest > 1 {
        trial.begin(["header": index, "pieces up to": largest])
        var compressor = try trial.makeStream(.compress, CompressionOptions(header: header))
        let stream = try trial.pump(&compressor, bytes, pieces: [bytes.count], rooms: [largest]).bytes
        var decompressor = try trial.makeDecodingStream()
        let cuts = [Int](repeating: largest, count: stream.count / largest) + [stream.count % largest]
        let back = try trial.pump(&decompressor, stream, pieces: cuts)
        try trial.expect(back.bytes, equals: bytes, "decompression does not undo compression")
        try trial.requireEqual(decompressor.header(), header)
        var own = try trial.makeStream(.decompress)
        _ = try trial.pump(&own, stream, pieces: cuts)
        try trial.requireEqual(own.header(), header)
      }
    }
    try checksOfHeaders(&trial, bytes)
    let wrong: [(what: String, header: GzipHeader)] = [
      ("a zero byte in the name", GzipHeader(name: "a\0b")), ("a name beyond ISO 8859-1", GzipHeader(name: "\u{2603}")),
      ("a zero byte in the comment", GzipHeader(comment: "\0")),
      ("an extra field of 65536 bytes", GzipHeader(extra: [UInt8](repeating: 0, count: 65_536))),
    ]
    for (what, header) in wrong {
      trial.begin(["refused": what])
      let error = errorOf { () throws(ProviderError) in
        var handle = try trial.registry.compression(trial.driver, .init(header: header), matching: trial.constraints)
        _ = try handle.compress(bytes)
      }
      try trial.expect(error, is: .invalidArgument, when: what)
    }
  }

  /// A header that carries a checksum of itself shows every changed bit.
  private static func checksOfHeaders(_ trial: inout Trial, _ bytes: [UInt8]) throws {
    var plain = try trial.makeCompression()
    let bare = try plain.compress(bytes).count
    var handle = try trial.makeCompression(CompressionOptions(header: GzipHeader(name: "name", hasChecksum: true)))
    let stream = try handle.compress(bytes)
    // The name with its zero byte and the checksum's two bytes are what this header has more than the plain one's 10.
    try trial.expect(stream.count, is: bare + 5 + 2, "the header has another length than RFC 1952 gives it")
    for bit in 0..<(10 + 5 + 2) * 8 {
      trial.begin(["flipped bit of a header with checksum": bit])
      var changed = stream
      changed[bit / 8] ^= 1 << (bit % 8)
      let error = errorOf { () throws(ProviderError) in _ = try plain.decompress(changed) }
      try trial.expect(error, is: .corruptInput, .truncatedInput, when: "a changed header")
    }
  }
}

extension Trial {
  /// Fails the case unless a header came back as it was written.
  fileprivate func requireEqual(_ actual: GzipHeader?, _ expected: GzipHeader) throws {
    guard actual != expected else { return }
    throw failure(
      "the header comes back as another", expected: String(String(describing: expected).prefix(300)),
      actual: String(actual.map { String(describing: $0) }?.prefix(300) ?? "none"))
  }
}
