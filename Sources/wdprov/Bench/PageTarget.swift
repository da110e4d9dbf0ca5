// Where a page goes: standard output, a device or pipe, or a new file.
// SPDX-License-Identifier: Apache-2.0

import WarpDrive

/// The output of a page, which is opened before there is one: a refusal comes before the work.
enum PageTarget: ~Copyable {
  case stream
  case device(String)
  case file(FileDestination, replacing: Bool)

  /// - Parameters:
  ///   - path: a name, or `-` for standard output.
  ///   - replacing: whether a file of that name may be replaced.
  init(_ path: String, replacing: Bool) throws(CommandFailure) {
    if path == "-" {
      self = .stream
    } else if DeviceDestination.exists(at: path) {
      self = .device(path)
    } else {
      self = .file(try FileDestination(path, replacing: replacing, isPrivate: false), replacing: replacing)
    }
  }

  /// Writes the page, and gives a new file its name.
  consuming func write(_ page: String) throws(CommandFailure) {
    let bytes = Array(page.utf8)
    switch consume self {
    case .stream: try StandardOutput.write(bytes.rawSpan)
    case .device(let path):
      let target = try DeviceDestination(path)
      try target.write(bytes.rawSpan)
      try target.commit(replacing: true)
    case .file(let target, let replacing):
      try target.write(bytes.rawSpan)
      try target.commit(replacing: replacing)
    }
  }
}
