/// The number of ranks on each host of a job.
package struct RankLayout: Equatable, Sendable {
  /// The ranks of each host, 0 for a host that is not needed.
  package let ranks: [Int]
  /// The threads of a rank, with work for each.
  package let threads: Int

  /// The number of all ranks.
  package var size: Int { ranks.reduce(0, +) }

  /// The layout in which each host has so many ranks, until all together are as many as the shards.
  package init(ranksPerHost: Int, on hosts: [HostProcessors], shards: Int, threads: Int? = nil) {
    let ranks = Self.fill(hosts.map { _ in ranksPerHost }, upTo: shards)
    let size = ranks.reduce(0, +)
    let share = zip(hosts, ranks).filter { $0.1 > 0 }.map { max($0.0.count / $0.1, 1) }.min() ?? 1
    self.init(ranks: ranks, threads: min(threads ?? share, Self.quotient(shards, size)))
  }

  /// The layout in which a step takes the least time, and of several such that with the fewest ranks,
  /// since threads of a rank work together without messages.
  ///
  /// A step takes as long as the thread with the most shards. A rank has no more threads than a
  /// domain of memory has processors.
  ///
  /// - Parameters:
  ///   - hosts: at least one.
  ///   - threads: those of a rank where the configuration has a number of them.
  package init(suiting hosts: [HostProcessors], shards: Int, threads fixed: Int? = nil) {
    let largest = hosts.map { max($0.count / $0.domains, 1) }.max() ?? 1
    var best: (rounds: Int, layout: RankLayout)?
    for threads in fixed.map({ [$0] }) ?? Array((1...largest).reversed()) {
      var slots = hosts.map { $0.ranks(ofThreads: threads) }
      // Threads that nowhere find as many processors share those of the largest host.
      if slots.allSatisfy({ $0 == 0 }) {
        let largest = hosts.indices.max { hosts[$0].count < hosts[$1].count } ?? 0
        slots[largest] = 1
      }
      for size in 1...min(slots.reduce(0, +), shards) {
        let share = Self.quotient(shards, size)
        let rounds = Self.quotient(share, threads)
        guard best.map({ (rounds, size) < ($0.rounds, $0.layout.size) }) ?? true else { continue }
        let layout = RankLayout(
          ranks: Self.fill(slots, upTo: size), threads: min(threads, share))
        best = (rounds, layout)
      }
    }
    self = best?.layout ?? RankLayout(ranks: hosts.map { _ in 1 }, threads: 1)
  }

  private init(ranks: [Int], threads: Int) {
    self.ranks = ranks
    self.threads = threads
  }

  /// Takes from the slots of the hosts, in their order, as many as `size` in all.
  private static func fill(_ slots: [Int], upTo size: Int) -> [Int] {
    var rest = size
    return slots.map { slots in
      let taken = min(slots, rest)
      rest -= taken
      return taken
    }
  }

  /// The quotient, rounded up.
  private static func quotient(_ dividend: Int, _ divisor: Int) -> Int {
    (dividend + divisor - 1) / divisor
  }
}
