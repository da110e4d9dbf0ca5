// compress and decompress between pipes, terminals, full disks and signals.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestPrograms
import Testing

@Suite("Streams end as streams of good tools do")
struct StreamTests {
  let folder: TemporaryFolder
  let tool: Tool

  init() throws {
    folder = try TemporaryFolder()
    tool = Tool(folder)
    try folder.create("noise", Sample.noise(1 << 20))
  }

  @Test("a reader that goes away ends it quietly, by SIGPIPE")
  func closedPipe() throws {
    let outcome = try tool.shell("$wdprov compress -c noise | head -c 1 | wc -c; echo ${PIPESTATUS[0]}")
    #expect(outcome.text.split(separator: "\n") == ["1", "141"])
    #expect(outcome.errors.isEmpty)
  }

  @Test("so too where SIGPIPE was ignored by whoever started it")
  func ignoredSignal() throws {
    let outcome = try tool.shell(
      "trap '' PIPE; $wdprov compress -c noise | head -c 1 >/dev/null; echo ${PIPESTATUS[0]}")
    #expect(outcome.text == "141\n")
    #expect(outcome.errors.isEmpty)
  }

  @Test("so too for text", arguments: ["list --json", "hash sha256 noise", "--help"])
  func closedPipeForText(arguments: String) throws {
    let outcome = try tool.shell("$wdprov \(arguments) | true; echo ${PIPESTATUS[0]}")
    // Short text may fit into the pipe before its reader is gone.
    #expect(["141\n", "0\n"].contains(outcome.text))
    #expect(outcome.errors.isEmpty)
  }

  @Test(
    "a full disk is an error (74) and leaves nothing",
    arguments: [
      "compress -c noise >/dev/full", "compress -o /dev/full noise", "decompress -o /dev/full good.gz",
      "decompress good.gz >/dev/full -c", "hash sha256 noise >/dev/full", "list >/dev/full", "--help >/dev/full",
    ])
  func fullDisk(line: String) throws {
    #expect(try tool.run("compress", "-o", "good.gz", "noise").status == 0)
    let outcome = try tool.shell("$wdprov \(line)")
    #expect(outcome.status == 74, "\(outcome)")
    #expect(outcome.errors.contains("No space left on device"))
    #expect(try folder.names == ["good.gz", "noise"])
  }

  @Test("a file that may not grow so large leaves nothing")
  func fileSizeLimit() throws {
    let outcome = try tool.shell("ulimit -f 64; $wdprov compress -k noise")
    #expect(outcome.status != 0)
    #expect(try folder.names == ["noise"])
  }

  @Test("a signal leaves nothing of the output, and is what it dies of", arguments: [SIGINT, SIGTERM, SIGHUP])
  func signal(number: Int32) throws {
    // A shell in the background starts its children with SIGINT ignored, which would stay so.
    let arguments = ["--default-signal=INT,TERM,HUP", Tool.path, "compress", "-o", "out", "-"]
    let running = try tool.start("/usr/bin/env", arguments, input: nil)
    // More than the pipe holds: when this returns, the command reads and writes.
    try running.process.input?.write(contentsOf: Sample.noise(1 << 20))
    running.process.send(number)
    let outcome = try running.wait()
    #expect(outcome.signal == number)
    #expect(try folder.names == ["noise"])
  }

  @Test("a signal while a file is replaced leaves the file")
  func signalWhileReplacing() throws {
    #expect(try tool.shell("mkfifo slow; head -c 33554432 /dev/zero >big").status == 0)
    let running = try tool.start("/usr/bin/env", ["--default-signal=TERM", Tool.path, "compress", "-9", "-f", "big"])
    running.process.send(SIGTERM)
    _ = try running.wait()
    // It may have been quick: then big.gz is complete and big is gone. Nothing lies in between.
    let names = try folder.names.filter { $0.hasPrefix("big") || $0.hasPrefix(".") }
    #expect(names == ["big"] || names == ["big.gz"])
  }

  @Test("closed standard streams are errors, and no file is mistaken for them")
  func closedStreams() throws {
    let outcome = try tool.shell("$wdprov compress -k noise <&- >&-; echo $?; $wdprov compress -c noise >&-; echo $?")
    #expect(outcome.text == "0\n74\n")
    #expect(try folder.names == ["noise", "noise.gz"])
    #expect(try tool.shell("gzip -dc noise.gz | cmp - noise").status == 0)
  }

  @Test("all three standard streams that are closed become /dev/null, in the direction that fails")
  func reservedStreams() throws {
    // The pipe can be opened for writing once the command has opened it for reading, so after it was set up. Looked at
    // from outside: in a process with other threads, one of these could be given a number that was just closed.
    let line = """
      mkfifo pipe; $wdprov hash sha256 pipe <&- >&- 2>&- & exec 3>pipe
      for n in 0 1 2; do
        echo $(readlink /proc/$!/fd/$n) $((0$(sed -n s/^flags:.//p /proc/$!/fdinfo/$n) & 3))
      done
      exec 3>&-; wait $!; echo $?
      """
    let outcome = try tool.shell("timeout 60 bash -c '\(line)'")
    // The access mode, as open(2) numbers it: 1 is O_WRONLY, 0 is O_RDONLY.
    #expect(outcome.text == "/dev/null 1\n/dev/null 0\n/dev/null 0\n74\n")
  }

  @Test("a directory as standard input is an error (74)")
  func directoryInput() throws {
    let outcome = try tool.shell("$wdprov compress </")
    #expect(outcome.status == 74)
    #expect(outcome.errors == "wdprov: standard input: Is a directory\n")
  }

  @Test("a named pipe and a device as output are written, not replaced")
  func devices() throws {
    #expect(try tool.shell("mkfifo p; $wdprov compress -o p noise & gzip -dc <p | cmp - noise; wait $!").status == 0)
    #expect(try tool.run("compress", "-o", "/dev/null", "noise").status == 0)
    #expect(try folder.names == ["noise", "p"])
  }

  @Test("a pipe that delivers byte by byte is read to its end")
  func slowPipe() throws {
    let bytes = "(printf '\\037'; sleep 0.02; tail -c +2 good.gz | head -c 3; sleep 0.02; tail -c +5 good.gz)"
    let line = bytes + " | $wdprov decompress | cmp - noise"
    #expect(try tool.run("compress", "-o", "good.gz", "noise").status == 0)
    #expect(try tool.shell(line).status == 0)
  }

  // MARK: Terminals (script(1) gives the command one)

  @Test("compressed data is neither written to a terminal nor read from one, but with -f")
  func terminal() throws {
    let refused = try tool.shell("script -qec '$wdprov compress <noise' /dev/null")
    #expect(refused.status == 64)
    #expect(refused.text.contains("compressed data is not written to a terminal"))
    let reading = try tool.shell("script -qec '$wdprov decompress' /dev/null")
    #expect(reading.status == 64)
    #expect(reading.text.contains("compressed data is not read from a terminal"))
    let forced = try tool.shell("script -qec 'echo a | $wdprov compress -f' /dev/null")
    #expect(forced.status == 0)
    #expect(forced.output.starts(with: [0x1F, 0x8B]))
  }

  @Test("a long transfer draws its progress on a terminal, not with NO_COLOR and not into a file")
  func progress() throws {
    let slow = "(sleep 0.5; cat noise) | $wdprov compress -o out -f -"
    let drawn = try tool.shell("script -qec '\(slow)' /dev/null")
    #expect(drawn.status == 0)
    #expect(drawn.text.contains("MB/s"))
    #expect(drawn.text.hasSuffix("\r\u{1B}[K"), "the line is taken away")
    #expect(try tool.shell("script -qec 'NO_COLOR=1; export NO_COLOR; \(slow)' /dev/null").text.isEmpty)
    #expect(try tool.shell(slow).errors.isEmpty)
  }

  @Test("several threads make a file that gzip reads")
  func threads() throws {
    try folder.create("text", Data((0..<8).flatMap { _ in Sample.text }))
    for threads in ["0", "2", "7"] {
      for algorithm in ["gzip", "deflate"] {
        let compressed = try tool.run("compress", "-a", algorithm, "-j", threads, "-c", "text")
        #expect(compressed.status == 0)
        let plain = try tool.run("decompress", "-a", algorithm, input: compressed.output)
        #expect(try plain.output == folder.contents("text"))
      }
    }
    #expect(try tool.shell("$wdprov compress -j 2 -c text | gzip -dc | cmp - text").status == 0)
    let refused = try tool.run("compress", "-a", "zlib-deflate", "-j", "2", "text")
    #expect(refused.status == 64)
    #expect(refused.errors.contains("pcrypt cannot join parts of zlib-deflate"))
  }
}
