// `wdprov batch`: JSON lines in, one reply a line, for scripts and runs of test vectors.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import WarpDrive

struct Batch: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "batch", _superCommandName: "wdprov",
    abstract: "Answer JSON requests from standard input, one a line, in order.",
    discussion: """
      {"id":1,"op":"hash","alg":"sha256","in":"616263"} gives
      {"id":1,"ok":true,"out":"ba7816bf…","driver":"sha256-openssl"}

      Operations: hash (length for SHAKE); mac (key); encrypt, decrypt (key, iv); seal, open (key, iv, aad, tagLength, \
      and open a tag apart); compress (level); decompress (members: first or all, limit); random (length). Bytes are \
      hexadecimal. "driver" pins one. A line has at most 64 MiB; decompression gives at most 64 MiB unless "limit" \
      allows more. An error is a reply with "ok":false, "error" and "message"; the exit status is 0 all the same.
      """)

  @OptionGroup var device: DeviceOption

  func perform() throws(CommandFailure) -> ExitStatus {
    try BatchSession(device.registry()).run(.standard())
    return .success
  }
}
