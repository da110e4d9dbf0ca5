// What test_hisi_zip of the WarpDrive series does: standard input through a queue of the accelerator, without a registry.
// SPDX-License-Identifier: Apache-2.0

import Glibc
import HisiliconQueue
import WarpDriveQueue

/// Why the program ends without a result.
struct SampleError: Error {
  var message: String
}

/// What the command line asks for.
struct Arguments {
  var format: ZipFormat?
  var direction = ZipDirection.compress
  var runDirectory: String?

  init(_ words: [String]) throws {
    var rest = words[...]
    while let word = rest.popFirst() {
      switch word {
      case "-z": format = .zlib
      case "-g": format = .gzip
      case "-d": direction = .decompress
      case "-h", "--help":
        format = nil
        return
      case "--run-dir":
        guard let path = rest.popFirst() else { throw SampleError(message: "--run-dir needs a directory") }
        runDirectory = path
      default: throw SampleError(message: "'\(word)' is no option; -h shows them")
      }
    }
    if format == nil, !words.isEmpty { throw SampleError(message: "-z or -g says which format; -h shows more") }
  }

  static let usage = """
    usage: zip-sample [-d] -z|-g [--run-dir DIR] <input >output
      -z  zlib (RFC 1950)
      -g  gzip (RFC 1952)
      -d  decompress
      -h  this text
    1 byte to 16 MiB. The queue is that of the host in DIR, in $WDPROV_RUN_DIR or in the usual places:
    `wdprov serve` starts one.
    """
}

@main
struct ZipSample {
  /// As the series' program has it.
  static let largest = 16 << 20

  static func main() {
    do {
      let arguments = try Arguments(Array(CommandLine.arguments.dropFirst()))
      guard let format = arguments.format else {
        print(Arguments.usage)
        return
      }
      let input = try readAll()
      try writeAll(try run(input, format, arguments))
    } catch {
      let message =
        switch error {
        case let error as SampleError: error.message
        case let error as QueueError: error.message
        case let error as ZipError: error.message
        default: "\(error)"
        }
      let line = Array("zip-sample: \(message)\n".utf8)
      _ = write(2, line, line.count)
      exit(1)
    }
  }

  /// Requests a queue, runs the input through it, and gives the queue back.
  static func run(_ input: [UInt8], _ format: ZipFormat, _ arguments: Arguments) throws -> [UInt8] {
    let sources = arguments.runDirectory.map { [RunDirectorySource($0)] } ?? RunDirectorySource.usual
    let queue = try Queue.request(
      QueueCapability(algorithm: format.name, type: arguments.direction.rawValue), from: sources,
      adapters: AdapterTable([HisiliconAdapter()]))
    // The queue's memory is shared with the device: what goes through it is copied into it once, and out of it once.
    var stream = ZipStream(format, on: EngineQueue(queue, arguments.direction))
    var output: [UInt8] = []
    var used = 0
    while true {
      var progress = ZipProgress()
      var failure: ZipError?
      // 1 MiB of room at a time; the stream keeps what does not fit.
      output += [UInt8](unsafeUninitializedCapacity: 1 << 20) { buffer, count in
        let room = UnsafeMutableRawBufferPointer(buffer)
        var span = OutputRawSpan(buffer: room, initializedCount: 0)
        do throws(ZipError) {
          try stream.step(input.span.bytes.extracting(droppingFirst: used), into: &span, .finish, progress: &progress)
        } catch {
          failure = error
        }
        count = span.finalize(for: room)
      }
      if let failure { throw failure }
      used += progress.consumed
      if progress.isFinished { break }
      guard progress.consumed + progress.produced > 0 else { throw SampleError(message: "the input ends too early") }
    }
    guard used == input.count else { throw SampleError(message: "\(input.count - used) bytes follow the data") }
    return output
  }

  static func readAll() throws -> [UInt8] {
    var input: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(0, &chunk, chunk.count)
      guard count >= 0 else { throw SampleError(message: "the input cannot be read") }
      if count == 0 { break }
      input += chunk.prefix(count)
      guard input.count <= largest else { throw SampleError(message: "the input is longer than 16 MiB") }
    }
    guard !input.isEmpty else { throw SampleError(message: "the input is empty") }
    return input
  }

  static func writeAll(_ output: [UInt8]) throws {
    var done = 0
    while done < output.count {
      let count = output[done...].withUnsafeBytes { write(1, $0.baseAddress, $0.count) }
      guard count > 0 else { throw SampleError(message: "the output cannot be written") }
      done += count
    }
  }
}
