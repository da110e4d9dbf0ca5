// Entry point of the engine: any bytes are requests, lists and data; it answers each and writes nowhere else.
// SPDX-License-Identifier: Apache-2.0

import HisiliconModel

enum ZipRequestTarget {
  static func run(_ reader: inout InputReader) throws {
    let finding = EngineProbe.run(reader.rest())
    try require(finding == nil, finding ?? "")
  }
}
