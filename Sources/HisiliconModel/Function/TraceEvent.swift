// What a trace of the model shows: register accesses with their doorbells and mailboxes decoded, and interrupts.
// SPDX-License-Identifier: Apache-2.0

import CHisilicon

/// Something that happened at a function; its description is a line of a trace.
public struct TraceEvent: Hashable, Sendable, CustomStringConvertible {
  /// What happened.
  public enum Kind: Hashable, Sendable {
    /// A read of a region (2: registers, 4: doorbells, 7: configuration space), and what it gave.
    case read(region: Int, offset: UInt64, width: Int, value: UInt64)
    /// A write to a region.
    case write(region: Int, offset: UInt64, width: Int, value: UInt64)
    /// A read of many bytes of configuration space at once.
    case dump(region: Int, offset: UInt64, count: Int)
    /// A mailbox command at its start: the four words as they were written.
    case mailbox(command: UInt8, isGet: Bool, queue: UInt16, address: UInt64)
    /// The end of a mailbox command; status 0 is success.
    case mailboxDone(command: UInt8, queue: UInt16, status: UInt8, data: UInt64)
    /// A doorbell: `HISI_DOORBELL_CMD_*`, the queue, the new position, and the priority byte (bit 0 arms a CQ).
    case doorbell(command: UInt16, queue: UInt16, index: UInt16, priority: UInt8)
    /// An interrupt that was sent.
    case interrupt(vector: Int)
    /// A function-level reset.
    case reset
  }

  /// The function: 0 is the physical one.
  public let function: Int
  /// What happened.
  public let kind: Kind

  /// Makes an event.
  public init(function: Int, kind: Kind) {
    self.function = function
    self.kind = kind
  }

  /// One line, such as `f0 W  BAR2+000300/8 = 4320900000002002`.
  public var description: String {
    switch kind {
    case .read(let region, let offset, let width, let value):
      "f\(function) R  \(Self.place(region, offset, width)) = \(Self.hexadecimal(value, digits: 2 * width))"
    case .write(let region, let offset, let width, let value):
      "f\(function) W  \(Self.place(region, offset, width)) = \(Self.hexadecimal(value, digits: 2 * width))"
    case .dump(let region, let offset, let count):
      "f\(function) R  \(Self.place(region, offset, count))"
    case .mailbox(let command, let isGet, let queue, let address):
      "f\(function) MBOX  \(Self.mailboxName(command)) \(isGet ? "get" : "set") queue \(queue)"
        + " address 0x\(String(address, radix: 16))"
    case .mailboxDone(let command, let queue, let status, let data):
      "f\(function) MBOX  \(Self.mailboxName(command)) queue \(queue) status \(status)"
        + " data 0x\(String(data, radix: 16))"
    case .doorbell(let command, let queue, let index, let priority):
      "f\(function) DB    \(Self.doorbellName(command)) queue \(queue) index \(index) priority \(priority)"
    case .interrupt(let vector):
      "f\(function) IRQ   vector \(vector)"
    case .reset:
      "f\(function) RESET"
    }
  }

  /// The name of a mailbox command, or its number.
  public static func mailboxName(_ command: UInt8) -> String {
    switch UInt32(command) {
    case HISI_MAILBOX_CMD_SQC: "SQC"
    case HISI_MAILBOX_CMD_CQC: "CQC"
    case HISI_MAILBOX_CMD_EQC: "EQC"
    case HISI_MAILBOX_CMD_AEQC: "AEQC"
    case HISI_MAILBOX_CMD_SQC_BT: "SQC_BT"
    case HISI_MAILBOX_CMD_CQC_BT: "CQC_BT"
    case HISI_MAILBOX_CMD_SQC_VFT: "SQC_VFT"
    case HISI_MAILBOX_CMD_STOP_QP: "STOP_QP"
    case HISI_MAILBOX_CMD_FLUSH_QM: "FLUSH_QM"
    case HISI_MAILBOX_CMD_SRC: "SRC"
    case HISI_MAILBOX_CMD_DST: "DST"
    case HISI_MAILBOX_CMD_PAUSE_QM: "PAUSE_QM"
    default: "0x\(String(command, radix: 16))"
    }
  }

  private static func doorbellName(_ command: UInt16) -> String {
    switch UInt32(command) {
    case HISI_DOORBELL_CMD_SQ: "SQ"
    case HISI_DOORBELL_CMD_CQ: "CQ"
    case HISI_DOORBELL_CMD_EQ: "EQ"
    case HISI_DOORBELL_CMD_AEQ: "AEQ"
    default: "\(command)"
    }
  }

  private static func place(_ region: Int, _ offset: UInt64, _ width: Int) -> String {
    region == 7
      ? "CFG \(hexadecimal(offset, digits: 3))/\(width)" : "BAR\(region)+\(hexadecimal(offset, digits: 6))/\(width)"
  }

  private static func hexadecimal(_ value: UInt64, digits: Int) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
  }
}
