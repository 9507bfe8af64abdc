import Recurrent
import Tensors
import Testing

@Suite("Against PyTorch")
struct PyTorchTests {
  let reference: Reference
  let classifier: RecurrentClassifier
  let parameters: Arena
  let gradients: Arena
  let weights: ClassifierWeights

  init() throws {
    reference = try Reference.load()
    let shape = reference.classifierShape
    classifier = try RecurrentClassifier(
      shape, .float32, maximumRows: reference.rows, training: true)
    parameters = try Arena(shape, reference.parameters)
    gradients = try Arena(ParameterLayout(shape))
    weights = try ClassifierWeights(shape, .float32, training: true, inputGradient: true)
    weights.update(from: parameters)
    classifier.input(rows: reference.rows).set(reference.timeMajor(reference.input))
  }

  @Test("The parameters have PyTorch's names and shapes")
  func names() {
    let names = Set(parameters.layout.entries.map(\.name))
    #expect(names == Set(reference.parameters.keys))
    for entry in parameters.layout.entries {
      #expect(entry.count == reference.parameters[entry.name]?.count, "\(entry.name)")
    }
  }

  @Test("The logits and the loss are PyTorch's")
  func forward() throws {
    let logits = classifier.forward(weights, rows: reference.rows)
    #expect(largestDifference(logits.elements, reference.logits) < 1e-6)
    let result = softmaxCrossEntropy(logits, labels: reference.labels.span)
    #expect(abs(result.loss - reference.loss) < 1e-6)
    #expect(result.samples == reference.rows)
  }

  @Test("Every gradient is PyTorch's, that of the input too")
  func backward() throws {
    let n = reference.rows
    let logits = classifier.forward(weights, rows: n)
    let logitsGradient = try AlignedBuffer<Float>(count: logits.count).matrix(n, logits.columns)
    _ = softmaxCrossEntropy(
      logits, labels: reference.labels.span, gradient: logitsGradient, scale: 1 / Float(n))
    classifier.backward(weights, logitsGradient: logitsGradient, into: gradients)
    for (name, expected) in reference.gradients {
      #expect(largestDifference(gradients[name], expected) < 1e-7, "\(name)")
    }
    let expected = reference.timeMajor(reference.inputGradient)
    #expect(try largestDifference(classifier.inputGradient(weights, rows: n), expected) < 1e-7)
  }

  @Test("Ten steps of Adam follow PyTorch's")
  func adam() throws {
    let moments = (try Arena(parameters.layout), try Arena(parameters.layout))
    for (step, expected) in reference.adam.losses.enumerated() {
      let result = try classifier.lossAndGradients(
        parameters, labels: reference.labels, scale: 1 / Float(reference.rows),
        into: gradients)
      #expect(abs(result.loss - Double(expected)) < 2e-6, "step \(step + 1)")
      adamStep(
        parameters: parameters.all, gradients: gradients.all, firstMoment: moments.0.all,
        secondMoment: moments.1.all,
        AdamCoefficients(
          learningRate: reference.adam.learningRate, beta1: 0.9, beta2: 0.999, epsilon: 1e-8,
          step: step + 1))
    }
    for (name, expected) in reference.adam.parameters {
      #expect(largestDifference(parameters[name], expected) < 1e-5, "\(name)")
    }
  }

  @Test("A minibatch with fewer rows than the memory gives the same as one that fits")
  func fewerRows() throws {
    let larger = try RecurrentClassifier(
      classifier.shape, .float32, maximumRows: reference.rows + 4, training: true)
    // Leaves values of a larger minibatch behind.
    larger.input(rows: reference.rows + 4).withMutableSpan { span in
      for index in span.indices { span[index] = Float(index % 7) }
    }
    let labels = [Int32](repeating: 1, count: reference.rows + 4)
    let others = try Arena(parameters.layout)
    _ = try larger.lossAndGradients(parameters, labels: labels, scale: 1, into: others)

    larger.input(rows: reference.rows).set(reference.timeMajor(reference.input))
    let a = try larger.lossAndGradients(
      parameters, labels: reference.labels, scale: 1, into: others)
    let b = try classifier.lossAndGradients(
      parameters, labels: reference.labels, scale: 1, into: gradients)
    #expect(a == b)
    #expect(others.all.elements == gradients.all.elements)
  }
}
