// What the threads of the soak share: the registry, right answers that were computed before, and what they count.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import OpenSSLProvider
import Synchronization
import WarpDriveCore
import ZlibProvider

/// One registry under load.
final class Scene: Sendable {
  static let hashes = [
    "sha256", "sha1", "sha512", "sha3-256", "shake128", "blake2b-512", "sm3", "rmd160", "md5", "adler32", "crc32",
  ]
  static let macs = [
    "hmac(sha256)", "hmac(sha512)", "hmac(sha3-256)", "hmac(sm3)", "hmac(sum)", "cmac(aes)", "cmac(camellia)",
    "kmac256", "blake2bmac",
  ]
  static let ciphers = ["ctr(aes)", "cbc(aes)", "cfb(aes)", "ctr(aria)", "ofb(camellia)"]
  static let aeads = ["gcm(aes)", "rfc7539(chacha20,poly1305)"]
  static let wrapping = "oaep(rsa,sha256)"
  static let formats = ["deflate", "zlib-deflate", "gzip"]
  static let key = [UInt8](0..<32)
  static let iv = [UInt8](100..<116)
  static let nonce = [UInt8](200..<212)

  let registry: Registry
  /// What is hashed, encrypted and compressed; each has a multiple of 16 bytes.
  let messages: [[UInt8]]
  /// Long enough for several blocks of `pcrypt`.
  let longMessage: [UInt8]
  /// The right answers by algorithm, one for each message.
  let answers: [String: [[UInt8]]]
  /// A private key of RSA, as PKCS#8.
  let wrappingKey: [UInt8]
  let queue: SoftwareQueue
  /// How often what was done.
  let tally = Tally()
  /// How often the registry told its observer of what.
  let events = Tally()
  let tickets = TicketRecord()
  /// When the threads stop beginning operations.
  let deadline: UInt64

  private let start = MonotonicClock.now()
  private let failureList = Guarded<[String]>([])
  private let changes = Atomic<Int>(0)

  init(nanoseconds: UInt64) throws {
    var random = RandomSource(seed: 60)
    messages = [0, 16, 64, 1008, 5008].map { random.bytes($0) }
    longMessage = random.bytes(600_000)
    registry = try Self.makeRegistry()
    answers = try Self.answers(messages)
    var handle = try registry.asymmetricCipher(Self.wrapping, PublicKeyOptions(rsaModulusBits: 2048))
    try handle.generateKeyPair()
    let key = try handle.privateKey()
    wrappingKey = [UInt8](copying: key.rawSpan)
    registry.testAll()
    queue = try SoftwareQueue("gzip", depth: 16, threads: 2, in: registry)
    deadline = MonotonicClock.deadline(after: nanoseconds)
  }

  private static func makeRegistry() throws(ProviderError) -> Registry {
    let registry = Registry()
    try registry.register(ZlibProvider())
    try registry.register(OpenSSLProvider())
    return registry
  }

  /// The answers of a registry that nobody disturbs.
  private static func answers(_ messages: [[UInt8]]) throws(ProviderError) -> [String: [[UInt8]]] {
    let registry = try makeRegistry()
    var answers: [String: [[UInt8]]] = [:]
    func add(_ name: String, _ answer: [UInt8]) { answers[name, default: []].append(answer) }
    for message in messages {
      for name in hashes {
        var handle = try registry.hash(name)
        add(name, try handle.digest(message))
      }
      for name in ciphers {
        var handle = try registry.cipher(name, key: key)
        var iv = iv
        add(name, try handle.encrypt(message, iv: &iv))
      }
      for name in aeads {
        var handle = try registry.aead(name, key: key)
        add(name, try handle.seal(message, nonce: nonce, aad: key))
      }
    }
    try registry.register(ToyProvider())
    for message in messages {
      for name in macs {
        var handle = try registry.mac(name, key: key)
        add(name, try handle.authenticate(message))
      }
    }
    return answers
  }

  // MARK: Counting

  var isOver: Bool { MonotonicClock.now() >= deadline }

  /// What went wrong, on any thread.
  var failures: [String] { failureList.withLock { $0 } }
  func fail(_ what: String) { failureList.withLock { if $0.count < 100 { $0.append(what) } } }
  /// Reports unless `condition` holds.
  func expect(_ condition: Bool, _ what: @autoclosure () -> String) { if !condition { fail(what()) } }

  /// Whether a change that makes a snapshot is due: 50 a second, since the registry keeps each.
  func takesChange() -> Bool {
    let due = Int((MonotonicClock.now() - start) / 20_000_000) + 64
    return changes.wrappingAdd(1, ordering: .relaxed).newValue <= due
  }
}

/// Counts by name, of all threads.
final class Tally: Sendable {
  private let counts = Guarded<[String: Int]>([:])
  func add(_ name: String) { counts.withLock { $0[name, default: 0] += 1 } }
  subscript(_ name: String) -> Int { counts.withLock { $0[name] ?? 0 } }
}

/// What became of the requests that the queue accepted.
final class TicketRecord: Sendable {
  private struct State {
    var accepted: Set<Ticket> = []
    var detached: Set<Ticket> = []
    var received: Set<Ticket> = []
  }
  private let state = Guarded(State())

  func accept(_ ticket: Ticket) { state.withLock { _ = $0.accepted.insert(ticket) } }
  func detach(_ ticket: Ticket) { state.withLock { _ = $0.detached.insert(ticket) } }
  /// Notes a completion; false for one that was noted before.
  func receive(_ ticket: Ticket) -> Bool { state.withLock { $0.received.insert(ticket).inserted } }
  /// Whether the request was given up, or is about to be.
  func isDetached(_ ticket: Ticket) -> Bool { state.withLock { $0.detached.contains(ticket) } }

  /// Requests whose completion has not come although nobody gave them up.
  var missing: Int { state.withLock { $0.accepted.subtracting($0.detached).subtracting($0.received).count } }
  /// Completions of requests that were never accepted.
  var unknown: Int { state.withLock { $0.received.subtracting($0.accepted).count } }
}
