import Networks
import Optimizers
import Tensors
import Testing

/// A classifier with the parameters and the input of a reference.
private struct Setup {
  let reference: Reference
  let classifier: RecurrentClassifier
  let parameters: ParameterBuffer
  let gradients: ParameterBuffer
  let weights: PackedWeights

  init(_ name: String) throws {
    reference = try Reference.load(name)
    let shape = reference.classifierShape
    classifier = try RecurrentClassifier(
      shape, .float32, maximum: reference.batch, training: true)
    parameters = try ParameterBuffer(shape, reference.parameters)
    gradients = try ParameterBuffer(ParameterLayout(shape))
    weights = try PackedWeights(shape, .float32, training: true, inputGradient: true)
    weights.update(from: parameters)
    classifier.input(reference.batch).set(reference.timeMajor(reference.input))
  }
}

@Suite("Against PyTorch")
struct PyTorchTests {
  @Test("The parameters have PyTorch's names and shapes", arguments: Reference.names)
  func names(_ name: String) throws {
    let setup = try Setup(name)
    let names = Set(setup.parameters.layout.entries.map(\.name))
    #expect(names == Set(setup.reference.parameters.keys))
    for entry in setup.parameters.layout.entries {
      #expect(entry.count == setup.reference.parameters[entry.name]?.count, "\(entry.name)")
    }
  }

  @Test("The logits and the loss are PyTorch's", arguments: Reference.names)
  func forward(_ name: String) throws {
    let setup = try Setup(name)
    let logits = setup.classifier.forward(setup.weights, setup.reference.batch)
    #expect(largestDifference(logits.elements, setup.reference.logits) < 1e-6)
    let result = softmaxCrossEntropy(logits, labels: setup.reference.labels.span)
    #expect(abs(result.loss - setup.reference.loss) < 1e-6)
    #expect(result.samples == setup.reference.rows)
  }

  @Test("Every gradient is PyTorch's, that of the input too", arguments: Reference.names)
  func backward(_ name: String) throws {
    let setup = try Setup(name)
    let batch = setup.reference.batch
    _ = setup.classifier.loss(
      setup.weights, batch, labels: setup.reference.labels.span, scale: 1 / Float(batch.rows))
    Networks.backward([BackwardPass(setup.classifier, into: setup.gradients)], setup.weights) { _ in
    }
    for (name, expected) in setup.reference.gradients {
      #expect(largestDifference(setup.gradients[name], expected) < 1e-7, "\(name)")
    }
    let expected = setup.reference.timeMajor(setup.reference.inputGradient)
    let gradient = try setup.classifier.inputGradient(setup.weights, batch)
    #expect(largestDifference(gradient, expected) < 1e-7)
  }

  @Test("Ten steps of Adam follow PyTorch's", arguments: Reference.names)
  func adam(_ name: String) throws {
    let setup = try Setup(name)
    let moments = try (0..<2).map { _ in try ParameterBuffer(setup.parameters.layout).all }
    for (step, expected) in setup.reference.adam.losses.enumerated() {
      let result = try setup.classifier.lossAndGradients(
        setup.parameters, setup.reference.batch, labels: setup.reference.labels,
        scale: 1 / Float(setup.reference.rows), into: setup.gradients)
      #expect(abs(result.loss - Double(expected)) < 2e-6, "step \(step + 1)")
      Adam().step(
        setup.parameters.all, gradient: setup.gradients.all, slots: moments, number: step + 1,
        learningRate: setup.reference.adam.learningRate)
    }
    for (name, expected) in setup.reference.adam.parameters {
      #expect(largestDifference(setup.parameters[name], expected) < 1e-5, "\(name)")
    }
  }

  @Test("Ten steps of SGD follow PyTorch's", arguments: Reference.names)
  func sgd(_ name: String) throws {
    #expect(try Reference.load(name).sgd.count == 3)
    for (index, expected) in try Reference.load(name).sgd.enumerated() {
      let setup = try Setup(name)
      let rule = SGD(
        momentum: expected.momentum, isNesterov: expected.nesterov,
        weightDecay: expected.weightDecay)
      let slots =
        expected.momentum > 0 ? [try ParameterBuffer(setup.parameters.layout).all] : []
      for (step, loss) in expected.losses.enumerated() {
        let result = try setup.classifier.lossAndGradients(
          setup.parameters, setup.reference.batch, labels: setup.reference.labels,
          scale: 1 / Float(setup.reference.rows), into: setup.gradients)
        #expect(abs(result.loss - Double(loss)) < 2e-6, "\(index), step \(step + 1)")
        rule.step(
          setup.parameters.all, gradient: setup.gradients.all, slots: slots, number: step + 1,
          learningRate: expected.learningRate)
      }
      for (name, values) in expected.parameters {
        #expect(largestDifference(setup.parameters[name], values) < 2e-6, "\(index), \(name)")
      }
    }
  }

  @Test(
    "A minibatch of fewer rows and time steps than the memory gives the same as one that fits",
    arguments: Reference.names)
  func smaller(_ name: String) throws {
    let setup = try Setup(name)
    let batch = setup.reference.batch
    let maximum = BatchShape(rows: batch.rows + 4, steps: batch.steps + 3)
    let larger = try RecurrentClassifier(
      setup.classifier.shape, .float32, maximum: maximum, training: true)
    // Leaves values of a larger minibatch behind.
    larger.input(maximum).withMutableSpan { span in
      for index in span.indices { span[index] = Float(index % 7) }
    }
    let labels = [Int32](repeating: 1, count: maximum.rows)
    let others = try ParameterBuffer(setup.parameters.layout)
    _ = try larger.lossAndGradients(
      setup.parameters, maximum, labels: labels, scale: 1, into: others)

    larger.input(batch).set(setup.reference.timeMajor(setup.reference.input))
    let a = try larger.lossAndGradients(
      setup.parameters, batch, labels: setup.reference.labels, scale: 1, into: others)
    let b = try setup.classifier.lossAndGradients(
      setup.parameters, batch, labels: setup.reference.labels, scale: 1, into: setup.gradients)
    #expect(a == b)
    #expect(others.all.elements == setup.gradients.all.elements)
  }
}
