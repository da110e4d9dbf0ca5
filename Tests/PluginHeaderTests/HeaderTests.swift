// The C header and the Swift registry say the same.
// SPDX-License-Identifier: Apache-2.0

import CWarpDrivePlugin
import TestPrograms
import Testing
import WarpDriveCore

@Suite("The C header")
struct HeaderTests {
  @Test("every errno is the one that the Swift code has")
  func errors() {
    let table: [(ProviderError.Code, Int32)] = [
      (.notFound, WDPROV_ERROR_NOT_FOUND), (.backendFailure, WDPROV_ERROR_BACKEND),
      (.deviceLost, WDPROV_ERROR_DEVICE_LOST), (.resourceExhausted, WDPROV_ERROR_EXHAUSTED),
      (.denied, WDPROV_ERROR_DENIED), (.busy, WDPROV_ERROR_BUSY), (.exists, WDPROV_ERROR_EXISTS),
      (.unavailable, WDPROV_ERROR_UNAVAILABLE), (.invalidArgument, WDPROV_ERROR_INVALID),
      (.invalidName, WDPROV_ERROR_INVALID), (.invalidKeyLength, WDPROV_ERROR_INVALID),
      (.invalidIVLength, WDPROV_ERROR_INVALID), (.invalidTagLength, WDPROV_ERROR_INVALID),
      (.invalidState, WDPROV_ERROR_INVALID), (.limitExceeded, WDPROV_ERROR_LIMIT),
      (.outputTooSmall, WDPROV_ERROR_OUTPUT_TOO_SMALL), (.truncatedInput, WDPROV_ERROR_TRUNCATED),
      (.corruptInput, WDPROV_ERROR_CORRUPT), (.authentication, WDPROV_ERROR_CORRUPT),
      (.invalidSignature, WDPROV_ERROR_CORRUPT), (.unusable, WDPROV_ERROR_UNUSABLE),
      (.unsupported, WDPROV_ERROR_UNSUPPORTED), (.timedOut, WDPROV_ERROR_TIMED_OUT),
      (.cancelled, WDPROV_ERROR_CANCELLED), (.missingKey, WDPROV_ERROR_NO_KEY),
      (.dictionaryNeeded, WDPROV_ERROR_NO_KEY), (.invalidKey, WDPROV_ERROR_KEY_REJECTED),
    ]
    for (code, errno) in table { #expect(code.errno == errno, "\(code)") }
  }

  @Test("every flag has the kernel's or our bit")
  func flags() {
    // The macros are of a form that Swift does not import; the assertions in wdprov.c hold them to these values.
    let table: [(AlgorithmFlags, UInt64)] = [
      (.asynchronous, 0x80), (.needsFallback, 0x100), (.instance, 0x800), (.internalOnly, 0x2000),
      (.optionalKey, 0x4000), (.hardware, 1 << 32), (.emulated, 1 << 33), (.reference, 1 << 34),
      (.slowTest, 1 << 35), (.exportable, 1 << 36),
    ]
    for (flag, bits) in table { #expect(flag.rawValue == bits, "\(flag.names)") }
  }

  @Test(
    "it stands by itself in C and C++, without a warning",
    arguments: [("cc", "c", "c11"), ("cc", "c", "c17"), ("g++", "c++", "c++11"), ("g++", "c++", "c++17")])
  func standsAlone(compiler: String, language: String, standard: String) throws {
    let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let output = try ChildProcess.output(
      of: compiler,
      [
        "-std=\(standard)", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only", "-x", language,
        root + "/Sources/CWarpDrivePlugin/include/wdprov.h",
      ])
    #expect(output.isEmpty)
  }
}
