// Programs of the system that the drivers are checked against: gzip, sha256sum.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestPrograms

/// Files in a folder of their own, and programs run on them.
struct Workspace: ~Copyable {
  let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "zlib-provider-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// Writes a file.
  func write(_ bytes: [UInt8], to name: String) throws {
    try Data(bytes).write(to: folder.appending(path: name))
  }

  /// What `tool` writes to its standard output, run in the folder.
  ///
  /// - Throws: `ChildProcessError` for an exit status other than 0.
  func run(_ tool: String, _ arguments: [String]) throws -> [UInt8] {
    try ChildProcess.output(of: tool, arguments, folder: folder.path)
  }

  /// The SHA-256 of each of `messages` in lower-case digits, by one run of sha256sum.
  func sha256(of messages: [[UInt8]]) throws -> [String] {
    let names = messages.indices.map { "message-\($0)" }
    for (name, message) in zip(names, messages) { try write(message, to: name) }
    let lines = String(decoding: try run("sha256sum", names), as: UTF8.self).split(separator: "\n")
    return lines.map { String($0.prefix(64)) }
  }
}
