// What encrypt and decrypt do with each file: compress's rules on names, on overwriting, and on what is left behind.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import WarpDrive

/// A file that is being encrypted or decrypted.
protocol FileStream: ~Copyable {
  /// The bytes that the output begins with.
  var head: [UInt8] { get }
  /// Room in bytes that is enough for a step to make progress.
  var outputSize: Int { get }
  var lastDriverName: String { get }
  var lastUsedFallback: Bool { get }
  mutating func step(
    _ input: RawSpan, isLast: Bool, into output: inout OutputRawSpan
  ) throws(ProviderError) -> FileProgress
}

extension FileSealer: FileStream {}
extension FileOpener: FileStream {
  /// None: what the file begins with was read apart.
  var head: [UInt8] { [] }
}

/// How one direction treats a file.
protocol FileCryption {
  /// Which side of a transfer the plain bytes are on.
  var direction: CompressionDirection { get }
  /// Bytes at the start of a file that ``stream(for:beginning:)`` wants to see.
  var headSize: Int { get }
  /// What replaces the file at `path`.
  func replacement(of path: String) throws(CommandFailure) -> String
  /// Begins a file; may ask for a passphrase.
  func stream(for name: String, beginning head: [UInt8]) throws(CommandFailure) -> any FileStream & ~Copyable
}

/// Moves files through a codec, one after the other.
struct EncryptionTransfer<Codec: FileCryption>: ~Copyable {
  private let codec: Codec
  private let wanted: OutputArguments
  private let files: [String]
  private let columns: Int?
  private var pump: EncryptionPump

  init(_ codec: Codec, _ arguments: EncryptionArguments) throws(CommandFailure) {
    // Made before anything is stored: as a last assignment the optimizer ends what was there before, which is nothing.
    let pump = try EncryptionPump()
    self.pump = pump
    self.codec = codec
    wanted = arguments.target
    files = arguments.files
    columns = ProgressMeter.columns(
      besideDataOnStandardOutput: wanted.isToStandardOutput || files.isEmpty)
  }

  /// Moves every file; the first failure makes the status, the others are still done.
  mutating func run() -> ExitStatus {
    ExitStatus.ofAll(files.isEmpty ? ["-"] : files) { (operand) throws(CommandFailure) in
      try transfer(operand)
    }
  }

  private mutating func transfer(_ operand: String) throws(CommandFailure) {
    guard operand == "-" || wanted.isToStandardOutput || wanted.output != nil else {
      return try replace(operand)
    }
    let file = operand == "-" ? try InputFile.standard() : try InputFile.open(operand)
    if operand == "-", codec.direction == .decompress, !wanted.force, file.descriptor.isTerminal {
      throw CommandFailure(.usage, "encrypted data is not read from a terminal: name a file, or use -f")
    }
    guard !wanted.isToStandardOutput, let path = wanted.output else {
      if codec.direction == .compress, !wanted.force, StandardOutput.isTerminal {
        throw CommandFailure(.usage, "encrypted data is not written to a terminal: redirect it, or use -f")
      }
      return try pass(file, to: StandardDestination(), copying: nil)
    }
    if DeviceDestination.exists(at: path) { return try pass(file, to: DeviceDestination(path), copying: nil) }
    let original = file.path == nil ? nil : file.status
    // Decrypted data is not for others, unless the file that it comes from was.
    let target = try FileDestination(
      path, replacing: wanted.force, isPrivate: original != nil || codec.direction == .decompress)
    try pass(file, to: target, copying: original)
  }

  /// Puts the output in the place of the file.
  private mutating func replace(_ path: String) throws(CommandFailure) {
    let file = try InputFile.openReplaceable(path, force: wanted.force)
    let target = try FileDestination(codec.replacement(of: path), replacing: wanted.force, isPrivate: true)
    try pass(file, to: target, copying: file.status)
    if !wanted.keep { try InputFile.remove(path, file.status, force: wanted.force) }
  }

  /// Moves the bytes and ends the output.
  private mutating func pass<Target: Destination & ~Copyable>(
    _ file: borrowing InputFile, to target: consuming Target, copying original: FileStatus?
  ) throws(CommandFailure) {
    let head = try pump.readHead(codec.headSize, of: file)
    var stream = try codec.stream(for: file.name, beginning: head)
    var meter = ProgressMeter(
      file.name, total: file.knownSize, codec.direction, since: MonotonicClock.now(), columns: columns,
      showsRatio: false)
    let (bytesIn, bytesOut) = try pump.run(file, through: &stream, to: target, &meter, headCount: head.count)
    let elapsed = meter.end()
    if let original { try target.copyAttributes(of: original, modification: nil) }
    let name = target.name
    try target.commit(replacing: wanted.force)
    guard wanted.verbose else { return }
    let plain = codec.direction == .compress ? bytesIn : bytesOut
    let speed = Decimals.text(Double(plain) * 1e3 / Double(max(elapsed, 1)), 1)
    let driver = stream.lastUsedFallback ? "\(stream.lastDriverName), a fallback" : stream.lastDriverName
    Diagnostics.say("\(file.name) -> \(name): \(bytesIn) -> \(bytesOut) bytes, \(speed) MB/s (\(driver))")
  }
}

/// Two buffers, and the loop that moves bytes from a file through a stream to an output, in constant memory.
struct EncryptionPump: ~Copyable {
  private var input: AnonymousMapping
  private var output: AnonymousMapping

  init() throws(CommandFailure) {
    // Both are made before either is stored: a value whose parts cannot be copied begins whole.
    let input = try AnonymousMapping(buffer: StreamPump.inputSize)
    // For the largest chunk; what is not touched costs nothing.
    let output = try AnonymousMapping(buffer: EncryptedFileHeader.chunkSizes.upperBound + CurrentProcess.pageSize)
    self.input = input
    self.output = output
  }

  /// Reads the first `count` bytes of `file`; fewer where it is shorter.
  func readHead(_ count: Int, of file: borrowing InputFile) throws(CommandFailure) -> [UInt8] {
    do throws(SystemError) {
      return try [UInt8](capacity: count) { (space) throws(SystemError) in _ = try file.descriptor.fill(&space) }
    } catch {
      throw CommandFailure(reading: file.name, error)
    }
  }

  /// Moves what is left of `file`; returns the bytes that were read and written, `headCount` included.
  ///
  /// What was verified before an error was found has been written when the error is thrown.
  mutating func run<Target: Destination & ~Copyable>(
    _ file: borrowing InputFile, through stream: inout any FileStream & ~Copyable, to destination: borrowing Target,
    _ meter: inout ProgressMeter, headCount: Int
  ) throws(CommandFailure) -> (bytesIn: UInt64, bytesOut: UInt64) {
    let head = stream.head
    if !head.isEmpty { try destination.write(head.rawSpan) }
    var (bytesIn, bytesOut) = (UInt64(headCount), UInt64(head.count))
    while true {
      let count = try read(file)
      bytesIn += UInt64(count)
      var rest = 0..<count
      repeat {
        let step = Self.step(&stream, input, rest, isLast: count == 0, into: &output)
        if step.written > 0 { try destination.write(output.bytes.extracting(first: step.written)) }
        if let failure = step.failure { throw CommandFailure(failure, about: file.name) }
        rest = rest.dropFirst(step.progress.consumed)
        bytesOut += UInt64(step.written)
        meter.update(bytesIn: bytesIn, bytesOut: bytesOut)
        if step.progress.finished { return (bytesIn, bytesOut) }
        if step.written == 0, step.progress.consumed == 0, count > 0 {
          throw CommandFailure(.internalError, "\(file.name): \(stream.lastDriverName) makes no progress")
        }
      } while !rest.isEmpty || count == 0
    }
  }

  private mutating func read(_ file: borrowing InputFile) throws(CommandFailure) -> Int {
    do throws(SystemError) {
      return try input.withOutput(of: StreamPump.inputSize, at: .lower) { (space) throws(SystemError) in
        try file.descriptor.read(into: &space)
      }
    } catch {
      throw CommandFailure(reading: file.name, error)
    }
  }

  /// One step of the stream, with what it wrote even where it failed.
  private static func step(
    _ stream: inout any FileStream & ~Copyable, _ input: borrowing AnonymousMapping, _ range: Range<Int>,
    isLast: Bool, into output: inout AnonymousMapping
  ) -> (progress: FileProgress, written: Int, failure: ProviderError?) {
    let bytes = input.bytes.extracting(range)
    return output.withOutput(of: stream.outputSize, at: .lower) { (space) in
      do throws(ProviderError) {
        let progress = try stream.step(bytes, isLast: isLast, into: &space)
        return (progress, space.byteCount, nil)
      } catch {
        return (FileProgress(), space.byteCount, error)
      }
    }
  }
}
