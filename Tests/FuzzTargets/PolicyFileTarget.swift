// Entry point of the policy file: any bytes are rules that hold, or an error; never half of the rules.
// SPDX-License-Identifier: Apache-2.0

import WarpDrive
import WarpDriveCore
import ZlibProvider

enum PolicyFileTarget {
  private static let path = "policy.json"
  /// A day, the longest time limit that the file can set, in nanoseconds.
  private static let longestLimit: UInt64 = 86_400_000_000_000

  static func run(_ reader: inout InputReader) throws {
    var configuration = MachineConfiguration()
    let bytes = reader.rest()
    var refusal: ProviderError?
    do throws(ProviderError) {
      try PolicyFile(parsing: bytes, path: path).apply(to: &configuration)
    } catch {
      refusal = error
    }
    if let refusal {
      try require(refusal.code == .invalidArgument, "a policy file was refused with \(refusal.code)")
      try require(!refusal.message.isEmpty, "a policy file was refused without a word")
      try require(configuration.policy == Policy(), "a policy file that was refused leaves rules behind")
      return
    }
    try require(configuration.registry.larvalTimeLimit <= longestLimit, "a time limit is out of its range")
    try require(!bytes.isEmpty || configuration.policy == Policy(), "an empty file has rules")

    let registry = Registry(configuration: configuration.registry, policy: configuration.policy)
    try registry.register(ZlibProvider())
    for name in ["gzip", "crc32", "deflate-zlib"] {
      // A limit of no time at all may pass before a test has run.
      let expected = LookupTarget.refusals + [.timedOut]
      var found: Algorithm?
      let code = code { () throws(ProviderError) in found = try registry.algorithm(name) }
      if let code { try require(expected.contains(code), "a lookup ended with \(code)") }
      if let found { try LookupTarget.check(found, nil, .none, configuration.policy) }
    }
  }
}
