// What a call through the plugin ABI costs: the plugin that copies beside a built-in driver that copies.
// SPDX-License-Identifier: Apache-2.0

import Glibc
import WarpDrive

/// A driver that does what Plugins/null does.
private struct CopyProvider: Provider {
  let name = "copy"
  let version = "1"
  let drivers: [any AlgorithmDriver] = [CopyDriver()]
}

private struct CopyDriver: CompressionDriver {
  let descriptor = AlgorithmDescriptor(
    name: "compress_null", driverName: "compress_null-copy", priority: 100,
    properties: .compression(
      CompressionProperties(levels: 0...0, defaultLevel: 0, isDelimited: false, bound: .init(shift: 63, constant: 0))))
  let knownAnswers = [KnownAnswer(.compression(stream: "68656c6c6f", plain: "68656c6c6f"), source: "a copy")]

  func makeTransform(
    _ direction: CompressionDirection, _ options: CompressionOptions
  ) throws(ProviderError) -> any CompressionTransform & ~Copyable { CopyTransform() }
}

private struct CopyTransform: CompressionTransform, ~Copyable {
  mutating func step(
    _ input: RawSpan, into output: inout OutputRawSpan, _ flush: CompressionFlush
  ) throws(ProviderError) -> CompressionProgress {
    let count = min(input.byteCount, output.freeCapacity)
    unsafe output.withUnsafeMutableBytes { buffer, initialized in
      unsafe input.withUnsafeBytes { source in
        guard let from = source.baseAddress, let to = buffer.baseAddress else { return }
        unsafe memcpy(to + initialized, from, count)
      }
      initialized += count
    }
    return CompressionProgress(
      consumed: count, produced: count, finished: flush == .finish && count == input.byteCount)
  }

  mutating func reset() throws(ProviderError) {}
}

/// The row of the plugin ABI; `WDPROV_TEST_PLUGINS` names the folder that `make plugins` fills.
func measurePluginCall() throws -> [Figure] {
  let row = "64 B through a held handle"
  let peer = "a built-in driver that does the same"
  guard let folder = unsafe getenv("WDPROV_TEST_PLUGINS") else {
    return [Figure(name: row, measured: "", peer: peer, result: "no plugins: make plugins", goal: "", holds: nil)]
  }
  unsafe setenv("WDPROV_PLUGIN_PATH", folder, 1)
  defer { unsafe unsetenv("WDPROV_PLUGIN_PATH") }
  let registry = try Registry.standard(kinds: [.compression])
  try registry.register(CopyProvider())
  let data = Inputs.counting(64)
  var plugin = try registry.compression("compress_null-null")
  var builtIn = try registry.compression("compress_null-copy")
  var output = [UInt8](repeating: 0, count: 128)
  let pair = try Paired.compare(
    row, to: peer, goal: nil, ours: { try compress(&plugin, data, $0, &output) },
    theirs: { try compress(&builtIn, data, $0, &output) })
  precondition(output.prefix(64) == data[...], "the copy is wrong")
  let more = pair.ours - pair.theirs
  return [
    Figure(
      name: row, measured: "\(fixed(pair.ours, 1)) ns", peer: "\(peer), \(fixed(pair.theirs, 1)) ns",
      result: "\(fixed(more, 1)) ns more", goal: "<= 10 ns", holds: more <= 10)
  ]
}
