// What zlib reports, as the library's error.
// SPDX-License-Identifier: Apache-2.0

import CZlib
import WarpDriveCore

extension ProviderError {
  /// The error for a `status` of zlib other than success, with the message that `stream` has for it.
  init(zlib status: Int32, _ stream: UnsafeMutablePointer<z_stream>, _ format: DeflateFormat) {
    // zlib's messages are constants in its memory.
    let reason = unsafe stream.pointee.msg.map { unsafe String(cString: $0) }
    let said = unsafe reason ?? String(cString: zError(status))
    let backend = Backend(library: "zlib", number: Int(status), stack: reason.map { [$0] } ?? [])
    switch status {
    case Z_DATA_ERROR:
      self.init(
        .corruptInput, "this is no sound \(format.name) data (\(said)): get it again from where it came from",
        backend: backend)
    case Z_NEED_DICT:
      // inflate leaves the identifier of the dictionary there (zlib.h, inflate).
      let identifier = unsafe String(stream.pointee.adler, radix: 16)
      self.init(
        .dictionaryNeeded,
        "this \(format.name) data was made with a preset dictionary whose Adler-32 is \(identifier): give that one",
        backend: backend)
    case Z_MEM_ERROR:
      self.init(.resourceExhausted, "there is no memory for a context of zlib: free some", backend: backend)
    case Z_VERSION_ERROR:
      self.init(
        .unavailable, "the zlib on this machine is not the one this was built with: build again (zlib1g-dev)",
        backend: backend)
    default:
      self.init(.backendFailure, "zlib failed (\(said)): report this, with the options and the input", backend: backend)
    }
  }
}
