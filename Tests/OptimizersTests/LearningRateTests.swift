import Optimizers
import Testing

/// Twelve steps in six epochs, beside what PyTorch's schedulers give in as many.
@Suite("Learning rate")
struct LearningRateTests {
  @Test("Without a schedule it stays")
  func constant() {
    #expect(rates(.constant) == Array(repeating: 0.02, count: 12))
  }

  @Test("The cosine is CosineAnnealingLR's")
  func cosine() {
    expect(
      rates(.cosine, floor: 0.1),
      [
        0.02, 0.019693332436601617, 0.018794228634059953, 0.01736396103067893, 0.0155,
        0.01332937140592269, 0.011, 0.008670628594077315, 0.0065, 0.004636038969321073,
        0.003205771365940052, 0.002306667563398386,
      ])
  }

  @Test("The straight line is LinearLR's")
  func linear() {
    expect(
      rates(.linear, floor: 0.1),
      [
        0.02, 0.0185, 0.017, 0.0155, 0.014, 0.0125, 0.011, 0.0095, 0.008, 0.0065, 0.005, 0.0035,
      ])
  }

  @Test("The steps are StepLR's")
  func step() {
    expect(
      rates(.step, stepEpochs: 3, stepFactor: 0.5),
      Array(repeating: 0.02, count: 6) + Array(repeating: 0.01, count: 6))
  }

  @Test("A warm-up comes before, as with SequentialLR")
  func warmup() {
    expect(
      rates(.cosine, warmupSteps: 4),
      [
        0.005, 0.01, 0.015, 0.02, 0.02, 0.019238795325112867, 0.017071067811865473,
        0.013826834323650897, 0.01, 0.006173165676349102, 0.002928932188134525,
        0.0007612046748871325,
      ])
  }

  @Test("A warm-up that is longer than the training, and steps after its end")
  func ends() {
    #expect(rates(.linear, warmupSteps: 24).last == 0.01)
    let schedule = LearningRateSchedule(
      base: 0.02, decay: .linear, floor: 0.25, stepsPerEpoch: 2, epochs: 6)
    #expect(schedule.learningRate(after: 1000) == 0.005)
  }

  private func rates(
    _ decay: LearningRateSchedule.Decay, warmupSteps: Int = 0, floor: Double = 0,
    stepEpochs: Int = 1, stepFactor: Double = 0.1
  ) -> [Double] {
    let schedule = LearningRateSchedule(
      base: 0.02, decay: decay, warmupSteps: warmupSteps, floor: floor, stepEpochs: stepEpochs,
      stepFactor: stepFactor, stepsPerEpoch: 2, epochs: 6)
    return (0..<12).map { schedule.learningRate(after: $0) }
  }

  private func expect(_ found: [Double], _ expected: [Double]) {
    for (a, b) in zip(found, expected) { #expect(abs(a - b) < 1e-15) }
  }
}
