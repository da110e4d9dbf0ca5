// `wdprov decompress`: gzip's habits, any format that can be told, and limits against bombs.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import LinuxSystem
import WarpDrive

struct Decompress: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "decompress", _superCommandName: "wdprov",
    abstract: "Decompress files: FILE.gz becomes FILE.",
    discussion: """
      gzip, zlib, zstd and lz4 are told by their first bytes, raw deflate by -a deflate or the suffix .deflate. \
      Corrupt or truncated input exits with 65 and leaves no output file; on standard output stands what was decoded \
      before the error was found. Further members of a gzip file are decoded too; bytes that are none are ignored with \
      a warning, and zeros without.
      """)

  @OptionGroup var arguments: FileArguments

  @Option(help: ArgumentHelp("Stop with 65 where the output of one file passes SIZE (K, M, G).", valueName: "size"))
  var limit: ByteCount?

  @Option(help: ArgumentHelp("Stop with 65 where the output passes N times the input.", valueName: "n"))
  var ratioLimit: Double?

  @Flag(help: "Decode the first member only, and say how many bytes follow it.")
  var single = false

  @Flag(help: "Take bytes behind the end of the data for corruption (65).")
  var strict = false

  @Option(
    name: [.customShort("j", allowingJoined: true), .customLong("threads")],
    help: ArgumentHelp(
      "Threads, 0 for one a processor: members whose sizes are indexed, as compress writes them, are decoded apart.",
      valueName: "n"))
  var threads = 0

  mutating func validate() throws {
    if threads < 0 { throw ValidationError("-j takes the number of threads, or 0") }
    if let ratioLimit, !(ratioLimit > 0) { throw ValidationError("--ratio-limit takes a number above 0") }
  }

  func perform() throws(CommandFailure) -> ExitStatus {
    let options = arguments.options
    let registry = try Registry.machine([.compression], device: options.device)
    let isNamed = options.algorithm != nil || options.driver != nil
    let algorithm = isNamed ? try options.findDriver(in: registry, default: "gzip") : nil
    let codec = DecompressionCodec(
      registry: registry, algorithm: algorithm,
      name: algorithm?.nameToAsk(options.algorithm, driver: options.driver),
      outputLimit: limit?.value, ratioLimit: ratioLimit, isSingle: single, isStrict: strict,
      threads: threads == 0 ? Processor.onlineCount : threads, restoresName: options.usesName ?? false)
    return try Self.run(codec, options)
  }

  static func perform(unparsed arguments: [String]) throws(CommandFailure) -> ExitStatus? {
    guard let options = FileOptions(letters: arguments), options.level == nil else { return nil }
    let codec = DecompressionCodec(
      registry: try Registry.machine([.compression], device: options.device), threads: Processor.onlineCount,
      restoresName: options.usesName ?? false)
    return try run(codec, options)
  }

  private static func run(_ codec: DecompressionCodec, _ options: FileOptions) throws(CommandFailure) -> ExitStatus {
    var transfer = try FileTransfer(codec, options)
    return transfer.run()
  }
}
