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
      let digests = try locally { try world.allGather(agreement.digest.bytes) }
      guard let rank = digests.firstIndex(where: { $0 != digests[0] }) else { continue }
      // The advice of that rank, which may name what it has.
      let advice = try locally { try world.broadcast(agreement.advice, root: rank) }
      throw JobFailure(
        "rank \(rank) on \(hosts[rank]) has another \(agreement.name) than rank 0; \(advice)",
        status: JobFailure.inputStatus)
    }
  }
}
