// The options that compress and decompress have in common: what becomes of the files, and who does it.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import LinuxSystem

/// What a command line says about files.
struct FileOptions {
  /// The algorithm; nil for gzip, or for what the file tells.
  var algorithm: String?
  /// The only driver that may do it.
  var driver: String?
  /// The accelerator that this process drives, as the command line names it.
  var device: String?
  /// The level of compression; nil for the driver's.
  var level: Int?
  /// Threads for one file; 0 for one a processor.
  var threads = 0
  /// The output's name; nil for one that is made from the input's.
  var output: String?
  var isToStandardOutput = false
  var keep = false
  var force = false
  var isVerbose = false
  /// Whether the header has to do with name and time; nil for the command's habit.
  var usesName: Bool?
  var files: [String] = []

  /// Whether any driver of the usual format will do.
  var isDriverOpen: Bool { algorithm == nil && driver == nil && level == nil }

  /// Bytes of all files; nil where that cannot be told without reading.
  var knownSize: UInt64? {
    var sum: UInt64 = 0
    for file in files {
      guard file != "-", let status = try? Pathname.status(of: file), status.kind == .regular else { return nil }
      sum += UInt64(clamping: status.size)
    }
    return files.isEmpty ? nil : sum
  }

  init() {}

  /// Reads a command line of single letters and files alone, as most are: `-k9 FILE`.
  ///
  /// Nil where there is anything else, or a contradiction, which are the parser's to read and to explain. The parser
  /// takes more than half of a start-up (7.2 of 12.9 million instructions, by callgrind), mostly because the runtime
  /// looks each of its types up among all conformances of the program.
  init?(letters arguments: [String]) {
    for argument in arguments {
      guard argument.utf8.first == UInt8(ascii: "-"), argument != "-" else {
        files.append(argument)
        continue
      }
      for letter in argument.utf8.dropFirst() {
        guard take(letter) else { return nil }
      }
    }
  }

  private mutating func take(_ letter: UInt8) -> Bool {
    switch letter {
    case UInt8(ascii: "c"): isToStandardOutput = true
    case UInt8(ascii: "f"): force = true
    case UInt8(ascii: "k"): keep = true
    case UInt8(ascii: "v"): isVerbose = true
    case UInt8(ascii: "N") where usesName != false: usesName = true
    case UInt8(ascii: "n") where usesName != true: usesName = false
    case UInt8(ascii: "1")...UInt8(ascii: "9") where level == nil: level = Int(letter - UInt8(ascii: "0"))
    default: return false
    }
    return true
  }
}

/// What every command that makes a file of a file takes: the device, and what becomes of the output.
struct OutputArguments: ParsableArguments {
  @OptionGroup var device: DeviceOption

  @Option(
    name: [.customShort("o"), .customLong("output")],
    help: ArgumentHelp(
      "Write to OUT and keep the input; '-' is standard output. Not with several files.", valueName: "out"),
    completion: .file())
  var output: String?

  @Flag(name: [.customShort("c"), .customLong("stdout")], help: "Write to standard output and keep the input files.")
  var standardOutput = false

  @Flag(name: .shortAndLong, help: "Keep the input files.")
  var keep = false

  @Flag(name: .shortAndLong, help: "Overwrite, follow links, take files with several names, use a terminal for data.")
  var force = false

  @Flag(name: .shortAndLong, help: "Say what became of each file, and which driver did it.")
  var verbose = false

  /// Whether all output goes to standard output.
  var isToStandardOutput: Bool { standardOutput || output == "-" }

  /// Checks what is wanted of the output of `files`.
  func check(_ files: [String]) throws(ValidationError) {
    guard let output else { return }
    if files.count > 1 { throw ValidationError("-o names one output, and there are \(files.count) files") }
    if standardOutput, output != "-" { throw ValidationError("-c and -o name two outputs") }
    if output.isEmpty { throw ValidationError("-o needs the name of a file") }
  }
}

/// The same options for the parser.
struct FileArguments: ParsableArguments {
  @Option(
    name: [.customShort("a"), .customLong("algorithm")],
    help: ArgumentHelp("The algorithm: gzip, zlib-deflate, deflate, or another that is listed.", valueName: "name"))
  var algorithm: String?

  @Option(help: ArgumentHelp("The driver that has to do it, as listed; no other is chosen.", valueName: "driver"))
  var driver: String?

  @OptionGroup var target: OutputArguments

  @Flag(name: [.customShort("N"), .customLong("name")], help: "Use the name and time in the header: so in compress.")
  var usesName = false

  @Flag(name: [.customShort("n"), .customLong("no-name")], help: "Do not use them: so in decompress.")
  var ignoresName = false

  @Argument(
    help: ArgumentHelp("The files; '-' or none is standard input to standard output.", valueName: "file"),
    completion: .file())
  var files: [String] = []

  mutating func validate() throws {
    if usesName, ignoresName { throw ValidationError("-N and -n contradict each other") }
    try target.check(files)
  }

  var options: FileOptions {
    var options = FileOptions()
    options.algorithm = algorithm
    options.driver = driver
    options.device = target.device.device
    options.output = target.output
    options.isToStandardOutput = target.isToStandardOutput
    options.keep = target.keep
    options.force = target.force
    options.isVerbose = target.verbose
    if usesName || ignoresName { options.usesName = usesName }
    options.files = files
    return options
  }
}
