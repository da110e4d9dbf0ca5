// The mailbox's 16 bytes: four words that are latched until the last one is written, and the command's answer.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon

/// A mailbox command as it was written.
struct MailboxCommand: Hashable, Sendable {
  /// `HISI_MAILBOX_CMD_*`.
  var command: UInt32
  /// Whether it asks for data.
  var isGet: Bool
  /// The queue, or for messages the function.
  var queue: UInt16
  /// The address of a context, or a message.
  var base: UInt64
  /// Which mailbox of the function it is: a reset in between makes its answer void.
  var generation: UInt64
}

/// How a mailbox command ended: its status, and for some the data that goes into base_l and base_h.
struct MailboxAnswer: Hashable, Sendable {
  var status: MailboxStatus
  var data: UInt64?

  static let success = MailboxAnswer(status: .success, data: nil)

  init(status: MailboxStatus, data: UInt64? = nil) {
    self.status = status
    self.data = data
  }
}

/// The status field of a mailbox's answer, w0[12:9].
///
/// Drivers know success and its opposite; the numbers of the failures are the model's own.
struct MailboxStatus: Hashable, Sendable {
  let rawValue: UInt8

  init(rawValue: UInt8) {
    self.rawValue = rawValue & UInt8(HISI_MAILBOX_W0_STATUS_MASK)
  }

  static let success = MailboxStatus(rawValue: 0)
  /// A command that the device does not have.
  static let unknownCommand = MailboxStatus(rawValue: 1)
  /// A queue or function that is not the caller's to name.
  static let invalidQueue = MailboxStatus(rawValue: 2)
  /// A context that lies outside of the function's memory.
  static let translationFault = MailboxStatus(rawValue: 3)
  /// A context that no queue can be started with.
  static let invalidContext = MailboxStatus(rawValue: 4)
  /// A queue that did not drain in time.
  static let timedOut = MailboxStatus(rawValue: 5)
}

/// The mailbox's registers.
struct MailboxRegisters: Sendable {
  private var words: (UInt32, UInt32, UInt32, UInt32) = (0, 0, 0, 0)
  private var generation: UInt64 = 0
  /// Whether a command is under way: further writes are ignored, as drivers wait for the busy bit.
  private(set) var isBusy = false

  /// A word by its offset (0, 4, 8 or 12).
  func load(_ offset: UInt32) -> UInt32 {
    switch offset {
    case 0: words.0
    case 4: words.1
    case 8: words.2
    default: words.3
    }
  }

  /// Writes a word; the write that covers the last one's first byte begins the command.
  mutating func store(_ value: UInt32, at offset: UInt32, lanes: Lanes) -> MailboxCommand? {
    guard !isBusy else { return nil }
    switch offset {
    case 0: words.0 = lanes.merge(value, into: words.0)
    case 4: words.1 = lanes.merge(value, into: words.1)
    case 8: words.2 = lanes.merge(value, into: words.2)
    default: words.3 = lanes.merge(value, into: words.3)
    }
    guard offset == 12 && lanes.mask & 0xff != 0 else { return nil }
    isBusy = true
    words.0 |= HISI_MAILBOX_W0_BUSY
    return MailboxCommand(
      command: words.0 & HISI_MAILBOX_W0_CMD_MASK, isGet: words.0 & HISI_MAILBOX_W0_GET != 0,
      queue: UInt16(truncatingIfNeeded: words.0 >> 16), base: UInt64(words.2) << 32 | UInt64(words.1),
      generation: generation)
  }

  /// Whether a command is still the one under way.
  func isCurrent(_ command: MailboxCommand) -> Bool {
    isBusy && command.generation == generation
  }

  /// Ends a command: the busy bit goes, the other fields stay, and the data replaces the address.
  ///
  /// - Returns: false where a reset came in between.
  mutating func finish(_ command: MailboxCommand, _ answer: MailboxAnswer) -> Bool {
    guard isCurrent(command) else { return false }
    isBusy = false
    let cleared = HISI_MAILBOX_W0_BUSY | HISI_MAILBOX_W0_STATUS_MASK << HISI_MAILBOX_W0_STATUS_SHIFT
    words.0 = words.0 & ~cleared | UInt32(answer.status.rawValue) << HISI_MAILBOX_W0_STATUS_SHIFT
    if let data = answer.data {
      words.1 = UInt32(truncatingIfNeeded: data)
      words.2 = UInt32(truncatingIfNeeded: data >> 32)
    }
    return true
  }

  /// Forgets everything, the command under way included.
  mutating func reset() {
    self = MailboxRegisters(generation: generation + 1)
  }

  /// Makes an idle mailbox.
  init(generation: UInt64 = 0) {
    self.generation = generation
  }
}
