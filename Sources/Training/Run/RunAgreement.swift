import Cluster
import Configuration
import Files
import Foundation
import Tensors

extension TrainingContext {
  /// The agreement on what is to be computed.
  static func agreementOnConfiguration(
    _ configuration: Configuration, _ options: TrainingOptions
  ) throws -> Agreement {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let settings = try encoder.encode(configuration) + encoder.encode(options)
    return Agreement(
      name: "configuration", advice: "start all ranks with the same file and options",
      digest: try SHA256Digest(of: Array(settings)))
  }

  /// The agreement on the program that computes.
  ///
  /// - Throws: `JobFailure`; `RankFailure`.
  package static func agreementOnProgram(_ group: ProcessGroup) throws -> Agreement {
    try Agreement(
      name: "program", advice: "install the same build of lockstep on every host",
      digest: group.digest(ofFile: "/proc/self/exe"))
  }

  /// The agreement on the samples.
  static func agreementOnData(
    _ data: TrainingData, _ configuration: Configuration
  ) throws -> Agreement {
    // Rank 0 alone may hold the test set; it then is nobody else's business.
    let sets = [data.training] + (configuration.evaluation.ranks == .all ? [data.test] : [])
    let dataset = sets.compactMap { $0 }.map { "\($0.digests)" }.joined(separator: " ")
    return Agreement(
      name: "data set", advice: "give every host the same files in data.directory",
      digest: try SHA256Digest(of: Array(dataset.utf8)))
  }

  /// The agreement on what decides the last bits.
  static func agreementOnArithmetic(_ configuration: Configuration) throws -> Agreement {
    let arithmetic = TrainingCheckpoint.arithmetic(configuration.train.precision)
    return Agreement(
      name: "arithmetic",
      advice: "this one computes in \(arithmetic); set \(Kernels.variable) on all hosts to an "
        + "instruction set other than avx512bf16 (here one of "
        + "\(Kernels.instructionSets.joined(separator: ", "))), or train in fp32, which is the same "
        + "on all processors",
      digest: try SHA256Digest(of: Array(arithmetic.utf8)))
  }
}
