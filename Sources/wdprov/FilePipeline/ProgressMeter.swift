// The progress line of a long transfer: bytes, share, speed and ratio, on a terminal only.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import WarpDrive

/// Draws a line on standard error and takes it away at the end; does nothing where there is no terminal.
struct ProgressMeter: ~Copyable {
  // A transfer that is over at once needs no line, and eyes need no more than ten lines a second.
  private static let delay: UInt64 = 300_000_000
  private static let interval: UInt64 = 100_000_000

  /// Columns of the terminal that a line is drawn on; nil for none.
  ///
  /// - Parameter besideDataOnStandardOutput: whether data goes there: to the same terminal a line would be written into it.
  static func columns(besideDataOnStandardOutput: Bool) -> Int? {
    StandardOutput.isTerminal && besideDataOnStandardOutput ? nil : Diagnostics.drawingColumns
  }

  private let name: String
  private let total: UInt64?
  private let direction: CompressionDirection
  private let columns: Int?
  private let showsRatio: Bool
  private let start: UInt64
  private var next: UInt64
  private var isDrawn = false

  /// Goes on with the transfer of `total` bytes of input, where the number is known.
  ///
  /// - Parameters:
  ///   - start: when it began, in nanoseconds of the monotonic clock.
  ///   - showsRatio: whether plain and packed bytes are compared; of encryption that says nothing.
  init(
    _ name: String, total: UInt64?, _ direction: CompressionDirection, since start: UInt64, columns: Int?,
    showsRatio: Bool = true
  ) {
    self.name = name
    self.total = total
    self.direction = direction
    self.columns = columns
    self.showsRatio = showsRatio
    self.start = start
    next = columns == nil ? .max : start + Self.delay
  }

  /// Tells how far the transfer is; draws when it is time to.
  mutating func update(bytesIn: UInt64, bytesOut: UInt64) {
    guard next != .max else { return }
    let now = MonotonicClock.now()
    guard now >= next, let columns else { return }
    next = now + Self.interval
    let line = Self.line(
      name, bytesIn: bytesIn, bytesOut: bytesOut, total: total, direction, nanoseconds: now - start, columns: columns,
      showsRatio: showsRatio)
    // Back to the first column, the line, and nothing of an older and longer one behind it.
    Diagnostics.draw("\r\(line)\u{1B}[K")
    isDrawn = true
  }

  /// Takes the line away; returns the time since the beginning, in nanoseconds.
  consuming func end() -> UInt64 { MonotonicClock.now() - start }

  deinit {
    if isDrawn { Diagnostics.draw("\r\u{1B}[K") }
  }

  /// The line, at most one less than `columns` wide, so that the terminal does not begin another.
  static func line(
    _ name: String, bytesIn: UInt64, bytesOut: UInt64, total: UInt64?, _ direction: CompressionDirection,
    nanoseconds: UInt64, columns: Int, showsRatio: Bool = true
  ) -> String {
    // The side with the plain bytes, whose speed people mean.
    let plain = direction == .compress ? bytesIn : bytesOut
    let packed = direction == .compress ? bytesOut : bytesIn
    var facts = ByteCount.text(bytesIn)
    if let total, total > 0 {
      let share = Double(bytesIn) / Double(total)
      facts += " of \(ByteCount.text(total))  \(Int((share * 100).rounded(.down)))%"
    }
    facts += "  \(Decimals.text(Double(plain) * 1e3 / Double(max(nanoseconds, 1)), 1)) MB/s"
    if showsRatio, packed > 0 { facts += "  ratio \(Decimals.text(Double(plain) / Double(packed), 3))" }
    let room = columns - 1 - facts.count - 2
    guard room >= 8 else { return String(facts.prefix(max(columns - 1, 0))) }
    // A control character in a file's name must not reach the terminal.
    let shown = String(
      String.UnicodeScalarView(name.unicodeScalars.map { $0.value < 32 || $0.value == 127 ? "?" : $0 }))
    let label = shown.count <= room ? shown : String(shown.prefix(room - 1)) + "~"
    return label + "  " + facts
  }
}
