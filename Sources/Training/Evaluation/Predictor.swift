import Datasets
import Networks
import Tensors

/// A classifier with a test set that it is tried on.
package struct Predictor {
  package let parameters: ParameterBuffer
  package let test: ShardedDataset
  package let classes: [String]
  package let evaluator: Evaluator

  /// The number of test samples.
  package var sampleCount: Int { test.sampleCount }

  /// A sample with the classes that the classifier sees in it.
  package struct Prediction {
    /// `[height, width]`, from 0 to 255; nil of a sequence that is no image.
    package let pixels: [UInt8]?
    /// The number of pixels in a row.
    package let width: Int
    /// The name of its class.
    package let label: String
    /// The names of all classes with their probabilities, the largest first.
    package let probabilities: [(name: String, probability: Double)]
  }

  /// The loss on all test samples, and the classes that they are taken for.
  ///
  /// - Throws: `TensorError`.
  package func evaluate() throws -> EvaluationResult { try evaluator.evaluate(parameters) }

  /// The probabilities of the classes for test sample `index`.
  ///
  /// - Throws: `DatasetError` if there is no such sample; `TensorError`.
  package func predict(_ index: Int) throws -> Prediction {
    let pixels = try test.image(at: index)
    let label = classes[try test.label(at: index)]
    let logits = try evaluator.logits(parameters, sample: index).map(Double.init)
    let largest = logits.max() ?? 0
    let weights = logits.map { Elementary.exp($0 - largest) }
    let sum = weights.reduce(0, +)
    return Prediction(
      pixels: pixels, width: test.form.imageWidth, label: label,
      probabilities: zip(classes, weights).map { ($0, $1 / sum) }
        .sorted { $0.probability > $1.probability })
  }
}
