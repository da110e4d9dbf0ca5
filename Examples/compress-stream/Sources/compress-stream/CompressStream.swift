// Compresses standard input to standard output with the driver that the user names, or shows the same on made-up data.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import WarpDrive

@main
enum CompressStream {
  static let usage = """
    usage: compress-stream compress|decompress [NAME] <INPUT >OUTPUT
           compress-stream                            a demonstration on data that it makes up
    NAME is an algorithm (gzip, pcrypt(gzip)) or one driver of it (gzip-zlib).
    """

  static func main() {
    do {
      let arguments = CommandLine.arguments.dropFirst()
      let registry = try Registry.standard(kinds: [.compression])
      let name = arguments.dropFirst().first ?? "gzip"
      switch arguments.first {
      case nil: try demonstrate(registry)
      case "compress": try filter(registry.compressor(name))
      case "decompress": try filter(registry.decompressor(name, limits))
      default: fail(usage, status: 64)
      }
    } catch let error as ProviderError {
      fail("compress-stream: \(error)", status: error.code == .notFound ? 64 : 65)
    } catch {
      fail("compress-stream: \(error)", status: 74)
    }
  }

  /// What is enough for anything that this program was made for, and stops a bomb.
  static let limits = CompressionOptions(outputLimit: 1 << 30, ratioLimit: 500)

  /// Standard input through `stream` to standard output; the figures go to standard error.
  static func filter(_ stream: consuming CompressionStream) throws {
    try pump(&stream) {
      [UInt8](try FileHandle.standardInput.read(upToCount: 1 << 16) ?? Data())
    } to: { output in
      try FileHandle.standardOutput.write(contentsOf: output)
    }
    let figures = "\(stream.lastDriverName): \(stream.totalIn) bytes in, \(stream.totalOut) out\n"
    try FileHandle.standardError.write(contentsOf: Array(figures.utf8))
  }

  static func fail(_ message: String, status: Int32) -> Never {
    try? FileHandle.standardError.write(contentsOf: Array("\(message)\n".utf8))
    exit(status)
  }
}
