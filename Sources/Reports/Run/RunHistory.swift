import Configuration
import Files
import Foundation
import Training

/// What the files of a run's folder tell of it, while it goes on or after it.
package struct RunHistory: Sendable {
  /// The path of the folder, and its last part.
  package let folder, name: String
  package let configuration: Configuration
  /// The lines of `metrics.jsonl`.
  package private(set) var steps: [StepRecord] = []
  package private(set) var evaluations: [EvaluationRecord] = []
  package private(set) var learningRateFalls: [LearningRateRecord] = []
  package private(set) var earlyStop: EarlyStopRecord?
  /// The lines of `ranks.jsonl`.
  package private(set) var intervals: [RanksRecord] = []
  package private(set) var parts: [Part] = []
  /// True if there is a `metrics.jsonl`.
  package let isRecorded: Bool

  /// A part of a run: from a start to the next.
  package struct Part: Equatable, Sendable {
    package let start: StartRecord
    /// The end, if it did all steps that it was to do.
    package fileprivate(set) var end: EndRecord?
    /// The time of the last thing that is known of it, in seconds since 1970.
    package fileprivate(set) var lastTime: Double
  }

  /// Reads the files of a folder. A line that is cut off, or of a type that is not known, is passed over.
  ///
  /// - Throws: `ConfigurationError` or `RunDirectoryError` if the folder holds no run; `FileError` if it
  ///   cannot be read.
  package init(folder: String) throws {
    self.folder = folder
    name = URL(filePath: folder).standardizedFileURL.lastPathComponent
    let path = folder + "/configuration.yaml"
    guard FileManager.default.fileExists(atPath: path) else {
      throw RunDirectoryError(
        "\(folder) holds no run: it has no configuration.yaml; name the folder of a run, such as "
          + "runs/fashion-mnist-20260131-120000")
    }
    configuration = try Configuration(yaml: ConfigurationFile.text(of: path), source: path)
    let metrics = RunDirectory.metricsPath(in: folder)
    isRecorded = FileManager.default.fileExists(atPath: metrics)
    let decoder = JSONDecoder()
    func forEachLine(
      of path: String, _ body: (_ type: String, _ line: Data) -> Void
    ) throws {
      struct Line: Decodable { let type: String }
      guard FileManager.default.fileExists(atPath: path) else { return }
      let file = try InputFile(path: path)
      let bytes = Data(try file.bytes(at: 0, count: file.byteCount))
      for line in bytes.split(separator: UInt8(ascii: "\n")) {
        if let type = (try? decoder.decode(Line.self, from: line))?.type { body(type, line) }
      }
    }
    func add<Record: Decodable>(_ line: Data, to records: inout [Record]) {
      if let record = try? decoder.decode(Record.self, from: line) { records.append(record) }
    }
    try forEachLine(of: metrics) { type, line in
      switch type {
      case "step": add(line, to: &steps)
      case "evaluation": add(line, to: &evaluations)
      case "learningRate": add(line, to: &learningRateFalls)
      case EarlyStopRecord.type: earlyStop = try? decoder.decode(EarlyStopRecord.self, from: line)
      default: break
      }
    }
    try forEachLine(of: folder + "/ranks.jsonl") { type, line in
      switch type {
      case "ranks":
        add(line, to: &intervals)
        if let time = intervals.last?.time, !parts.isEmpty {
          parts[parts.count - 1].lastTime = time
        }
      case StartRecord.type:
        guard let start = try? decoder.decode(StartRecord.self, from: line) else { return }
        parts.append(Part(start: start, end: nil, lastTime: start.time))
      case EndRecord.type:
        guard let end = try? decoder.decode(EndRecord.self, from: line), !parts.isEmpty else {
          return
        }
        (parts[parts.count - 1].end, parts[parts.count - 1].lastTime) = (end, end.time)
      default: break
      }
    }
  }

  /// The figures of the epochs that were evaluated.
  package struct Epoch: Equatable, Sendable {
    package let number: Int
    /// The mean of the steps' losses.
    package let trainingLoss: Double
    /// The seconds of the steps.
    package let seconds: Double
    package let evaluation: EvaluationRecord
  }

  /// The epochs that were evaluated after their last step, or the last one that the run did of them.
  package var epochs: [Epoch] {
    let steps = Dictionary(grouping: steps, by: \.epoch)
    let set = configuration.evaluatedSet
    let last = Dictionary(
      evaluations.filter { $0.set == set }.map { ($0.epoch, $0) }, uniquingKeysWith: { $1 })
    return last.keys.sorted().compactMap { epoch in
      guard let evaluation = last[epoch], let steps = steps[epoch] else { return nil }
      return Epoch(
        number: epoch, trainingLoss: steps.reduce(0) { $0 + Double($1.loss) } / Double(steps.count),
        seconds: steps.reduce(0) { $0 + $1.seconds }, evaluation: evaluation)
    }
  }

  /// The steps of an epoch; nil where a run of an earlier version has not ended its first.
  package var stepsPerEpoch: Int? {
    if let count = parts.last?.start.stepsPerEpoch { return count }
    let isFirstOver = steps.contains { $0.epoch > 1 }
    return isFirstOver ? steps.count { $0.epoch == 1 } : nil
  }

  /// The epoch whose evaluation, at its end, is the best by `evaluation.criterion`: that of
  /// `best.safetensors`.
  package var best: Epoch? {
    let criterion = configuration.evaluation.criterion
    var best: (epoch: Epoch, figure: Double)?
    for epoch in epochs {
      let evaluation = epoch.evaluation
      guard let stepsPerEpoch, stepsPerEpoch > 0, evaluation.step % stepsPerEpoch == 0 else {
        continue
      }
      let figure =
        switch criterion {
        case .accuracy: evaluation.accuracy
        case .loss: evaluation.loss
        case .balancedAccuracy: evaluation.balancedAccuracy ?? evaluation.accuracy
        case .macroF1: evaluation.macroF1 ?? evaluation.accuracy
        }
      if criterion.isBetter(figure, than: best?.figure) { best = (epoch, figure) }
    }
    return best?.epoch
  }

  /// The mean seconds of a step of each rank in the last part of the run, over all its intervals.
  package var rankTimes: [RanksRecord.Rank] {
    guard let count = intervals.last?.ranks.count else { return [] }
    let records = intervals.filter { $0.ranks.count == count }
    let steps = records.reduce(0.0) { $0 + Double($1.steps) }
    return (0..<count).map { rank in
      func mean(_ part: KeyPath<RanksRecord.Rank, Double>) -> Double {
        records.reduce(0) { $0 + $1.ranks[rank][keyPath: part] * Double($1.steps) }
          / max(steps, 1)
      }
      let last = records[records.count - 1].ranks[rank]
      return RanksRecord.Rank(
        rank: last.rank, host: last.host, total: mean(\.total), computation: mean(\.computation),
        hiddenReduction: mean(\.hiddenReduction), reduction: mean(\.reduction),
        optimizer: mean(\.optimizer), processor: last.processor)
    }
  }
}
