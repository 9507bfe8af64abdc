import Experiments
import Networks
import Testing

@Suite("The operations of a sample")
struct OperationCountTests {
  @Test("The reference model needs 33.86 million for a sample of the training")
  func reference() {
    let count = OperationCount(
      ClassifierShape(inputSize: 28, hiddenSize: 128, layers: 2, classes: 10), steps: 28)
    // 1024 = 2 * 4H: 28 * 28 + 27 * 128 and 28 * 128 + 27 * 128 products an output, 2560 of fc.
    #expect(count.forward == 1024 * (784 + 3456) + 1024 * (3584 + 3456) + 2560)
    #expect(count.weightGradients == count.forward)
    #expect(count.dataGradients == 1024 * (3456 + 3584 + 3456) + 2560)
    #expect(count.training == 33_857_024)
    let shape = ClassifierShape(inputSize: 28, hiddenSize: 128, layers: 2, classes: 10)
    #expect(OperationCount.training(shape, meanSteps: 28) == 33_857_024)
    // The mean of sequences of 27 and 29 time steps.
    let neighbors = [27, 29].map { OperationCount(shape, steps: $0).training }
    #expect(neighbors.reduce(0, +) == 2 * 33_857_024)
  }

  @Test("A single time step has no recurrent products")
  func oneStep() {
    let count = OperationCount(
      ClassifierShape(inputSize: 3, hiddenSize: 2, layers: 1, classes: 5), steps: 1)
    #expect(count.forward == 2 * 8 * 3 + 2 * 5 * 2)
    #expect(count.dataGradients == 2 * 5 * 2)
  }

  @Test("A GRU has three gates, and of the top backward direction one step is enough")
  func cells() {
    func count(_ isBidirectional: Bool, _ readout: Readout) -> OperationCount {
      OperationCount(
        ClassifierShape(
          inputSize: 3, hiddenSize: 2, layers: 1, classes: 5, cell: .gru,
          isBidirectional: isBidirectional, readout: readout), steps: 4)
    }
    let (inputs, recurrent) = (2 * 6 * 3, 2 * 6 * 2)
    #expect(count(false, .last).forward == 4 * inputs + 3 * recurrent + 20)
    #expect(count(true, .last).forward == 5 * inputs + 3 * recurrent + 40)
    #expect(count(true, .final).forward == 8 * inputs + 6 * recurrent + 40)
  }
}
