import Foundation
import MessagePassing
import Shards
import Tensors

/// Something that all ranks must have alike for the run to be one.
struct Agreement {
  /// What it is, as in "the configuration".
  let name: String
  /// What to do about a difference.
  let advice: String
  /// The digest of this rank's.
  let digest: SHA256Digest

  /// What a run agrees on before its first step.
  static func ofRun(
    _ configuration: Configuration, _ options: RunOptions, _ data: ShardedDataset
  ) throws -> [Agreement] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let settings = try encoder.encode(configuration) + encoder.encode(options)
    let program = try Data(contentsOf: URL(filePath: "/proc/self/exe"), options: .alwaysMapped)
    let dataset = "\(data.imageDigest) \(data.labelDigest)"
    let processor = "\(kernelInstructionSet), \(MatrixProducts.libraryDescription)"
    return [
      Agreement(
        name: "configuration", advice: "start all ranks with the same file and options",
        digest: try SHA256Digest(of: Array(settings))),
      Agreement(
        name: "program", advice: "install the same build of lockstep on every host",
        digest: try SHA256Digest(of: Array(program))),
      Agreement(
        name: "data", advice: "give every host the same data set",
        digest: try SHA256Digest(of: Array(dataset.utf8))),
      Agreement(
        name: "instruction set or oneDNN (\(processor))",
        advice: "use hosts with the same processor and libraries, or limit ONEDNN_MAX_CPU_ISA",
        digest: try SHA256Digest(of: Array(processor.utf8))),
    ]
  }
}

extension Team {
  /// Checks that all ranks have the same digests.
  ///
  /// - Throws: `JobFailure` on every rank, which names the first rank that differs from rank 0.
  func agree(on agreements: [Agreement]) throws {
    for agreement in agreements {
      guard let (rank, host) = try firstDifference(agreement.digest) else { continue }
      throw JobFailure(
        description: "rank \(rank) on \(host) has another \(agreement.name) than rank 0; "
          + agreement.advice)
    }
  }

  /// The first rank whose digest is not that of rank 0, and its host; the same on all ranks.
  func firstDifference(_ digest: SHA256Digest) throws -> (rank: Int, host: String)? {
    let digests = try world.allGather(digest.bytes)
    guard let rank = digests.firstIndex(where: { $0 != digests[0] }) else { return nil }
    let hosts = try world.allGather(Array(host.utf8))
    return (rank, String(decoding: hosts[rank], as: UTF8.self))
  }
}
