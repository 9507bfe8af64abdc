import MessagePassing

/// The ranks of a job, what each says and waits with, and the two ways in which they fail.
///
/// An error of `collectively` and `onRoot` is known to all ranks (`JobFailure`), one of `locally`
/// to this rank alone (`RankFailure`).
package struct ProcessGroup {
  /// All ranks; its collectives wait under `stallDetector`.
  package let world: Communicator
  /// The name of each rank's host.
  package let hosts: [String]
  /// The ranks that share memory with this one: those on its host.
  package let node: Communicator
  /// The ranks host by host.
  package let layout: HostLayout
  /// The number of processors that this rank has for itself.
  package let processors: Double
  /// On the first rank of a host: whether the ranks there crowd on some processors while others are
  /// free.
  package let isCrowded: Bool
  /// This process's output.
  package let console: Console
  /// The last resort against a process that hangs.
  package let watchdog: Watchdog
  /// The wait for other ranks, which names those that do not come.
  package let stallDetector: StallDetector

  /// The group of the ranks of `world`, which all call this, each with the name of its host.
  ///
  /// - Throws: `MPIError`.
  package init(world: Communicator, host: String, console: Console, watchdog: Watchdog) throws {
    self.world = world
    (self.console, self.watchdog) = (console, watchdog)
    hosts = try world.allGather(Array(host.utf8)).map { String(decoding: $0, as: UTF8.self) }
    stallDetector = try StallDetector(world, hosts: hosts, console: console, watchdog: watchdog)
    world.waitStrategy = stallDetector
    node = try world.splitByNode()
    layout = try HostLayout(world, node: node)
    (processors, isCrowded) = try CPUAffinity.share(on: node)
    stallDetector.sharesCores = processors < 1
  }

  /// This rank's number.
  package var rank: Int { world.rank }
  /// The number of ranks.
  package var size: Int { world.size }
  /// True if this is rank 0, which reports and writes.
  package var isRoot: Bool { rank == 0 }
  /// This rank's index among all, host by host.
  package var place: Int { layout.places[rank] }
  /// The name of this rank's host.
  package var host: String { hosts[rank] }

  /// Says that this rank works on something long, which loses nothing if it ends before it is done;
  /// called now and then, on the thread that calls MPI.
  ///
  /// - Throws: `JobFailure` if a signal to any rank asks the job to end. Each rank that hears of it
  ///   throws, so it is thrown within `collectively` or `onRoot`, where all learn of it.
  package func progress() throws(JobFailure) {
    if stallDetector.isInterrupted() { throw .interruption }
  }

  /// Runs `body` on every rank, which all call this, and returns its result if it succeeded on all.
  ///
  /// - Throws: `JobFailure` on every rank if `body` failed on any. If it failed for the same reason
  ///   on all, that is said once; otherwise with the rank and the host of the first.
  package func collectively<Result>(_ body: () throws -> Result) throws -> Result {
    let (outcome, failures) = try outcomes(of: body)
    if let failure = JobFailure(of: failures, hosts: hosts) { throw failure }
    return try outcome.get()
  }

  /// Runs `body` on every rank, which all call this, and returns what became of it on this rank, and
  /// the failures of all in the order of ranks: nil for those where it succeeded.
  ///
  /// - Throws: `RankFailure`.
  package func outcomes<Result>(
    of body: () throws -> Result
  ) throws -> (mine: Swift.Result<Result, any Error>, failures: [JobFailure?]) {
    let outcome = Swift.Result(catching: body)
    let messages = try locally { try world.allGather(message(of: outcome)) }
    return (outcome, messages.map { JobFailure(bytes: $0) })
  }

  /// Runs `body` on rank 0 while the others sleep; every rank calls this.
  ///
  /// - Throws: `JobFailure` on every rank if `body` failed.
  package func onRoot(_ body: () throws -> Void) throws {
    var verdict = isRoot ? message(of: Swift.Result(catching: body)) : []
    try locally { try world.broadcast(&verdict, root: 0) }
    if let failure = JobFailure(bytes: verdict) { throw failure }
  }

  /// Runs `body` on the first rank of each host while the others there sleep, and returns on each the
  /// numbers that it returned on its host; all ranks of a host call this, within `collectively`.
  ///
  /// - Throws: `JobFailure` on every rank of a host where `body` failed; `MPIError`.
  package func onEachHost(_ body: () throws -> [Int]) throws -> [Int] {
    var numbers: [Int] = []
    var verdict: [UInt8] = []
    if node.rank == 0 { verdict = message(of: Swift.Result { numbers = try body() }) }
    try node.broadcast(&verdict, root: 0)
    if let failure = JobFailure(bytes: verdict) { throw failure }
    try node.broadcast(&numbers, root: 0)
    return numbers
  }

  /// Runs what this rank cannot tell the others of if it fails: calls of MPI, and what is done
  /// between them.
  ///
  /// - Throws: `RankFailure`, but a `JobFailure` of `body` as it is.
  package func locally<Result>(_ body: () throws -> Result) throws -> Result {
    try RankFailure.wrapping(rank: rank, host: host, body)
  }

  /// A failure's message to the other ranks; an empty one for a success.
  private func message<Result>(of outcome: Swift.Result<Result, any Error>) -> [UInt8] {
    guard case .failure(let error) = outcome else { return [] }
    return JobFailure(error).bytes
  }
}
