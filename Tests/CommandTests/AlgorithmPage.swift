// Makes Docs/Algorithms.md: every registered algorithm, what defines it, and how much of published data it is tested with.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestVectors
import WarpDrive
import WarpDriveCore

/// The page of algorithms.
struct AlgorithmPage {
  /// Names to the standard that defines them; the longest that a name begins with counts.
  ///
  /// Of `cbc(aes)` the standard of `cbc(` is looked up, and then that of `aes`.
  private static let standards: [String: String] = [
    "adler32": "RFC 1950", "aes": "FIPS 197", "aria": "RFC 5794", "authenc(": "encrypt then MAC, RFC 4303 and 4868",
    "authencesn(": "RFC 4303", "blake2": "RFC 7693", "camellia": "RFC 3713", "cbc(": "SP 800-38A",
    "ccm(": "SP 800-38C", "cfb(": "SP 800-38A", "chacha20": "RFC 8439", "cmac(": "SP 800-38B",
    "crc32": "RFC 1952 section 8", "ctr(": "SP 800-38A", "cts(": "SP 800-38A addendum (CBC-CS3)",
    "curve25519": "RFC 7748", "deflate": "RFC 1951", "des3_ede": "SP 800-67", "dh": "SP 800-56A",
    "drbg_": "SP 800-90A", "ecb(": "SP 800-38A", "ecdh-nist-": "SP 800-56A, SP 800-186",
    "ecdsa-": "FIPS 186-5, SP 800-186", "ed25519": "RFC 8032", "ed448": "RFC 8032", "ffdhe": "RFC 7919",
    "gcm(": "SP 800-38D", "gmac(": "SP 800-38D", "gzip": "RFC 1952", "hkdf": "RFC 5869", "hmac(": "FIPS 198-1",
    "kbkdf": "SP 800-108", "kmac": "SP 800-185", "kw(": "SP 800-38F", "kwp(": "SP 800-38F", "md5": "RFC 1321",
    "md5-sha1": "RFC 5246 section 1.2", "oaep(": "RFC 8017", "ocb(": "RFC 7253", "ofb(": "SP 800-38A",
    "p1363(": "IEEE 1363", "pbkdf2(": "RFC 8018", "pkcs1": "RFC 8017", "poly1305": "RFC 8439", "pss(": "RFC 8017",
    "rfc3686(": "RFC 3686", "rfc4106(": "RFC 4106", "rfc4309(": "RFC 4309", "rfc4543(": "RFC 4543",
    "rfc7539(": "RFC 8439", "rmd160": "ISO/IEC 10118-3", "rsa": "RFC 8017", "scrypt": "RFC 7914",
    "sha": "FIPS 180-4", "sha3-": "FIPS 202", "shake": "FIPS 202",
    "siphash": "Aumasson and Bernstein, INDOCRYPT 2012", "siv(": "RFC 5297", "sm2": "GB/T 32918", "sm3": "GB/T 32905",
    "sm4": "GB/T 32907", "stdrng": "SP 800-90A", "tls1-prf": "RFC 5246 section 5", "x448": "RFC 7748",
    "x962(": "ANSI X9.62", "xts(": "SP 800-38E, IEEE 1619", "zlib-deflate": "RFC 1950",
  ]

  /// The standards of `name` and of what it is built on, without repetition; nil where one is not known.
  static func standard(of name: String) -> String? {
    guard let parsed = try? AlgorithmName(parsing: name) else { return nil }
    let key = parsed.arguments.isEmpty ? parsed.base : parsed.base + "("
    let known = standards.keys.filter { key.hasPrefix($0) }.max { $0.utf8.count < $1.utf8.count }
    guard let known, let own = standards[known] else { return nil }
    var parts = [own]
    for argument in parsed.arguments {
      guard let standard = standard(of: argument.description) else { return nil }
      for part in standard.split(separator: "; ").map(String.init) where !parts.contains(part) { parts.append(part) }
    }
    return parts.joined(separator: "; ")
  }

  /// Who publishes answers: what the sources of known answers begin with.
  static let publishers = [
    "Aumasson and Bernstein, ", "BLAKE2 reference implementation, ", "CAVS ", "CRC-32/ISO-HDLC check", "Erlang/OTP ",
    "FIPS ", "GB/T ", "GM/T ", "IEEE ", "IETF ", "Linux crypto/testmgr.h", "McGrew and Viega, ", "NIST ", "OpenSSL ",
    "RFC ", "RIPEMD-160 paper, ", "SP 800-", "Wycheproof ", "draft-",
  ]

  /// What a driver has to compute before it is handed out.
  static func answers(of algorithm: Algorithm) -> [KnownAnswer] {
    KnownAnswers.answers(for: algorithm.name) + KnownAnswers.answers(forGenerator: algorithm.driverName)
  }

  /// The rows of all tables in Tests/Vectors that name an algorithm: table, name, and whether the source refuses the request.
  private static func rows() throws -> [(table: String, name: String, isRefused: Bool)] {
    var rows: [(table: String, name: String, isRefused: Bool)] = []
    let files = try FileManager.default.contentsOfDirectory(atPath: Vectors.folder.path).sorted()
    for file in files where file.hasSuffix(".tsv") {
      let text = try String(contentsOf: Vectors.folder.appending(path: file), encoding: .utf8)
      let lines = text.split(separator: "\n")
      let columns = lines[1].split(separator: "\t", omittingEmptySubsequences: false)
      guard let column = columns.firstIndex(of: "algorithm") ?? columns.firstIndex(of: "format") else { continue }
      let result = columns.firstIndex(of: "result")
      for line in lines.dropFirst(2) {
        let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
        // zlib's word for its own format.
        let name = fields[column] == "zlib" ? "zlib-deflate" : String(fields[column])
        rows.append((file, name, result.map { fields[$0] == "refused" } ?? false))
      }
    }
    return rows
  }

  /// The number of vectors by algorithm and table.
  static func vectors() throws -> [String: [String: Int]] {
    try rows().reduce(into: [:]) { $0[$1.name, default: [:]][$1.table, default: 0] += 1 }
  }

  /// The algorithms for which some vector has an answer.
  static func answered() throws -> Set<String> { Set(try rows().filter { !$0.isRefused }.map(\.name)) }

  let registry: Registry

  /// All algorithms without template instances and what is internal, by kind and name.
  var algorithms: [Algorithm] {
    registry.algorithms.filter { $0.descriptor.flags.isDisjoint(with: [.internalOnly, .instance]) }
      .sorted { ($0.name, $0.driverName) < ($1.name, $1.driverName) }
  }

  /// The page.
  func text() throws -> String {
    let vectors = try Self.vectors()
    var text = """
      # Algorithms

      Every algorithm and driver that this machine's registry has without plugins. Made from the registry, its known answers and
      the tables of `Tests/Vectors` by the tests, which fail where this page is not what they would make; `WDPROV_RECORD_SNAPSHOTS=1
      make test-debug FILTER=AlgorithmPageTests` makes it anew.

      - **Known answers** run before a driver is first handed out; who published them stands beside them. Without one an algorithm is
        not registered.
      - **Vectors** are rows of the tables, each of which the tests run through every driver of its name, by the table they are in.


      """
    for kind in AlgorithmKind.allCases {
      let listed = algorithms.filter { $0.kind == kind }
      guard !listed.isEmpty else { continue }
      text += "## \(kind.rawValue)\n\n| name | driver | standard | known answers | vectors |\n|---|---|---|---|---|\n"
      for algorithm in listed {
        let answers = Self.answers(of: algorithm)
        var sources: [String] = []
        for answer in answers where !sources.contains(answer.source) { sources.append(answer.source) }
        let tables = (vectors[algorithm.name] ?? [:]).sorted { $0.key < $1.key }
        let cells = [
          "`\(algorithm.name)`", "`\(algorithm.driverName)`", Self.standard(of: algorithm.name) ?? "",
          answers.isEmpty ? "" : "\(answers.count): " + sources.joined(separator: "; "),
          tables.map { "\($0.value) in \($0.key)" }.joined(separator: ", "),
        ]
        text += "| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |\n"
      }
      text += "\n"
    }
    let templates = registry.templates.map { "`\($0.name)(…)`" }.sorted().joined(separator: ", ")
    text += """
      ## Templates

      Made on demand over any driver of what they take, with a priority below a driver that does the same itself: \(templates).

      """
    return text
  }
}
