import Foundation
import Reports

/// What `lockstep bench` found. The names are the keys in JSON, which stay.
package struct BenchmarkReport: Codable {
  /// What it was measured on.
  package struct Machine: Codable {
    /// The names of the ranks' processors.
    package let processors: [String]
    package let instructionSet: String
    package let mpi: String
    package let hosts: Int
    package let ranks: Int
    /// Of all ranks together.
    package let threads: Int
    /// The processors that the threads have for themselves: fewer than threads if some share.
    package let cores: Double
    /// What the matrix products multiply: fp32 or bf16.
    package let precision: String
  }

  /// What was computed.
  package struct Experiment: Codable {
    /// In words.
    package let model: String
    package let layers: Int
    package let hidden: Int
    package let timeSteps: Int
    package let inputSize: Int
    package let classes: Int
    package let parameters: Int
    package let batch: Int
    package let shards: Int
  }

  /// One part of a step.
  package struct Phase: Codable {
    /// The mean over all threads of all ranks.
    package let milliseconds: Double
    /// Of the whole step.
    package let percent: Double
    /// The largest of a thread.
    package let slowestMilliseconds: Double
  }

  /// The work against what the cores can do.
  package struct Peak: Codable {
    /// By independent multiply-adds in registers, for each precision that the processor has.
    package let gigaflopsPerCore: [String: Double]
    /// What the processor multiplies: the precision, or fp32 where floats stand in for it.
    package let precision: String
    /// Of all cores, in that.
    package let gigaflops: Double
    /// Those of the matrix products that a sample of the training needs.
    package let operationsPerSample: Int
    /// The matrix products' operations by the whole time of a step.
    package let usedGigaflops: Double
    /// The above of the peak.
    package let percent: Double
  }

  /// What passes between the ranks.
  package struct Communication: Codable {
    /// The reduction of a step as far as the ranks did nothing else, without waiting for the slowest.
    package let exposedMilliseconds: Double
    /// The reduction of a step as far as computation hid it.
    package let hiddenMilliseconds: Double
    /// `MPI_Allreduce` by itself.
    package let allReduce: [AllReduceTiming]
  }

  /// What is evaluated after each epoch.
  package struct Evaluation: Codable {
    package let samples: Int
    package let samplesPerSecond: Double
  }

  package let machine: Machine
  package let experiment: Experiment
  /// The steps that were measured, and those before them that were not.
  package let steps, warmup: Int
  /// The parts that the steps were measured in.
  package let blocks: Int
  /// Over the blocks.
  package let samplesPerSecond: MedianRange
  /// Over the blocks.
  package let millisecondsPerStep: MedianRange
  /// By the names of `StepPhase`.
  package let split: [String: Phase]
  package let peak: Peak
  /// Not there for a single rank.
  package let communication: Communication?
  package let evaluation: Evaluation
  /// From the start of the last process to the first step; not there if the system does not tell.
  package let startSeconds: Double?
  /// The largest of a rank.
  package let peakMemoryMebibytes: Double

  /// The report as one JSON object.
  package var json: String {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
  }
}
