// Runs the code of the documentation, page by page: what a page shows is an excerpt of a file here, word for word.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import WarpDrive

@main
enum Tour {
  static func main() async {
    do {
      try await run()
    } catch {
      print("tour: \(error)")
      exit(1)
    }
  }

  private static func run() async throws {
    let message = Array("The quick brown fox jumps over the lazy dog. ".utf8.repeated(200))
    try readme(message)
    try accelerator(message)
    try oneShot(message)
    try keptHandle([message, message])
    try spans(message)
    try await asynchronous([message, message])
    try names()
    try constraints()
    try policy()
    try explanation()
    try ownProvider()
    try errors(message)
    try outputTooSmall(message)
    try quarantine()
  }
}

extension Sequence {
  /// The elements, `count` times over.
  func repeated(_ count: Int) -> [Element] { (0..<count).flatMap { _ in self } }
}
