// Unsynchronised memory for the tests of what synchronises threads.
// SPDX-License-Identifier: Apache-2.0

/// An integer that nothing guards: ThreadSanitizer reports any access that is not ordered by something else.
final class Mailbox: @unchecked Sendable {
  var value = 0
}
