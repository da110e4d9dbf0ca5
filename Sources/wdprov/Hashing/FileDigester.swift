// Hashes files of any size in constant memory through one handle.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import WarpDrive

/// A hash handle and a buffer, for one file after the other.
struct FileDigester: ~Copyable {
  private static let bufferSize = 1 << 17

  private var handle: Hash
  private var buffer: AnonymousMapping
  let algorithm: Algorithm
  /// Whether digests of any length can be asked for.
  let isExtendable: Bool

  init(_ algorithm: Algorithm, in registry: Registry) throws(CommandFailure) {
    let handle: Hash
    do throws(ProviderError) {
      handle = try registry.hash(algorithm.driverName)
    } catch {
      throw CommandFailure(error)
    }
    let buffer = try AnonymousMapping(buffer: Self.bufferSize)
    self.handle = handle
    self.buffer = buffer
    self.algorithm = algorithm
    if case .hash(let properties) = algorithm.descriptor.properties {
      isExtendable = properties.isExtendable
    } else {
      isExtendable = false
    }
  }

  /// The usual number of bytes of a digest.
  var digestSize: Int { handle.digestSize }
  /// The driver that answered last.
  var lastDriverName: String { handle.lastDriverName }

  /// The digest of the file at `path`; of standard input for `-`.
  ///
  /// - Parameter count: bytes of digest; nil for the usual number.
  mutating func digest(of path: String, count: Int? = nil) throws(CommandFailure) -> [UInt8] {
    let file = path == "-" ? try InputFile.standard() : try InputFile.open(path)
    file.descriptor.adviseSequential()
    do throws(ProviderError) { try handle.reset() } catch { throw CommandFailure(error, about: path) }
    while true {
      let filled: Int
      do throws(SystemError) {
        filled = try buffer.withOutput(of: Self.bufferSize, at: .lower) { (space) throws(SystemError) in
          try file.descriptor.read(into: &space)
        }
      } catch {
        throw CommandFailure(reading: file.name, error)
      }
      do throws(ProviderError) {
        if filled == 0 { return try handle.finish(count: count) }
        try Self.update(&handle, with: buffer, filled)
      } catch {
        throw CommandFailure(error, about: file.name)
      }
    }
  }

  private static func update(
    _ handle: inout Hash, with buffer: borrowing AnonymousMapping, _ count: Int
  ) throws(ProviderError) {
    try handle.update(buffer.bytes.extracting(first: count))
  }
}
