// The names of faults that can be injected into a model: the one table behind the command, its help and the host.
// SPDX-License-Identifier: Apache-2.0

import HisiliconModel

/// A fault as it is written: a name, and for some a number behind it.
struct FaultName {
  /// What the number behind a name means.
  enum Number {
    /// There is none.
    case none
    /// The number is the injection's value; where it is missing, `usual` is, if there is one.
    case value(ClosedRange<UInt32>, usual: UInt32?)
    /// The number is a bit's, and the value has that bit alone.
    case bit(ClosedRange<UInt32>)
  }

  /// What a count means.
  enum Count {
    /// It happens once and stays; there is nothing to count.
    case none
    /// The model has it happen as often as that.
    case budget
    /// It is injected as often as that, one after the other.
    case repeated
  }

  /// A row of the table.
  struct Row {
    let name: String
    let kind: Injection.Kind
    let number: Number
    let count: Count
    let summary: String
  }

  /// All names; several may stand for one kind.
  static let table: [Row] = [
    Row(
      name: "qm", kind: .queueManagerError, number: .bit(0...14), count: .none,
      summary: "the queue manager's error N, as in qm-3"),
    Row(
      name: "zip", kind: .engineError, number: .bit(0...12), count: .none,
      summary: "the engine's error N, as in zip-11"),
    Row(
      name: "qm-error", kind: .queueManagerError, number: .value(1...0x7fff, usual: nil), count: .none,
      summary: "the queue manager's errors whose bits N has"),
    Row(
      name: "zip-error", kind: .engineError, number: .value(1...0x1fff, usual: nil), count: .none,
      summary: "the engine's errors whose bits N has"),
    Row(
      name: "fifo-overflow", kind: .fifoOverflow, number: .value(0...2, usual: 0), count: .none,
      summary: "qm-11, for a queue's CQ (0), EQ (1) or AEQ (2)"),
    Row(
      name: "doorbell-timeout", kind: .doorbellTimeout, number: .value(0...3, usual: 0), count: .none,
      summary: "qm-10, for an SQ (0), CQ (1), EQ (2) or AEQ (3)"),
    Row(
      name: "sqe-status", kind: .requestStatus, number: .value(0...0xff, usual: nil), count: .budget,
      summary: "the queue's next requests end with status N"),
    Row(
      name: "request-status", kind: .requestStatus, number: .value(0...0xff, usual: nil), count: .budget,
      summary: "the same"),
    Row(
      name: "hold-completions", kind: .holdCompletions, number: .none, count: .none,
      summary: "the queue's completions are held back"),
    Row(
      name: "deliver-completions", kind: .deliverCompletions, number: .none, count: .none,
      summary: "completions that are held back arrive, late"),
    Row(
      name: "lose-completions", kind: .loseCompletions, number: .none, count: .budget,
      summary: "the queue's next completions never arrive"),
    Row(
      name: "cq-overflow", kind: .completionQueueOverflow, number: .none, count: .repeated,
      summary: "asynchronous event: the queue's CQ is full"),
    Row(
      name: "cqe-error", kind: .completionQueueError, number: .none, count: .repeated,
      summary: "asynchronous event: an entry of its CQ is bad"),
    Row(
      name: "eq-overflow", kind: .eventQueueOverflow, number: .none, count: .repeated,
      summary: "asynchronous event: the event queue is full"),
    Row(
      name: "unknown-event", kind: .unknownEvent, number: .value(3...15, usual: 3), count: .repeated,
      summary: "asynchronous event of the unknown type N"),
    Row(
      name: "spurious-event", kind: .spuriousEvent, number: .none, count: .repeated,
      summary: "an event of the queue, which has nothing new"),
    Row(
      name: "spurious-interrupt", kind: .spuriousInterrupt, number: .value(0...3, usual: 0), count: .repeated,
      summary: "an interrupt of vector N that nothing has caused"),
    Row(
      name: "mailbox-stuck", kind: .stickMailbox, number: .none, count: .none,
      summary: "mailbox commands stay busy, until released or a reset"),
    Row(name: "mailbox-release", kind: .releaseMailbox, number: .none, count: .none, summary: "ends mailbox-stuck"),
    Row(
      name: "mailbox-failure", kind: .mailboxFailure, number: .value(1...15, usual: 1), count: .budget,
      summary: "the next mailbox commands end with status N"),
    Row(
      name: "mem-init-stuck", kind: .memoryInitializationStuck, number: .none, count: .budget,
      summary: "the memory never becomes ready; count 0 ends it"),
    Row(
      name: "vft-stuck", kind: .windowTableStuck, number: .none, count: .budget,
      summary: "the queue windows never become ready; count 0 ends it"),
  ]

  /// As it was written.
  let text: String
  let row: Row
  /// What the injection makes of the number.
  let value: UInt32

  /// Reads a name, with its number behind a hyphen: decimal, or hexadecimal with `0x`.
  ///
  /// - Throws: ``Problem`` for a name or number that there is not.
  init(_ text: String) throws(Problem) {
    // The longest name first: "qm-error-1" is no "qm" with a number.
    let rows = Self.table.sorted { $0.name.utf8.count > $1.name.utf8.count }
    guard let row = rows.first(where: { text == $0.name || text.hasPrefix($0.name + "-") }) else {
      throw Problem("there is no error '\(text)': 'wdprov device inject --help' lists them")
    }
    self.text = text
    self.row = row
    value = try row.value(text.dropFirst(row.name.count))
  }

  /// What is wrong with a name, for people.
  struct Problem: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
  }

  /// The names with what they mean, a line each.
  static var help: String {
    let width = table.map(\.spelling.count).max() ?? 0
    return table.map { row in
      row.spelling + String(repeating: " ", count: width - row.spelling.count + 2) + row.summary
    }.joined(separator: "\n")
  }
}

extension FaultName.Row {
  /// How it is written.
  var spelling: String {
    switch number {
    case .none: name
    case .value(_, usual: .some): name + "[-N]"
    case .value, .bit: name + "-N"
    }
  }

  /// The value for what stands behind the name: nothing, or a hyphen and a number.
  fileprivate func value(_ suffix: Substring) throws(FaultName.Problem) -> UInt32 {
    let digits = suffix.dropFirst()
    switch number {
    case .none:
      guard suffix.isEmpty else { throw FaultName.Problem("there is no number behind '\(name)'") }
      return 0
    case .value(let range, let usual):
      if suffix.isEmpty, let usual { return usual }
      return try Self.number(digits, range, name)
    case .bit(let range): return try 1 << Self.number(digits, range, name)
    }
  }

  private static func number(
    _ digits: Substring, _ range: ClosedRange<UInt32>, _ name: String
  ) throws(FaultName.Problem) -> UInt32 {
    let isHexadecimal = digits.hasPrefix("0x")
    guard let number = UInt32(isHexadecimal ? digits.dropFirst(2) : digits, radix: isHexadecimal ? 16 : 10),
      range.contains(number)
    else {
      throw FaultName.Problem(
        "'\(name)' takes a number from \(range.lowerBound) to \(range.upperBound) behind a hyphen, as in"
          + " '\(name)-\(range.upperBound)'")
    }
    return number
  }
}
