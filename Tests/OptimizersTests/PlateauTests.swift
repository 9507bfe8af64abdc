import Optimizers
import Testing

/// A learning rate that goes by evaluations, beside what PyTorch gives for the same figures:
///
///     optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.02)
///     scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, mode, factor=…, …)
///     for figure in figures: scheduler.step(figure); print(optimizer.param_groups[0]["lr"])
@Suite("A learning rate that falls on a plateau")
struct PlateauTests {
  struct Case: Sendable {
    let isHigherBetter: Bool, factor: Double, patience: Int
    let threshold: ImprovementRule.Threshold
    let minimum: Double
    let expected: [Double]
  }

  static let losses = [
    0.9, 0.8, 0.81, 0.79995, 0.8, 0.85, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7,
  ]
  static let accuracies = [
    0.5, 0.6, 0.6, 0.60005, 0.59, 0.61, 0.61, 0.61, 0.61, 0.61, 0.61, 0.61, 0.61, 0.6, 0.7, 0.7,
    0.7,
  ]

  @Test(
    "It is ReduceLROnPlateau's",
    arguments: [
      Case(
        isHigherBetter: false, factor: 0.5, patience: 2, threshold: .relative(1e-4), minimum: 0,
        expected: [
          0.02, 0.02, 0.02, 0.02, 0.01, 0.01, 0.01, 0.01, 0.01, 0.005, 0.005, 0.005, 0.0025, 0.0025,
          0.0025, 0.00125, 0.00125,
        ]),
      Case(
        isHigherBetter: true, factor: 0.1, patience: 1, threshold: .relative(1e-3), minimum: 1e-4,
        expected: [
          0.02, 0.02, 0.02, 0.002, 0.002, 0.002, 0.002, 0.0002, 0.0002, 0.0001, 0.0001, 0.0001,
          0.0001, 0.0001, 0.0001, 0.0001, 0.0001,
        ]),
      Case(
        isHigherBetter: true, factor: 0.5, patience: 0, threshold: .absolute(0.02), minimum: 0,
        expected: [
          0.02, 0.02, 0.01, 0.005, 0.0025, 0.00125, 0.000625, 0.0003125, 0.00015625, 7.8125e-05,
          3.90625e-05, 1.953125e-05, 9.765625e-06, 4.8828125e-06, 4.8828125e-06, 2.44140625e-06,
          1.220703125e-06,
        ]),
      // A fall of less than 1e-8 is none.
      Case(
        isHigherBetter: false, factor: 0.1, patience: 0, threshold: .relative(1e-4), minimum: 0,
        expected: [
          0.02, 0.02, 0.002, 0.0002, 2e-05, 2e-06, 2e-06, 2e-07, 2e-08, 2e-09, 2e-09, 2e-09, 2e-09,
          2e-09, 2e-09, 2e-09, 2e-09,
        ]),
    ])
  func pytorch(_ test: Case) {
    let rule = ImprovementRule(isHigherBetter: test.isHigherBetter, threshold: test.threshold)
    let schedule = LearningRateSchedule(
      base: 0.02, decay: .reduceOnPlateau, floor: test.minimum / 0.02, stepFactor: test.factor,
      stepsPerEpoch: 2, epochs: 17)
    var (count, reductions) = (ImprovementCount(), 0)
    let figures = test.isHigherBetter ? Self.accuracies : Self.losses
    for (epoch, (figure, expected)) in zip(figures, test.expected).enumerated() {
      count.note(figure, rule)
      if count.evaluationsSince > test.patience {
        reductions += 1
        count.restart()
      }
      let rate = schedule.learningRate(after: 2 * (epoch + 1), reductions: reductions)
      #expect(abs(rate - expected) < 1e-12 * expected, "after epoch \(epoch + 1)")
    }
  }

  @Test("A warm-up rises to what is left, and no other schedule falls")
  func warmup() {
    func schedule(_ decay: LearningRateSchedule.Decay) -> LearningRateSchedule {
      LearningRateSchedule(
        base: 0.02, decay: decay, warmupSteps: 4, stepFactor: 0.5, stepsPerEpoch: 2, epochs: 6)
    }
    #expect(schedule(.reduceOnPlateau).learningRate(after: 1, reductions: 1) == 0.005)
    #expect(schedule(.reduceOnPlateau).learningRate(after: 4, reductions: 2) == 0.005)
    #expect(schedule(.constant).learningRate(after: 4, reductions: 2) == 0.02)
  }

  @Test("A figure must be better by more than the threshold, and a worse one is not kept")
  func count() {
    var count = ImprovementCount()
    let rule = ImprovementRule(isHigherBetter: false, threshold: .absolute(0.125))
    for (figure, since) in [(1.0, 0), (0.875, 1), (0.75, 0), (0.9, 1), (0.7, 2), (0.5, 0)] {
      count.note(figure, rule)
      #expect(count.evaluationsSince == since, "\(figure)")
    }
    #expect(count.best == 0.5)
  }
}
