// The page of `wdprov bench --html`: charts, and below them every figure; it needs nothing but itself.
// SPDX-License-Identifier: Apache-2.0

/// A report as one HTML document, without scripts and without references to anything outside of it.
struct BenchPage {
  let report: BenchReport

  /// The document.
  var html: String {
    let sections = BenchSection.all(report.rows)
    let title = "wdprov bench: " + (report.names.isEmpty ? "memcpy" : report.names.joined(separator: ", "))
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <title>\(ChartText.escaped(title))</title>
      <style>
      \(BenchPageStyle.css)</style>
      </head>
      <body>
      <header>
      <h1>\(ChartText.escaped(title))</h1>
      \(facts)\(notes)</header>
      <main>
      \(sections.enumerated().map { section($1, id: "s\($0 + 1)", of: sections) }.joined())\(failures)\(table)</main>
      </body>
      </html>

      """
  }

  private var facts: String {
    let conditions = report.conditions
    var entries = [
      ("Date", "<time datetime=\"\(Self.text(conditions.date))\">\(Self.text(conditions.dateText))</time>"),
      ("Machine", Self.text(conditions.machineText)),
      ("Command", "<code>\(Self.text(conditions.command))</code>"),
      ("Data", Self.text(report.sources.joined(separator: ", "))),
      (
        "Load",
        "\(report.threads) thread\(report.threads == 1 ? "" : "s"), \(report.depth) request"
          + "\(report.depth == 1 ? "" : "s") under way, \(ChartText.number(conditions.seconds)) s for each row"
      ),
    ]
    if !conditions.providers.isEmpty {
      let list = conditions.providers.map { $0.version.isEmpty ? $0.name : "\($0.name) \($0.version)" }
      entries.append(("Providers", Self.text(list.joined(separator: ", "))))
    }
    return "<dl>\n" + entries.map { "<div><dt>\($0)</dt><dd>\($1)</dd></div>\n" }.joined() + "</dl>\n"
  }

  private var notes: String {
    var text = "<p>Speeds are wall-clock, in MB (10<sup>6</sup> plain bytes) a second; every driver was checked on the"
    text += " data first. <b>memcpy</b> is a plain copy: the ceiling that memory sets.</p>\n"
    var models: [String] = []
    for row in report.rows where row.isEmulated && !models.contains(row.driver) { models.append(row.driver) }
    if !models.isEmpty {
      text += "<p class=\"note\"><b>A model, no hardware:</b> \(Self.text(models.joined(separator: ", "))) "
      text += "\(models.count == 1 ? "runs" : "run") on a software model of a device. "
      text += "The speed of a model says nothing about the device's.</p>\n"
    }
    return text
  }

  private func section(_ section: BenchSection, id: String, of all: [BenchSection]) -> String {
    let several = all.contains { $0.name == section.name && $0.data != section.data }
    var text = "<section aria-labelledby=\"\(id)-head\">\n<h2 id=\"\(id)-head\">\(Self.text(section.name))"
    text += several ? " <small>on \(Self.text(section.data))</small></h2>\n" : "</h2>\n"
    text += "<ul class=\"findings\">\(section.findings.map { "<li>\(Self.text($0))</li>" }.joined())</ul>\n"
    text += key(section)
    let ratios = section.ratioCharts(id: id)
    if !ratios.isEmpty {
      text += "<div class=\"grid\">\n"
      for chart in ratios { text += figure(chart.title, chart.svg, []) }
      text += "</div>\n"
    }
    text += "<div class=\"grid\">\n"
    for chart in section.sizeCharts(id: id) { text += figure(chart.title, chart.svg, chart.sentences) }
    text += "</div>\n"
    if section.drawnLevels.count < section.levels.count {
      text += "<p>Of \(section.levels.count) levels the first, the middle and the last are drawn against size;"
      text += " the table has all.</p>\n"
    }
    if section.hiddenLines > 0 {
      text += "<p>\(section.hiddenLines) more \(section.isByLevel ? "levels" : "drivers") are in the table only.</p>\n"
    }
    return text + "</section>\n"
  }

  private func figure(_ title: String, _ svg: String, _ crossovers: [String]) -> String {
    var text = "<figure>\n<figcaption>\(Self.text(title))</figcaption>\n\(svg)"
    if !crossovers.isEmpty {
      text += "<ol class=\"crossovers\">\(crossovers.map { "<li>\(Self.text($0))</li>" }.joined())</ol>\n"
    }
    return text + "</figure>\n"
  }

  /// Shape, dashes and name of each line.
  private func key(_ section: BenchSection) -> String {
    guard section.key.count > 1 else { return "" }
    let entries = section.key.map { name, style in
      let dashes = style.dashes.map { " stroke-dasharray=\"\($0)\"" } ?? ""
      return "<li><svg viewBox=\"0 0 44 16\" width=\"44\" height=\"16\" aria-hidden=\"true\">"
        + "<path class=\"line \(style.colorClass)\"\(dashes) d=\"M1 8H43\"/>"
        + "<path class=\"swatch \(style.colorClass)\" transform=\"translate(22 8)\" d=\"\(style.outline)\"/></svg>"
        + "\(Self.text(name))</li>"
    }
    return "<ul class=\"key\">\(entries.joined())</ul>\n"
  }

  private var failures: String {
    guard !report.failures.isEmpty else { return "" }
    let entries = report.failures.map { "<li><b>\(Self.text($0.driver))</b>: \(Self.text($0.reason))</li>\n" }
    return "<section>\n<h2>Not measured</h2>\n<ul>\n\(entries.joined())</ul>\n</section>\n"
  }

  private static let columns: [(heading: String, isNumeric: Bool)] = [
    ("Driver", false), ("Operation", false), ("Data", false), ("Level", true), ("Size, B", true), ("MB/s", true),
    ("CPU, %", true), ("p50, ns", true), ("p99, ns", true), ("Ratio", true), ("Fallbacks", true), ("Requests", true),
  ]

  /// Every figure.
  private var table: String {
    var text = "<section aria-labelledby=\"figures\">\n<h2 id=\"figures\">All figures</h2>\n"
    text += "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-labelledby=\"figures\">\n<table>\n<thead><tr>"
    // Where all data is the same the heading says it.
    let columns = Self.columns.filter { $0.heading != "Data" || report.sources.count > 1 }
    for column in columns {
      text += "<th scope=\"col\"\(column.isNumeric ? " class=\"number\"" : "")>\(column.heading)</th>"
    }
    text += "</tr></thead>\n<tbody>\n"
    for row in report.rows {
      let cells: [String] =
        [
          row.operation.rawValue
        ] + (report.sources.count > 1 ? [Self.text(row.data)] : []) + [
          row.level.map { String($0) } ?? "–",
          ChartText.grouped(UInt64(row.size)), ChartText.grouped(row.megabytesPerSecond, places: 1, trimming: false),
          Decimals.text(row.processorPercent, 0), row.p50.map(ChartText.grouped) ?? "–",
          row.p99.map(ChartText.grouped) ?? "–", row.ratio.map { Decimals.text($0, 3) } ?? "–",
          ChartText.grouped(row.fallbacks), ChartText.grouped(row.requests),
        ]
      text += "<tr><th scope=\"row\">\(Self.text(row.driver))\(row.isEmulated ? " <em>(model)</em>" : "")</th>"
      for (cell, column) in zip(cells, columns.dropFirst()) {
        text += column.isNumeric ? "<td class=\"number\">\(cell)</td>" : "<td>\(cell)</td>"
      }
      text += "</tr>\n"
    }
    return text + "</tbody>\n</table>\n</div>\n</section>\n"
  }

  private static func text(_ words: String) -> String { ChartText.escaped(words) }
}
