import Cluster
import Testing

@Suite("Stalls")
struct StallPolicyTests {
  /// A rank of four that waits since second 0, in step 7, with limits of 10 and 20 seconds.
  private func policy(rank: Int) -> StallPolicy {
    var policy = StallPolicy(rank: rank, hosts: ["a", "a", "b", "b"], now: 0)
    policy.limits = StallPolicy.Limits(report: 10, abort: 20)
    policy.step = 7
    policy.beginWait(at: 0)
    return policy
  }

  /// Looks every quarter of a second, and returns what was decided, with the second.
  private func look(
    _ policy: inout StallPolicy, from start: Double = 0, to end: Double
  ) -> [(second: Double, action: StallPolicy.Action)] {
    stride(from: start + 0.25, through: end, by: 0.25).flatMap { now in
      policy.look(at: now).map { (now, $0) }
    }
  }

  @Test(
    "A rank that waits long tells the others, then names those that do not wait, then ends the job")
  func stall() {
    var policy = policy(rank: 0)
    var decided = look(&policy, to: 10.25)
    #expect(decided.map(\.action) == [.tell(.waiting)])
    policy.hear(.waiting, step: 7, from: 1, at: 10.3)
    policy.hear(.waiting, step: 8, from: 3, at: 10.3)
    decided = look(&policy, from: 10.25, to: 20)
    #expect(
      decided.map(\.action) == [
        .say(
          "rank 2 on b did not come to step 7 in 12 s; the job ends after 20 s "
            + "(train.stallAbortSeconds)")
      ])
    #expect(decided.map(\.second) == [12.25])
    decided = look(&policy, from: 20, to: 20.25)
    #expect(
      decided.map(\.action) == [
        .say(
          "rank 2 on b did not come to step 7 in 20 s: ending the job; check the host, and "
            + "continue with --resume"), .abort,
      ])
  }

  @Test("Only the lowest of the ranks that wait speaks; the others end two seconds later, silently")
  func speaker() {
    var policy = policy(rank: 3)
    policy.hear(.waiting, step: 6, from: 1, at: 10)
    let decided = look(&policy, to: 22.25)
    #expect(decided.map(\.action) == [.tell(.waiting), .abort])
    #expect(decided.map(\.second) == [10.25, 22.25])
  }

  @Test("A rank that waited two steps ago does not count as one that waits")
  func oldNews() {
    var policy = policy(rank: 1)
    policy.hear(.waiting, step: 5, from: 0, at: 0)
    let said = look(&policy, to: 13).map(\.action).last
    guard case .say(let sentence) = said else {
      Issue.record("\(String(describing: said))")
      return
    }
    #expect(sentence.hasPrefix("rank 0 on a, rank 2 on b, rank 3 on b did not come to step 7"))
  }

  @Test("A sign of life begins the silence afresh")
  func signOfLife() {
    var policy = policy(rank: 0)
    for second in stride(from: 5.0, through: 40, by: 5) {
      #expect(look(&policy, from: second - 5, to: second).isEmpty)
      policy.hear(.working, step: 7, from: 2, at: second)
    }
    #expect(look(&policy, from: 40, to: 50).isEmpty)
    #expect(!look(&policy, from: 50, to: 50.25).isEmpty)
  }

  @Test("A process that was itself stopped has waited for nobody")
  func stopped() {
    var policy = policy(rank: 0)
    #expect(look(&policy, to: 9).isEmpty)
    #expect(policy.look(at: 1000).isEmpty)
    #expect(look(&policy, from: 1000, to: 1010).isEmpty)
    #expect(!look(&policy, from: 1010, to: 1010.25).isEmpty)
  }

  @Test("That missing ranks came is said if it was said that they are missing, and once")
  func goingOn() {
    var policy = policy(rank: 0)
    _ = look(&policy, to: 11)
    #expect(policy.endWait(at: 11) == [.tell(.goingOn)])
    policy.beginWait(at: 11)
    _ = look(&policy, from: 11, to: 24)
    #expect(
      policy.endWait(at: 25) == [
        .tell(.goingOn),
        .say("rank 1 on a, rank 2 on b, rank 3 on b came after 14 s; going on"),
      ])
    #expect(policy.endWait(at: 26).isEmpty)
  }

  @Test("A rank that waited, went on, and hangs in the same step is named")
  func hangingAgain() {
    var policy = policy(rank: 0)
    _ = look(&policy, to: 11)
    policy.hear(.waiting, step: 7, from: 1, at: 11)
    policy.hear(.waiting, step: 7, from: 2, at: 11)
    // Rank 3 came.
    _ = policy.endWait(at: 12)
    policy.beginWait(at: 12)
    for rank in [1, 2] { policy.hear(.goingOn, step: 7, from: rank, at: 12) }
    policy.hear(.waiting, step: 7, from: 2, at: 22)
    policy.hear(.waiting, step: 7, from: 3, at: 22)
    guard case .say(let sentence) = look(&policy, from: 12, to: 25).map(\.action).last else {
      Issue.record("nothing was said")
      return
    }
    #expect(sentence.hasPrefix("rank 1 on a did not come to step 7"))
  }

  @Test("The others are told of long work at most every five seconds")
  func heartbeat() {
    var policy = policy(rank: 0)
    let due = stride(from: 1.0, through: 13, by: 1).filter { policy.isHeartbeatDue(at: $0) }
    #expect(due == [6, 12])
  }
}
