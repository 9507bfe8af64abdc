import Foundation
import MessagePassing

/// Compares the clocks of hosts, as NTP does: the clock is asked when a message comes, and compared
/// with the middle between question and answer; the quickest answer counts.
enum ClockComparison {
  private static let questions = 8

  /// The lead of this host's clock over that of the first one, in seconds. The first ranks of all
  /// hosts call this.
  ///
  /// - Throws: `MPIError`.
  static func lead(_ leaders: Communicator) throws(MPIError) -> Double {
    guard leaders.rank == 0 else {
      for _ in 0..<questions {
        _ = try leaders.receive(Int.self, from: 0)
        try leaders.send(now, to: 0)
      }
      return try leaders.receive(Double.self, from: 0)
    }
    for other in 1..<max(leaders.size, 1) {
      var (best, lead) = (Double.infinity, 0.0)
      for _ in 0..<questions {
        let before = now
        try leaders.send(1, to: other)
        let theirs = try leaders.receive(Double.self, from: other)
        let after = now
        if after - before < best { (best, lead) = (after - before, theirs - (before + after) / 2) }
      }
      try leaders.send(lead, to: other)
    }
    return 0
  }

  /// The time of the day, in seconds since 1970.
  private static var now: Double {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
