import Cluster
import Files
import Networks
import Tensors

// Every rank has a replica of the state, which is the same to the last bit from the first step on.

extension TrainingState {
  /// The floats that are sent between two questions whether a signal came.
  private static let pieceCount = 1 << 24

  /// Makes every rank's state that of rank 0.
  ///
  /// - Throws: `JobFailure`, also where a signal comes; `RankFailure`.
  package mutating func broadcast(in group: ProcessGroup) throws {
    try group.locally {
      step = try group.world.broadcast(step, root: 0)
      awaitsEvaluation = try group.world.broadcast(awaitsEvaluation ? 1 : 0, root: 0) == 1
      let text = try group.world.broadcast(progress.text, root: 0)
      progress = TrainingProgress(text: text) ?? progress
    }
    for buffer in buffers {
      let count = buffer.storage.count
      for start in stride(from: 0, to: count, by: Self.pieceCount) {
        try group.collectively(group.progress)
        try group.locally {
          try buffer.storage.withMutableSpan(start..<min(start + Self.pieceCount, count)) {
            try group.world.broadcast(&$0, root: 0)
          }
        }
      }
    }
  }

  /// Checks that the parameters and their average have the same bits on all ranks.
  ///
  /// - Throws: `JobFailure` on every rank, which names those that differ from most; `RankFailure`.
  package func verify(in group: ProcessGroup) throws {
    for buffer in [parameters] + (ema.map { [$0] } ?? []) {
      let digests = try group.locally {
        try group.world.allGather(buffer.digestOfMemory().bytes)
      }
      let wrong = Self.minority(digests)
      guard !wrong.isEmpty else { continue }
      throw JobFailure(
        "after step \(step) the parameters of "
          + wrong.map { "rank \($0) on \(group.hosts[$0])" }.joined(separator: ", ")
          + " differ from those of the other ranks, which must not happen: check that host's "
          + "memory, and continue from the last checkpoint with --resume")
    }
  }

  /// The indices of the digests that are not the one that most have; of two that as many have, the
  /// first counts.
  package static func minority(_ digests: [[UInt8]]) -> [Int] {
    var votes: [[UInt8]: Int] = [:]
    for digest in digests { votes[digest, default: 0] += 1 }
    let most = votes.values.max() ?? 0
    let right = digests.first { votes[$0] == most }
    return digests.indices.filter { digests[$0] != right }
  }
}

extension ParameterBuffer {
  /// The SHA-256 of the floats as they lie in memory, padding and all, which is quicker than
  /// `digest`.
  ///
  /// - Throws: `SHA256Error`.
  fileprivate func digestOfMemory() throws -> SHA256Digest {
    let hasher = SHA256Hasher()
    all.withSpan { hasher.update($0.bytes) }
    return try hasher.finalize()
  }
}
