import Datasets
import Training

/// The results of a run's best model on the test samples.
package struct ModelTrial: Sendable {
  /// The file of the model.
  package let checkpoint: String
  package let result: EvaluationResult
  package let calibration: Calibration
  package let classes: [String]
  /// The worst mistakes, each with a picture of its sample.
  package let mistakes: [(mistake: Mistake, picture: Picture)]
  /// The samples in a word.
  package let noun: String

  /// Tries a model.
  ///
  /// - Throws: `TensorError`; `DatasetError`.
  package init(_ predictor: Predictor, checkpoint: String) throws {
    self.checkpoint = checkpoint
    classes = predictor.classes
    noun = predictor.test.form.noun
    result = try predictor.evaluate()
    var calibration = Calibration()
    let predictions = try predictor.predict(Array(0..<predictor.sampleCount)[...])
    for sample in 0..<predictions.count {
      let (predicted, probabilities) = predictions[sample]
      calibration.add(
        probability: Double(probabilities[probabilities.startIndex + predicted]),
        isCorrect: try predictor.label(of: sample) == predicted)
    }
    self.calibration = calibration
    mistakes = try result.mistakes.list.map {
      ($0, try Picture(of: $0.sample, in: predictor.test))
    }
  }
}
