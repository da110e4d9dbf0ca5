// What one tool writes the other reads: the Canterbury files between wdprov and gzip, both ways, at every level.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestVectors
import Testing

@Suite("gzip reads what wdprov writes, and the other way round")
struct InteroperationTests {
  // An archive that cannot be read fails the test below.
  static let files = (try? Vectors.canterbury()) ?? []

  @Test("the corpus is complete")
  func corpus() throws { #expect(try Vectors.canterbury().count == 11) }

  @Test("every Canterbury file, both ways", arguments: files)
  func canterbury(file: CorpusFile) throws {
    let folder = try TemporaryFolder()
    let tool = Tool(folder)
    try folder.create("plain", Data(file.bytes))
    let line = """
      for level in 0 1 6 9; do
        $wdprov compress -l $level -c plain >own.gz && gzip -t own.gz && gzip -dc own.gz | cmp - plain || exit 1
        $wdprov decompress -c own.gz | cmp - plain || exit 1
      done
      gzip -c plain >other.gz && $wdprov decompress -c other.gz | cmp - plain || exit 1
      $wdprov compress -j 2 -c plain | gzip -dc | cmp - plain
      """
    let outcome = try tool.shell(line)
    #expect(outcome.status == 0, "\(outcome)")
  }
}
