import Datasets
import Networks
import Tensors

/// A classifier with samples that it is tried on.
package struct Predictor {
  package let parameters: ParameterBuffer
  package let test: ShardedDataset
  package let classes: [String]
  package let evaluator: Evaluator

  /// The number of samples.
  package var sampleCount: Int { test.sampleCount }

  /// The loss on all samples, and the classes that they are taken for.
  ///
  /// - Throws: `TensorError`.
  package func evaluate() throws -> EvaluationResult { try evaluator.evaluate(parameters) }

  /// The classes that some samples are taken for.
  ///
  /// - Parameters:
  ///   - samples: their numbers, in any order.
  ///   - progress: called now and then; an error that it throws ends the work.
  /// - Throws: `DatasetError` if there is no such sample; `TensorError`, or what `progress` throws.
  package func predict(
    _ samples: ArraySlice<Int>, progress: () throws -> Void = {}
  ) throws -> Predictions {
    try evaluator.predict(parameters, samples: samples, progress: progress)
  }

  /// The class of a sample; nil where nobody labeled the samples.
  ///
  /// - Throws: `DatasetError` if there is no such sample.
  package func label(of sample: Int) throws -> Int? {
    test.hasLabels ? try test.label(at: sample) : nil
  }
}
