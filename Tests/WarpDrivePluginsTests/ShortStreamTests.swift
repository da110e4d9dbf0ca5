// Short streams through the plugin of libdeflate, which decompresses copies of them with bytes to spare.
// SPDX-License-Identifier: Apache-2.0

import Glibc
import LinuxSystem
import Testing
import WarpDriveCore
import WarpDrivePlugins
import ZlibProvider

@Suite("Short streams")
struct ShortStreamTests {
  private static let object: String? = {
    guard let folder = unsafe getenv("WDPROV_TEST_PLUGINS") else { return nil }
    return unsafe String(cString: folder) + "/libwdprov_libdeflate.so"
  }()
  private static let names = ["deflate", "zlib-deflate", "gzip"]
  /// Short ones have up to 8 KiB, packed and plain.
  private static let sizes = [0, 1, 2, 300, 5000, 8191, 8192, 8193, 20_000]

  private let registry: Registry
  private let place: PluginPlace

  init() throws {
    place = try PluginPlace()
    registry = Registry()
    guard let object = Self.object else { return }
    try place.write(FileDescriptor.contents(of: object, limit: 1 << 20), to: "plugins/libdeflate.so")
    try registry.register(ZlibProvider())
    registry.register(loader: place.loader())
    registry.loadAll()
  }

  /// What a request came to: all of it, or the code of its error.
  private func outcome(_ driver: String, _ stream: ArraySlice<UInt8>, room: Int) throws -> String {
    var handle = try registry.compression(driver)
    var consumed = 0
    let stream = Array(stream)
    do throws(ProviderError) {
      let plain = try [UInt8](capacity: room) { (output) throws(ProviderError) in
        consumed = try handle.decompress(stream.rawSpan, into: &output).consumed
      }
      return "\(consumed) bytes are \(plain)"
    } catch {
      return "\(error.code)"
    }
  }

  private func plain(_ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: $0 % 7 == 0 ? $0 &* 31 >> 3 : $0 % 5) }
  }

  @Test(
    "are what zlib says that they are, whole or cut anywhere, with any room, and with bytes behind them",
    .enabled(if: object != nil, "'make plugins' builds it, and 'make test' says where it is"), arguments: names)
  func sameAsZlib(name: String) throws {
    for size in Self.sizes {
      let plain = plain(size)
      var packer = try registry.compression("\(name)-zlib")
      let stream = try packer.compress(plain)
      let whole = "\(stream.count) bytes are \(plain)"
      for room in [size, size + 1000, 0, 1, size / 2, size - 1] where room >= 0 {
        let expected = try outcome("\(name)-zlib", stream[...], room: room)
        let found = try outcome("\(name)-libdeflate", stream[...], room: room)
        #expect(found == expected, "\(name), \(size) bytes, room \(room)")
        #expect((found == whole) == (room >= size))
      }
      for cut in stride(from: 0, to: stream.count, by: max(1, stream.count / 97)) {
        // With all of the room used, that more comes is as good a reason as that the end is missing.
        let found = try outcome("\(name)-libdeflate", stream[..<cut], room: size)
        #expect(found == "truncatedInput" || found == "outputTooSmall", "\(name), \(cut) of \(stream.count) bytes")
        var growing = try registry.compression("\(name)-libdeflate")
        let failure = #expect(throws: ProviderError.self) { try growing.decompress(Array(stream[..<cut])) }
        #expect(failure?.code == .truncatedInput, "\(name), \(cut) of \(stream.count) bytes")
      }
      // What follows belongs to somebody else: zeros, or what would go on like the stream.
      for tail in [[0, 0, 0, 0, 0, 0, 0, 0, 0], [UInt8](repeating: 0xFF, count: 40)] {
        #expect(try outcome("\(name)-libdeflate", (stream + tail)[...], room: size) == whole)
      }
    }
  }

  @Test(
    "with a byte that is wrong are refused or give the same",
    .enabled(if: object != nil, "'make plugins' builds it, and 'make test' says where it is"))
  func damaged() throws {
    let plain = plain(3000)
    var packer = try registry.compression("gzip-zlib")
    let stream = try packer.compress(plain)
    var refused = 0
    for index in stream.indices {
      var wrong = stream
      wrong[index] ^= 0x24
      let found = try outcome("gzip-libdeflate", wrong[...], room: plain.count)
      if found != "\(stream.count) bytes are \(plain)" { refused += 1 }
      #expect(!found.contains("bytes are") || found == "\(stream.count) bytes are \(plain)", "byte \(index)")
    }
    // A header's time, flags and system may be others.
    #expect(refused >= stream.count - 10)
  }
}
