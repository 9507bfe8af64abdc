import Cluster
import Configuration
import Datasets
import Files
import Foundation
import MessagePassing
import Training

/// The command line of `lockstep predict`.
package struct PredictionOptions: Sendable {
  /// A checkpoint, PyTorch's parameters, or a run's folder.
  package let checkpoint: String
  /// A folder with a test part, or a file of samples; nil for the folder of the configuration.
  package var data: String?
  /// The file to write; `-` for standard output; nil for what suits a person.
  package var output: String?
  /// The numbers of the samples; nil for all.
  package var indices: [Int]?
  /// The threads of each rank; nil for its share of the processors.
  package var threads: Int?

  package init(checkpoint: String) { self.checkpoint = checkpoint }
}

/// Writes which classes a model takes samples for: what `lockstep predict` does on every rank.
///
/// Each rank has the same model and all samples, computes an even block of each piece of them, and
/// rank 0 writes the pieces in their order: the bytes are the same at any number of ranks and
/// threads.
///
/// - Parameter configure: the configuration over that of the checkpoint, or over none for a file that
///   has parameters alone.
/// - Throws: `JobFailure` or `RankFailure`.
package func predict(
  _ group: ProcessGroup, _ options: PredictionOptions,
  configure: (_ base: Configuration?) throws -> Configuration
) throws {
  try group.onRoot { try PredictionOutput.prepare(options.output) }
  let (model, predictor) = try group.predictor(options, configure)
  try group.collectively { try check(options.indices, among: predictor) }
  let samples = options.indices ?? Array(0..<predictor.sampleCount)
  if options.output == nil, options.indices != nil {
    return try group.onRoot { try group.console.show(samples, predictor, group.progress) }
  }

  let columns = PredictionColumns(
    classes: model.configuration.data.classes, hasLabels: predictor.test.hasLabels)
  var output: PredictionOutput?
  try group.onRoot {
    output = try PredictionOutput(options.output, columns, count: samples.count, group.console)
  }
  var confusion = ConfusionMatrix(classes: columns.classes.count)
  for start in stride(from: 0, to: samples.count, by: group.pieceCount(columns.classes.count)) {
    let piece = samples[start..<min(start + group.pieceCount(columns.classes.count), samples.count)]
    let predictions = try group.gather(piece, predictor)
    try group.onRoot {
      guard let predictions else { return }
      try requireNumbers(predictions, of: piece)
      let labels = try piece.compactMap { try predictor.label(of: $0) }
      for (label, predicted) in zip(labels, predictions.predicted) {
        confusion.add(label: label, predicted: Int(predicted))
      }
      try output?.append(
        PredictionRows(samples: piece, predictions: predictions, labels: labels))
    }
  }
  try group.onRoot {
    try output?.finish()
    if let path = options.output, path != "-" {
      let count = samples.count
      let noun = predictor.test.form.noun
      group.console.info(
        "\(path) has the predictions of \(count) \(count == 1 ? String(noun.dropLast()) : noun)")
    }
    guard predictor.test.hasLabels else { return }
    let sentence = accuracy(confusion, predictor.test.form.noun)
    // Behind a file's lines on standard output it would be one of them.
    output?.isOnStandardOutput == true
      ? group.console.info(sentence) : group.console.line(sentence)
  }
}

/// Refuses predictions that are not numbers, for which no class is the largest.
private func requireNumbers(
  _ predictions: Predictions, of samples: ArraySlice<Int>
) throws(JobFailure) {
  guard let place = predictions.probabilities.firstIndex(where: \.isNaN) else { return }
  throw JobFailure(
    "the model's outputs for sample \(samples[samples.startIndex + place / predictions.classes]) are "
      + "beyond what a float holds; look at the scale of the samples with lockstep data", status: 1)
}

private func accuracy(_ confusion: ConfusionMatrix, _ noun: String) -> String {
  String(
    format: "Accuracy of the model on the test \(noun): %.2f %% (%d of %d)",
    100 * confusion.accuracy, confusion.correct, confusion.samples) + confusion.balancedFigures
}

private func check(_ indices: [Int]?, among predictor: Predictor) throws(ConfigurationError) {
  for index in indices ?? [] where !(0..<predictor.sampleCount).contains(index) {
    throw ConfigurationError(
      "--index is \(index); expected the number of a test sample, from 0 to "
        + "\(predictor.sampleCount - 1)", isOfOption: true)
  }
}

extension ProcessGroup {
  /// Reads the model and the samples on every rank, and checks that they are alike.
  fileprivate func predictor(
    _ options: PredictionOptions, _ configure: (Configuration?) throws -> Configuration
  ) throws -> (LoadedModel, Predictor) {
    // While a training goes on, a newer checkpoint may come.
    var path = ""
    try onRoot {
      path = try checkpointPath(at: options.checkpoint)
      if path != options.checkpoint { console.info("the checkpoint is \(path)") }
      try PredictionOutput.requireOther(options.output, than: [path])
    }
    path = try locally { try world.broadcast(path, root: 0) }
    let model = try collectively {
      try LoadedModel(path, isCancelled: stallDetector.isInterrupted, configure: configure)
    }
    let predictor = try collectively {
      let source = try model.source(options.data, needsLabels: false)
      if isRoot, let warning = model.warning(of: source) { console.warning(warning) }
      try PredictionOutput.requireOther(options.output, than: source.paths.all)
      return try model.on(
        source,
        threads: options.threads ?? Threads.auto.count(processors), self)
    }
    try agree(on: [
      TrainingContext.agreementOnProgram(self),
      locally {
        Agreement(
          name: "data set", advice: "give every host the same files",
          digest: try SHA256Digest(of: Array("\(predictor.test.digests)".utf8)))
      },
      locally {
        Agreement(
          name: "model", advice: "give every host the same file at \(path)",
          digest: try predictor.parameters.digest())
      },
    ])
    return (model, predictor)
  }

  /// The samples that are predicted between two writes: some thousand a rank, and at most as many as
  /// have 64 MiB of probabilities, but one for each rank.
  fileprivate func pieceCount(_ classes: Int) -> Int {
    max(size, min(2000 * size, (64 << 20) / (4 * classes)))
  }

  /// The predictions of some samples, of which each rank makes a block, on rank 0; nil on the others.
  fileprivate func gather(_ samples: ArraySlice<Int>, _ predictor: Predictor) throws -> Predictions?
  {
    let layout = try locally { try BlockLayout.even(samples.count, parts: size) }
    let mine = try collectively {
      let block = layout.range(of: rank)
      let start = samples.startIndex
      return try predictor.predict(
        samples[start + block.lowerBound..<start + block.upperBound], progress: progress)
    }
    return try locally {
      let classes = mine.classes
      var predicted = [Int32](repeating: 0, count: isRoot ? samples.count : 0)
      var probabilities = [Float](repeating: 0, count: isRoot ? samples.count * classes : 0)
      var predictedSpan = predicted.mutableSpan
      try world.gather(mine.predicted.span, into: &predictedSpan, layout: layout, root: 0)
      var probabilitySpan = probabilities.mutableSpan
      try world.gather(
        mine.probabilities.span, into: &probabilitySpan,
        layout: BlockLayout(counts: layout.counts.map { $0 * classes }), root: 0)
      return isRoot
        ? Predictions(classes: classes, predicted: predicted, probabilities: probabilities) : nil
    }
  }
}
