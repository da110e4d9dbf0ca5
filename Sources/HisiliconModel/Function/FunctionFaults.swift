// Faults of a function that are to happen: what `inject` has ordered and drivers have not met yet.
// SPDX-License-Identifier: Apache-2.0

/// Faults that wait for the operation that they befall; a function-level reset ends a stuck mailbox only.
struct FunctionFaults: Sendable {
  /// Mailbox commands stay busy and are not executed.
  var isMailboxStuck = false
  /// MEM_INIT_DONE is not set again.
  var isMemoryInitializationStuck = false
  /// VFT_CFG_RDY is not set again.
  var isWindowTableStuck = false
  private var failingMailboxes = 0
  private var mailboxStatus = MailboxStatus.success

  /// Orders the next `count` mailbox commands to fail.
  mutating func failMailboxes(_ count: Int, with status: MailboxStatus) {
    failingMailboxes = max(count, 0)
    mailboxStatus = status
  }

  /// The status that a mailbox command is to end with instead of being executed.
  mutating func takeMailboxFailure() -> MailboxStatus? {
    guard failingMailboxes > 0 else { return nil }
    failingMailboxes -= 1
    return mailboxStatus
  }
}
