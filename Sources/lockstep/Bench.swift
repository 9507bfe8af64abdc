import ArgumentParser
import Cluster
import Configuration
import Experiments
import Files

struct Bench: JobCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure the training, alone or as one of the ranks that mpirun started.",
    discussion: """
      For example: mpirun -np 2 lockstep bench --config configs/fashion-mnist.yaml

      It trains on the experiment's data, step by step as train does, and writes no checkpoint. \
      Between blocks of 25 steps all ranks measure at the same time what their cores can do at \
      most, by multiply-adds that never leave the registers. The figures are samples a second, \
      where the time of a step goes, the share of the cores' peak, MPI's all-reduce by itself, the evaluation, \
      the start, and the memory.

      In a step, 'reduction' is that of the rank that comes last to it; what the others spend there \
      longer is 'waiting'. 'slowest' is the largest figure of a thread of any rank, the others are \
      means over all. Sources/Experiments/Experiments.docc/Benchmark.md lists the keys of --json.
      """)

  @OptionGroup var experiment: ExperimentOptions

  @OptionGroup var keys: KeyOptions

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("How many steps to measure.", valueName: "steps"))
  var steps = BenchmarkOptions().steps

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("How many steps to do before those.", valueName: "steps"))
  var warmup = BenchmarkOptions().warmup

  @OptionGroup var json: JSONOptions

  func validate() throws {
    let most = 1_000_000_000
    if !(1...most).contains(steps) {
      throw ValidationError("--steps is \(steps); expected from 1 to \(most)")
    }
    if !(0...most).contains(warmup) {
      throw ValidationError("--warmup is \(warmup); expected from 0 to \(most)")
    }
  }

  func run(in group: ProcessGroup) throws {
    var options = BenchmarkOptions()
    options.steps = steps
    options.warmup = warmup
    options.json = json.path
    try benchmark(group, options) {
      guard experiment.config != nil else {
        throw ConfigurationError(ExperimentOptions.missing, isOfOption: true)
      }
      return try experiment.configuration(with: keys.settings)
    }
  }
}
