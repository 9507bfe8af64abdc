import Configuration
import Datasets
import Files
import Foundation
import Training

/// A page on a run, or on several together, which needs nothing else: no script, no other file, no
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
  func title(_ text: String, _ series: Series) -> String {
    isSeveral ? "\(text): \(series.name)" : text
  }

  private var header: Markup {
    let first = entries[0].history
    let lead =
      isSeveral
      ? "\(entries.count) runs"
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
    let sets = [DatasetPart.validation, .test].filter { set in
      entries.contains { !$0.history.evaluations.filter { $0.set == set }.isEmpty }
    }
    let rows = zip(series, entries).map { series, entry in
      let history = entry.history
      let seconds = history.steps.reduce(0) { $0 + $1.seconds }
      var cells = [
        "\(history.steps.last?.epoch ?? 0) of \(history.configuration.train.epochs)",
        grouped(history.steps.last?.step ?? 0),
        history.epochs.last.map { String(format: "%.4f", $0.trainingLoss) } ?? "–",
      ]
      cells += sets.map { set in
        history.evaluations.last { $0.set == set }.map { percent($0.accuracy) } ?? "–"
      }
      cells.append(
        history.best.map { best in
          "epoch \(best.number), \(percent(best.evaluation.accuracy))"
        } ?? "–")
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
          ["", "epoch", "steps", "training loss"] + sets.map { "\($0) accuracy" }
            + ["best checkpoint", "time", "state"], rows),
        .element(
          "p", ["class": "note"],
          "The training loss is the mean over the last epoch, while the parameters change. The best "
            + "checkpoint is the best on the validation samples, where a run has some. The time is that of "
            + "the steps, without evaluations."),
      ])
  }

  private func state(_ history: RunHistory) -> String {
    if !history.isRecorded { return "not known: there is no metrics.jsonl" }
    guard let step = history.steps.last?.step else { return "no step yet" }
    if history.earlyStop != nil { return "stopped early" }
    if step == history.stepsPerEpoch.map({ $0 * history.configuration.train.epochs }) {
      return "done"
    }
    return history.parts.last?.end == nil ? "unfinished" : "ended after step \(grouped(step))"
  }

  private var curves: Markup? {
    let runs = zip(series, entries).map {
      (series: $0, history: $1.history, epochs: $1.history.epochs)
    }
    .filter { !$0.epochs.isEmpty }
    guard !runs.isEmpty else { return nil }
    func chart(
      _ title: String, _ unit: String, _ bounds: ClosedRange<Double>, of set: DatasetPart? = nil,
      _ value: (RunHistory.Epoch) -> Double
    ) -> Markup {
      let curves = runs.filter { set == nil || $0.history.configuration.evaluatedSet == set }.map {
        LineChart.Curves(
          series: $0.series, runs: [$0.epochs.map(value)], epochs: $0.epochs.map(\.number))
      }
      let chart = LineChart(title: title, unit: unit, curves: curves, bounds: bounds)
      return .element("figure", [.element("figcaption", [.element("b", title)]), chart.svg])
    }
    let infinite = 0...Double.infinity
    let sets = [DatasetPart.validation, .test].filter { set in
      runs.contains { $0.history.configuration.evaluatedSet == set }
    }
    let ofSets = sets.flatMap { set in
      let name = set.rawValue.capitalized
      return [
        chart("\(name) accuracy in percent", "%", 0...100, of: set) {
          100 * $0.evaluation.accuracy
        },
        chart("\(name) loss", "nats", infinite, of: set) { $0.evaluation.loss },
      ]
    }
    return section(
      "Learning curves",
      [
        .element(
          "div", ["class": "pair"],
          ofSets + [
            chart("Training loss", "nats", infinite) { $0.trainingLoss },
            chart("Seconds of an epoch's steps", "s", infinite) { $0.seconds },
          ])
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
          "The keys that differ from their defaults. The same experiment again: " + commands),
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

  /// The commands that train the same experiments again.
  private var commands: String {
    entries.map { entry in
      let path = "\(entry.history.folder)/configuration.yaml".replacing("'", with: #"'\''"#)
      return "lockstep train --config '\(path)'"
    }.joined(separator: "; ")
  }

  func duration(_ seconds: Double) -> String {
    let known = seconds.isFinite ? min(max(seconds, 0), 1e9) : 0
    let whole = Int(known.rounded())
    return whole < 120
      ? String(format: "%.1f s", known)
      : String(format: "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60)
  }
}
