// What all kinds of drivers of a plugin have: the description, copied and checked.
// SPDX-License-Identifier: Apache-2.0

import CWarpDrivePlugin
import WarpDriveCore

/// One `struct wdprov_driver`, before it becomes a driver of its kind.
@safe struct PluginDriver {
  /// The largest priority of a plugin's driver: far above all, and still no accident.
  private static let highestPriority: Int32 = 100_000
  /// The most aliases and known answers of one driver.
  private static let mostAliases = 64
  private static let mostAnswers = 1024
  /// Flags that are the registry's, or the reference's.
  private static let refusedFlags: AlgorithmFlags = [.instance, .reference]

  let table: wdprov_driver
  let providerName: String
  let reporter: PluginReporter
  var descriptor: AlgorithmDescriptor
  let knownAnswers: [KnownAnswer]

  var context: UnsafeMutableRawPointer? { unsafe table.context }

  /// Reads a driver's description; its kind is read by ``driver()``.
  ///
  /// - Throws: `invalidArgument` with what is wrong.
  init(
    _ pointer: UnsafePointer<wdprov_driver>?, provider: String, _ reporter: PluginReporter
  ) throws(ProviderError) {
    var table = unsafe wdprov_driver()
    try unsafe ABIReader.read(pointer, into: &table, "a driver's struct")
    unsafe self.table = table
    self.reporter = reporter
    providerName = provider
    let name = try unsafe ABIReader.text(table.name, "a driver's algorithm name")
    let driverName = try unsafe ABIReader.text(table.driver_name, "the driver name of \(name)")
    let flags = unsafe AlgorithmFlags(rawValue: table.flags)
    guard flags.isDisjoint(with: Self.refusedFlags) else {
      throw ABIReader.refusal("\(driverName) has the flag instance or reference, which plugins' drivers may not have")
    }
    guard unsafe (0...Self.highestPriority).contains(table.priority) else {
      throw ABIReader.refusal(unsafe "\(driverName) has the priority \(table.priority): 0 to \(Self.highestPriority)")
    }
    guard unsafe table.reserved == 0 else { throw ABIReader.refusal("\(driverName) has reserved bytes that are not 0") }
    descriptor = unsafe AlgorithmDescriptor(
      name: name, driverName: driverName, priority: Int(table.priority), properties: .random(.init(seedSize: 0)),
      flags: flags, aliases: try unsafe Self.aliases(table.aliases, driverName),
      blockSize: max(1, Int(table.block_size)), alignment: max(1, Int(table.alignment)),
      maximumRequest: table.maximum_request == 0 ? nil : Int(clamping: table.maximum_request))
    let kind = try unsafe Self.kind(table, driverName)
    knownAnswers = try unsafe Self.knownAnswers(table, kind, driverName)
  }

  /// The driver of its kind.
  ///
  /// - Throws: `invalidArgument` with what is wrong in the kind's struct.
  func driver() throws(ProviderError) -> any AlgorithmDriver {
    if let compression = unsafe table.compression {
      let driver = try PluginCompressionDriver(self)
      return unsafe compression.pointee.queue == nil ? driver : try PluginQueuedCompressionDriver(driver, self)
    }
    if unsafe table.hash != nil { return try PluginHashDriver(self) }
    if unsafe table.mac != nil { return try PluginMACDriver(self) }
    if unsafe table.cipher != nil { return try PluginCipherDriver(self) }
    if unsafe table.aead != nil { return try PluginAEADDriver(self) }
    if unsafe table.random != nil { return try PluginRandomDriver(self) }
    if unsafe table.key_agreement != nil { return try PluginKeyAgreementDriver(self) }
    if unsafe table.signature != nil { return try PluginSignatureDriver(self) }
    if unsafe table.asymmetric_cipher != nil { return try PluginAsymmetricCipherDriver(self) }
    return try PluginKeyDerivationDriver(self)
  }

  /// The description with the properties of its kind.
  func described(_ properties: AlgorithmProperties) -> AlgorithmDescriptor {
    var descriptor = descriptor
    descriptor.properties = properties
    return descriptor
  }

  private static func kind(_ table: wdprov_driver, _ driver: String) throws(ProviderError) -> AlgorithmKind {
    let kinds: [(Bool, AlgorithmKind)] = unsafe [
      (table.compression != nil, .compression), (table.hash != nil, .hash), (table.mac != nil, .mac),
      (table.cipher != nil, .cipher), (table.aead != nil, .aead), (table.random != nil, .random),
      (table.key_agreement != nil, .keyAgreement), (table.signature != nil, .signature),
      (table.asymmetric_cipher != nil, .asymmetricCipher), (table.key_derivation != nil, .keyDerivation),
    ]
    let named = kinds.filter(\.0)
    guard let kind = named.first?.1, named.count == 1 else {
      throw ABIReader.refusal("\(driver) is of \(named.count) kinds instead of one")
    }
    return kind
  }

  private static func aliases(
    _ list: UnsafePointer<UnsafePointer<CChar>?>?, _ driver: String
  ) throws(ProviderError) -> [AlgorithmAlias] {
    guard let list = unsafe list else { return [] }
    var aliases: [AlgorithmAlias] = []
    while let alias = unsafe list[aliases.count] {
      guard aliases.count < mostAliases else {
        throw ABIReader.refusal("\(driver) has more than \(mostAliases) aliases")
      }
      aliases.append(AlgorithmAlias(try unsafe ABIReader.text(alias, "an alias of \(driver)")))
    }
    return aliases
  }

  private static func knownAnswers(
    _ table: wdprov_driver, _ kind: AlgorithmKind, _ driver: String
  ) throws(ProviderError) -> [KnownAnswer] {
    let count = unsafe table.known_answer_count
    guard count != 0 else { return [] }
    guard (1...mostAnswers).contains(count), let first = unsafe table.known_answers else {
      throw ABIReader.refusal("\(driver) has more than \(mostAnswers) known answers, or none where it says it has")
    }
    // Each says how long it is, as its plugin was built.
    let stride = unsafe Int(first.pointee.size)
    var answers: [KnownAnswer] = []
    for index in 0..<count {
      var answer = unsafe wdprov_known_answer()
      let place = unsafe UnsafeRawPointer(first) + index * stride
      try unsafe ABIReader.read(
        place.assumingMemoryBound(to: wdprov_known_answer.self), into: &answer, "a known answer of \(driver)")
      answers.append(
        KnownAnswer(
          unsafe problem(answer, kind), source: try unsafe ABIReader.text(answer.source, "a known answer's source")))
    }
    return answers
  }

  private static func problem(_ answer: wdprov_known_answer, _ kind: AlgorithmKind) -> KnownAnswer.Problem {
    let key = unsafe ABIReader.longText(answer.key)
    let iv = unsafe ABIReader.longText(answer.iv)
    let associated = unsafe ABIReader.longText(answer.associated)
    let input = unsafe ABIReader.longText(answer.input)
    let output = unsafe ABIReader.longText(answer.output)
    switch kind {
    case .compression: return .compression(stream: output, plain: input)
    case .hash: return .hash(message: input, digest: output)
    case .mac: return .mac(key: key, message: input, tag: output)
    case .cipher: return .cipher(key: key, iv: iv, plaintext: input, ciphertext: output)
    case .aead: return .aead(key: key, nonce: iv, aad: associated, plaintext: input, sealed: output)
    case .random: return .random(count: 32)
    case .keyAgreement: return .keyAgreement(privateKey: key, peer: input, secret: output)
    case .signature: return .signature(publicKey: key, message: input, signature: output)
    case .asymmetricCipher: return .asymmetricCipher(privateKey: key, ciphertext: input, plaintext: output)
    case .keyDerivation:
      return unsafe .keyDerivation(
        secret: key, salt: iv, info: associated, iterations: Int(clamping: answer.iterations), output: output)
    }
  }
}

extension KeyLengths {
  /// The lengths that a plugin names.
  ///
  /// - Throws: `invalidArgument` where they are none.
  init(_ lengths: wdprov_key_lengths, _ driver: String) throws(ProviderError) {
    guard lengths.maximum >= lengths.minimum, lengths.maximum <= 1 << 20, lengths.step >= 1 else {
      throw ABIReader.refusal("\(driver) has key lengths from \(lengths.minimum) to \(lengths.maximum) bytes")
    }
    self.init(Int(lengths.minimum), Int(lengths.maximum), step: Int(lengths.step))
  }
}
