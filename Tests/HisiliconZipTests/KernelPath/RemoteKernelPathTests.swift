// The kernel path of another process, with a host that is a closure.
// SPDX-License-Identifier: Apache-2.0

import HisiliconZip
import LinuxSystem
import Testing
import WarpDriveCore
import ZlibProvider

@Suite("Kernel path of a host") struct RemoteKernelPathTests {
  /// A registry whose kernel path is a host with a model.
  private func registry(
    _ host: KernelPathRig, refusing: ProviderError? = nil, messageLimit: Int = 1 << 22
  ) throws -> Registry {
    let registry = Registry()
    let zlib = ZlibProvider()
    try registry.register(zlib)
    try registry.register(
      RemoteKernelPathProvider(
        source: "a test", isEmulated: true, messageLimit: messageLimit, software: ZipSoftware(driversOf: zlib)
      ) { (request, input) throws(ProviderError) in
        if let refusing { throw refusing }
        let driver = "hisi-\(request.algorithm == "zlib-deflate" ? "zlib" : request.algorithm)-acomp"
        let options = CompressionOptions(level: request.level, windowBits: request.windowBits, allMembers: false)
        var handle = try host.registry.compression(driver, options)
        var result: RequestResult?
        let bytes = try [UInt8](capacity: request.room) { (output) throws(ProviderError) in
          result =
            request.direction == .compress
            ? try handle.compress(input, into: &output) : try handle.decompress(input, into: &output)
        }
        return RemoteZipAnswer(bytes: bytes, consumed: result?.consumed ?? 0)
      })
    return registry
  }

  @Test("every driver passes every check of its kind", arguments: kernelDrivers)
  func conformance(_ name: String) throws {
    let host = try KernelPathRig()
    try expectConformance(of: name, in: registry(host))
  }

  @Test("a host that is gone is the driver's fault, and what comes in pieces is done in software")
  func software() throws {
    let host = try KernelPathRig()
    let bytes = sampleBytes(100_000)
    let gone = try registry(host, refusing: ProviderError(.deviceLost, "the host is gone"))
    var handle = try gone.compression("hisi-gzip-acomp")
    var back = try handle.decompress(handle.compress(bytes))
    #expect(back == bytes)
    var driver = handle.lastDriverName
    #expect(driver == "gzip-zlib")
    var stream = try gone.compressor("hisi-gzip-acomp")
    let made = try [UInt8](capacity: 200_000) { (output) throws(ProviderError) in
      _ = try stream.step(bytes.rawSpan, into: &output)
      _ = try stream.step(RawSpan(), into: &output, flush: .finish)
    }
    var reference = try gone.compression("gzip")
    back = try reference.decompress(made)
    #expect(back == bytes)
    driver = stream.lastDriverName
    #expect(driver == "gzip-zlib")
    let there = try registry(host, messageLimit: 50_000)
    var large = try there.compression("hisi-gzip-acomp")
    back = try large.decompress(large.compress(bytes))
    #expect(back == bytes)
    driver = large.lastDriverName
    #expect(driver == "gzip-zlib")
    back = try large.decompress(large.compress(Array(bytes[..<20_000])))
    #expect(back == Array(bytes[..<20_000]))
    driver = large.lastDriverName
    #expect(driver == "hisi-gzip-acomp")
  }
}
