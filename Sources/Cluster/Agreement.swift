import Files
import Foundation

/// Something that all ranks must have alike for the job to be one.
package struct Agreement {
  /// Its name, as in "another configuration than rank 0".
  package let name: String
  /// The advice to a person whose ranks differ.
  package let advice: String
  /// The digest of what this rank has.
  package let digest: SHA256Digest

  package init(name: String, advice: String, digest: SHA256Digest) {
    (self.name, self.advice, self.digest) = (name, advice, digest)
  }
}

extension ProcessGroup {
  /// Checks that all ranks have the same digests.
  ///
  /// - Throws: `JobFailure` on every rank, which names the first rank that differs from rank 0.
  package func agree(on agreements: [Agreement]) throws {
    for agreement in agreements {
      if let failure = try disagreement(on: agreement) { throw failure }
    }
  }

  /// The failure that names the first rank with another digest than rank 0, on every rank; nil if all
  /// have the same.
  ///
  /// - Throws: `RankFailure`.
  package func disagreement(on agreement: Agreement) throws -> JobFailure? {
    let digests = try locally { try world.allGather(agreement.digest.bytes) }
    guard let rank = digests.firstIndex(where: { $0 != digests[0] }) else { return nil }
    // The advice of that rank, which may name what it has.
    let advice = try locally { try world.broadcast(agreement.advice, root: rank) }
    return JobFailure(
      "rank \(rank) on \(hosts[rank]) has another \(agreement.name) than rank 0; \(advice)",
      status: JobFailure.inputStatus)
  }
}
