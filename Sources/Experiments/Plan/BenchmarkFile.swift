import Configuration
import Files
import Networks
import Reduction

/// A report of `lockstep bench` that a plan computes with.
struct BenchmarkFile {
  private let file: ReportFile
  let report: BenchmarkReport

  /// Reads a report.
  ///
  /// - Throws: `FileError`.
  init(path: String) throws(FileError) {
    file = try ReportFile(path: path)
    let version = try file.object()["version"] as? Int
    let advice = "write one with lockstep bench --config FILE --json \(path)"
    guard version == BenchmarkReport.currentVersion else {
      throw file.malformed(
        version.map {
          "it has version \($0) of the keys, and this program knows \(BenchmarkReport.currentVersion)"
        }
          ?? "it has no version, as the reports of lockstep bench have", advice: advice)
    }
    report = try file.value(of: BenchmarkReport.self, advice: advice)
    let profile = report.profile
    var times = [
      profile.usualRows, profile.usualSlice, profile.weightForms, profile.update,
      profile.messages.send, profile.messages.receive, profile.messages.sendByte,
      profile.messages.receiveByte,
    ]
    times += profile.spread
    for slice in profile.slices {
      times += [slice.gather, slice.forward, slice.linearGradients]
      times += slice.throughTime + slice.weightGradients
    }
    for arithmetic in profile.arithmetic.values { times += [arithmetic.addition, arithmetic.copy] }
    guard times.allSatisfy({ $0 >= 0 && $0 < 1e6 }) else {
      throw file.malformed("profile has a number that is no time", advice: advice)
    }
    let rows = profile.slices.map(\.rows)
    guard let least = rows.first, least > 0, zip(rows, rows.dropFirst()).allSatisfy(<),
      profile.slices.allSatisfy({ $0.total > 0 }), profile.usualRows > 0, profile.usualSlice > 0,
      !profile.spread.isEmpty, zip(profile.spread, profile.spread.dropFirst()).allSatisfy(<=),
      let quickest = profile.spread.first, quickest > 0
    else { throw file.malformed("profile is not one of a machine", advice: advice) }
  }

  /// Checks that the report is of a model and a machine that say something of this configuration.
  ///
  /// - Returns: the layout of the model's parameters.
  /// - Throws: `FileError`.
  func require(_ configuration: Configuration) throws(FileError) -> ParameterLayout {
    let (experiment, machine) = (report.experiment, report.machine)
    let advice = "measure it anew: lockstep bench with the same --config and --set"
    for (name, measured, planned) in [
      ("the model", experiment.model, configuration.model.title),
      ("the number of classes", "\(experiment.classes)", "\(configuration.data.classes.count)"),
      ("train.precision", machine.precision, configuration.train.precision.rawValue),
      ("optimizer.kind", experiment.optimizer, configuration.optimizer.kind.rawValue),
    ] where measured != planned {
      throw file.malformed(
        "\(name) that was measured is \(measured.excerpt()), and that of the configuration "
          + planned, advice: advice)
    }
    guard (1...65_535).contains(experiment.inputSize), (1...65_535).contains(experiment.timeSteps)
    else {
      throw file.malformed(
        "experiment has \(experiment.timeSteps) x \(experiment.inputSize) inputs", advice: advice)
    }
    let layout = ParameterLayout(configuration.classifierShape(inputSize: experiment.inputSize))
    guard layout.parameterCount == experiment.parameters,
      report.profile.slices.allSatisfy({
        $0.throughTime.count == layout.shape.layers
          && $0.weightGradients.count == layout.buckets.count
      }), report.profile.arithmetic[configuration.reduction.wire.rawValue] != nil
    else {
      throw file.malformed(
        "its figures are of another model than \(configuration.model.title)", advice: advice)
    }
    guard machine.cores > Double(machine.threads) - 0.01 else {
      throw file.malformed(
        "\(counted(machine.threads, "thread")) shared \(machine.cores.shortText) processors, which "
          + "says little of what each can do",
        advice: "measure as many threads as there are processors: train.threads times mpirun -np")
    }
    return layout
  }
}
