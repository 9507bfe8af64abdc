import Datasets
import Networks
import Tensors
import TestSupport
import Testing
import Training

@Suite("The evaluator")
struct EvaluatorTests {
  @Test(
    "The figures are the same to the bit, however few samples are computed at a time",
    arguments: Precision.allCases, [false, true])
  func parts(_ precision: Precision, _ isBidirectional: Bool) throws {
    // More than a chunk of sequences, of 1 to 90 time steps.
    let (count, steps) = (63, 90)
    let folder = try TemporaryFolder()
    let values = (0..<count * steps * 2).map { Float($0 % 17) / 17 - 0.5 }
    try folder.write(npy("<f4", [count, steps, 2], bytes(values)), to: "test-x.npy")
    try folder.write(npy("|u1", [count], (0..<count).map { UInt8($0 % 3) }), to: "test-y.npy")
    try folder.write(
      npy("|u1", [count], (0..<count).map { UInt8($0 * 37 % steps + 1) }), to: "test-lengths.npy")
    let data = try ShardedDataset(
      directory: folder.path, part: .test, classes: 3, classNames: [])
    let shape = ClassifierShape(
      inputSize: 2, hiddenSize: 21, layers: 2, classes: 3, isBidirectional: isBidirectional)
    let parameters = try ParameterBuffer(ParameterLayout(shape))
    parameters.initialize(seed: 3)
    let kernels = try Kernels(precision)
    let results = try [Evaluator.mostFloats, 100_000, 0].map { mostFloats in
      let evaluator = try Evaluator(
        data, shape: shape, kernels: kernels, threads: 2, mostFloats: mostFloats)
      let result = try evaluator.evaluate(parameters)
      #expect(result.samples == count)
      let predictions = try evaluator.predict(parameters, samples: Array(0..<count).reversed()[...])
      return (result: result, predictions: predictions)
    }
    #expect(results[0].result.lossSum.isFinite && results[0].result.lossSum > 0)
    #expect(results.allSatisfy { $0 == results[0] })
    // A sample's predictions are those that the figures count.
    let correct = results[0].predictions.predicted.reversed().enumerated().count { sample, label in
      sample % 3 == label
    }
    #expect(results[0].result.correct == correct)
    // The worst mistakes are those of the predictions with the largest probabilities.
    let mistakes = results[0].predictions.predicted.reversed().enumerated()
      .filter { sample, label in sample % 3 != label }
      .map { sample, label in
        let row = results[0].predictions[count - 1 - sample].probabilities
        let probability = row[row.startIndex + Int(label)]
        return (sample: sample, predicted: Int(label), probability: probability)
      }
      .sorted { $0.probability > $1.probability }
    let worst = results[0].result.mistakes.list
    #expect(worst.count == WorstMistakes.limit && mistakes.count > worst.count)
    // Of those that are equal when they are rounded, either may come first.
    #expect(worst.map { Float($0.probability) } == mistakes.prefix(worst.count).map(\.probability))
    #expect(Set(worst.map(\.sample)).count == worst.count)
    for found in worst {
      let expected = mistakes.first { $0.sample == found.sample }
      #expect(expected?.probability == Float(found.probability))
      #expect((found.label, found.predicted) == (found.sample % 3, expected?.predicted))
    }
  }

  @Test("The worst mistakes of two halves are those of all, each once")
  func worst() {
    let mistakes = (0..<40).map { sample in
      Mistake(sample: sample, label: 0, predicted: 1, probability: Double(sample * 7 % 20) / 20)
    }
    func worst(_ mistakes: [Mistake]) -> WorstMistakes {
      mistakes.reduce(into: WorstMistakes()) { $0.add($1) }
    }
    let all = worst(mistakes)
    #expect(all == worst(mistakes.reversed()))
    #expect(all == worst(Array(mistakes[..<13])) + worst(Array(mistakes[13...])))
    #expect(all.list.count == WorstMistakes.limit)
    #expect(all.list.prefix(2).map(\.sample) == [17, 37] && all.list[0].probability == 0.95)
  }
}
