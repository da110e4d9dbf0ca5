// Runs one entry point of FuzzTargets under libFuzzer: Fuzz --target=NAME [FLAG OF LIBFUZZER…] [FOLDER OR FILE…].
// SPDX-License-Identifier: Apache-2.0

import CLibFuzzer
import FuzzTargets
import Glibc

@main
enum Program {
  // libFuzzer leaves flags with two dashes alone, and hands them on to the processes that it starts.
  private static let flag = "--target="

  /// The entry point that the command line names.
  static let target: FuzzTarget? = {
    guard let argument = CommandLine.arguments.last(where: { $0.hasPrefix(flag) }) else { return nil }
    return FuzzTarget.all.first { $0.name == argument.dropFirst(flag.count) }
  }()

  static func main() {
    if CommandLine.arguments.dropFirst() == ["--list"] {
      for target in FuzzTarget.all { print("\(target.name)\t\(target.maximumLength)") }
      return
    }
    guard target != nil else {
      complain("usage: Fuzz --target=NAME [FLAG…] [CORPUS…], or Fuzz --list for the names and their longest inputs")
      exit(EX_USAGE)
    }
    var count = CommandLine.argc
    // libFuzzer keeps to the process's own arguments, which live as long as the process.
    var arguments = unsafe CommandLine.unsafeArgv
    exit(unsafe LLVMFuzzerRunDriver(&count, &arguments) { unsafe testOneInput($0, $1) })
  }

  static func complain(_ message: String) {
    let line = Array((message + "\n").utf8)
    _ = unsafe write(STDERR_FILENO, line, line.count)
  }
}

/// What libFuzzer calls with each input.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  // The bytes are libFuzzer's for the time of the call: copied, so that a read past the end of the copy is seen.
  let input = unsafe Array(UnsafeBufferPointer(start: data, count: count))
  do {
    try Program.target?.run(input)
  } catch {
    Program.complain("FINDING: \(error)")
    abort()
  }
  return 0
}
