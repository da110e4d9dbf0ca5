// A folder of a test's own, gone with its last user.
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A folder for files of one test.
final class TemporaryFolder {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appending(path: "wdprov-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: false)
  }

  deinit {
    // A leftover folder is no failure of the test.
    try? FileManager.default.removeItem(at: url)
  }

  /// The path of the file called `name`.
  func path(_ name: String) -> String { url.appending(path: name).path }

  /// Makes a file.
  @discardableResult
  func create(_ name: String, _ contents: Data = Data()) throws -> URL {
    let file = url.appending(path: name)
    try contents.write(to: file)
    return file
  }

  /// The bytes of a file.
  ///
  /// Not by `Data(contentsOf:)`, which leaks a page for each empty file.
  func contents(_ name: String) throws -> Data {
    try FileHandle(forReadingFrom: url.appending(path: name)).readToEnd() ?? Data()
  }

  /// The names in the folder, sorted.
  var names: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: url.path).sorted() }
  }

  /// Sets permission bits and time of last change of a file.
  func set(_ name: String, mode: Int? = nil, modified: Date? = nil) throws {
    var attributes: [FileAttributeKey: Any] = [:]
    if let mode { attributes[.posixPermissions] = mode }
    if let modified { attributes[.modificationDate] = modified }
    try FileManager.default.setAttributes(attributes, ofItemAtPath: path(name))
  }

  /// Permission bits of a file.
  func mode(_ name: String) throws -> Int? {
    try FileManager.default.attributesOfItem(atPath: path(name))[.posixPermissions] as? Int
  }

  /// Time of last change of a file.
  func modified(_ name: String) throws -> Date? {
    try FileManager.default.attributesOfItem(atPath: path(name))[.modificationDate] as? Date
  }
}

/// Data for tests.
enum Sample {
  /// Lines of text that compress to about a fifth.
  static var text: Data { Data(characters.utf8) }
  // Kept as a string: LeakSanitizer does not see through the tagged pointer of a `Data` in a global.
  private static let characters = (0..<4000).map { "line \($0) of a text that repeats itself\n" }.joined()

  /// `count` bytes of noise, the same in every run.
  static func noise(_ count: Int) -> Data {
    var state: UInt64 = 0x9E37_79B9_7F4A_7C15
    var bytes = [UInt8](repeating: 0, count: count)
    for index in bytes.indices {
      // Marsaglia's xorshift64.
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      bytes[index] = UInt8(truncatingIfNeeded: state >> 32)
    }
    return Data(bytes)
  }
}
