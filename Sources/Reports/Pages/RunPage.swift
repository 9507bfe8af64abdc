import Configuration
import Datasets
import Files
import Foundation
import Training

/// A page on a run, or on several over each other, which needs nothing else: no script, no other file, no
/// network.
package struct RunPage {
  /// A run, with what its best model does with the test samples, where that could be tried.
  package struct Entry: Sendable {
    package let history: RunHistory
    package let trial: ModelTrial?

    package init(_ history: RunHistory, _ trial: ModelTrial?) {
      (self.history, self.trial) = (history, trial)
    }
  }

  private let entries: [Entry]
  private let series: [Series]
  private let date: Date

  /// The most ranks whose times are drawn.
  private static let mostRanks = 64

  /// The page of at least one run, made on a date.
  package init(_ entries: [Entry], date: Date) {
    (self.entries, self.date) = (entries, date)
    series = entries.enumerated().map { Series(name: $1.history.name, index: $0) }
  }

  /// The page's source.
  package var html: String {
    page(
      title: "Lockstep: " + series.map(\.name).joined(separator: ", "),
      [header, results] + [curves].compactMap(\.self)
        + zip(series, entries).flatMap { series, entry in
          [classes(series, entry), mistakes(series, entry), calibration(series, entry)]
            .compactMap(\.self)
        }
        + zip(series, entries).compactMap(times) + zip(series, entries).compactMap(parts)
        + [settings, footer])
  }

  private var isSeveral: Bool { entries.count > 1 }

  /// A section's title, with the run's name where there are several.
  private func title(_ text: String, _ series: Series) -> String {
    isSeveral ? "\(text): \(series.name)" : text
  }

  private var header: Markup {
    let first = entries[0].history
    let lead =
      isSeveral
      ? "\(entries.count) runs over each other"
      : "\(first.configuration.model.title), trained on \(first.configuration.data.directory)"
    return .element(
      "header",
      [
        .element("h1", isSeveral ? "Runs of Lockstep" : first.name),
        .element("p", ["class": "lead"], lead),
        .element(
          "ul", ["class": "legend"],
          isSeveral ? series.map { .element("li", [$0.key, .text($0.name)]) } : []),
      ])
  }

  private var results: Markup {
    func percent(_ share: Double) -> String { String(format: "%.2f %%", 100 * share) }
    let set = entries[0].history.configuration.evaluatedSet
    let isTest = entries.allSatisfy { $0.history.configuration.evaluatedSet == .test }
    let rows = zip(series, entries).map { series, entry in
      let history = entry.history
      let (last, best) = (history.epochs.last, history.best)
      let seconds = history.steps.reduce(0) { $0 + $1.seconds }
      let test =
        history.evaluations.last { $0.set == .test }?.accuracy ?? entry.trial?.result.accuracy
      var cells = [
        "\(history.steps.last?.epoch ?? 0) of \(history.configuration.train.epochs)",
        grouped(history.steps.last?.step ?? 0),
        last.map { String(format: "%.4f", $0.trainingLoss) } ?? "–",
        last.map { percent($0.evaluation.accuracy) } ?? "–",
        best.map { "\(percent($0.evaluation.accuracy)), epoch \($0.number)" } ?? "–",
      ]
      if !isTest { cells.append(test.map(percent) ?? "–") }
      cells += [duration(seconds), state(history)]
      return Markup.element(
        "tr",
        [
          .element(
            "th", ["scope": "row", "class": series.cssClass], [series.key, .text(series.name)])
        ] + cells.map { .element("td", $0) })
    }
    return section(
      "Results",
      [
        table(
          "plain numbers",
          ["", "epoch", "steps", "training loss", "\(set) accuracy", "best"]
            + (isTest ? [] : ["test accuracy"]) + ["time", "state"], rows),
        .element(
          "p", ["class": "note"],
          "The training loss is the mean over the last epoch, while the parameters change. The time is that "
            + "of the steps, without evaluations, of all parts of the run that count."),
      ])
  }

  private func state(_ history: RunHistory) -> String {
    if history.earlyStop != nil { return "stopped early" }
    if history.end != nil { return "done" }
    return history.steps.isEmpty ? "no step yet" : "under way, or interrupted"
  }

  private var curves: Markup? {
    let epochs = entries.map(\.history.epochs)
    guard epochs.contains(where: { !$0.isEmpty }) else { return nil }
    func chart(
      _ title: String, _ unit: String, _ bounds: ClosedRange<Double>,
      _ value: (RunHistory.Epoch) -> Double
    ) -> Markup {
      let curves = zip(series, epochs).filter { !$1.isEmpty }.map { series, epochs in
        LineChart.Curves(series: series, runs: [epochs.map(value)])
      }
      let chart = LineChart(title: title, unit: unit, curves: curves, bounds: bounds)
      return .element("figure", [.element("figcaption", [.element("b", title)]), chart.svg])
    }
    let set = entries[0].history.configuration.evaluatedSet.rawValue.capitalized
    let infinite = 0...Double.infinity
    return section(
      "Learning curves",
      [
        .element(
          "div", ["class": "pair"],
          [
            chart("\(set) accuracy in percent", "%", 0...100) { 100 * $0.evaluation.accuracy },
            chart("Training loss", "nats", infinite) { $0.trainingLoss },
            chart("\(set) loss", "nats", infinite) { $0.evaluation.loss },
            chart("Seconds of an epoch's steps", "s", infinite) { $0.seconds },
          ])
      ])
  }

  private func classes(_ series: Series, _ entry: Entry) -> Markup? {
    guard let trial = entry.trial else { return nil }
    let confusion = trial.result.confusion
    let rows = zip(trial.classes, confusion.recalls).map { name, recall in
      DotChart.Row(
        name: name,
        dots: recall.map { [DotChart.Dots(series: series, values: [], mean: $0)] } ?? [])
    }
    return section(
      title("Classes", series),
      [
        .element(
          "p", ["class": "note"],
          String(
            format:
              "%@ on %d test %@: accuracy %.2f %%, balanced accuracy %.2f %%, macro F1 %.2f %%.",
            trial.checkpoint, trial.result.samples, trial.noun, 100 * trial.result.accuracy,
            100 * confusion.balancedAccuracy, 100 * confusion.macroF1)
            + " Rows are the true classes, columns what the classifier sees in them; the recall is "
            + "the share of a class's samples that are taken for it."),
        .element(
          "div", ["class": "pair"],
          [
            ConfusionTable(series: series, matrix: confusion, classes: trial.classes).markup,
            .element(
              "figure",
              [
                .element("figcaption", [.element("b", "Recall of each class")]),
                DotChart(title: "Recall of each class", rows: rows, joins: false).svg,
              ]),
          ]),
      ])
  }

  private func mistakes(_ series: Series, _ entry: Entry) -> Markup? {
    guard let trial = entry.trial, !trial.mistakes.isEmpty else { return nil }
    let figures = trial.mistakes.map { mistake, picture in
      let (label, predicted) = (trial.classes[mistake.label], trial.classes[mistake.predicted])
      let source = "data:image/png;base64," + Data(picture.png).base64EncodedString()
      return Markup.element(
        "figure", ["class": "sample"],
        [
          .void(
            "img",
            [
              "src": source, "alt": "sample \(mistake.sample), which is \(label)",
              "width": "\(picture.width)", "height": "\(picture.height)",
            ]),
          .element(
            "figcaption",
            [
              .element("b", label), .text(" taken for "), .element("b", predicted),
              .text(
                String(format: ", %.1f %%; number %d", 100 * mistake.probability, mistake.sample)),
            ]),
        ])
    }
    return section(
      title("The most confident mistakes", series),
      [.element("div", ["class": "samples"], figures)])
  }

  private func calibration(_ series: Series, _ entry: Entry) -> Markup? {
    guard let trial = entry.trial else { return nil }
    return section(
      title("Calibration", series),
      [
        .element(
          "div", ["class": "pair"],
          [
            .element("figure", [CalibrationChart(calibration: trial.calibration).svg]),
            .element(
              "p",
              String(
                format:
                  "A bar above the line is a classifier that is right more often than it is sure "
                  + "to be, one below it is right less often. Weighted by the samples, the two "
                  + "differ by %.2f percentage points (the expected calibration error).",
                100 * trial.calibration.error)),
          ])
      ])
  }

  private func times(_ series: Series, _ entry: Entry) -> Markup? {
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
              "%@ on %@: a step took %.1f ms on average, in the parts of the run that had as many.",
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
          "div", ["class": "pair"],
          [
            .element(
              "figure",
              [
                PartsChart(
                  title: "The parts of a step of each rank", unit: "ms", series: parts,
                  rows: Array(rows)
                ).svg
              ])
          ]),
      ])
  }

  /// The parts of a run: its start, and where it was continued.
  private func parts(_ series: Series, _ entry: Entry) -> Markup? {
    let (history, starts) = (entry.history, entry.history.starts)
    guard !starts.isEmpty else { return nil }
    let rows = starts.enumerated().map { index, start in
      let next = index + 1 < starts.count ? starts[index + 1].time : Double.infinity
      let times = history.intervals.compactMap(\.time).filter { $0 >= start.time && $0 < next }
      let isLast = index == starts.count - 1
      let end = isLast ? history.end?.time ?? times.last : times.last
      let hosts = Array(Set(start.hosts)).sorted().joined(separator: ", ").excerpt(60)
      let cells = [
        timeText(start.time),
        end.map { duration($0 - start.time) } ?? "–",
        grouped(start.step), isLast ? history.end == nil ? "–" : "done" : "interrupted",
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
            "part", "start (UTC)", "until its last report", "after step", "end", "ranks", "hosts",
            "processor", "instructions", "version",
          ], rows),
        .element(
          "p", ["class": "note"],
          "A part that was interrupted goes on from its last checkpoint: what it did after that was done "
            + "again, and is not told here."),
      ])
  }

  private var settings: Markup {
    let base = Configuration().values
    let all = entries.map(\.history.configuration.values)
    let keys = base.keys.sorted().filter { key in all.contains { $0[key] != base[key] } }
    let rows = keys.map { key in
      Markup.element(
        "tr",
        [.element("th", ["scope": "row"], [.element("code", key)])]
          + (all + [base]).map { .element("td", ($0[key] ?? "").excerpt(200)) })
    }
    return section(
      "Settings",
      [
        keys.isEmpty
          ? .element("p", "All keys have their defaults.")
          : table(
            "plain differences",
            ["key"] + (isSeveral ? series.map(\.name) : ["value"]) + ["default"], rows),
        .element(
          "p", ["class": "note"],
          "The keys that have not their defaults. The same again, to the bit: "
            + "lockstep train --config \(entries[0].history.folder)/configuration.yaml"),
      ])
  }

  private var footer: Markup {
    .element(
      "footer",
      [
        .element(
          "p",
          "lockstep \(programVersion) report, \(timeText(date.timeIntervalSince1970)) UTC. "
            + "All figures are in metrics.jsonl and ranks.jsonl of the runs' folders.")
      ])
  }

  private func duration(_ seconds: Double) -> String {
    let whole = Int(max(seconds, 0).rounded())
    return whole < 120
      ? String(format: "%.1f s", max(seconds, 0))
      : String(format: "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60)
  }
}
