import Datasets
import Files
import Foundation

/// The report as one page, which needs nothing else: no script, no other file, no network.
package struct ComparisonPage {
  private let report: ComparisonReport
  private let series: [Series]
  private var set: DatasetPart { report.evaluated }

  /// The page of a report.
  package init(_ report: ComparisonReport) {
    self.report = report
    series = report.configurations.enumerated().map { Series(name: $1.name, index: $0) }
  }

  /// The page's source.
  package var html: String {
    let names = report.configurations.map(\.name).joined(separator: ", ")
    return page(
      title: "Lockstep: \(names)",
      [header, findings, results, differences, shared, curves, recalls, confusions, footer])
  }

  private var header: Markup {
    let count = report.configurations.count
    let seeds = report.seeds.map(String.init)
    let seedText =
      seeds.count == 1
      ? "one run each, with seed \(seeds[0])"
      : "\(seeds.count) runs each, with the seeds \(seeds[0]) to \(seeds[seeds.count - 1])"
    return .element(
      "header",
      [
        .element(
          "h1",
          "\(count) configurations compared"
            + (report.diverged.isEmpty ? "" : ", \(report.diverged.count) diverged")),
        .element(
          "p", ["class": "lead"],
          "\(seedText); \(grouped(report.samples)) \(set) samples of \(report.classes.count) classes"
            + (dataFolder.map { " from \($0)" } ?? "")),
        .element(
          "ul", ["class": "legend"],
          series.map { .element("li", [$0.key, .text($0.name)]) }),
      ])
  }

  private var findings: Markup {
    let sentences = report.pairs.map { pair in
      let kind = pair.isBeyondNoise.map { $0 ? "beyond" : "within" } ?? "unknown"
      return Markup.element("li", ["class": kind], unbroken(report.sentence(pair)))
    }
    let leftOut = report.diverged.map { diverged in
      Markup.element(
        "li", ["class": "unknown", "title": diverged.reason], report.sentence(diverged))
    }
    let rows = zip(series, report.configurations).map { series, configuration in
      DotChart.Row(
        name: series.name,
        dots: [
          DotChart.Dots(
            series: series,
            values: report.seeds.count > 1 ? configuration.runs.map(\.accuracy) : [],
            mean: configuration.accuracy.mean)
        ])
    }
    let note =
      "\(set.rawValue.capitalized) accuracy after the last epoch"
      + (report.seeds.count > 1 ? ": a ring for each seed, and their mean." : ".")
    return section(
      "Accuracy",
      [
        .element(
          "div", ["class": "pair"],
          [
            .element("ul", ["class": "findings"], sentences + leftOut),
            .element(
              "figure",
              [
                DotChart(title: "Accuracy of each run", rows: rows, joins: false).svg,
                .element("figcaption", ["class": "note"], note),
              ]),
          ])
      ])
  }

  private var results: Markup {
    let rows = zip(series, report.configurations).map { series, configuration in
      Markup.element(
        "tr",
        [
          .element(
            "th", ["scope": "row", "class": series.cssClass], [series.key, .text(series.name)])
        ] + configuration.cells.map { .element("td", $0) })
    }
    return section(
      "Results",
      [
        table("plain numbers", report.headings, rows),
        .element(
          "p", ["class": "note"],
          "Seconds and samples a second are those of a run's training, without evaluations"
            + (report.seeds.count > 1
              ? "; figures in percent are means over the seeds ± the standard deviation." : ".")),
      ])
  }

  private var curves: Markup {
    func chart(
      _ title: String, _ unit: String, _ bounds: ClosedRange<Double>,
      _ value: (EpochFigures) -> Double
    ) -> Markup {
      let curves = zip(series, report.configurations).map { series, configuration in
        LineChart.Curves(
          series: series, runs: configuration.runs.map { $0.epochs.map(value) })
      }
      let chart = LineChart(title: title, unit: unit, curves: curves, bounds: bounds)
      return .element("figure", [.element("figcaption", [.element("b", title)]), chart.svg])
    }
    return section(
      "Learning curves",
      [
        .element(
          "div", ["class": "pair"],
          [
            chart("\(set.rawValue.capitalized) accuracy in percent", "%", 0...100) {
              100 * $0.accuracy
            },
            chart("Training loss", "nats", 0...Double.infinity) { $0.trainingLoss },
          ]),
        .element(
          "p", ["class": "note"],
          (report.seeds.count > 1 ? "Thin lines are seeds, thick ones their mean. " : "")
            + "The training loss is the mean over an epoch, while the parameters change, of what is "
            + "minimized: with dropout, smoothed labels and changed samples where a configuration has them."
        ),
      ])
  }

  private var recalls: Markup {
    let rows = report.classes.enumerated().map { label, name in
      DotChart.Row(
        name: name,
        dots: zip(series, report.configurations).compactMap { series, configuration in
          configuration.recalls[label].map {
            DotChart.Dots(series: series, values: [], mean: $0)
          }
        })
    }
    let numbers = zip(report.classes.indices, report.classes).map { label, name in
      Markup.element(
        "tr",
        [.element("th", ["scope": "row", "title": name], name.shortened(to: 20))]
          + report.configurations.map { configuration in
            let recall = configuration.recalls[label]
            return .element("td", recall.map { String(format: "%.1f %%", 100 * $0) } ?? "–")
          })
    }
    return section(
      "Recall of each class",
      [
        .element(
          "div", ["class": "pair"],
          [
            .element(
              "figure", [DotChart(title: "Recall of each class", rows: rows, joins: true).svg]),
            table("plain numbers recalls", [""] + series.map { $0.label(16) }, numbers),
          ]),
        .element(
          "p", ["class": "note"],
          "The share of a class's \(set) samples that are taken for it"
            + (report.seeds.count > 1 ? ", over all seeds." : ".")),
      ])
  }

  private var confusions: Markup {
    section(
      "Confusion",
      [
        .element(
          "p", ["class": "note"],
          "Rows are the true classes, columns what the classifier sees in them"
            + (report.seeds.count > 1 ? "; counts are summed over the seeds." : ".")),
        .element(
          "div", ["class": "pair"],
          zip(series, report.configurations).map { series, configuration in
            ConfusionTable(
              series: series, matrix: configuration.confusion, classes: report.classes
            ).markup
          }),
      ])
  }

  private var differences: Markup {
    guard !report.differences.isEmpty else {
      return section(
        "What differs", [.element("p", "No key: the configurations are the same.")])
    }
    let rows = report.differences.map { difference in
      Markup.element(
        "tr",
        [.element("th", ["scope": "row"], [.element("code", difference.key)])]
          + difference.values.map { .element("td", $0) })
    }
    return section(
      "What differs", [table("plain differences", ["key"] + series.map(\.name), rows)])
  }

  /// The folder of the data, if all have the same.
  private var dataFolder: String? {
    let folders = Set(report.configurations.map(\.configuration.data.directory))
    return folders.count == 1 ? folders.first : nil
  }

  private var shared: Markup {
    let rows = KeyDifference.shared(by: report.configurations.map(\.configuration)).map { shared in
      Markup.element(
        "tr",
        [
          .element("th", ["scope": "row"], [.element("code", shared.key)]),
          .element("td", shared.values[0]),
        ])
    }
    return section(
      "What they share",
      [
        table("plain differences", ["key", "value"], rows),
        .element(
          "p", ["class": "note"],
          "The data and the epochs, where all have the same, and what has not its default."),
      ])
  }

  private var footer: Markup {
    let machine = report.machine
    let command =
      report.origin.map { origin in
        "lockstep \(origin.version), \(timeText(origin.time)) UTC: lockstep "
          + "\(origin.arguments.joined(separator: " ")); "
      } ?? "lockstep compare, "
    let noise =
      "Beyond the noise means that Welch's two-sided t-test on the seeds' accuracies has a p of at most "
      + "0.05"
      + (report.pairs.count > 1 ? ", corrected after Holm for \(report.pairs.count) pairs; " : "; ")
      + "intervals are those of a pair by itself. The seeds are the only noise that is judged: all runs are "
      + "evaluated on the same \(set) samples."
    return .element(
      "footer",
      [
        .element("p", noise),
        .element(
          "p",
          command + "\(counted(machine.ranks, "rank")) on \(counted(machine.hosts, "host")), "
            + "\(machine.instructionSet). Runs that were there already have the times of their own job. All figures are in \(ComparisonReport.figuresName)."
        ),
      ])
  }

  /// The text with a figure and its sign or unit on one line.
  private func unbroken(_ text: String) -> String {
    text.replacing("p = ", with: "p\u{A0}=\u{A0}").replacing(" %", with: "\u{A0}%")
  }
}
