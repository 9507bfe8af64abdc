import Files
import Foundation

/// The sections on the ranks of a run, and on its starts.
extension RunPage {
  /// The most ranks whose times are drawn.
  private static let mostRanks = 64

  func times(_ series: Series, _ entry: Entry) -> Markup? {
    let ranks = entry.history.rankTimes
    guard !ranks.isEmpty else { return nil }
    let parts = [
      "computing", "computing, with a sum under way", "reduction and waiting", "optimizer", "other",
    ].enumerated().map { Series(name: $1, index: $0) }
    let rows = ranks.prefix(Self.mostRanks).map { rank in
      let known = rank.computation + rank.reduction + rank.optimizer
      return PartsChart.Row(
        name: "\(rank.rank)",
        parts: [
          max(rank.computation - rank.hiddenReduction, 0), rank.hiddenReduction, rank.reduction,
          rank.optimizer, max(rank.total - known, 0),
        ].map { 1000 * $0 })
    }
    let mean = ranks.reduce(0) { $0 + $1.total } / Double(ranks.count)
    let hosts = Set(ranks.map(\.host)).count
    return section(
      title("Where the time went, by rank", series),
      [
        .element(
          "p", ["class": "note"],
          String(
            format:
              "%@ on %@: a step took %.1f ms on average.",
            counted(ranks.count, "rank"),
            counted(hosts, "host"), 1000 * mean)
            + (ranks.count > Self.mostRanks ? " Shown are the first \(Self.mostRanks)." : "")),
        .element(
          "ul", ["class": "legend"],
          parts.map { part in
            .element(
              "li", [.element("span", ["class": "swatch \(part.cssClass)"], ""), .text(part.name)])
          }),
        .element(
          "div", ["class": "narrow"],
          [
            .element(
              "figure",
              [
                PartsChart(
                  title: "The parts of a step of each rank", unit: "ms", series: parts,
                  rows: Array(rows), comparesRows: true
                ).svg
              ])
          ]),
      ])
  }

  /// The parts of a run: its start, and where it was continued.
  func parts(_ series: Series, _ entry: Entry) -> Markup? {
    let parts = entry.history.parts
    guard !parts.isEmpty else { return nil }
    let rows = parts.enumerated().map { index, part in
      let start = part.start
      let hosts = Array(Set(start.hosts)).sorted().joined(separator: ", ").excerpt(60)
      let end =
        part.end.map { "after step \(grouped($0.step))" }
        ?? (index < parts.count - 1 ? "interrupted" : "–")
      let cells = [
        timeText(start.time), duration(part.lastTime - start.time), grouped(start.step), end,
        "\(start.hosts.count)", hosts, start.processor, start.instructionSet, start.version,
      ]
      return Markup.element(
        "tr", [.element("th", ["scope": "row"], "\(index + 1)")] + cells.map { .element("td", $0) })
    }
    return section(
      title("Starts and interruptions", series),
      [
        table(
          "plain",
          [
            "part", "start (UTC)", "time to its last report", "from step", "end", "ranks", "hosts",
            "processor", "instructions", "version",
          ], rows),
        .element(
          "p", ["class": "note"],
          "A run that was interrupted goes on from its last checkpoint. What it did after that was done "
            + "again, and its first time is not reported here."),
      ])
  }
}
