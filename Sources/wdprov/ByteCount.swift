// Sizes in bytes as people write and read them: 64, 4K, 1M, 10GiB.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// A number of bytes on the command line, with a binary suffix: K, M, G or T, each also as `KiB`.
struct ByteCount: ExpressibleByArgument, Equatable {
  let value: UInt64

  init?(argument: String) {
    let digits = argument.utf8.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    guard let number = UInt64(String(digits) ?? "") else { return nil }
    let factor: UInt64
    switch argument.dropFirst(digits.count).lowercased() {
    case "", "b": factor = 1
    case "k", "kb", "kib": factor = 1 << 10
    case "m", "mb", "mib": factor = 1 << 20
    case "g", "gb", "gib": factor = 1 << 30
    case "t", "tb", "tib": factor = 1 << 40
    default: return nil
    }
    let (product, overflow) = number.multipliedReportingOverflow(by: factor)
    guard !overflow else { return nil }
    value = product
  }

  init(_ value: UInt64) { self.value = value }

  var defaultValueDescription: String { Self.exact(value) }

  /// `value` in the largest unit that leaves at least one, to one place: `1.5 MiB`.
  static func text(_ value: UInt64) -> String {
    guard value >= 1 << 10 else { return "\(value) B" }
    var scaled = Double(value)
    var unit = ""
    for next in ["KiB", "MiB", "GiB", "TiB"] where scaled >= 1024 {
      scaled /= 1024
      unit = next
    }
    return "\(Decimals.text(scaled, 1)) \(unit)"
  }

  /// `value` in the shortest way that loses nothing: `64`, `4K`, `1M`.
  static func exact(_ value: UInt64) -> String {
    for (shift, unit) in [(40, "T"), (30, "G"), (20, "M"), (10, "K")]
    where value > 0 && value & ((1 << UInt64(shift)) - 1) == 0 {
      return "\(value >> UInt64(shift))\(unit)"
    }
    return "\(value)"
  }
}

/// A list of sizes on the command line, with commas between them.
struct ByteCountList: ExpressibleByArgument {
  let values: [UInt64]

  init?(argument: String) {
    let counts = argument.split(separator: ",", omittingEmptySubsequences: false).map {
      ByteCount(argument: String($0))
    }
    values = counts.compactMap { $0?.value }
    guard values.count == counts.count else { return nil }
  }

  init(_ values: [UInt64]) { self.values = values }

  var defaultValueDescription: String { values.map(ByteCount.exact).joined(separator: ",") }
}

/// Numbers with a fixed number of places; without Foundation's formatting, which no start-up should pay for.
enum Decimals {
  /// `value` with `places` places (0 to 6), rounded half away from zero; `-` for what is not finite.
  static func text(_ value: Double, _ places: Int) -> String {
    var scale: Int64 = 1
    for _ in 0..<places { scale *= 10 }
    let scaled = (value * Double(scale)).rounded()
    guard scaled.isFinite, abs(scaled) < 9e18 else { return "-" }
    let sign = scaled < 0 ? "-" : ""
    let units = Int64(abs(scaled))
    guard places > 0 else { return sign + "\(units)" }
    let fraction = String(units % scale)
    return sign + "\(units / scale)." + String(repeating: "0", count: places - fraction.count) + fraction
  }
}
