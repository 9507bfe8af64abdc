import MessagePassing

/// The ranks of a job, and how one of them fails without leaving the others waiting.
package struct ProcessGroup {
  /// All ranks; its collectives wait under `stallDetector`.
  package let world: Communicator
  /// The name of each rank's host.
  package let hosts: [String]
  package let stallDetector: StallDetector

  package init(world: Communicator, host: String) throws {
    self.world = world
    hosts = try world.allGather(Array(host.utf8)).map { String(decoding: $0, as: UTF8.self) }
    stallDetector = try StallDetector(world, hosts: hosts)
    world.waitStrategy = stallDetector
  }

  /// This rank's number.
  package var rank: Int { world.rank }
  /// The number of ranks.
  package var size: Int { world.size }
  /// Whether this is rank 0, which reports and writes.
  package var isRoot: Bool { rank == 0 }
  /// The name of this rank's host.
  package var host: String { hosts[rank] }

  /// Runs `body` on every rank, which all call this, and returns its result if it succeeded on all.
  ///
  /// - Throws: `JobFailure` on every rank if `body` failed on any. If it failed for the same reason
  ///   on all, that is said once; otherwise with the rank and the host of the first.
  package func collectively<Result>(_ body: () throws -> Result) throws -> Result {
    let outcome = Swift.Result(catching: body)
    let failures = try world.allGather(encode(outcome)).map(decode)
    guard let failed = failures.firstIndex(where: { $0 != nil }), let failure = failures[failed]
    else { return try outcome.get() }
    if failures.allSatisfy({ $0 == failure }) { throw failure }
    let others = failures.filter { $0 != nil }.count - 1
    throw JobFailure(
      "rank \(failed) on \(hosts[failed]): \(failure)"
        + (others == 0 ? "" : " (and \(others) more of \(size) ranks failed)"),
      status: failure.status, isDivergence: failure.isDivergence)
  }

  /// Runs `body` on rank 0 while the others sleep; every rank calls this.
  ///
  /// - Throws: `JobFailure` on every rank if `body` failed.
  package func onRoot(_ body: () throws -> Void) throws {
    var verdict = isRoot ? encode(Swift.Result(catching: body)) : []
    try world.broadcast(&verdict, root: 0)
    if let failure = decode(verdict) { throw failure }
  }

  /// A failure as bytes: its status, whether it is a divergence, and its text; none for a success.
  private func encode<Result>(_ outcome: Swift.Result<Result, any Error>) -> [UInt8] {
    guard case .failure(let error) = outcome else { return [] }
    let failure = error as? JobFailure
    let status = (error as? any HasExitStatus)?.exitStatus ?? failure?.status ?? 1
    return [UInt8(truncatingIfNeeded: status), failure?.isDivergence == true ? 1 : 0]
      + Array("\(error)".utf8)
  }

  private func decode(_ bytes: [UInt8]) -> JobFailure? {
    bytes.first.map {
      JobFailure(
        String(decoding: bytes.dropFirst(2), as: UTF8.self), status: Int32($0),
        isDivergence: bytes[1] == 1)
    }
  }
}
