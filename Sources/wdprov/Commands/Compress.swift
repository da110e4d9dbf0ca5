// `wdprov compress`: gzip's habits over any compression driver.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import LinuxSystem
import WarpDrive

struct Compress: FileCommand {
  static let configuration = CommandConfiguration(
    commandName: "compress", _superCommandName: "wdprov",
    abstract: "Compress files: FILE becomes FILE.gz.",
    discussion: """
      The suffix is .gz for gzip, .zz for zlib-deflate, .deflate for deflate. Mode, times and, where permitted, owner \
      are kept. An output that exists is not overwritten without -f; a failed compression leaves no output.
      """)

  @Option(
    name: [.customShort("a"), .customLong("algorithm")],
    help: ArgumentHelp("The algorithm: gzip, zlib-deflate, deflate, or another that is listed.", valueName: "name"))
  var algorithm: String?

  @Option(help: ArgumentHelp("The driver that has to do it, as listed; no other is chosen.", valueName: "driver"))
  var driver: String?

  @Option(
    name: [.customShort("l", allowingJoined: true), .long],
    help: "The level, within what the driver takes; or -1 to -9.")
  var level: Int?

  @Flag(name: [.customShort("1"), .customLong("fast")], help: "The fastest of gzip's levels.")
  var level1 = false
  @Flag(name: .customShort("2"), help: .hidden) var level2 = false
  @Flag(name: .customShort("3"), help: .hidden) var level3 = false
  @Flag(name: .customShort("4"), help: .hidden) var level4 = false
  @Flag(name: .customShort("5"), help: .hidden) var level5 = false
  @Flag(name: .customShort("6"), help: .hidden) var level6 = false
  @Flag(name: .customShort("7"), help: .hidden) var level7 = false
  @Flag(name: .customShort("8"), help: .hidden) var level8 = false
  @Flag(name: [.customShort("9"), .customLong("best")], help: "The smallest of gzip's levels.")
  var level9 = false

  @Option(
    name: [.customShort("j", allowingJoined: true), .customLong("threads")],
    help: ArgumentHelp(
      "Compress blocks on several threads, 0 for one a processor; for formats whose parts can be joined, as gzip.",
      valueName: "n"))
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

  @Flag(
    name: [.customShort("N"), .customLong("name")], help: "Store the file's name and time in the header; the default.")
  var usesName = false

  @Flag(name: [.customShort("n"), .customLong("no-name")], help: "Store neither name nor time.")
  var ignoresName = false

  @Argument(
    help: ArgumentHelp("The files; '-' or none is standard input to standard output.", valueName: "file"),
    completion: .file())
  var files: [String] = []

  /// The levels that are named, by number or by digit.
  private var levels: [Int] {
    let digits = [level1, level2, level3, level4, level5, level6, level7, level8, level9]
    return [level].compactMap { $0 } + digits.indices.filter { digits[$0] }.map { $0 + 1 }
  }

  mutating func validate() throws {
    try validateFileOptions()
    if levels.count > 1 {
      throw ValidationError("levels \(levels.map(String.init).joined(separator: " and ")) contradict each other")
    }
  }

  func perform() throws(CommandFailure) -> ExitStatus {
    let registry = try Registry.machine([.compression])
    let codec = CompressionCodec(
      registry: registry, algorithm: try findDriver(in: registry, default: "gzip", isParallel: isParallel),
      level: levels.first, threads: threads == 0 ? nil : threads ?? 1, storesName: !ignoresName)
    var transfer = try FileTransfer(codec, options)
    return try transfer.run()
  }

  private var isParallel: Bool {
    guard let threads else { return false }
    return threads > 1 || (threads == 0 && Processor.onlineCount > 1)
  }
}

extension FileCommand {
  /// The driver for files, with `name` where the user names neither algorithm nor driver.
  ///
  /// - Parameter isParallel: whether several threads are wanted, which the template `pcrypt` provides.
  func findDriver(
    in registry: Registry, default name: String, isParallel: Bool = false
  ) throws(CommandFailure) -> Algorithm {
    do throws(ProviderError) {
      return try resolve(in: registry, name, isParallel)
    } catch {
      // The registry here has compression alone; the whole one may know better what the name is.
      if error.code == .notFound {
        let whole = try Registry.machine()
        do throws(ProviderError) { _ = try resolve(in: whole, name, isParallel) } catch { throw CommandFailure(error) }
      }
      throw CommandFailure(error)
    }
  }

  private func resolve(in registry: Registry, _ name: String, _ isParallel: Bool) throws(ProviderError) -> Algorithm {
    let chosen = try registry.choose(algorithm ?? name, driver: driver, .compression)
    guard isParallel, chosen.spawns.isEmpty else { return chosen }
    // By its name a better base would replace this one later; by its driver's name it stays what was asked for.
    return try registry.algorithm("pcrypt(\(driver ?? chosen.name))", .compression)
  }
}
