import Cluster
import Configuration
import Files
import Foundation
import Tensors

extension TrainingContext {
  /// The agreements of the ranks before the first step of a run.
  ///
  /// - Throws: `EncodingError`, `SHA256Error`, or `FileError` where the program cannot be read.
  static func agreements(
    _ configuration: Configuration, _ options: TrainingOptions, _ data: TrainingData
  ) throws -> [Agreement] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let settings = try encoder.encode(configuration) + encoder.encode(options)
    // Rank 0 alone may hold the test set; it then is nobody else's business.
    let sets = [data.training] + (configuration.evaluation.ranks == .all ? [data.test] : [])
    let dataset = sets.compactMap { $0 }.map { "\($0.imageDigest) \($0.labelDigest)" }
      .joined(separator: " ")
    let arithmetic = TrainingCheckpoint.arithmetic(configuration.train.precision)
    return [
      Agreement(
        name: "configuration", advice: "start all ranks with the same file and options",
        digest: try SHA256Digest(of: Array(settings))),
      Agreement(
        name: "program", advice: "install the same build of lockstep on every host",
        digest: try InputFile(path: "/proc/self/exe").digest()),
      Agreement(
        name: "data set", advice: "give every host the same files in data.directory",
        digest: try SHA256Digest(of: Array(dataset.utf8))),
      Agreement(
        name: "arithmetic",
        advice: "this one computes in \(arithmetic); set \(Kernels.variable) on all hosts to an "
          + "instruction set other than avx512bf16 (here one of "
          + "\(Kernels.instructionSets.joined(separator: ", "))), or train in fp32, which is the same "
          + "on all processors",
        digest: try SHA256Digest(of: Array(arithmetic.utf8))),
    ]
  }
}
