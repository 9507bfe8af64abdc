import Reports

/// The findings of `lockstep bench`. The names are the keys in JSON, which stay.
struct BenchmarkReport: PrintedReport {
  /// The version of the keys that this program writes and reads.
  static let currentVersion = 1

  /// The machine that it was measured on.
  struct Machine: Codable {
    /// The names of the ranks' processors.
    let processors: [String]
    let instructionSet: String
    let mpi: String
    let hosts: Int
    let ranks: Int
    /// The threads of all ranks together.
    let threads: Int
    /// The processors that the threads have for themselves: fewer than threads if some share.
    let cores: Double
    /// The numbers that the matrix products multiply: fp32 or bf16.
    let precision: String
  }

  /// The experiment that was computed.
  struct Experiment: Codable {
    /// The model in words.
    let model: String
    let layers: Int
    let hidden: Int
    let timeSteps: Int
    let inputSize: Int
    let classes: Int
    let parameters: Int
    let batch: Int
    let shards: Int
    /// The kind of the optimizer.
    let optimizer: String
  }

  /// One part of a step.
  struct Phase: Codable {
    /// The mean over all threads of all ranks.
    let milliseconds: Double
    /// The share of the whole step.
    let percent: Double
    /// The most of a thread.
    let slowestMilliseconds: Double
  }

  /// The parts of a step on one rank.
  struct Rank: Codable {
    let rank: Int
    let host: String
    /// The mean over its threads, by the names of `StepPhase`.
    let milliseconds: [String: Double]
  }

  /// The work against what the cores can do.
  struct Peak: Codable {
    /// The peak by independent multiply-adds in registers, for each precision that the processor
    /// has.
    let gigaflopsPerCore: [String: Double]
    /// The numbers that the processor multiplies: the precision, or fp32 where floats stand in for
    /// it.
    let precision: String
    /// The peak of all cores, in that.
    let gigaflops: Double
    /// The operations of the matrix products that a sample of the training needs.
    let operationsPerSample: Int
    /// The matrix products' operations by the whole time of a step.
    let usedGigaflops: Double
    /// The share of the peak.
    let percent: Double
  }

  /// The traffic between the ranks.
  struct Communication: Codable {
    /// The reduction of a step as far as the ranks did nothing else, without waiting for the
    /// slowest.
    let exposedMilliseconds: Double
    /// The reduction of a step as far as computation hid it.
    let hiddenMilliseconds: Double
    /// `MPI_Allreduce` by itself.
    let allReduce: [AllReduceTiming]
  }

  /// The evaluation after each epoch.
  struct Evaluation: Codable {
    let samples: Int
    let samplesPerSecond: Double
  }

  /// `currentVersion` of the program that wrote it.
  let version: Int
  let machine: Machine
  let experiment: Experiment
  /// The steps that were measured, and those before them that were not.
  let steps, warmup: Int
  /// The parts that the steps were measured in.
  let blocks: Int
  /// The speed over the blocks.
  let samplesPerSecond: MedianRange
  /// The time of a step over the blocks.
  let millisecondsPerStep: MedianRange
  /// The parts of a step by the names of `StepPhase`.
  let split: [String: Phase]
  /// The same by rank; not there in files of earlier versions.
  let ranks: [Rank]?
  let peak: Peak
  /// The traffic; not there for a single rank.
  let communication: Communication?
  let evaluation: Evaluation
  /// The time from the start of the last process to the first step; not there if the system does
  /// not tell.
  let startSeconds: Double?
  /// The most memory of a rank.
  let peakMemoryMebibytes: Double
  /// The times from which `lockstep plan` predicts a step.
  let profile: MachineProfile
}
