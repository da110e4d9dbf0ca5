// `wdprov decompress`: gzip's habits, any format that can be told, and limits against bombs.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import WarpDrive

struct Decompress: FileCommand {
  static let configuration = CommandConfiguration(
    commandName: "decompress", _superCommandName: "wdprov",
    abstract: "Decompress files: FILE.gz becomes FILE.",
    discussion: """
      gzip, zlib, zstd and lz4 are told by their first bytes, raw deflate by -a deflate or the suffix .deflate. \
      Corrupt or truncated input exits with 65 and leaves no output file; on standard output stands what was decoded \
      before the error was found. Further members of a gzip file are decoded too; bytes that are none are ignored with \
      a warning, and zeros without.
      """)

  @Option(
    name: [.customShort("a"), .customLong("algorithm")],
    help: ArgumentHelp("The algorithm: gzip, zlib-deflate, deflate, or another that is listed.", valueName: "name"))
  var algorithm: String?

  @Option(help: ArgumentHelp("The driver that has to do it, as listed; no other is chosen.", valueName: "driver"))
  var driver: String?

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
    help: ArgumentHelp("Accepted as in compress; one file is decoded by one thread.", valueName: "n"))
  var threads: Int?

  @Option(
    name: [.customShort("o"), .customLong("output")],
    help: ArgumentHelp(
      "Write to OUT and keep the input; '-' is standard output. Not with several files.", valueName: "out"),
    completion: .file())
  var output: String?

  @Flag(name: .shortAndLong, help: "Keep the input files.")
  var keep = false

  @Flag(name: .shortAndLong, help: "Overwrite, follow links, take files with several names, use a terminal for data.")
  var force = false

  @Flag(name: [.customShort("c"), .customLong("stdout")], help: "Write to standard output and keep the input files.")
  var standardOutput = false

  @Flag(name: .shortAndLong, help: "Say what became of each file, and which driver did it.")
  var verbose = false

  @Flag(name: [.customShort("N"), .customLong("name")], help: "Take the output's name and time from the header.")
  var usesName = false

  @Flag(name: [.customShort("n"), .customLong("no-name")], help: "Take them from the input; the default.")
  var ignoresName = false

  @Argument(
    help: ArgumentHelp("The files; '-' or none is standard input to standard output.", valueName: "file"),
    completion: .file())
  var files: [String] = []

  mutating func validate() throws {
    try validateFileOptions()
    if let ratioLimit, !(ratioLimit > 0) { throw ValidationError("--ratio-limit takes a number above 0") }
  }

  func perform() throws(CommandFailure) -> ExitStatus {
    let registry = try Registry.machine([.compression])
    let isNamed = algorithm != nil || driver != nil
    let codec = DecompressionCodec(
      registry: registry, algorithm: isNamed ? try findDriver(in: registry, default: "gzip") : nil,
      outputLimit: limit?.value, ratioLimit: ratioLimit, isSingle: single, isStrict: strict, restoresName: usesName)
    var transfer = try FileTransfer(codec, options)
    return try transfer.run()
  }
}
