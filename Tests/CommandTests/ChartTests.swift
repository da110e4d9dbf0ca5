// The pure parts of bench's page: scales, ticks, places of labels, crossovers, escaping, colours.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import wdprov

@Suite("Charts put values, ticks and labels where they belong")
struct ChartTests {
  @Test("speeds that are alike stand on a linear scale from 0, others on a logarithmic one")
  func speeds() {
    let linear = ChartScale.speeds([50, 90], 100, 0)
    #expect(linear.kind == .linear && linear.domain == 0...100)
    #expect(linear.ticks.map(\.label) == ["0", "50", "100"])
    #expect(linear.position(0) == 100 && linear.position(50) == 50)
    let logarithmic = ChartScale.speeds([3, 170], 0, 300)
    #expect(logarithmic.kind == .logarithmic && logarithmic.domain == 2...200)
    #expect(logarithmic.ticks.map(\.label).filter { !$0.isEmpty } == ["2", "5", "10", "20", "50", "100", "200"])
    #expect(abs(logarithmic.position(20) - 150) < 1e-9, "half of the way by logarithms")
    let wide = ChartScale.speeds([0.2, 40_000], 0, 300)
    #expect(wide.ticks.map(\.label) == ["0.1", "1", "10", "100", "1\u{202F}000", "10\u{202F}000"])
  }

  @Test(
    "every scale is finite, whatever it is given", arguments: [[], [0], [-1, .nan], [7], [7, 7, 7], [1e-9, 1e12]])
  func degenerate(values: [Double]) {
    for scale in [
      ChartScale.speeds(values, 300, 0), .ratios(values.filter(\.isFinite), 0, 300),
      .sizes(values.filter(\.isFinite).map { Int($0) }, 0, 300),
    ] {
      #expect(scale.domain.lowerBound < scale.domain.upperBound)
      for value in values.filter(\.isFinite) + [1, 1000] { #expect(scale.position(value).isFinite) }
      for tick in scale.ticks {
        #expect((-0.1...300.1).contains(scale.position(tick.value)), "\(tick) lies outside of the axis")
      }
    }
  }

  @Test("a scale of ratios has room at both ends and round ticks")
  func ratios() {
    let scale = ChartScale.ratios([2.83, 3.5], 0, 100)
    #expect(scale.domain.lowerBound < 2.83 && scale.domain.upperBound > 3.5)
    #expect(scale.ticks.map(\.label) == ["2.6", "2.8", "3.0", "3.2", "3.4", "3.6"])
  }

  @Test("sizes have their ticks at themselves, and words as far as there is room")
  func sizes() {
    #expect(
      ChartScale.sizes([65_536, 64, 1024, 64], 0, 300).ticks == [
        ChartTick(value: 64, label: "64"), ChartTick(value: 1024, label: "1K"), ChartTick(value: 65_536, label: "64K"),
      ])
    let crowded = ChartScale.sizes((0..<20).map { 64 << $0 }, 0, 200).ticks
    #expect(crowded.count == 20)
    #expect((3...12).contains(crowded.count { !$0.label.isEmpty }))
  }

  @Test("labels in a column keep their distance, their order and the column's ends")
  func column() {
    #expect(LabelPlacement.column([50, 10, 90], height: 10, in: 0...100) == [50, 10, 90], "nothing is in the way")
    #expect(LabelPlacement.column([50, 50], height: 10, in: 0...100) == [45, 55])
    #expect(LabelPlacement.column([0, 2, 100], height: 10, in: 0...100) == [5, 15, 95])
    let many = LabelPlacement.column([40, 41, 42, 43, 44, 70, 71], height: 12, in: 0...200)
    for (above, below) in zip(many, many.dropFirst()) { #expect(below - above >= 12 - 1e-9) }
    #expect(LabelPlacement.column([], height: 10, in: 0...100).isEmpty)
  }

  @Test("a label beside a mark avoids what is there and stays inside")
  func beside() {
    let room = ChartBox(left: 0, top: 0, width: 200, height: 100)
    let free = LabelPlacement.beside((100, 50), width: 40, height: 14, obstacles: [], in: room)
    #expect(free.left > 100 && free.top < 50 && free.bottom > 50, "to the right where nothing is")
    let atEdge = LabelPlacement.beside((195, 50), width: 40, height: 14, obstacles: [], in: room)
    #expect(atEdge.right <= 195 && atEdge.excess(of: room) == 0)
    let blocked = ChartBox(left: 105, top: 0, width: 95, height: 100)
    let elsewhere = LabelPlacement.beside((100, 50), width: 40, height: 14, obstacles: [(blocked, 10)], in: room)
    #expect(elsewhere.overlap(blocked) == 0)
  }

  @Test("a crossover is where straight lines between logarithms meet")
  func crossover() throws {
    let found = Crossover.all([Self.series("a", [100, 100, 100]), Self.series("b", [10, 1000, 1000])])
    let only = try #require(found.first)
    #expect(found.count == 1 && only.winner == "b" && only.loser == "a")
    #expect(abs(only.size - 256) < 1e-6 && abs(only.speed - 100) < 1e-6, "half of the way from 64 to 1024")
    #expect(only.sizeText == "256 B")
    #expect(Crossover(winner: "a", loser: "b", size: 12_600, speed: 1).sizeText == "12 KiB")
  }

  @Test("noise, series without a common size, and lines that never meet make no crossover")
  func noCrossover() {
    #expect(Crossover.all([Self.series("a", [100, 100, 100]), Self.series("b", [99, 101, 99])]).isEmpty)
    #expect(Crossover.all([Self.series("a", [1, 2, 3]), Self.series("b", [2, 3, 4])]).isEmpty)
    var apart = Self.series("b", [9])
    apart.points = [ChartPoint(x: 5, y: 9)]
    #expect(Crossover.all([Self.series("a", [1, 2]), apart]).isEmpty)
    #expect(Crossover.all([]).isEmpty)
  }

  @Test("a lead that passes through a draw changes once, and one that comes back twice")
  func draws() {
    let flat = Self.series("a", [100, 100, 100, 100])
    #expect(Crossover.all([flat, Self.series("b", [50, 100, 100, 200])]).map(\.winner) == ["b"])
    #expect(Crossover.all([flat, Self.series("b", [50, 200, 200, 50])]).map(\.winner) == ["b", "a"])
    let third = Self.series("c", [900, 900, 900, 900])
    let crossover = Crossover.all([flat, Self.series("b", [50, 200, 200, 200])])[0]
    #expect(crossover.isOfLead(among: [flat]) && !crossover.isOfLead(among: [flat, third]))
  }

  @Test("text of others cannot become markup")
  func escaping() {
    #expect(ChartText.escaped("<script>&\"'</script>") == "&lt;script&gt;&amp;&quot;&#39;&lt;/script&gt;")
    #expect(ChartText.escaped("a\u{1B}[1mb\u{0}\r\n") == "a\u{FFFD}[1mb\u{FFFD}\u{FFFD}\n")
    #expect(ChartText.escaped("größer ≤ 𝄞") == "größer ≤ 𝄞")
  }

  @Test(
    "numbers are short and grouped",
    arguments: [
      (0, "0"), (0.0123, "0.0123"), (1, "1"), (2.834, "2.83"), (99.96, "100"), (1234, "1\u{202F}234"),
      (12_345_678, "12\u{202F}345\u{202F}678"), (.nan, "-"),
    ])
  func numbers(value: Double, text: String) { #expect(ChartText.number(value) == text) }

  @Test("a name that is too wide loses its middle")
  func fitted() {
    #expect(ChartText.fitted("gzip-zlib", 190) == "gzip-zlib")
    let name = "zlib-deflate-of-a-vendor-with-a-very-long-name"
    let short = ChartText.fitted(name, 120)
    #expect(short.contains("…") && ChartText.width(short) <= 120)
    #expect(name.hasPrefix(short.prefix { $0 != "…" }) && name.hasSuffix(short.drop { $0 != "…" }.dropFirst()))
  }

  @Test(
    "text has a contrast of 4.5 and marks of 3 to what is behind them, in both schemes (WCAG 2.2, 1.4.3 and 1.4.11)")
  func contrast() {
    for palette in [ChartPalette.light, .dark] {
      #expect(Set(palette.series).count == 8)
      for ground in [palette.paper, palette.panel] {
        for text in [palette.ink, palette.muted] { #expect(Self.contrast(text, ground) >= 4.5, "\(text) on \(ground)") }
        for mark in palette.series { #expect(Self.contrast(mark, ground) >= 3, "\(mark) on \(ground)") }
      }
    }
  }

  @Test("the first 56 looks differ in shape or colour, and neighbours in shape, colour and dashes")
  func styles() {
    let styles = (0..<56).map(MarkStyle.init)
    #expect(Set(styles.map { "\($0.outline) \($0.colorClass)" }).count == 56)
    for (one, next) in zip(styles, styles.dropFirst()) {
      #expect(one.outline != next.outline && one.colorClass != next.colorClass && one.dashes != next.dashes)
    }
  }

  private static func series(_ name: String, _ speeds: [Double]) -> ChartSeries {
    ChartSeries(
      name: name, style: MarkStyle(index: 0),
      points: speeds.enumerated().map { ChartPoint(x: Double(64 << (4 * $0)), y: $1) })
  }

  /// The contrast ratio of two colours.
  private static func contrast(_ one: String, _ other: String) -> Double {
    func luminance(_ color: String) -> Double {
      let value = Int(color.dropFirst(), radix: 16) ?? 0
      let parts = [16, 8, 0].map { shift in
        let part = Double(value >> shift & 255) / 255
        return part <= 0.04045 ? part / 12.92 : pow((part + 0.055) / 1.055, 2.4)
      }
      return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
    }
    let (high, low) = (max(luminance(one), luminance(other)), min(luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)
  }
}
