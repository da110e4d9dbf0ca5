// The style sheet of `wdprov bench --html`: light, dark and print, for wide and for narrow windows.
// SPDX-License-Identifier: Apache-2.0

/// The page's style.
enum BenchPageStyle {
  /// The style sheet.
  ///
  /// Colours stand in custom properties only, so that a scheme is a list of these.
  static let css = """
    :root {
    \(variables(.light))
    }
    @media screen and (prefers-color-scheme: dark) {
    :root {
    \(variables(.dark))
    }
    }
    * { box-sizing: border-box; }
    body { margin: 0 auto; padding: 1.5rem 1rem 3rem; max-width: 1080px; background: var(--paper); color: var(--ink);
      font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif; }
    h1 { font-size: 1.6rem; line-height: 1.2; margin: 0 0 1rem; overflow-wrap: anywhere; }
    h2 { font-size: 1.25rem; margin: 2.5rem 0 .5rem; padding-top: .75rem; border-top: 1px solid var(--rule);
      overflow-wrap: anywhere; }
    h2 small { font-weight: normal; color: var(--muted); font-size: 1rem; }
    p, .findings { max-width: 72ch; }
    dl { display: grid; gap: .15rem; margin: 0 0 1rem; }
    dl div { display: grid; grid-template-columns: 6.5rem 1fr; gap: .5rem; }
    dt { color: var(--muted); }
    dd { margin: 0; overflow-wrap: anywhere; }
    code { font: .9em/1.4 ui-monospace, "DejaVu Sans Mono", monospace; }
    .note { border-left: 4px solid var(--ink); padding: .1rem 0 .1rem .75rem; }
    .findings { margin: .5rem 0; padding-left: 1.2rem; }
    .key { list-style: none; display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; margin: .75rem 0; padding: 0;
      font-size: .9rem; }
    .key li { display: flex; align-items: center; gap: .5rem; }
    .grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 440px), 1fr)); gap: 1rem;
      margin: 1rem 0; }
    figure { margin: 0; padding: .75rem; background: var(--panel); border: 1px solid var(--rule); border-radius: 6px;
      min-width: 0; break-inside: avoid; }
    figcaption { font-weight: 600; font-size: .95rem; margin-bottom: .25rem; overflow-wrap: anywhere; }
    .crossovers { margin: .25rem 0 0; padding-left: 1.6rem; font-size: .9rem; }
    .chart { display: block; width: 100%; height: auto; font-family: inherit; }
    .chart text { fill: var(--ink); font-size: \(ChartText.size)px; }
    .chart .tick { fill: var(--muted); font-size: \(ChartText.small)px; font-variant-numeric: tabular-nums; }
    .chart .title { fill: var(--muted); font-size: \(ChartText.small)px; }
    .chart .quiet { fill: var(--muted); font-style: italic; }
    .chart .middle { text-anchor: middle; }
    .chart .end { text-anchor: end; }
    .chart .label, .chart .number { paint-order: stroke; stroke: var(--panel); stroke-width: 3px;
      stroke-linejoin: round; }
    .chart .number { font-weight: 700; }
    .chart .rule { stroke: var(--rule); stroke-width: 1; }
    .chart .minor { stroke-opacity: .5; }
    .chart .axis { stroke: var(--muted); stroke-width: 1; }
    .chart .leader { stroke: var(--muted); stroke-width: .75; }
    .chart .crossing { fill: none; stroke: var(--ink); stroke-width: 1.5; }
    .line { fill: none; stroke-width: 2; stroke-linejoin: round; }
    .thin { stroke-width: 1.25; }
    .chart .ceiling { stroke: var(--muted); stroke-width: 1.25; }
    .chart .far { stroke-dasharray: 1 4; stroke-linecap: round; stroke-width: 2; }
    .chart .mark { stroke: var(--panel); stroke-width: 1; }
    .swatch { stroke: none; }
    \(series)
    .scroll { overflow-x: auto; border: 1px solid var(--rule); border-radius: 6px; }
    .scroll:focus-visible { outline: 2px solid var(--s0); outline-offset: 2px; }
    table { border-collapse: collapse; width: 100%; font-size: .875rem; font-variant-numeric: tabular-nums; }
    th, td { padding: .3rem .6rem; text-align: left; white-space: nowrap; }
    thead th { background: var(--panel); border-bottom: 2px solid var(--muted); }
    tbody tr + tr > * { border-top: 1px solid var(--rule); }
    tbody th { font-weight: 500; }
    .number { text-align: right; }
    @media (max-width: 520px) {
    body { padding: 1rem .6rem 2rem; }
    figure { padding: .6rem .4rem; }
    dl div { grid-template-columns: 1fr; gap: 0; margin-bottom: .35rem; }
    }
    @media print {
    body { max-width: none; padding: 0; font-size: 10pt; }
    .grid { grid-template-columns: 1fr 1fr; }
    .scroll { overflow: visible; border: 0; }
    table { font-size: 7.5pt; }
    th, td { padding: .15rem .3rem; }
    thead { display: table-header-group; }
    }

    """

  private static func variables(_ palette: ChartPalette) -> String {
    var text = "--paper: \(palette.paper); --panel: \(palette.panel); --ink: \(palette.ink); --muted: \(palette.muted);"
    text += " --rule: \(palette.rule);"
    for (index, color) in palette.series.enumerated() { text += " --s\(index): \(color);" }
    return text
  }

  /// The colour of lines and of marks, by class.
  private static var series: String {
    ChartPalette.light.series.indices.map { index in
      ".line.s\(index) { stroke: var(--s\(index)); } .mark.s\(index), .swatch.s\(index) { fill: var(--s\(index)); }"
    }.joined(separator: "\n")
  }
}
