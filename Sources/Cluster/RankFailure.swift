/// A failure that one rank alone knows of: the others may be waiting for it, so the job must abort.
///
/// The other kind, which all ranks know of, is `JobFailure`.
package struct RankFailure: Error, Equatable, CustomStringConvertible {
  /// The rank that failed.
  package let rank: Int
  /// The name of its host.
  package let host: String
  /// A sentence: what happened, and what to do.
  package let reason: String

  package init(rank: Int, host: String, _ error: any Error) {
    (self.rank, self.host) = (rank, host)
    reason = "\(error)"
  }

  /// The sentence, with the rank and its host.
  package var description: String { "rank \(rank) on \(host): \(reason)" }

  /// Runs `body` on a rank.
  ///
  /// - Throws: `JobFailure` or `RankFailure` as `body` threw it, and `RankFailure` for any other
  ///   error.
  package static func wrapping<Result>(
    rank: Int, host: String, _ body: () throws -> Result
  ) throws -> Result {
    do {
      return try body()
    } catch let failure as JobFailure {
      throw failure
    } catch let failure as RankFailure {
      throw failure
    } catch {
      throw RankFailure(rank: rank, host: host, error)
    }
  }
}
