import Cluster
import Configuration
import Files
import Foundation
import Networks
import Tensors

extension Agreement {
  /// What a run agrees on before its first step.
  package static func ofRun(
    _ configuration: Configuration, _ options: RunOptions, _ data: TrainingData
  ) throws -> [Agreement] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let settings = try encoder.encode(configuration) + encoder.encode(options)
    let program = try Data(contentsOf: URL(filePath: "/proc/self/exe"), options: .alwaysMapped)
    // Rank 0 alone may hold the test set; it then is nobody else's business.
    let sets = [data.training] + (configuration.evaluation.ranks == .all ? [data.test] : [])
    let dataset = sets.compactMap { $0 }.map { "\($0.imageDigest) \($0.labelDigest)" }
      .joined(separator: " ")
    let processor = TrainingCheckpoint.processor(configuration)
    let hasher = SHA256Hasher()
    program.withUnsafeBytes { hasher.update($0) }
    return [
      Agreement(
        name: "configuration", advice: "start all ranks with the same file and options",
        digest: try SHA256Digest(of: Array(settings))),
      Agreement(
        name: "program", advice: "install the same build of lockstep on every host",
        digest: try hasher.finalize()),
      Agreement(
        name: "data set", advice: "give every host the same files in data.directory",
        digest: try SHA256Digest(of: Array(dataset.utf8))),
      Agreement(
        name: "instruction set",
        advice: "this one has \(processor); use hosts with the same processors, or set "
          + "\(Kernels.variable) alike (here to one of \(Kernels.instructionSets.joined(separator: ", ")))",
        digest: try SHA256Digest(of: Array(processor.utf8))),
    ]
  }
}

extension ProcessGroup {
  /// Checks that the parameters have the same bits on all ranks.
  ///
  /// - Throws: `JobFailure` on every rank, which names those that differ from most.
  package func verifyReplicas(_ parameters: ParameterBuffer, step: Int) throws {
    let digests = try world.allGather(parameters.digestOfMemory().bytes)
    var votes: [[UInt8]: Int] = [:]
    for digest in digests { votes[digest, default: 0] += 1 }
    guard votes.count > 1 else { return }
    // Of two that have as many votes, the one that comes first: the same on every rank.
    let most = votes.values.max() ?? 0
    let right = digests.first { votes[$0] == most }
    let wrong = digests.indices.filter { digests[$0] != right }
    throw JobFailure(
      "after step \(step) the parameters of "
        + wrong.map { "rank \($0) on \(hosts[$0])" }.joined(separator: ", ")
        + " differ from those of the other ranks, which must not happen: check that host's memory, "
        + "and continue from the last checkpoint with --resume")
  }
}
