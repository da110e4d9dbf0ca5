// What compress and decompress do with each file: gzip's rules on names, on overwriting, and on what is left behind.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import WarpDrive

/// How one direction treats a file; the rest of ``FileTransfer`` is common to both.
protocol FileCodec {
  var direction: CompressionDirection { get }
  /// The bytes at the start of a file that the other functions want to see; fewer where the file is shorter.
  func headSize(for file: borrowing InputFile) -> Int
  /// Opens the stream for a file that begins with `head`.
  func stream(for file: borrowing InputFile, beginning head: [UInt8]) throws(CommandFailure) -> CompressionStream
  /// Who decodes members on several threads, of a file that begins with `head`; nil where the stream alone does.
  func memberDecoder(for stream: borrowing CompressionStream, beginning head: [UInt8]) -> MemberDecoder?
  /// What replaces the file at `path`.
  func replacement(of path: String, beginning head: [UInt8]) throws(CommandFailure) -> Replacement
  /// Judges bytes behind the end of the data; throws where they make the file corrupt.
  func judge(trailing: UInt64, of name: String) throws(CommandFailure)
}

extension FileCodec {
  /// Nobody.
  func memberDecoder(for stream: borrowing CompressionStream, beginning head: [UInt8]) -> MemberDecoder? { nil }
}

/// The file that replaces another.
struct Replacement {
  var path: String
  /// When its content was last changed; nil for the time of the file that it replaces.
  var modification: FileTime?
}

/// Moves files through a codec, one after the other.
struct FileTransfer<Codec: FileCodec>: ~Copyable {
  private let codec: Codec
  private let options: FileOptions
  private let columns: Int?
  private var pump: StreamPump

  init(_ codec: Codec, _ options: FileOptions) throws(CommandFailure) {
    self.codec = codec
    self.options = options
    columns = ProgressMeter.columns(besideDataOnStandardOutput: options.isToStandardOutput || options.files.isEmpty)
    pump = try StreamPump()
  }

  /// Moves every file; the first failure makes the status, the others are still done.
  mutating func run() -> ExitStatus {
    ExitStatus.ofAll(options.files.isEmpty ? ["-"] : options.files) { (operand) throws(CommandFailure) in
      try transfer(operand)
    }
  }

  private mutating func transfer(_ operand: String) throws(CommandFailure) {
    if operand == "-" {
      try transferStandardInput()
    } else if options.isToStandardOutput || options.output != nil {
      let file = try InputFile.open(operand)
      try transfer(file, to: options.isToStandardOutput ? nil : options.output)
    } else {
      try replace(operand)
    }
  }

  private mutating func transferStandardInput() throws(CommandFailure) {
    let file = try InputFile.standard()
    if codec.direction == .decompress, !options.force, file.descriptor.isTerminal {
      throw CommandFailure(.usage, "compressed data is not read from a terminal: name a file, or use -f")
    }
    try transfer(file, to: options.isToStandardOutput ? nil : options.output)
  }

  /// Moves `file` to the file called `path`, or to standard output.
  private mutating func transfer(_ file: borrowing InputFile, to path: String?) throws(CommandFailure) {
    if path == nil, codec.direction == .compress, !options.force, StandardOutput.isTerminal {
      throw CommandFailure(.usage, "compressed data is not written to a terminal: redirect it, or use -f")
    }
    let head = try pump.peek(codec.headSize(for: file), of: file)
    let stream = try codec.stream(for: file, beginning: head)
    guard let path else { return try pass(file, head, stream, to: StandardDestination(), copying: nil) }
    if DeviceDestination.exists(at: path) {
      try pass(file, head, stream, to: DeviceDestination(path), copying: nil)
    } else {
      let original = file.path == nil ? nil : file.status
      let target = try FileDestination(path, replacing: options.force, isPrivate: original != nil)
      try pass(file, head, stream, to: target, copying: original)
    }
  }

  /// Puts the output in the place of the file.
  private mutating func replace(_ path: String) throws(CommandFailure) {
    let file = try InputFile.openReplaceable(path, force: options.force)
    let head = try pump.peek(codec.headSize(for: file), of: file)
    let replacement = try codec.replacement(of: path, beginning: head)
    let stream = try codec.stream(for: file, beginning: head)
    let target = try FileDestination(replacement.path, replacing: options.force, isPrivate: true)
    try pass(file, head, stream, to: target, copying: file.status, modification: replacement.modification)
    if !options.keep { try InputFile.remove(path, file.status, force: options.force) }
  }

  /// Moves the bytes and ends the output.
  private mutating func pass<Target: Destination & ~Copyable>(
    _ file: borrowing InputFile, _ head: [UInt8], _ stream: consuming CompressionStream, to target: consuming Target,
    copying original: FileStatus?, modification: FileTime? = nil
  ) throws(CommandFailure) {
    var meter = ProgressMeter(
      file.name, total: file.knownSize, codec.direction, since: pump.start, columns: columns)
    let outcome =
      if let decoder = codec.memberDecoder(for: stream, beginning: head) {
        try pump.run(file, through: &stream, to: target, &meter, decoder)
      } else {
        try pump.run(file, through: &stream, to: target, &meter)
      }
    let elapsed = meter.end()
    if outcome.trailing > 0 { try codec.judge(trailing: outcome.trailing, of: file.name) }
    if let original { try target.copyAttributes(of: original, modification: modification) }
    let name = target.name
    try target.commit(replacing: options.force)
    guard options.isVerbose else { return }
    let (plain, packed) =
      codec.direction == .compress ? (outcome.bytesIn, outcome.bytesOut) : (outcome.bytesOut, outcome.bytesIn)
    let ratio = packed == 0 ? "" : ", ratio \(Decimals.text(Double(plain) / Double(packed), 3))"
    let speed = Decimals.text(Double(plain) * 1e3 / Double(max(elapsed, 1)), 1)
    let driver = stream.lastUsedFallback ? "\(stream.lastDriverName), a fallback" : stream.lastDriverName
    Diagnostics.say(
      "\(file.name) -> \(name): \(outcome.bytesIn) -> \(outcome.bytesOut) bytes\(ratio), \(speed) MB/s (\(driver))")
  }
}
