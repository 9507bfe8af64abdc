import Foundation
import Logging
import Recurrent

/// Trains several configurations and says how they differ: what `lockstep compare` does on every rank.
///
/// Runs that the folder holds already are not trained again, and one that was interrupted is continued.
///
/// - Throws: `JobFailure` for what all ranks know of; any other error is this rank's alone.
public func compare(_ team: Team, _ options: ComparisonOptions) throws {
  let plan = try team.together { try ComparisonPlan(options) }
  try plan.check(team, options)
  var comparison = Comparison(team: team, plan: plan)
  let configurations = try plan.entries.map { try comparison.train($0) }
  try team.onRoot {
    let report = try ComparisonReport(
      machine: ComparisonReport.Machine(
        ranks: team.size, hosts: Set(team.hosts).count,
        instructionSet: plan.entries.map { TrainingCheckpoint.processor($0.configuration) }
          .reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
          .joined(separator: ", ")),
      evaluated: plan.evaluatedSet, seeds: plan.seeds,
      classes: plan.entries[0].configuration.data.classes,
      configurations: configurations.compactMap { $0 })
    try ComparisonOutput(folder: plan.folder).write(report)
  }
}

/// The trainings of a comparison, one after the other.
private struct Comparison {
  let team: Team
  let plan: ComparisonPlan
  var runsBegun = 0

  /// Trains a configuration with each seed, and says on rank 0 what that came to.
  mutating func train(_ entry: ComparisonPlan.Entry) throws -> ComparedConfiguration? {
    let setup = try JobFailure.naming(entry.name) {
      try RunSetup(team, RunOptions()) { entry.configuration }.comparing
    }
    var runs: [ComparedRun] = []
    for seed in plan.seeds {
      runsBegun += 1
      let run = try JobFailure.naming("\(entry.name), seed \(seed)") {
        try train(setup.seeded(seed), folder: plan.folder(entry, seed: seed), entry.name)
      }
      if let run { runs.append(run) }
    }
    guard team.isRoot else { return nil }
    return ComparedConfiguration(
      name: entry.name, file: entry.file, configuration: entry.configuration,
      parameters: setup.data.layout.parameterCount, runs: runs)
  }

  private func train(
    _ setup: RunSetup, folder: String, _ name: String
  ) throws -> ComparedRun? {
    let configuration = setup.configuration
    var options = RunOptions()
    let path = "\(plan.folder)/\(folder)"
    options.output = path
    options.resumes =
      try team.world.broadcast(
        ["metrics.jsonl", "checkpoints"].contains {
          FileManager.default.fileExists(atPath: "\(path)/\($0)")
        } ? 1 : 0, root: 0) == 1
    if team.isRoot {
      Console.standard.line(
        "Run \(runsBegun) of \(plan.entries.count * plan.seeds.count): \(name), seed \(configuration.train.seed)"
      )
    }
    let state = try Training.train(setup, options, name: name)
    let confusion = try setup.evaluation.confusion(state.evaluated)
    var run: ComparedRun?
    try team.onRoot {
      guard let confusion else { return }
      let epochs = try RunCurves.read(
        "\(path)/metrics.jsonl", epochs: configuration.train.epochs, plan: setup.data.plan,
        set: plan.evaluatedSet)
      run = ComparedRun(
        seed: configuration.train.seed, folder: folder,
        samples: configuration.train.epochs * setup.data.training.sampleCount, epochs: epochs,
        confusion: confusion)
      warn(ifDifferent: run, path)
    }
    return run
  }

  /// Says so where a run that was found complete now has another accuracy than it wrote down.
  private func warn(ifDifferent run: ComparedRun?, _ path: String) {
    guard let run, let last = run.epochs.last, last.accuracy != run.accuracy else { return }
    Logger(label: "lockstep") { _ in ConsoleLogHandler() }.warning(
      """
      \(path)/metrics.jsonl ends with an accuracy of \(last.accuracy), and its parameters now have \
      \(run.accuracy), which is compared: the \(plan.evaluatedSet) images or the processor are not the same as then
      """)
  }
}

extension JobFailure {
  /// Says of a failure of `body` to what it belongs.
  static func naming<Result>(_ place: String, _ body: () throws -> Result) throws -> Result {
    do { return try body() } catch let failure as JobFailure {
      guard failure.status == Interruption.exitStatus else {
        throw JobFailure("\(place): \(failure)", status: failure.status)
      }
      throw JobFailure(
        "\(place): interrupted, with a checkpoint; compare the same again to continue",
        status: failure.status)
    }
  }
}
