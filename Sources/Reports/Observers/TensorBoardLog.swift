import Cluster
import Configuration
import Datasets
import EventFiles
import Files
import Foundation
import Networks
import Training

/// Writes what TensorBoard shows of a run into event files in its folder.
///
/// A training is as good without: the first error is a warning.
package final class TensorBoardLog: TrainingObserver {
  private let run: TrainingRun
  private let console: Console
  private let file: EventFile
  private var hasWarned = false

  /// The most ranks of which each has its times.
  private static let mostRanks = 64

  /// Begins a file for this part of a run, and removes what earlier parts wrote that this one will
  /// write again, as `MetricsLog` does.
  ///
  /// - Throws: `FileError`.
  package init(_ run: TrainingRun, _ console: Console) throws {
    (self.run, self.console) = (run, console)
    let host = run.machine.hostNames.first ?? "host"
    file = try EventFile(in: run.directory, host: host) { event in
      event.tags.allSatisfy { run.keeps(Self.kind(of: $0), of: event.step) }
    }
    for path in file.damagedFiles {
      console.warning("\(path) had damaged events, which are dropped")
    }
  }

  /// The groups of histograms.
  private static let distributions = (parameters: "parameters", gradients: "gradients")

  /// The kind of what stands under a tag, by the first part of its name.
  private static func kind(of tag: String) -> RecordKind {
    switch tag.prefix(while: { $0 != "/" }) {
    case "_hparams_", "configuration", "early_stop": .part
    case distributions.parameters[...], distributions.gradients[...]: .epochEnd
    case DatasetPart.validation.rawValue[...], DatasetPart.test.rawValue[...],
      "learning_rate_fall":
      .evaluation
    default: .step
    }
  }

  package func runBegan() {
    if run.firstStep > 1 { write(run.firstStep, .start) }
    let yaml = (try? run.configuration.yaml) ?? ""
    let parameters = run.configuration.hyperparameters
    let metrics = [DatasetPart.validation, .test]
      .filter { run.samples.evaluated[$0] != nil }.map { "\($0.rawValue)/accuracy" }
    let notes: [HyperparameterNote] = [
      .experiment(parameters, metrics: metrics + ["train/loss"]),
      .start(parameters, group: run.directory, seconds: Date().timeIntervalSince1970),
    ]
    let step = run.firstStep - 1
    write(step, .values([SummaryValue("configuration", .text("```yaml\n\(yaml)```"))]))
    write(step, .values(notes.map { SummaryValue($0.tag, .hyperparameters($0)) }))
  }

  package func stepEnded(_ step: StepEvent) {
    let result = step.result
    write(
      step.step, "train",
      [
        ("loss", Double(result.loss)), ("learning_rate", result.learningRate),
        ("gradient_norm", result.gradientNorm), ("seconds", result.times.total),
        ("epoch", Double(step.epoch)),
      ])
  }

  package func intervalEnded(_ interval: IntervalEvent) {
    guard interval.ranks.count > 1 else { return }
    let parts: [(String, KeyPath<RankTimes, Double>)] = [
      ("computation", \.computation), ("hidden_reduction", \.hiddenReduction),
      ("reduction", \.reduction), ("optimizer", \.optimizer), ("total", \.total),
    ]
    for (name, part) in parts {
      let seconds = interval.ranks.map { $0.steps > 0 ? $0[keyPath: part] / $0.steps : 0 }
      let known: [(String, Double)] =
        seconds.count <= Self.mostRanks
        ? seconds.enumerated().map { ("rank_\($0)", $1) }
        : [
          ("least", seconds.min() ?? 0), ("mean", seconds.reduce(0, +) / Double(seconds.count)),
          ("most", seconds.max() ?? 0),
        ]
      write(interval.step, "ranks_\(name)", known)
    }
  }

  package func epochEnded(_ epoch: EpochEvent) {
    var values: [SummaryValue] = []
    for entry in epoch.parameters.layout.entries {
      func add(_ group: String, _ numbers: [Float], scale: Float = 1) {
        var histogram = Histogram()
        for number in numbers { histogram.add(Double(number * scale)) }
        values.append(SummaryValue("\(group)/\(entry.name)", .histogram(histogram)))
      }
      add(Self.distributions.parameters, epoch.parameters.values(of: entry))
      if let gradient = epoch.gradient {
        add(Self.distributions.gradients, entry.values(in: gradient.sum), scale: gradient.scale)
      }
    }
    write(epoch.step, .values(values))
  }

  package func evaluated(_ evaluation: EvaluationEvent) {
    let (result, confusion) = (evaluation.result, evaluation.result.confusion)
    let set = evaluation.set.rawValue
    write(
      evaluation.step, set,
      [
        ("loss", result.loss), ("accuracy", result.accuracy),
        ("balanced_accuracy", confusion.balancedAccuracy), ("macro_f1", confusion.macroF1),
        ("correct", Double(result.correct)), ("samples", Double(result.samples)),
        ("epoch", Double(evaluation.epoch)), ("seconds", evaluation.seconds),
        ("samples_per_second", evaluation.samplesPerSecond),
      ])
    let classes = run.configuration.data.classes
    write(
      evaluation.step, "\(set)/recall",
      zip(classes, confusion.recalls).compactMap { name, recall in recall.map { (name, $0) } })
    var values = [
      SummaryValue(
        "\(set)/confusion_matrix", .image(Picture(confusion)),
        description: "Rows: the true class. Columns: the predicted one. \(legend(classes))")
    ]
    if !result.mistakes.list.isEmpty, let dataset = run.samples.evaluated[evaluation.set],
      let picture = try? Picture(result.mistakes, in: dataset)
    {
      values.append(
        SummaryValue(
          "\(set)/mistakes", .image(picture),
          description:
            "The most confident mistakes: true class > predicted class. \(legend(classes))"))
      values.append(SummaryValue("\(set)/mistakes_table", .text(table(result.mistakes, classes))))
    }
    write(evaluation.step, .values(values))
  }

  package func learningRateFell(_ fall: LearningRateEvent) {
    write(fall.step, "learning_rate_fall", [("from", fall.from), ("to", fall.to)])
  }

  package func stoppedEarly(_ stop: EarlyStopEvent) {
    write(
      stop.step, "early_stop", [("best", stop.best), ("best_epoch", Double(stop.bestEpoch))])
  }

  package func flush() { warn { () throws(FileError) in try file.flush() } }

  package var synchronize: @Sendable () throws -> Void {
    { [synchronize = file.synchronize] in try? synchronize() }
  }

  package func runEnded() {
    let end = HyperparameterNote.end(seconds: Date().timeIntervalSince1970)
    write(run.lastStep, .values([SummaryValue(end.tag, .hyperparameters(end))]))
    flush()
  }

  private func write(_ step: Int, _ group: String, _ scalars: [(name: String, value: Double)]) {
    guard !scalars.isEmpty else { return }
    write(
      step,
      .values(scalars.map { SummaryValue("\(group)/\($0.name)", .scalar(Float($0.value))) }))
  }

  private func write(_ step: Int, _ content: Event.Content) {
    let event = Event(time: Date().timeIntervalSince1970, step: step, content)
    warn { () throws(FileError) in try file.append(event) }
  }

  private func warn(ofErrorIn body: () throws(FileError) -> Void) {
    do { try body() } catch {
      if !hasWarned {
        console.warning("\(error); training goes on, and TensorBoard may lack the rest")
      }
      hasWarned = true
    }
  }

  private func legend(_ classes: [String]) -> String {
    classes.enumerated().map { "\($0) \($1.markdown)" }.joined(separator: ", ")
  }

  /// The mistakes as a table in Markdown.
  private func table(_ mistakes: WorstMistakes, _ classes: [String]) -> String {
    let rows = mistakes.list.map { mistake in
      "| \(mistake.sample) | \(classes[mistake.label].markdown) | "
        + "\(classes[mistake.predicted].markdown) | "
        + String(format: "%.2f %% |", 100 * mistake.probability)
    }
    return (["| sample | true class | predicted | probability |", "|---|---|---|---|"] + rows)
      .joined(separator: "\n")
  }
}

extension String {
  /// The text with what means something in Markdown, or ends a cell of a table, taken literally.
  fileprivate var markdown: String {
    reduce(into: "") { text, character in
      if "\\`*_{}[]<>()#+-.!|~&".contains(character) { text.append("\\") }
      text.append(character.isNewline ? " " : character)
    }
  }
}

extension SummaryValue.Content {
  fileprivate static func image(_ picture: Picture) -> Self {
    .image(width: picture.width, height: picture.height, png: picture.png)
  }
}

extension Configuration {
  /// The values of the keys that make a run what it is, each by its path.
  fileprivate var hyperparameters: [(name: String, value: HyperparameterNote.Value)] {
    let others = Self.keysThatMayChange.union(["data.classes"])
    return values.filter { !others.contains($0.key) }.sorted { $0.key < $1.key }.map { key, text in
      let value: HyperparameterNote.Value =
        text == "true" || text == "false"
        ? .flag(text == "true") : Double(text).map { .number($0) } ?? .text(text)
      return (key, value)
    }
  }
}
