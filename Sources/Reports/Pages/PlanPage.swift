/// The page of `lockstep plan`, which needs nothing else: no script, no other file, no network.
package struct PlanPage {
  /// What the page shows, in words and numbers.
  package struct Content: Sendable {
    /// A way of growing, with a row for each number of hosts.
    package struct Scaling: Sendable {
      package let title: String
      package let conclusion: String
      package let rows: [Row]

      package init(title: String, conclusion: String, rows: [Row]) {
        (self.title, self.conclusion, self.rows) = (title, conclusion, rows)
      }
    }

    /// The step of a number of hosts.
    package struct Row: Sendable {
      package let hosts: Int
      package let samplesPerSecond: Double
      /// The parts of the step in milliseconds, in the order of `parts`.
      package let parts: [Double]
      /// The row of the table, behind the number of hosts.
      package let cells: [String]

      package init(hosts: Int, samplesPerSecond: Double, parts: [Double], cells: [String]) {
        (self.hosts, self.samplesPerSecond) = (hosts, samplesPerSecond)
        (self.parts, self.cells) = (parts, cells)
      }
    }

    package let lead: String
    /// The names of a step's parts, and the headings of the tables.
    package let parts, headings: [String]
    package let scalings: [Scaling]
    package let notes: [String]

    package init(
      lead: String, parts: [String], headings: [String], scalings: [Scaling], notes: [String]
    ) {
      (self.lead, self.parts, self.headings) = (lead, parts, headings)
      (self.scalings, self.notes) = (scalings, notes)
    }
  }

  private let content: Content

  /// The page of some content.
  package init(_ content: Content) { self.content = content }

  /// The page's source.
  package var html: String {
    page(
      title: "Lockstep: a plan",
      [
        .element(
          "header",
          [
            .element("h1", "A training on more hosts"),
            .element("p", ["class": "lead"], content.lead),
          ]),
        section(
          "Speed",
          [
            .element(
              "div", ["class": "pair"],
              [
                .element(
                  "ul", ["class": "findings"],
                  content.scalings.enumerated().map { index, scaling in
                    .element(
                      "li",
                      [
                        growth(index).key,
                        .text("\(scaling.title): \(scaling.conclusion)"),
                      ])
                  }),
                .element(
                  "figure",
                  [
                    ScalingChart(
                      title: "Samples a second over hosts", unit: "samples/s",
                      curves: content.scalings.enumerated().map { index, scaling in
                        ScalingChart.Curve(
                          series: growth(index),
                          points: scaling.rows.map { ($0.hosts, $0.samplesPerSecond) })
                      }
                    ).svg,
                    .element(
                      "figcaption", ["class": "note"],
                      "Dotted: as if each host were as fast as one alone."),
                  ]),
              ])
          ]),
      ] + content.scalings.map(growthSection) + [
        .element("footer", content.notes.map { .element("p", $0) })
      ])
  }

  private func growth(_ index: Int) -> Series {
    Series(name: content.scalings[index].title, index: index)
  }

  private func growthSection(_ scaling: Content.Scaling) -> Markup {
    let series = content.parts.enumerated().map { Series(name: $1, index: $0 + 2) }
    let rows = scaling.rows.map { row in
      Markup.element(
        "tr",
        [.element("th", ["scope": "row"], "\(row.hosts)")]
          + row.cells.map { .element("td", $0) })
    }
    return section(
      scaling.title,
      [
        .element(
          "div", ["class": "pair"],
          [
            table("plain numbers", content.headings, rows),
            .element(
              "figure",
              [
                .element(
                  "ul", ["class": "legend"],
                  series.map {
                    .element(
                      "li",
                      [.element("span", ["class": "swatch \($0.cssClass)"], ""), .text($0.name)])
                  }),
                PartsChart(
                  title: "The parts of a step by the number of hosts", unit: "ms", series: series,
                  rows: scaling.rows.map { row in
                    PartsChart.Row(name: "\(row.hosts)", parts: row.parts.map { max($0, 0) })
                  }
                ).svg,
                .element(
                  "figcaption", ["class": "note"],
                  "The parts of a step by the number of hosts, each as a share of it."),
              ]),
          ])
      ])
  }
}
