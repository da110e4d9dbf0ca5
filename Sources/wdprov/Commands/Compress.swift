// `wdprov compress`: gzip's habits over any compression driver.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import LinuxSystem
import WarpDrive

struct Compress: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "compress", _superCommandName: "wdprov",
    abstract: "Compress files: FILE becomes FILE.gz.",
    discussion: """
      The suffix is .gz for gzip, .zz for zlib-deflate, .deflate for deflate. Mode, times and, where permitted, owner \
      are kept. An output that exists is not overwritten without -f; a failed compression leaves no output.
      """)

  @OptionGroup var arguments: FileArguments

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
      "Threads, 0 for one a processor: long input of a format whose parts can be joined, as gzip, is cut into blocks.",
      valueName: "n"))
  var threads = 0

  /// The levels that are named, by number or by digit.
  private var levels: [Int] {
    let digits = [level1, level2, level3, level4, level5, level6, level7, level8, level9]
    return [level].compactMap { $0 } + digits.indices.filter { digits[$0] }.map { $0 + 1 }
  }

  mutating func validate() throws {
    if threads < 0 { throw ValidationError("-j takes the number of threads, or 0") }
    if levels.count > 1 {
      throw ValidationError("levels \(levels.map(String.init).joined(separator: " and ")) contradict each other")
    }
  }

  func perform() throws(CommandFailure) -> ExitStatus {
    var options = arguments.options
    options.level = levels.first
    options.threads = threads
    return try Self.perform(options)
  }

  static func perform(unparsed arguments: [String]) throws(CommandFailure) -> ExitStatus? {
    guard let options = FileOptions(letters: arguments) else { return nil }
    return try perform(options)
  }

  private static func perform(_ options: FileOptions) throws(CommandFailure) -> ExitStatus {
    let registry = try Registry.machine(
      [.compression], device: options.device, bytes: options.isDriverOpen ? options.knownSize : nil)
    let algorithm = try options.findDriver(in: registry, default: "gzip")
    let codec = try CompressionCodec(
      registry: registry, algorithm: algorithm,
      name: algorithm.nameToAsk(options.algorithm, driver: options.driver), level: options.level,
      threads: options.threads, storesName: options.usesName ?? true)
    var transfer = try FileTransfer(codec, options)
    return transfer.run()
  }
}

extension FileOptions {
  /// The driver for files, with `name` where the user names neither algorithm nor driver.
  func findDriver(in registry: Registry, default name: String) throws(CommandFailure) -> Algorithm {
    do throws(ProviderError) {
      return try resolve(in: registry, name)
    } catch {
      // The registry here has compression alone; the whole one may know better what the name is.
      if error.code == .notFound {
        let whole = try Registry.machine(device: device)
        do throws(ProviderError) { _ = try resolve(in: whole, name) } catch { throw CommandFailure(error) }
      }
      throw CommandFailure(error)
    }
  }

  private func resolve(in registry: Registry, _ name: String) throws(ProviderError) -> Algorithm {
    try registry.choose(algorithm ?? name, driver: driver, .compression)
  }
}
