import Files
import Foundation

/// Something that all ranks must have alike for the run to be one.
package struct Agreement {
  /// What it is, as in "the configuration".
  package let name: String
  /// What to do about a difference.
  package let advice: String
  /// The digest of this rank's.
  package let digest: SHA256Digest

  /// An agreement from its parts.
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
      let digests = try world.allGather(agreement.digest.bytes)
      guard let rank = digests.firstIndex(where: { $0 != digests[0] }) else { continue }
      throw JobFailure(
        "rank \(rank) on \(hosts[rank]) has another \(agreement.name) than rank 0; "
          + (try advice(agreement, of: rank)), status: JobFailure.inputStatus)
    }
  }

  /// A rank's own advice, which may name what it has.
  private func advice(_ agreement: Agreement, of rank: Int) throws -> String {
    try world.broadcast(agreement.advice, root: rank)
  }
}
