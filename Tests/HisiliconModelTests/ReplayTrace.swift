// Recorded accesses of Linux's driver, and what the specification says of the values that were read then.
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A trace of `Tests/Vectors/mmio-traces`; its README has the format and the source.
struct ReplayTrace {
  /// One line.
  enum Step: Equatable {
    case read(offset: UInt64, width: Int, value: UInt64)
    case write(offset: UInt64, width: Int, value: UInt64)
    case readConfiguration(offset: UInt64, width: Int, value: UInt64)
    case writeConfiguration(offset: UInt64, width: Int, value: UInt64)
    /// What the driver had put into memory before the next write.
    case memory(address: UInt64, bytes: [UInt8])
    /// How many interrupts of a vector there have been by now.
    case interrupts(vector: Int, count: Int)
    /// A request of a queue was carried out.
    case request(queue: UInt32)
    case reset
  }

  let name: String
  let steps: [Step]

  init(_ name: String) throws {
    self.name = name
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Vectors/mmio-traces/\(name).trace")
    steps = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map { line in
      guard let step = Self.step(line.split(separator: " ")) else { throw DriverFailure("\(name): \(line)") }
      return step
    }
  }

  private static func step(_ words: [Substring]) -> Step? {
    switch words.first {
    case "x": return .reset
    case "q": return words.count == 2 ? UInt32(words[1]).map { .request(queue: $0) } : nil
    case "i":
      guard words.count == 3, let vector = Int(words[1]), let count = Int(words[2]) else { return nil }
      return .interrupts(vector: vector, count: count)
    case "m":
      guard words.count == 3, let address = UInt64(words[1], radix: 16) else { return nil }
      return .memory(address: address, bytes: bytes(words[2]))
    default:
      guard words.count == 4, let offset = UInt64(words[1], radix: 16), let width = Int(words[2]),
        let value = UInt64(words[3], radix: 16)
      else { return nil }
      switch words[0] {
      case "r": return .read(offset: offset, width: width, value: value)
      case "w": return .write(offset: offset, width: width, value: value)
      case "c": return .readConfiguration(offset: offset, width: width, value: value)
      case "C": return .writeConfiguration(offset: offset, width: width, value: value)
      default: return nil
      }
    }
  }

  private static func bytes(_ digits: Substring) -> [UInt8] {
    let digits = Array(digits.utf8)
    return stride(from: 0, to: digits.count - 1, by: 2).map { index in
      UInt8(String(decoding: digits[index..<index + 2], as: UTF8.self), radix: 16) ?? 0
    }
  }
}

/// A read whose recorded value is not what the model must give, and why.
///
/// The recording was made against a throw-away model, whose values are not always the specification's.
struct ReplayExclusion {
  /// What holds instead.
  enum Expectation: Equatable {
    /// The specification has another value.
    case value(UInt64)
    /// The specification fixes none.
    case any
  }

  /// When an exclusion holds, by the registers that the driver has written.
  enum Time: Equatable {
    case always
    case before(write: UInt64)
    case after(write: UInt64)
  }

  let isConfiguration: Bool
  let range: ClosedRange<UInt64>
  /// Only reads of so many bytes.
  let width: Int?
  let time: Time
  let expectation: Expectation
  let reason: String

  private init(
    _ range: ClosedRange<UInt64>, _ expectation: Expectation, configuration: Bool = false, width: Int? = nil,
    time: Time = .always, _ reason: String
  ) {
    self.width = width
    isConfiguration = configuration
    self.range = range
    self.time = time
    self.expectation = expectation
    self.reason = reason
  }

  /// Whether it is about a read at `offset` after writes to `written`.
  func applies(to offset: UInt64, width: Int, isConfiguration: Bool, written: Set<UInt64>) -> Bool {
    guard isConfiguration == self.isConfiguration && range.contains(offset) && (self.width ?? width) == width else {
      return false
    }
    return switch time {
    case .always: true
    case .before(let register): !written.contains(register)
    case .after(let register): written.contains(register)
    }
  }

  static let all: [ReplayExclusion] = [
    .init(0x20...0x20, .value(0), time: .after(write: 0x20), "write-one-to-clear, no message (section 2.1)"),
    .init(0x208...0x208, .value(0), time: .before(write: 0x204), "nothing was written back yet (section 10)"),
    .init(0x100004...0x100004, .value(0x7fff), time: .before(write: 0x100004), "masked after a reset (section 10)"),
    .init(0x100138...0x10013f, .value(0), "write-one-to-clear, no message: must read 0 (section 2.2)"),
    .init(0x300150...0x300150, .value(3), "no transaction under way: 3 always (section 2.2)"),
    .init(0x1040e4...0x1040e4, .value(1), "bit 0: idle (sections 2.2 and 10)"),
    .init(0x104018...0x104018, .any, time: .after(write: 0x300), "counter: mailboxes"),
    .init(0x104028...0x104028, .any, time: .after(write: 0x2000), "counter: doorbells"),
    .init(0x104038...0x104038, .any, time: .after(write: 0x1000), "counter: requests"),
    .init(0x104048...0x104048, .any, time: .after(write: 0x1000), "counter: completions"),
    .init(0x104050...0x104050, .any, time: .after(write: 0x1000), "counter: requests to the engines"),
    .init(0x104058...0x104058, .any, time: .after(write: 0x1000), "counter: requests from the engines"),
    .init(0x104060...0x104060, .any, time: .after(write: 0x1000), "counter: requests finished"),
    .init(0x302000...0x309fff, .any, time: .after(write: 0x1000), "counters of the cores"),
    .init(0x42...0x42, .value(0x92), configuration: true, "a root complex integrated endpoint (section 1)"),
    .init(0x40...0x40, .value(0x92_8010), configuration: true, width: 4, "the same in one read"),
    .init(0x30...0x33, .value(0), configuration: true, "no expansion ROM: the register is hard-wired to 0"),
  ]
}
