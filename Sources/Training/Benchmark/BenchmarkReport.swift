import Foundation

/// What `lockstep bench` found. The names are the keys in JSON, which stay.
struct BenchmarkReport: Codable {
  /// What it was measured on.
  struct Machine: Codable {
    /// The names of the ranks' processors.
    let processors: [String]
    let instructionSet: String
    let mpi: String
    let hosts: Int
    let ranks: Int
    /// Of all ranks together.
    let threads: Int
    /// The processors that the threads have for themselves: fewer than threads if some share.
    let cores: Double
    /// What the matrix products multiply: fp32 or bf16.
    let precision: String
  }

  /// What was computed.
  struct Experiment: Codable {
    /// In words.
    let model: String
    let layers: Int
    let hidden: Int
    let timeSteps: Int
    let inputSize: Int
    let classes: Int
    let parameters: Int
    let batch: Int
    let shards: Int
  }

  /// One part of a step.
  struct Phase: Codable {
    /// The mean over all threads of all ranks.
    let milliseconds: Double
    /// Of the whole step.
    let percent: Double
    /// The largest of a thread.
    let slowestMilliseconds: Double
  }

  /// The work against what the cores can do.
  struct Peak: Codable {
    /// By independent multiply-adds in registers, for each precision that the processor has.
    let gigaflopsPerCore: [String: Double]
    /// What the processor multiplies: the precision, or fp32 where floats stand in for it.
    let precision: String
    /// Of all cores, in that.
    let gigaflops: Double
    /// Those of the matrix products that a sample of the training needs.
    let operationsPerSample: Int
    /// The matrix products' operations by the whole time of a step.
    let usedGigaflops: Double
    /// The above of the peak.
    let percent: Double
  }

  /// What passes between the ranks.
  struct Communication: Codable {
    /// The reduction of a step as far as the ranks did nothing else, without waiting for the slowest.
    let exposedMilliseconds: Double
    /// The reduction of a step as far as computation hid it.
    let hiddenMilliseconds: Double
    /// `MPI_Allreduce` by itself.
    let allReduce: [AllReduceTiming]
  }

  /// What is evaluated after each epoch.
  struct Evaluation: Codable {
    let samples: Int
    let samplesPerSecond: Double
  }

  let machine: Machine
  let experiment: Experiment
  /// The steps that were measured, and those before them that were not.
  let steps, warmup: Int
  /// The parts that the steps were measured in.
  let blocks: Int
  /// Over the blocks.
  let samplesPerSecond: Spread
  /// Over the blocks.
  let millisecondsPerStep: Spread
  /// By the names of `StepPhase`.
  let split: [String: Phase]
  let peak: Peak
  /// Not there for a single rank.
  let communication: Communication?
  let evaluation: Evaluation
  /// From the start of the last process to the first step; not there if the system does not tell.
  let startSeconds: Double?
  /// The largest of a rank.
  let peakMemoryMebibytes: Double

  /// The report as one JSON object.
  var json: String {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
  }
}
