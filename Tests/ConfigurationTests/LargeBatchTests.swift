import Configuration
import Optimizers
import Testing

/// The learning rates of FashionMNIST's 60,000 images in batches of 100, and in batches of 6400.
@Suite("The learning rate of a larger batch")
struct LargeBatchTests {
  private func rates(_ settings: String..., stepsPerEpoch: Int) throws -> [Double] {
    let configuration = try Configuration(
      yaml: "", source: "test", settings: settings + ["train.epochs=25"])
    let schedule = configuration.learningRateSchedule(stepsPerEpoch: stepsPerEpoch)
    return (0..<25 * stepsPerEpoch).map { schedule.learningRate(after: $0) }
  }

  @Test(
    "It is the configured one, or as many times that as the batch is larger, or the root of that",
    arguments: [("none", 0.001), ("linear", 0.064), ("square-root", 0.008)])
  func scaling(_ scaling: String, rate: Double) throws {
    let rates = try rates(
      "train.batch=6400", "train.baseBatch=100", "optimizer.scaling=\(scaling)", stepsPerEpoch: 10)
    #expect(rates == Array(repeating: rate, count: 250))
  }

  @Test("It falls for a smaller batch, and is the configured one for the base batch")
  func smaller() throws {
    #expect(
      try rates(
        "train.batch=100", "train.baseBatch=400", "optimizer.scaling=square-root",
        stepsPerEpoch: 600)[0] == 0.0005)
    for scaling in LearningRateScaling.allCases {
      #expect(
        try rates(
          "train.baseBatch=100", "optimizer.scaling=\(scaling.rawValue)", stepsPerEpoch: 600)[0]
          == 0.001)
    }
  }

  @Test("LEGW warms up in as many times more epochs as the batch is larger")
  func legw() throws {
    let legw = [
      "train.baseBatch=100", "optimizer.scaling=square-root", "schedule.warmupEpochs=0.1",
    ]
    // A tenth of 600 steps.
    let base = try rates(legw[0], legw[1], legw[2], stepsPerEpoch: 600)
    #expect(abs(base[0] - 0.001 / 60) < 1e-18 && abs(base[29] - 0.0005) < 1e-18)
    #expect(base[58] < 0.001 && base[59...].allSatisfy { $0 == 0.001 })
    // 6.4 epochs of 10 steps.
    let large = try rates("train.batch=6400", legw[0], legw[1], legw[2], stepsPerEpoch: 10)
    #expect(abs(large[0] - 0.000125) < 1e-18 && abs(large[31] - 0.004) < 1e-17)
    #expect(large[62] < 0.008 && large[63...].allSatisfy { $0 == 0.008 })
  }

  @Test("A warm-up in epochs is that of the batch, where no base is given")
  func epochs() throws {
    let rates = try rates("train.batch=6400", "schedule.warmupEpochs=2.5", stepsPerEpoch: 10)
    #expect(abs(rates[4] - 0.0002) < 1e-18 && rates[23] < 0.001 && rates[24] == 0.001)
    #expect(
      try self.rates("schedule.warmupEpochs=1e9", "train.baseBatch=1", stepsPerEpoch: 10)[249]
        < 1e-9)
  }
}
