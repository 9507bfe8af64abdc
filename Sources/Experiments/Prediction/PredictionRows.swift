import Foundation
import Training

/// The names of the classes as predictions are written, and whether the true ones are known.
struct PredictionColumns: Sendable {
  let classes: [String]
  let hasLabels: Bool
}

/// The predictions of some samples.
struct PredictionRows {
  /// Their numbers in the data set.
  let samples: ArraySlice<Int>
  let predictions: Predictions
  /// Their classes; none where nobody labeled the samples.
  let labels: [Int]

  /// One sample's prediction, by the numbers of the classes.
  struct Row {
    let sample, predicted: Int
    let probabilities: ArraySlice<Float>
    let label: Int?

    /// The probability of the predicted class.
    var probability: Float { probabilities[probabilities.startIndex + predicted] }
  }

  /// Each sample's prediction, in their order.
  var rows: some Sequence<Row> {
    samples.indices.lazy.map { index in
      let place = index - samples.startIndex
      let (predicted, probabilities) = predictions[place]
      return Row(
        sample: samples[index], predicted: predicted, probabilities: probabilities,
        label: labels.isEmpty ? nil : labels[place])
    }
  }
}
