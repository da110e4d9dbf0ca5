// The accelerator's code of README.md: a driver by its name, on a host's device or on a model in this process.
// SPDX-License-Identifier: Apache-2.0

import WarpDrive

extension Tour {
  static func accelerator(_ message: [UInt8]) throws {
    let registry = try Registry.standard()

    // A queue of this program's own on the host's device; without a host, on a model in this process.
    var packer = try registry.compression("wd-hisi-gzip")
    let packed = try packer.compress(message)
    print(message.count, "->", packed.count, "bytes by", packer.lastDriverName)

    // Any driver reads what it wrote.
    var gzip = try registry.compression("gzip")
    let unpacked = try gzip.decompress(packed)

    guard unpacked == message, packer.lastDriverName == "wd-hisi-gzip" else { throw Surprise() }
  }
}
