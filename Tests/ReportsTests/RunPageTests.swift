import Foundation
import Reports
import TestSupport
import Testing
import Training

#if canImport(FoundationXML)
  import FoundationXML
#endif

@Suite("The page of a run")
struct RunPageTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try write("configuration.yaml", "train: {epochs: 2}\nmodel: {hidden: 7}\n")
  }

  private func write(_ name: String, _ text: String) throws {
    try folder.write(Array(text.utf8), to: name)
  }

  private func history() throws -> RunHistory { try RunHistory(folder: folder.path) }

  private func line(step: Int, epoch: Int, loss: Double) -> String {
    """
    {"epoch":\(epoch),"gradientNorm":1,"learningRate":0.1,"loss":\(loss),"seconds":0.5,\
    "step":\(step),"type":"step"}

    """
  }

  private func line(
    evaluation accuracy: Double, loss: Double = 0.25, step: Int, epoch: Int
  ) -> String {
    """
    {"accuracy":\(accuracy),"correct":1,"epoch":\(epoch),"loss":\(loss),"samples":4,\
    "samplesPerSecond":9,"seconds":1,"set":"test","step":\(step),"type":"evaluation"}

    """
  }

  private func html(_ histories: [RunHistory]) throws -> String {
    let html = RunPage(
      histories.map { RunPage.Entry($0, nil) }, date: Date(timeIntervalSince1970: 86_400)
    ).html
    let source = try #require(html.split(separator: "\n", maxSplits: 1).last)
    #expect(XMLParser(data: Data(source.utf8)).parse(), "\(source)")
    #expect(!html.contains("<script") && !html.contains("http"))
    return html
  }

  @Test("The epochs have the means of their steps, and the best one is that of the criterion")
  func epochs() throws {
    try write(
      "metrics.jsonl",
      line(step: 1, epoch: 1, loss: 2) + line(step: 2, epoch: 1, loss: 1)
        + line(evaluation: 0.75, step: 2, epoch: 1) + line(step: 3, epoch: 2, loss: 0.5)
        + line(step: 4, epoch: 2, loss: 0.5)
        + line(evaluation: 0.5, loss: 0.125, step: 4, epoch: 2)
        + line(step: 5, epoch: 3, loss: 0.5) + line(evaluation: 1, loss: 0, step: 5, epoch: 3)
        + #"{"step":6,"type":"st"#)
    let history = try history()
    #expect(history.steps.count == 5 && history.epochs.map(\.number) == [1, 2, 3])
    #expect(history.epochs.map(\.trainingLoss) == [1.5, 0.5, 0.5])
    #expect(history.epochs.map(\.seconds) == [1, 1, 0.5])
    // The last one is within an epoch, and no checkpoint is the best for it.
    #expect(history.best?.number == 1)
    let html = try html([history])
    for text in [
      "epoch 1, 75.00 %", "100.00 %", "3 of 2", "1970-01-02 00:00:00", "model.hidden",
      "epoch 3: 100 %",
    ] {
      #expect(html.contains(text), "\(text)")
    }
    try write("configuration.yaml", "evaluation: {criterion: loss}\n")
    #expect(try self.history().best?.number == 2)
  }

  @Test("The curves of a run whose first epochs are not recorded have the others' numbers")
  func laterEpochs() throws {
    try write(
      "metrics.jsonl", line(step: 9, epoch: 5, loss: 1) + line(evaluation: 0.5, step: 9, epoch: 5))
    let html = try html([history()])
    #expect(html.contains("epoch 5: 50 %") && !html.contains("epoch 1:"))
  }

  @Test("Figures that no run has are a page, too")
  func absurdFigures() throws {
    try write(
      "metrics.jsonl",
      line(step: 1, epoch: 1, loss: 1).replacing("0.5,\"step\"", with: "1e300,\"step\""))
    try write(
      "ranks.jsonl",
      start(0, time: 1)
        + """
        {"ranks":[],"step":5,"steps":\(Int.max),"stragglers":[],"time":1e300,"type":"ranks"}
        {"ranks":[],"step":5,"steps":\(Int.max),"stragglers":[],"time":-1e300,"type":"ranks"}
        {"step":9,"time":1e300,"type":"end"}
        """)
    #expect(try html([history()]).contains("ended after step 1"))
  }

  private func start(_ step: Int, time: Int) -> String {
    """
    {"hosts":["a<b","c"],"instructionSet":"AVX2","processor":"P & Q","step":\(step),\
    "stepsPerEpoch":2,"threads":[1],"time":\(time),"type":"start","version":"9.8"}

    """
  }

  @Test("The parts of a run have their starts, and the last one its end")
  func parts() throws {
    let interval = """
      {"ranks":[],"step":5,"steps":5,"stragglers":[],"time":160,"type":"ranks"}

      """
    let end = #"{"step":9,"time":400,"type":"end"}"#
    try write("ranks.jsonl", start(0, time: 100) + interval + end + "\n" + start(9, time: 300))
    // A run that was done, and then given more epochs.
    #expect(try history().parts.map(\.start.step) == [0, 9])
    #expect(try history().parts.map { $0.end?.time } == [400, nil])
    try write("ranks.jsonl", start(0, time: 100) + interval + start(5, time: 300) + end)
    #expect(try history().parts.map { $0.end?.time } == [nil, 400])
    #expect(try history().parts.map(\.lastTime) == [160, 400])
    let html = try html([history()])
    for text in [
      "1970-01-01 00:01:40", "60.0 s", "interrupted", "100.0 s", "after step 9", "a&lt;b, c",
      "P &amp; Q", "9.8",
    ] {
      #expect(html.contains(text), "\(text)")
    }
  }

  @Test("A folder without a run is an error, and one without a step has a page")
  func beginnings() throws {
    let empty = try TemporaryFolder()
    let error = #expect(throws: RunDirectoryError.self) { try RunHistory(folder: empty.path) }
    #expect(error?.description.contains("no configuration.yaml") == true)
    #expect(try html([history()]).contains("there is no metrics.jsonl"))
    try write("metrics.jsonl", "")
    #expect(try html([history()]).contains("no step yet"))
    #expect(try html([history(), history()]).contains("<h1>Runs of Lockstep</h1>"))
  }

  // Source: C. Guo et al., 2017, equation 3.
  @Test("The calibration error is the mean distance of probability and accuracy, by samples")
  func calibration() {
    var calibration = Calibration()
    #expect(calibration.error == 0)
    for index in 0..<4 { calibration.add(probability: 0.75, isCorrect: index > 0) }
    #expect(calibration.error == 0)
    for _ in 0..<4 { calibration.add(probability: 1, isCorrect: false) }
    calibration.add(probability: .nan, isCorrect: true)
    #expect(calibration.error == 0.5)
    #expect(calibration.bins.map(\.count) == [0, 0, 0, 0, 0, 0, 0, 4, 0, 4])
    #expect(calibration.bins[7].accuracy == 0.75 && calibration.bins[7].probability == 0.75)
  }
}
