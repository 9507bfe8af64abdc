import Cluster
import MessagePassing

/// Times messages between hosts, each of which one rank stands for.
package struct LinkMeter {
  /// The number of hosts up to which all pairs are measured, each while the others are silent.
  package static let fewHosts = 8
  /// The number of turns for more hosts: each host then measures as many links.
  private static let turnsOfMany = 7
  /// The time that is given to the small messages of a link, and to its large ones, in seconds.
  private static let (latencyTime, bandwidthTime) = (0.05, 0.4)
  /// The least number of large messages.
  private static let leastExchanges = 3
  /// The sizes of large messages, in bytes, and the time that one is to take, in seconds.
  private static let (smallest, largest, exchangeTime) = (1 << 16, 1 << 22, 0.1)

  /// The first ranks of all hosts.
  let leaders: Communicator

  /// The pairs of hosts that are measured at the same time, turn by turn: all pairs, one after the
  /// other, of a few hosts; of many, those of the first rounds of a tournament in which everybody
  /// meets everybody.
  package static func turns(hosts: Int) -> [[(Int, Int)]] {
    if hosts <= fewHosts {
      return (0..<max(hosts, 0)).flatMap { first in
        ((first + 1)..<hosts).map { [(first, $0)] }
      }
    }
    // The circle method: one host stays, the others move on by one place a turn.
    let places = hosts + hosts % 2
    return (0..<turnsOfMany).map { turn in
      let circle = [0] + (0..<places - 1).map { 1 + ($0 + turn) % (places - 1) }
      return (0..<places / 2).map { (circle[$0], circle[places - 1 - $0]) }
        .filter { max($0.0, $0.1) < hosts }
    }
  }

  /// Measures the links; all leaders call this.
  ///
  /// - Returns: the link to each host that this one is the first of a pair with.
  /// - Throws: `MPIError`.
  func measure() throws(MPIError) -> [(to: Int, link: ClusterDescription.Link)] {
    var links: [(to: Int, link: ClusterDescription.Link)] = []
    for turn in Self.turns(hosts: leaders.size) {
      try leaders.barrier()
      for (first, second) in turn {
        if leaders.rank == first { links.append((second, try lead(second))) }
        if leaders.rank == second { try follow(first) }
      }
    }
    try leaders.barrier()
    return links
  }

  /// Measures the link to another host, which follows.
  private func lead(_ other: Int) throws(MPIError) -> ClusterDescription.Link {
    // The first message makes the connection.
    try exchange(1, with: other)
    var trips: [Double] = []
    var stopwatch = Stopwatch()
    while stopwatch.total < Self.latencyTime {
      _ = stopwatch.lap()
      try exchange(1, with: other)
      trips.append(stopwatch.lap())
    }
    var (size, seconds, rates) = (Self.smallest, 0.0, [Double]())
    while true {
      try leaders.send(size, to: other)
      var clock = Stopwatch()
      try swap(size, with: other)
      let time = clock.lap()
      if size < Self.largest, time < Self.exchangeTime, rates.isEmpty {
        size *= 2
        continue
      }
      rates.append(Double(size) / max(time, 1e-9))
      seconds += time
      if seconds >= Self.bandwidthTime, rates.count >= Self.leastExchanges { break }
    }
    try leaders.send(0, to: other)
    // What disturbs makes messages slower, and none faster.
    return ClusterDescription.Link(
      latencySeconds: trips.sorted()[trips.count / 4] / 2, bytesPerSecond: rates.max() ?? 0)
  }

  /// Answers the host that leads, until it ends.
  private func follow(_ other: Int) throws(MPIError) {
    while true {
      let size = try leaders.receive(Int.self, from: other)
      if size == 0 { return }
      if size == 1 { try leaders.send(1, to: other) } else { try swap(size, with: other) }
    }
  }

  /// Sends a word to the host that follows, and waits for its answer.
  private func exchange(_ word: Int, with other: Int) throws(MPIError) {
    try leaders.send(word, to: other)
    _ = try leaders.receive(Int.self, from: other)
  }

  /// Sends `size` bytes and receives as many, at the same time.
  private func swap(_ size: Int, with other: Int) throws(MPIError) {
    let message = [UInt8](repeating: 1, count: size)
    var buffer = [UInt8](repeating: 0, count: size)
    var span = buffer.mutableSpan
    try leaders.sendReceive(message.span, to: other, into: &span, from: other)
  }
}
