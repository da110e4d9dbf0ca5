// One thread of the soak: does every operation once, then operations at random until the time is over.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import WarpDriveCore

/// What a thread can do.
enum Operation: String, CaseIterable, Sendable {
  case lookup
  case hash
  case hashStream
  case heldHash
  case mac
  case cipher
  case aead
  case random
  case mechanism
  case agree
  case sign
  case unwrap
  case derive
  case compress
  case compressStream
  case corrupt
  case parallel
  case queue
  case template
  case provider
  case policy
  case quarantine
  case observe
  case statistics
  case listing

  /// What a thread chooses from: requests are frequent, changes of the registry and what is slow are not.
  static let mix: [Operation] = {
    let requests: [Operation] = [
      .hash, .hashStream, .heldHash, .mac, .cipher, .aead, .random, .compress, .compressStream, .corrupt, .queue,
    ]
    return allCases + Array(repeatElement(requests, count: 8).joined())
  }()
}

/// A thread's own state; its operations are in the extensions.
struct Worker: ~Copyable {
  let scene: Scene
  var random: RandomSource
  /// A handle that outlives many a registration and policy.
  var held: Hash?
  /// Requests of the last look at each driver's statistics.
  var lastRequests: [String: UInt64] = [:]

  init(_ scene: Scene, index: Int) {
    self.scene = scene
    random = RandomSource(seed: UInt64(index) << 32)
  }

  mutating func run() {
    for operation in Operation.allCases.shuffled(using: &random) { attempt(operation) }
    while !scene.isOver { attempt(random.pick(Operation.mix)) }
  }

  private mutating func attempt(_ operation: Operation) {
    scene.tally.add(operation.rawValue)
    do throws(ProviderError) {
      try perform(operation)
    } catch {
      scene.fail("\(operation.rawValue): \(error.debugDescription)")
    }
  }

  private mutating func perform(_ operation: Operation) throws(ProviderError) {
    switch operation {
    case .lookup: try lookup()
    case .hash: try hash()
    case .hashStream: try hashStream()
    case .heldHash: try heldHash()
    case .mac: try mac()
    case .cipher: try cipher()
    case .aead: try aead()
    case .random: try randomBytes()
    case .mechanism: try mechanism()
    case .agree: try agree()
    case .sign: try sign()
    case .unwrap: try unwrap()
    case .derive: try derive()
    case .compress: try compress()
    case .compressStream: try compressStream()
    case .corrupt: try corrupt()
    case .parallel: try parallel()
    case .queue: try queue()
    case .template: try template()
    case .provider: try provider()
    case .policy: policy()
    case .quarantine: try quarantine()
    case .observe: observe()
    case .statistics: statistics()
    case .listing: try listing()
    }
  }

  /// Runs `body`; an error that a change on another thread explains is none. True where it ran to its end.
  @discardableResult
  func tolerating(_ codes: [ProviderError.Code], _ body: () throws(ProviderError) -> Void) throws(ProviderError) -> Bool
  {
    do throws(ProviderError) {
      try body()
      return true
    } catch {
      guard codes.contains(error.code) else { throw error }
      return false
    }
  }

  /// The errors of a lookup of `name` while policies and the toy provider change.
  func expectedErrors(_ name: String) -> [ProviderError.Code] {
    switch name {
    // Denied by one of the policies.
    case "md5": [.denied]
    // Of the toy provider, which is not always there and may be in quarantine.
    case "sum", "hmac(sum)", "hmac(sum-toy)": [.notFound, .denied, .unusable]
    default: []
    }
  }

  /// A message and its place.
  mutating func message() -> (index: Int, bytes: [UInt8]) {
    let index = random.below(scene.messages.count)
    return (index, scene.messages[index])
  }

  /// `bytes` in pieces of random length.
  mutating func pieces(_ bytes: [UInt8], unit: Int = 1) -> [[UInt8]] {
    var pieces: [[UInt8]] = []
    var position = 0
    while position < bytes.count {
      let end = min(bytes.count, position + random.below(1 + bytes.count / unit) * unit)
      pieces.append(Array(bytes[position..<end]))
      position = end
    }
    return pieces
  }
}
