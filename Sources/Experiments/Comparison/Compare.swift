import Cluster
import Foundation
import Reports
import Tensors
import Training

/// Trains several configurations and says how they differ: what `lockstep compare` does on every
/// rank.
///
/// Runs that the folder holds already are not trained again, and one that was interrupted is
/// continued. A configuration whose training diverges is left out, and the others are compared all
/// the same.
///
/// - Throws: `JobFailure`, also for divergences, after all else is done; `RankFailure`.
package func compare(_ group: ProcessGroup, _ options: ComparisonOptions) throws {
  let plan = try group.collectively { try ComparisonPlan(options) }
  try plan.check(group, options)
  var comparison = Comparison(group: group, plan: plan)
  let configurations = try plan.entries.indices.map { try comparison.train($0) }
  let diverged = comparison.diverged
  guard plan.entries.count - diverged.count >= 2 else {
    throw JobFailure("no two configurations are left to compare: \(diverged.names) diverged")
  }
  try group.onRoot {
    let report = ComparisonReport(
      machine: ComparisonReport.Machine(
        ranks: group.size, hosts: group.layout.hosts.count,
        instructionSet: plan.entries.map {
          Kernels.name($0.configuration.train.precision)
        }
        .reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
        .joined(separator: ", ")),
      origin: ComparisonReport.Origin(
        version: programVersion, arguments: Array(CommandLine.arguments.dropFirst()),
        time: Date().timeIntervalSince1970),
      evaluated: plan.evaluatedSet, seeds: plan.seeds,
      classes: plan.entries[0].configuration.data.classes,
      configurations: configurations.compactMap { $0 }, diverged: diverged)
    try report.write(to: plan.folder, console: group.console)
  }
  guard diverged.isEmpty else {
    throw JobFailure("\(diverged.names) diverged, and the comparison is one of the others")
  }
}

extension [DivergedConfiguration] {
  fileprivate var names: String { map(\.name).joined(separator: ", ") }
}

/// The trainings of a comparison, one after the other.
private struct Comparison {
  let group: ProcessGroup
  let plan: ComparisonPlan
  private(set) var diverged: [DivergedConfiguration] = []

  /// Trains a configuration with each seed, and says on rank 0 what that came to, unless it
  /// diverged.
  mutating func train(_ index: Int) throws -> ComparedConfiguration? {
    let entry = plan.entries[index]
    let context = try JobFailure.naming(entry.name) {
      try TrainingContext(group, TrainingOptions()) { entry.configuration }.comparing
    }
    context.warnOfSettingsWithoutEffect(TrainingOptions(), name: entry.name)
    var runs: [ComparedRun] = []
    for (number, seed) in zip((index * plan.seeds.count + 1)..., plan.seeds) {
      do {
        let run = try JobFailure.naming("\(entry.name), seed \(seed)") {
          try train(number, context.seeded(seed), entry)
        }
        if let run { runs.append(run) }
      } catch let failure as JobFailure where failure.isDivergence {
        diverged.append(
          DivergedConfiguration(name: entry.name, seed: seed, reason: failure.description))
        if group.isRoot {
          group.console.finish()
          group.console.error("\(failure)")
        }
        // A mean over the other seeds would be one of those that went well.
        return nil
      }
    }
    guard group.isRoot else { return nil }
    return ComparedConfiguration(
      name: entry.name, file: entry.file, configuration: entry.configuration,
      parameters: context.data.layout.parameterCount, runs: runs)
  }

  private func train(
    _ number: Int, _ context: TrainingContext, _ entry: ComparisonPlan.Entry
  ) throws -> ComparedRun? {
    let configuration = context.configuration
    let (name, seed) = (entry.name, configuration.train.seed)
    let folder = plan.folder(entry, seed: seed)
    var options = TrainingOptions()
    let path = "\(plan.folder)/\(folder)"
    options.output = path
    options.resume = .ifAny
    if group.isRoot {
      group.console.line(
        "Run \(number) of \(plan.entries.count * plan.seeds.count): \(name), seed \(seed)")
    }
    let state = try Training.train(
      context, options, name: name,
      observers: { try runObservers($0, group.console, recorded: true) })
    let evaluation = try context.evaluation.evaluate(state.evaluated)
    var run: ComparedRun?
    try group.onRoot {
      guard let evaluation else { return }
      // All of the configuration, unless the run was stopped early.
      let count = state.step / context.data.sampler.stepsPerEpoch
      let epochs = try RunCurves.read(
        RunDirectory.metricsPath(in: path), epochs: count, sampler: context.data.sampler,
        set: plan.evaluatedSet)
      run = ComparedRun(
        seed: seed, folder: folder, samples: count * context.data.training.sampleCount,
        epochs: epochs, confusion: evaluation.confusion)
      warn(ifDifferent: run, path)
    }
    return run
  }

  /// Says so where a run that was found complete now has another accuracy than it wrote down.
  private func warn(ifDifferent run: ComparedRun?, _ path: String) {
    guard let run, let last = run.epochs.last, last.accuracy != run.accuracy else { return }
    group.console.warning(
      """
      \(path)/metrics.jsonl ends with an accuracy of \(last.accuracy), and its parameters now have \
      \(run.accuracy), which is compared: the \(plan.evaluatedSet) samples or the arithmetic are not the same as then
      """)
  }
}

extension JobFailure {
  /// Says of a failure of `body` to what it belongs.
  static func naming<Result>(_ place: String, _ body: () throws -> Result) throws -> Result {
    do { return try body() } catch let failure as JobFailure {
      guard failure.isInterruption else {
        throw JobFailure(
          "\(place): \(failure)", status: failure.exitStatus, isDivergence: failure.isDivergence)
      }
      throw JobFailure(
        "\(place): interrupted; compare the same again to continue",
        status: failure.exitStatus)
    }
  }
}
