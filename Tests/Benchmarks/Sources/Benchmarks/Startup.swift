// What a whole command costs: `wdprov` against the commands of its peers, run in turn.
// SPDX-License-Identifier: Apache-2.0

import CBaseline

enum Startup {
  /// Compares whole processes; nil where a command is missing or fails.
  nonisolated static func compare(
    _ name: String, _ ours: [String], to peer: String, _ theirs: [String], goal: Double?, rounds: Int = 200
  ) -> Comparison? {
    var mine: [Double] = []
    var peers: [Double] = []
    var ratios: [Double] = []
    for round in 0..<rounds + 5 {
      let (a, b) = (run(ours), run(theirs))
      guard a > 0, b > 0 else { return nil }
      // The first few fill the page cache.
      guard round >= 5 else { continue }
      mine.append(a)
      peers.append(b)
      ratios.append(a / b)
    }
    return Comparison(
      name: name, peer: peer, ours: Paired.median(mine), theirs: Paired.median(peers), ratio: Paired.median(ratios),
      goal: goal)
  }

  /// The rows about `wdprov` as a command; `binary` is its path, `file` a tiny file.
  nonisolated static func rows(_ binary: String, _ file: String) -> [Comparison] {
    let compress = [binary, "compress", "-c", "-k", file]
    let dgst = ["openssl", "dgst", "-sha256", file]
    return [
      compare("wdprov compress of a tiny file", compress, to: "openssl dgst", dgst, goal: 1.0),
      compare("wdprov compress of a tiny file", compress, to: "zstd", ["zstd", "-q", "-c", file], goal: 3.0),
      compare("wdprov compress of a tiny file", compress, to: "gzip", ["gzip", "-c", file], goal: nil),
      compare("wdprov list, every test run", [binary, "list"], to: "openssl dgst", dgst, goal: 40, rounds: 30),
    ].compactMap(\.self)
  }

  private nonisolated static func run(_ arguments: [String]) -> Double {
    unsafe withArguments(arguments) { unsafe Double(baseline_run($0)) }
  }
}

/// Calls a body with a command's words as C strings, nil behind the last; they are there until it returns.
func withArguments<Result>(_ arguments: [String], _ body: ([UnsafePointer<CChar>?]) -> Result) -> Result {
  var strings = arguments.map { $0.utf8CString }
  // The strings outlive the call: the array is not touched until it returns.
  let pointers = unsafe strings.indices.map { index in
    unsafe strings[index].withUnsafeMutableBufferPointer { unsafe UnsafePointer($0.baseAddress) }
  }
  return unsafe body(pointers + [nil])
}
